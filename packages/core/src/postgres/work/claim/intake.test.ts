import { expect, test } from "vitest";
import { type Gate, Intake } from "./intake.ts";

/** Lets through as many runners as may pass now. */
function claimAll(gate: Gate): number {
  for (let claims = 0; ; claims += 1) if (gate.pass() !== undefined) return claims;
}

/** A claim that brought a batch. */
function take(intake: Intake, gate: Gate, items: number) {
  gate.passed();
  const hold = intake.hold();
  hold.weighs(items);
  return hold;
}

test("the intake takes two full batches for each slot, one running and one waiting", () => {
  const intake = new Intake({ slots: 4, maxItems: 50 });
  const gate = intake.newGate();
  for (let held = 0; held < 8; held += 1) {
    expect(gate.pass()).toBeUndefined();
    take(intake, gate, 50);
  }
  expect(gate.pass()).toBeInstanceOf(Promise);
});

test("the intake takes as many batches of one text as fill the calls, a few claims at a time", () => {
  const intake = new Intake({ slots: 4, maxItems: 50 });
  const gate = intake.newGate();
  let held = 0;
  while (held < intake.maxJobs) {
    expect(gate.pass()).toBeUndefined();
    take(intake, gate, 1);
    held += 1;
  }
  expect(held).toBe(100);
  expect(claimAll(gate)).toBe(8);
});

test("batches larger than all calls together leave no slot empty", () => {
  const intake = new Intake({ slots: 2, maxItems: 50 });
  const gate = intake.newGate();
  for (let held = 0; held < 4; held += 1) {
    expect(gate.pass()).toBeUndefined();
    take(intake, gate, 1_000);
  }
  expect(gate.pass()).toBeInstanceOf(Promise);
});

test("a batch that an engine has finished makes room, once", async () => {
  const intake = new Intake({ slots: 1, maxItems: 10 });
  const gate = intake.newGate();
  const holds = [1, 2].map(() => {
    expect(gate.pass()).toBeUndefined();
    return take(intake, gate, 10);
  });
  const passed: number[] = [];
  const waiting = [1, 2].map((number) => Promise.resolve(gate.pass()).then(() => passed.push(number)));
  holds[0]?.end();
  holds[0]?.end();
  await waiting[0];
  expect(passed).toEqual([1]);
  holds[1]?.end();
  await waiting[1];
});

test("a claim without a job makes room for the next", async () => {
  const gate = new Intake({ slots: 1, maxItems: 10 }).newGate();
  expect(claimAll(gate)).toBe(2);
  const next = gate.pass();
  gate.passed();
  gate.passed();
  await next;
});

test("the gate of a runner that ends is open, and the next counts for itself", async () => {
  const intake = new Intake({ slots: 1, maxItems: 10 });
  const gate = intake.newGate();
  expect(claimAll(gate)).toBe(2);
  const waiting = gate.pass();
  const next = intake.newGate();
  await waiting;
  expect(gate.pass()).toBeUndefined();
  expect(claimAll(next)).toBe(2);
});

test("with an engine of milliseconds, the work of a fortieth of a second is in memory", () => {
  let now = 0;
  const intake = new Intake({ slots: 4, maxItems: 50 }, () => now);
  for (let job = 0; job < 40; job += 1) intake.hold().done();
  expect(claimAll(intake.newGate())).toBe(40);
  now = 5_000;
  expect(claimAll(intake.newGate())).toBe(8);
});

test("the work of a quarter of a second is claimed ahead, and two jobs a slot at least", () => {
  let now = 0;
  const intake = new Intake({ slots: 4, maxItems: 50 }, () => now);
  const work = (jobs: number) => {
    for (let job = 0; job < jobs; job += 1) intake.hold().done();
  };
  expect(intake.jobsAhead).toBe(8);
  work(30);
  expect(intake.jobsAhead).toBe(30);
  now = 250;
  work(5);
  expect(intake.jobsAhead).toBe(30);
  now = 500;
  expect(intake.jobsAhead).toBe(8);
  work(1_000);
  expect(intake.jobsAhead).toBe(100);
  now = 5_000;
  expect(intake.jobsAhead).toBe(8);
});
