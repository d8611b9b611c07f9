/** Budgets on the command line, and in front of a server that keeps its own bill. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Commands, testOnDatabase as test } from "@trans-hub/test-support/command";
import { deeplProtocol } from "@trans-hub/test-support/deepl-server";
import { startHttpServer } from "@trans-hub/test-support/http-server";
import { type CallRecord, startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { value } from "@trans-hub/test-support/store";
import { describe, expect, onTestFinished } from "vitest";
import { KILL_STEPS } from "../bench/budget/kill-steps.ts";
import { proveBudget } from "../bench/budget-proof.ts";

interface Shown {
  budgets: {
    project: string;
    per: string;
    amount: string;
    spent: string;
    held: string;
    state: string;
    unconfirmed: string;
    waiting: number;
  }[];
}

const PRICES = {
  currency: "USD",
  asOf: "2026-11-28",
  engines: { openai: { "*": { inputPerMillion: 1, cachedPerMillion: 0.5, outputPerMillion: 4 } } },
};
const SET = ["budget", "set", "--project", "default", "--per", "day", "--currency", "USD", "--amount"];

/** The bill of the server itself, in millionths of a dollar times two, so that it is a whole number. */
const billOf = (calls: readonly CallRecord[]) =>
  calls.reduce((sum, { billed }) => {
    if (billed === undefined) return sum;
    return sum + (billed.input - billed.cached) * 2 + billed.cached + billed.output * 8;
  }, 0) / 2e6;

async function serve({ cwd }: Commands, prices: object = PRICES) {
  const server = await startOpenaiServer();
  onTestFinished(() => server.close());
  await writeFile(join(cwd, "prices.json"), JSON.stringify(prices));
  const env = { TH_ENGINES: "openai", TH_OPENAI_ENDPOINT: server.url, TH_PRICES_FILE: "prices.json" };
  return { server, env };
}

async function request(commands: Commands, count: number, project = "default"): Promise<void> {
  const input = Array.from({ length: count }, (_, at) =>
    JSON.stringify({ text: `The text with the number ${at} of project ${project}` }),
  ).join("\n");
  await commands.json(["request", "--file", "-", "--from", "en", "--to", "fr", "--project", project], { input });
}

const ledgerOf = (db: Parameters<typeof value>[0], column: "cost" | "unconfirmed") =>
  value<string>(db, `select trim_scale(coalesce(sum(${column}), 0))::text from trans_hub.usage`).then(Number);

describe("a worker under a budget", () => {
  test("stops before it, says so, and goes on with a greater one", async ({ commands, db }) => {
    const { server, env } = await serve(commands);
    await request(commands, 200);
    await request(commands, 5, "other");
    expect(await commands.json<Shown>([...SET, "0.04"])).toMatchObject({
      budgets: [{ project: "default", per: "day", amount: "0.04", spent: "0", held: "0", state: "ok" }],
    });
    const small = { env: { ...env, TH_BATCH_SIZE: "10" } };
    const stopped = await commands.run(["worker", "--until-empty", "--json"], small);
    expect(stopped.code).toBe(4);
    expect(JSON.parse(stopped.stdout)).toMatchObject({
      error: { code: "TH_BUDGET_EXCEEDED", message: expect.stringMatching(/0\.04 USD per day .* 0\.\d+ is spent/) },
    });
    expect(stopped.stderr).toMatch(/budget\.waits/);
    expect(stopped.stderr).toMatch(/it may cost 0\.\d+, and 0\.\d+ is left/);
    const bill = billOf(server.calls);
    expect(bill).toBeGreaterThan(0);
    const { budgets } = await commands.json<Shown>(["status"]);
    const [budget] = budgets;
    expect(budget).toMatchObject({ amount: "0.04", held: "0", state: "paused" });
    expect(budget?.waiting).toBeGreaterThan(0);
    const ofDefault = billOf(server.calls.filter(({ body }) => !JSON.stringify(body).includes("project other")));
    expect(ofDefault).toBeLessThanOrEqual(0.04);
    expect(ofDefault).toBeGreaterThan(0);
    expect(Number(budget?.spent)).toBeCloseTo(ofDefault, 12);
    expect(await ledgerOf(db, "cost")).toBeCloseTo(bill, 12);
    expect(await ledgerOf(db, "unconfirmed")).toBe(0);
    // The other project has none, and is done.
    expect(
      await value(
        db,
        "select count(*)::int from trans_hub.translation where project = 'other' and status = 'translated'",
      ),
    ).toBe(5);
    const people = await commands.run(["status"]);
    expect(people.stdout).toContain("paused: budget");

    const again = server.calls.length;
    expect((await commands.run(["worker", "--once"], small)).code).toBe(4);
    expect(server.calls).toHaveLength(again);
    await commands.json([...SET, "5", "--by", "mia"]);
    expect((await commands.run(["worker", "--until-empty"], small)).code).toBe(0);
    expect(await ledgerOf(db, "cost")).toBeCloseTo(billOf(server.calls), 12);
    expect(await value(db, "select max(attempt)::int from trans_hub.batch")).toBe(null);
    expect(await commands.json<Shown>(["budget", "list"])).toMatchObject({ budgets: [{ state: "ok", waiting: 0 }] });
    expect(await commands.json(["budget", "remove", "--per", "day"])).toEqual({ removed: true });
    expect(await commands.json(["budget", "remove", "--per", "day"])).toEqual({ removed: false });
  });

  test("counts a call that timed out in full until a person confirms it", async ({ commands, db }) => {
    const { server, env } = await serve(commands);
    await request(commands, 3);
    await commands.json([...SET, "1"]);
    server.misbehave({ fault: { kind: "slow", ms: 4_000 }, times: 1 });
    const run = await commands.run(["worker", "--until-empty"], { env: { ...env, TH_ENGINE_TIMEOUT_SECONDS: "1" } });
    expect(run.code).toBe(0);
    const [confirmed, unconfirmed] = await Promise.all([ledgerOf(db, "cost"), ledgerOf(db, "unconfirmed")]);
    const bill = billOf(server.calls);
    expect(confirmed).toBeLessThan(bill);
    expect(confirmed + unconfirmed).toBeGreaterThanOrEqual(bill);
    const [budget] = (await commands.json<Shown>(["budget", "list"])).budgets;
    expect(Number(budget?.spent)).toBeCloseTo(confirmed + unconfirmed, 12);
    expect(Number(budget?.unconfirmed)).toBeCloseTo(unconfirmed, 12);
    const call = await value<string>(db, "select call_id::text from trans_hub.usage where unconfirmed > 0");
    expect(await commands.json(["budget", "confirm", "--call", call, "--amount", "0.0001"])).toMatchObject({
      calls: 1,
    });
    expect((await commands.json<Shown>(["budget", "list"])).budgets).toMatchObject([{ unconfirmed: "0" }]);
    expect(await ledgerOf(db, "unconfirmed")).toBe(0);
    expect((await commands.run(["budget", "confirm", "--amount", "1"])).code).toBe(2);
  });

  test("asks the next engine where the first has no price, and waits where none has", async ({ commands, db }) => {
    const { server, env } = await serve(commands);
    const deepl = await startHttpServer(deeplProtocol());
    onTestFinished(() => deepl.close());
    const chain = { TH_ENGINES: "deepl,openai", TH_DEEPL_API_KEY: "k-very-secret", TH_DEEPL_ENDPOINT: deepl.url };
    await request(commands, 3);
    await commands.json([...SET, "1"]);
    expect((await commands.run(["worker", "--until-empty"], { env: { ...env, ...chain } })).code).toBe(0);
    expect(await value(db, "select string_agg(distinct engine, ',') from trans_hub.translation")).toBe("openai");

    await request(commands, 2, "second");
    await commands.json([
      "budget",
      "set",
      "--project",
      "second",
      "--per",
      "month",
      "--amount",
      "1",
      "--currency",
      "EUR",
    ]);
    const calls = server.calls.length;
    const waits = await commands.run(["worker", "--until-empty"], { env: { ...env, ...chain } });
    expect([waits.code, server.calls.length]).toEqual([4, calls]);
    expect(waits.stderr).toContain("openai");
    expect(await value(db, "select count(*)::int from trans_hub.dead_letter")).toBe(0);
    expect((await commands.json<Shown>(["status", "--project", "second"])).budgets).toMatchObject([
      { state: "paused", reason: "price", waiting: 2 },
    ]);
  });
});

/** The others are those of `npm run bench:budgets -- --kills`. */
const HIT = [
  "in the hold, committed after the death",
  "during the request",
  "after the answer",
  "in the settlement, rolled back",
  "after the settlement's commit, unheard",
];

test("no fleet goes over a budget: its bill is in the ledger to the last unit, or between its bounds after kills", async ({
  database,
}) => {
  // Its own processes, beside the server of the test's database.
  const small = { databaseUrl: database.url, workers: 2, bursts: 4, texts: 20, amount: "0.12", answerMs: 100 };
  const kills = KILL_STEPS.filter(({ name }) => HIT.includes(name));
  const proof = await proveBudget({ ...small, kills });
  expect(proof).toMatchObject({ looksOver: 0, openHolds: 0 });
  const promised = (step: string) => expect.objectContaining({ step, kills: 1, openHolds: 0, outOfBounds: 0 });
  expect(proof.steps).toEqual(HIT.map(promised));
  expect(proof.calls).toBeGreaterThan(0);
  expect(proof.confirmed).toBeLessThanOrEqual(proof.bill + 1e-9);
  expect(proof.bill).toBeLessThanOrEqual(proof.confirmed + proof.unconfirmed + 1e-9);
  expect(proof.spent).toBeLessThanOrEqual(0.12);
  expect(proof.spent).toBeCloseTo(proof.confirmed + proof.unconfirmed, 9);
  expect(proof.translated + proof.waiting).toBe(80);
});

test("translate writes what is ready, ends with exit 4, and finishes in a later run", async ({ commands }) => {
  const { server, env } = await serve(commands);
  const { cwd } = commands;
  await mkdir(join(cwd, "locales"), { recursive: true });
  const catalog = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`k${at}`, `The text with number ${at}`]));
  await writeFile(join(cwd, "locales", "en.json"), JSON.stringify(catalog));
  const translate = ["translate", "locales/en.json", "--from", "en", "--to", "fr", "--out", "locales/{locale}.json"];
  const read = async () => Object.keys(JSON.parse(await readFile(join(cwd, "locales", "fr.json"), "utf8"))).length;
  // A text of another locale that nobody translates: it is none of the run's.
  await commands.json(["request", "Nobody does this", "--from", "en", "--to", "ja"]);
  await commands.json([...SET, "0.03"]);
  const small = { env: { ...env, TH_BATCH_SIZE: "2" } };
  const first = await commands.run([...translate, "--json"], small);
  expect(first.code).toBe(4);
  expect(JSON.parse(first.stdout)).toMatchObject({ failed: 0, error: { code: "TH_BUDGET_EXCEEDED" } });
  const written = await read();
  expect(written).toBeGreaterThan(0);
  expect(written).toBeLessThan(60);
  expect(billOf(server.calls)).toBeLessThanOrEqual(0.03);
  await commands.json([...SET, "6"]);
  expect((await commands.run(translate, small)).code).toBe(0);
  expect(await read()).toBe(60);
});

test("a budget in another currency than the prices is set with a warning", async ({ commands }) => {
  const { env } = await serve(commands);
  const foreign = ["budget", "set", "--per", "day", "--amount", "1", "--currency", "EUR"];
  const warned = await commands.run(foreign, { env });
  expect([warned.code, warned.stderr]).toEqual([0, expect.stringContaining("in USD")]);
  expect((await commands.run(foreign)).stderr).not.toContain("warning");
  // The cure names the project whose budget it is.
  const second = await commands.run(["budget", "set", "--per", "month", "--amount", "1", "--currency", "USD"]);
  expect([second.code, second.stderr]).toEqual([2, expect.stringContaining("--project default --per day")]);
});

test("a budget that is none is refused with the culprit", async ({ commands }) => {
  for (const [args, culprit] of [
    [["--per", "week", "--amount", "1", "--currency", "USD"], "--per"],
    [["--per", "day", "--amount", "-1", "--currency", "USD"], "--amount"],
    [["--per", "day", "--amount", "1", "--currency", "dollars"], "--currency"],
    [["--per", "day", "--amount", "1"], "--currency"],
    [["--amount", "1", "--currency", "USD"], "--per"],
  ] as const) {
    const run = await commands.run(["budget", "set", ...args]);
    expect([run.code, run.stderr]).toEqual([2, expect.stringContaining(culprit)]);
  }
});
