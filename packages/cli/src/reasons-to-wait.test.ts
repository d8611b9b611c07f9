import { expect, test } from "vitest";
import { reasonsToWait } from "./reasons-to-wait.ts";

const since = new Date("2026-01-01T12:00:00Z");
const limit = {
  pausedUntil: null,
  circuit: "closed",
  openUntil: null,
  reason: null,
  running: 0,
  faultySince: null,
  fault: null,
} as const;
const waiting = { engines: [{ name: "openai" }, { name: "pseudo" }], project: "shop", locales: ["fr", "de"] };

test("an engine that gets no calls is named with the reason, the time of the next call and the cure", () => {
  const limits = [
    { ...limit, engine: "openai", circuit: "open", openUntil: since, reason: "TH_ENGINE_CONFIG" } as const,
    { ...limit, engine: "pseudo", pausedUntil: since },
    { ...limit, engine: "deepl", pausedUntil: since },
  ];
  expect(reasonsToWait({ limits, paused: [] }, waiting)).toEqual([
    expect.stringMatching(
      /^engine openai: gets no calls until 2026-01-01T12:00:00\.000Z .*key.*resume --engine openai/,
    ),
    "engine pseudo: paused until 2026-01-01T12:00:00.000Z (it limited our rate)",
  ]);
  expect(reasonsToWait({ limits: [{ ...limit, engine: "openai" }], paused: [] }, waiting)).toEqual([]);
});

test("a pause is named with its cure if it holds texts of the run, and no other pause is", () => {
  const paused = [
    { kind: "engine", name: "openai", since },
    { kind: "engine", name: "deepl", since },
    { kind: "everything", name: null, since },
    { kind: "locale", name: "ja", since },
    { kind: "locale", name: "de", since },
    { kind: "project", name: "other", since },
    { kind: "project", name: "shop", since },
  ] as const;
  expect(reasonsToWait({ limits: [], paused: [...paused] }, waiting)).toEqual([
    "engine openai is paused: trans-hub resume --engine openai",
    "all work is paused: trans-hub resume",
    "locale de is paused: trans-hub resume --locale de",
    "project shop is paused: trans-hub resume --project shop",
  ]);
});
