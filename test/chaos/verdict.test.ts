/** The judge must find every fault: one text with each. */
import { expect, test } from "vitest";
import type { Evidence } from "./evidence.ts";
import { UNANSWERABLE } from "./texts.ts";
import { judge } from "./verdict.ts";

const TEXT = "1zqx text";
const KEPT = { isAllKept: true, hasBacklog: false };

/** One text, requested at 0, sent at 1,000, stored at 1,200, without any fault. */
function innocent(given: Partial<Evidence> = {}): Evidence {
  return {
    locales: ["fr"],
    acknowledged: [{ text: TEXT, acked: 0 }],
    rows: [{ text: TEXT, locale: "fr", status: "translated", translated: `[fr] ${TEXT}`, code: null }],
    stored: [{ text: TEXT, locale: "fr", at: 1_200 }],
    sends: [send(1_000)],
    faults: [],
    calls: { answered: 1, booked: 1 },
    findings: [],
    ...given,
  };
}

function send(at: number, worker = "worker-1", isAnswered: boolean | undefined = true) {
  return { text: TEXT, locale: "fr", at, worker, isAnswered };
}

function fault(at: number, workers: string[] | undefined = ["worker-1"], endsCalls = true) {
  return { kind: "kill -9", at, endedAt: at, workers, endsCalls };
}

const row = innocent().rows[0] as Evidence["rows"][number];

test("a faultless run passes", () => {
  expect(judge(innocent(), KEPT)).toMatchObject({ acknowledged: 1, translated: 1, sentAgain: 0, violations: [] });
});

test.each([
  ["lost", { rows: [], stored: [] }],
  ["lost", { rows: [{ ...row, status: "failed", code: null }] }],
  ["storedTwice", { stored: [...innocent().stored, { text: TEXT, locale: "fr", at: 1_300 }] }],
  ["wrong", { rows: [{ ...row, translated: "[fr] another" }] }],
  ["pending", { rows: [{ ...row, status: "pending" }] }],
] satisfies [string, Partial<Evidence>][])("%s", (name, given) => {
  expect(judge(innocent(given), KEPT).violations).toContain(`${name}: 1`);
});

test.each([
  ["with no fault", [send(1_000), send(5_000)], []],
  ["after it was stored, though a fault followed", [send(1_000), send(50_000)], [fault(40_000)]],
  ["after another worker's fault", [send(1_000), send(1_190)], [fault(1_100, ["worker-2"])]],
  ["after an orderly end", [send(1_000), send(1_190)], [fault(1_100, ["worker-1"], false)]],
])("a text sent again %s has no excuse", (_, sends, faults) => {
  expect(judge(innocent({ sends, faults }), KEPT).violations).toContain("unexcused: 1");
});

test("a text in flight at a kill may be sent again, once for each kill", () => {
  const stored = [{ text: TEXT, locale: "fr", at: 20_000 }];
  const once = innocent({ stored, sends: [send(1_000), send(14_000, "worker-2")], faults: [fault(1_100)] });
  expect(judge(once, KEPT)).toMatchObject({ sentAgain: 1, inFlight: 1, violations: [], recoveries: [12_900] });
  const twice = { ...once, sends: [send(1_000), send(1_050), send(14_000, "worker-2")] };
  expect(judge(twice, KEPT).violations).not.toEqual([]);
});

test("a text that the engine failed to answer may be sent again", () => {
  expect(judge(innocent({ sends: [send(900, "worker-1", false), send(1_000)] }), KEPT).violations).toEqual([]);
});

test("a recovery over half a minute, calls booked too often, and findings of others fail a run", () => {
  const stored = [{ text: TEXT, locale: "fr", at: 40_000 }];
  const sends = [send(1_000), send(39_000, "worker-2")];
  const late = innocent({
    stored,
    sends,
    faults: [fault(1_100)],
    calls: { answered: 2, booked: 3 },
    findings: ["a leak"],
  });
  expect(judge(late, KEPT).violations).toEqual([
    "a leak",
    "the account has 3 answered calls, the engine 2",
    "a recovery took 37.9 s",
  ]);
});

test("the wait between attempts does not count as recovery for a text that no engine translates", () => {
  const text = `${TEXT} ${UNANSWERABLE}`;
  const late = innocent({
    acknowledged: [{ text, acked: 0 }],
    rows: [{ ...row, text, status: "failed", translated: null, code: "TH_TRANSLATION_BLOCKED" }],
    stored: [{ text, locale: "fr", at: 90_000 }],
    sends: [
      { ...send(1_000), text },
      { ...send(80_000, "worker-2"), text },
    ],
    faults: [fault(1_100)],
  });
  expect(judge(late, KEPT)).toMatchObject({ recoveries: [0], violations: [] });
});
