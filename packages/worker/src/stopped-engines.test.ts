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
    expect([engines.isAnyStopped, engines.ownFault]).toEqual([false, undefined]);
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
    expect(engines.errorFor(["fr"])).toBeUndefined();
    const fleet = new StoppedEngines([{ name: "first" }]);
    fleet.stopped("first", config, own);
    fleet.called({ engine: "first", outcome: "transient" });
    fleet.works("first");
    expect(fleet.errorFor(["fr"])).toBeUndefined();
  });
});

describe("an outage", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    return () => vi.useRealTimers();
  });

  test("ends a run after a minute without an answer, and the error has the last failure", () => {
    const { engines, onEnd } = watched();
    engines.called({ engine: "first", outcome: "transient" });
    vi.advanceTimersByTime(30_000);
    engines.called({ engine: "first", outcome: "transient" });
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
    engines.called({ engine: "first", outcome: "transient" });
    vi.advanceTimersByTime(59_000);
    engines.called({ engine: "first", outcome });
    vi.advanceTimersByTime(120_000);
    engines.called({ engine: "first", outcome: "transient" });
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
    engines.called({ engine: "first", outcome: "transient" });
    engines.called({ engine: "first", outcome: "aborted" });
    engines.called({ engine: "first", outcome: "config" });
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

describe("a chain of some locales", () => {
  const ROUTED = [{ name: "deepl", targetLocales: ["de"] }, { name: "openai" }];
  beforeEach(() => {
    vi.useFakeTimers();
    return () => vi.useRealTimers();
  });

  function routed(left: { locales: string[] }, locales?: string[]) {
    const onEnd = vi.fn();
    return { onEnd, engines: new StoppedEngines(ROUTED, { onEnd, locales, leftLocales: async () => left.locales }) };
  }

  test("at fault ends a run once no text of another chain is left, and no earlier", async () => {
    const left = { locales: ["de", "fr"] };
    const { engines, onEnd } = routed(left);
    engines.stopped("deepl", quota, foreign);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(onEnd).not.toHaveBeenCalled();
    expect(engines.errorFor(["fr"])).toBeUndefined();
    expect(engines.errorFor(["fr", "de"])?.message).toBe(
      "No engine is left to ask for de; the other texts still wait. no credit",
    );
    left.locales = ["de"];
    await vi.advanceTimersByTimeAsync(1_000);
    expect(onEnd).toHaveBeenCalledTimes(1);
    expect(engines.error).toMatchObject({ code: "TH_ENGINES_STOPPED", message: expect.stringContaining("no credit") });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(onEnd).toHaveBeenCalledTimes(1);
  });

  test("that never answers ends a run after a minute, although another engine answers", async () => {
    const { engines, onEnd } = routed({ locales: ["de"] });
    engines.called({ engine: "deepl", outcome: "transient" });
    for (let at = 0; at < 59; at += 1) {
      await vi.advanceTimersByTimeAsync(1_000);
      engines.called({ engine: "openai", outcome: "ok" });
    }
    expect(onEnd).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(onEnd).toHaveBeenCalledTimes(1);
    expect(engines.error?.message).toMatch(/^No engine \(deepl\) for de has answered for 60 s/);
  });

  test("that works again keeps the run going, and so do no texts that wait", async () => {
    const left = { locales: [] as string[] };
    const { engines, onEnd } = routed(left);
    engines.stopped("deepl", quota, foreign);
    await vi.advanceTimersByTimeAsync(5_000);
    engines.works("deepl");
    left.locales = ["de"];
    await vi.advanceTimersByTimeAsync(5_000);
    expect(onEnd).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("counts only where the run has its locales", () => {
    const ended = routed({ locales: [] }, ["de"]);
    ended.engines.stopped("deepl", quota, foreign);
    expect(ended.onEnd).toHaveBeenCalledTimes(1);
    const other = routed({ locales: [] }, ["fr", "it"]);
    other.engines.stopped("deepl", quota, foreign);
    other.engines.stopped("openai", quota, foreign);
    expect(other.onEnd).toHaveBeenCalledTimes(1);
    expect(other.engines.error?.message).toBe("No engine is left to ask; the other texts still wait. no credit");
  });
});
