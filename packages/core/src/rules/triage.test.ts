import { describe, expect, test } from "vitest";
import { type Circumstances, triage } from "./triage.ts";

const CALM: Circumstances = { project: undefined, lifetimeSeconds: undefined, isDraining: false, isLanePaused: false };

const batch = (given: Partial<Parameters<typeof triage>[0]> = {}) => ({
  project: "shop",
  ageSeconds: 10,
  crashes: 0,
  items: texts(4),
  ...given,
});

const texts = (count: number, isExpired = false) => Array.from({ length: count }, () => ({ isExpired }));

describe("a loaded batch", () => {
  test("waits for a slot when nothing speaks against it", () => {
    expect(triage(batch(), CALM)).toEqual({ do: "wait" });
    expect(triage(batch(), { ...CALM, project: "shop", lifetimeSeconds: 11 })).toEqual({ do: "wait" });
  });

  test("without a text is removed, even if it is foreign, deadly and comes during a drain", () => {
    const given = batch({ items: [], project: "other", crashes: 9 });
    expect(triage(given, { ...CALM, project: "shop", isDraining: true })).toEqual({ do: "remove" });
  });

  test("of another project goes back untouched, expired or not", () => {
    expect(triage(batch({ items: texts(1, true) }), { ...CALM, project: "other" })).toEqual({ do: "give_back" });
  });

  test("with an expired text loses it first, even while the worker drains", () => {
    const given = batch({ items: [...texts(1), ...texts(1, true)] });
    expect(triage(given, { ...CALM, isDraining: true })).toMatchObject({
      do: "bury_expired_texts",
      reason: { code: "TH_EXPIRED" },
    });
  });

  test("goes back while the worker drains, although it is too old, deadly or paused", () => {
    const given = batch({ crashes: 6 });
    const step = triage(given, { ...CALM, isDraining: true, lifetimeSeconds: 0, isLanePaused: true });
    expect(step).toEqual({ do: "release" });
  });

  test("that has waited for its whole lifetime is buried as expired", () => {
    expect(triage(batch(), { ...CALM, lifetimeSeconds: 10 })).toMatchObject({
      do: "bury",
      reason: { code: "TH_EXPIRED" },
    });
  });

  test("is split after crashes, and buried once a text was alone at too many of them", () => {
    const stepAfter = (crashes: number, items: number) => triage(batch({ crashes, items: texts(items) }), CALM);
    expect(stepAfter(2, 50)).toEqual({ do: "wait" });
    expect(stepAfter(3, 50)).toEqual({ do: "split", partItems: 8 });
    expect(stepAfter(3, 8)).toEqual({ do: "wait" });
    expect(stepAfter(4, 8)).toEqual({ do: "split", partItems: 1 });
    expect(stepAfter(5, 1)).toEqual({ do: "wait" });
    expect(stepAfter(6, 2)).toEqual({ do: "split", partItems: 1 });
    expect(stepAfter(6, 1)).toMatchObject({ do: "bury", reason: { code: "TH_WORKER_CRASHED" } });
  });

  test("of a paused lane is parked, but a deadly text is buried all the same", () => {
    expect(triage(batch(), { ...CALM, isLanePaused: true })).toEqual({ do: "park" });
    const deadly = batch({ crashes: 6, items: texts(1) });
    expect(triage(deadly, { ...CALM, isLanePaused: true })).toMatchObject({ do: "bury" });
  });
});
