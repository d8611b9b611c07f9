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
    departures: [],
    strain: { stalls: new Map(), answers: [] },
    fleet: { beatMs: 1_000, rescueAfterMs: 5_000 },
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

test("a request that was acknowledged while the cell destroyed commits may be lost, and no other", () => {
  const lost = innocent({ rows: [], stored: [] });
  const destroyed = { ...lost, acknowledged: [{ text: TEXT, acked: 0, mayBeLost: true }] };
  expect(judge(destroyed, KEPT)).toMatchObject({ lost: 0, destroyed: 1, violations: [] });
  const failed = { ...destroyed, rows: [{ ...row, status: "failed", code: null }] };
  expect(judge(failed, KEPT).violations).toContain("lost: 1");
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

/** Sent by worker-1 at 1,000, and by worker-2 after worker-1 left the fleet at 7,000. */
function departed(given: Partial<Evidence> & { lastBeatAt: number }): Evidence {
  const { lastBeatAt, ...evidence } = given;
  return innocent({
    stored: [{ text: TEXT, locale: "fr", at: 8_000 }],
    sends: [send(1_000), send(7_500, "worker-2")],
    departures: [{ worker: "worker-1", lastBeatAt, at: 7_000, returnedAt: 7_600 }],
    ...evidence,
  });
}

const stalled = (from: number, to: number, worker = "worker-1") => ({
  stalls: new Map([[worker, [{ from, to }]]]),
  answers: [],
});
const slowAnswers = (from: number, to: number) => ({ stalls: new Map(), answers: [{ from, to }] });

test.each([
  ["the machine did not let it run", { lastBeatAt: 1_900, strain: stalled(2_000, 6_000) }],
  ["the server did not answer its beat", { lastBeatAt: 1_900, strain: slowAnswers(2_500, 6_000) }],
  [
    "PostgreSQL was away, and the machine did not let it run",
    {
      lastBeatAt: 1_900,
      strain: stalled(4_000, 6_000),
      faults: [{ kind: "crash", at: 2_500, endedAt: 4_000, workers: undefined, endsCalls: true }],
      sends: [send(4_500), send(7_500, "worker-2")],
    },
  ],
])("a text of a worker that was declared dead because %s may be sent again", (_, given) => {
  expect(judge(departed(given), KEPT)).toMatchObject({ sentAgain: 1, inFlight: 1, declaredDead: 1, violations: [] });
});

test.each([
  ["did not beat although it could", { lastBeatAt: 1_900 }],
  ["was stalled for a part of its silence only", { lastBeatAt: 1_900, strain: stalled(2_000, 4_000) }],
  ["was stalled before its last beat", { lastBeatAt: 1_900, strain: stalled(0, 1_900) }],
  ["was not the stalled one", { lastBeatAt: 1_900, strain: stalled(2_000, 6_000, "worker-2") }],
  ["had just beaten, stalled or not", { lastBeatAt: 6_500, strain: stalled(2_000, 7_000) }],
  [
    "had sent it after its return",
    {
      lastBeatAt: 1_900,
      strain: stalled(2_000, 6_000),
      stored: [{ text: TEXT, locale: "fr", at: 9_000 }],
      sends: [send(7_700), send(8_500, "worker-2")],
    },
  ],
  [
    "had it stored before",
    {
      lastBeatAt: 1_900,
      strain: stalled(2_000, 6_000),
      stored: [{ text: TEXT, locale: "fr", at: 1_200 }],
    },
  ],
])("a text of a worker that was declared dead and %s has no excuse", (_, given) => {
  expect(judge(departed(given), KEPT).violations).toContain("unexcused: 1");
});

test("a worker notices a fault of the database as late as the machine stalled it, and no later", () => {
  const crash = { kind: "crash", at: 1_000, endedAt: 1_500, workers: undefined, endsCalls: true };
  const stored = [{ text: TEXT, locale: "fr", at: 9_000 }];
  // It has run for 500 ms since the beginning of the fault at 4,500.
  const strain = stalled(1_200, 4_200);
  const inTime = innocent({ stored, faults: [crash], strain, sends: [send(4_400), send(5_000, "worker-2")] });
  expect(judge(inTime, KEPT)).toMatchObject({ sentAgain: 1, violations: [] });
  const tooLate = { ...inTime, sends: [send(4_600), send(5_000, "worker-2")] };
  expect(judge(tooLate, KEPT).violations).toContain("unexcused: 1");
  const ofAnother = { ...inTime, strain: stalled(1_200, 4_200, "worker-2") };
  expect(judge(ofAnother, KEPT).violations).toContain("unexcused: 1");
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

test("the stalls of a worker do not count as recovery", () => {
  const stored = [{ text: TEXT, locale: "fr", at: 40_000 }];
  const late = innocent({ stored, sends: [send(1_000), send(39_000, "worker-2")], faults: [fault(1_100)] });
  const strain = stalled(2_000, 12_000, "worker-2");
  expect(judge({ ...late, strain }, KEPT)).toMatchObject({ recoveries: [27_900], violations: [] });
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
