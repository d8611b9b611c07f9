import { EngineConfigError, EngineQuotaError, EngineTransientError } from "@trans-hub/core/engine";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { StoppedEngines } from "./stopped-engines.ts";

const CHAIN = [{ name: "first" }, { name: "second" }];
const config = new EngineConfigError("wrong key", { hint: "Correct it." });
const quota = new EngineQuotaError("no credit");
const own = { isOwn: true };
const foreign = { isOwn: false };

function watched(chain = CHAIN) {
  const onEnd = vi.fn();
  const engines = new StoppedEngines(chain, { onEnd });
  return { engines, onEnd };
}

describe("engines at fault", () => {
  test("end a run when the last one is met, and the reason stays when one is used again", () => {
    const { engines, onEnd } = watched();
    engines.stopped("second", quota, foreign);
    expect([engines.error, engines.ownFault]).toEqual([undefined, undefined]);
    engines.stopped("first", config, own);
    expect(onEnd).toHaveBeenCalledTimes(1);
    expect(engines.ownFault).toBe(config);
    engines.works("first");
    engines.stopped("first", config, own);
    expect(onEnd).toHaveBeenCalledTimes(1);
    expect(engines.error).toMatchObject({
      code: "TH_ENGINES_STOPPED",
      message: expect.stringMatching(/still wait\. wrong key$/),
      hint: "Correct it.",
    });
  });

  test("end no run while one of the chain works, nor a fleet's work", () => {
    const { engines, onEnd } = watched();
    engines.stopped("first", config, own);
    engines.heardOf({ outcomes: [{ kind: "translated", text: "", engine: "first", model: null }] });
    engines.stopped("second", quota, own);
    expect(onEnd).not.toHaveBeenCalled();
    expect(engines.error).toBeUndefined();
    const fleet = new StoppedEngines([{ name: "first" }]);
    fleet.stopped("first", config, own);
    fleet.called({ outcome: "transient" });
    fleet.works("first");
    expect(fleet.error).toBeUndefined();
  });
});

describe("an outage", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    return () => vi.useRealTimers();
  });

  test("ends a run after a minute without an answer, and the error has the last failure", () => {
    const { engines, onEnd } = watched();
    engines.called({ outcome: "transient" });
    vi.advanceTimersByTime(30_000);
    engines.called({ outcome: "transient" });
    const error = { at: "", engine: "first", code: "TH_ENGINE_TRANSIENT", message: "ECONNREFUSED" };
    engines.heardOf({ outcomes: [{ kind: "retry", error, delayMs: 1, split: false }] });
    vi.advanceTimersByTime(29_000);
    expect(onEnd).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_000);
    expect(onEnd).toHaveBeenCalledTimes(1);
    expect(engines.error).toMatchObject({
      code: "TH_ENGINES_STOPPED",
      message:
        "No engine (first, second) has answered for 60 s, and the other texts still wait; the last failure: ECONNREFUSED",
    });
  });

  test.for(["ok", "partial", "refused", "rate_limited", "malformed"])("is over with the answer %s", (outcome) => {
    const { engines, onEnd } = watched();
    engines.called({ outcome: "transient" });
    vi.advanceTimersByTime(59_000);
    engines.called({ outcome });
    vi.advanceTimersByTime(120_000);
    engines.called({ outcome: "transient" });
    vi.advanceTimersByTime(59_000);
    expect(onEnd).not.toHaveBeenCalled();
    engines.stop();
    vi.advanceTimersByTime(59_000);
    expect(onEnd).not.toHaveBeenCalled();
  });

  test("that the fleet knows of ends a run after a minute, with its beginning and reason, and no earlier", () => {
    const { engines, onEnd } = watched();
    const message = 'Engine "first" has given no answer since 2026-01-01T12:00:00Z';
    engines.stopped("first", new EngineTransientError(message), own);
    engines.stopped("second", quota, own);
    expect([onEnd.mock.calls.length, engines.ownFault]).toEqual([0, undefined]);
    vi.advanceTimersByTime(60_000);
    expect(onEnd).toHaveBeenCalledTimes(1);
    expect(engines.error).toMatchObject({ code: "TH_ENGINES_STOPPED", message: expect.stringContaining(message) });
  });

  test("leaves the last failure to be told, until a translation comes", () => {
    const { engines } = watched();
    const error = { at: "", engine: "first", code: "TH_ENGINE_TRANSIENT", message: "ECONNREFUSED" };
    engines.heardOf({ outcomes: [{ kind: "retry", error, delayMs: 1, split: false }] });
    engines.heardOf({ outcomes: [{ kind: "postponed", delayMs: 1 }] });
    expect(engines.lastFailure).toBe("ECONNREFUSED");
    engines.heardOf({ outcomes: [{ kind: "translated", text: "", engine: "first", model: null }] });
    expect(engines.lastFailure).toBeUndefined();
    engines.stop();
  });

  test("is not over with a call that was aborted, nor with a fault of one engine", () => {
    const { engines, onEnd } = watched();
    engines.called({ outcome: "transient" });
    engines.called({ outcome: "aborted" });
    engines.called({ outcome: "config" });
    engines.stopped("first", config, own);
    vi.advanceTimersByTime(60_000);
    expect(onEnd).toHaveBeenCalledTimes(1);
  });

  test("that was found before the work ends the run after a minute, unless a circuit closes", () => {
    const { engines, onEnd } = watched([{ name: "first" }]);
    engines.foundStopped("first", config, foreign);
    vi.advanceTimersByTime(59_000);
    engines.works("first");
    vi.advanceTimersByTime(59_000);
    expect(onEnd).not.toHaveBeenCalled();
    engines.foundStopped("first", config, foreign);
    vi.advanceTimersByTime(60_000);
    expect(onEnd).toHaveBeenCalledTimes(1);
    expect(engines.error).toMatchObject({ message: expect.stringContaining("wrong key") });
  });
});
