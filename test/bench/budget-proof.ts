/**
 * The proof of budgets: real `trans-hub worker` processes under one budget, in front of a server that keeps its own bill.
 *
 *     node test/bench/budget-proof.ts                       8 workers, 50 bursts, a budget of 1.00, without kills
 *     node test/bench/budget-proof.ts --kills               with kill -9 of workers at each step of a call in turn, three times each
 *     node test/bench/budget-proof.ts --workers 2 --bursts 5 --amount 0.1
 *
 * Seen must be: the server's bill is never over the budget; without kills the ledger is that bill to the last unit; with kills
 * confirmed ≤ bill ≤ confirmed + unconfirmed, in all and of each call that was hit, and no hold stays open after the rescue. Exit code 1
 * where one of it is not seen.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { applyMigrations } from "@trans-hub/core";
import { PostgresPersistenceHandler, parseItem } from "@trans-hub/core/store";
import { type CallRecord, startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { startPostgres } from "@trans-hub/test-support/postgres";
import pg from "pg";
import type { Halt } from "./budget/halt.ts";
import { KILL_STEPS, type KillStep } from "./budget/kill-steps.ts";

const BIN = fileURLToPath(new URL("../../packages/cli/src/bin.js", import.meta.url));
const HALT = new URL("./budget/halt.ts", import.meta.url).href;
/** Texts of a call. */
const CALL_TEXTS = 5;
/** Dollars a million tokens. */
const PRICE = { input: 2, cached: 1, output: 8 };
const PRICES = {
  currency: "USD",
  asOf: "2026-11-28",
  engines: {
    openai: { "*": { inputPerMillion: PRICE.input, cachedPerMillion: PRICE.cached, outputPerMillion: PRICE.output } },
  },
};

export interface ProofOptions {
  databaseUrl: string;
  workers: number;
  bursts: number;
  /** Texts of one burst. */
  texts: number;
  amount: string;
  /** A worker is killed at each of these steps of a call, in turn. Default: at none. */
  kills?: readonly KillStep[];
  /** The most times, by chance, that a worker passes its step before it is killed there. Default 0. */
  passes?: number;
  /** Milliseconds of an answer. */
  answerMs: number;
}

export interface Proof {
  calls: number;
  kills: number;
  /** Of the server, in dollars. */
  bill: number;
  confirmed: number;
  unconfirmed: number;
  spent: number;
  openHolds: number;
  budget: number;
  /** Looks during the run at which the server's bill was over the budget. */
  looksOver: number;
  translated: number;
  waiting: number;
  /** The calls that were hit, by the step at which they were. */
  steps: StepProof[];
}

/** Amounts in dollars. */
export interface StepProof {
  step: string;
  kills: number;
  bill: number;
  confirmed: number;
  unconfirmed: number;
  openHolds: number;
  /** Calls whose bill is not between confirmed and confirmed + unconfirmed. */
  outOfBounds: number;
}

/** In micro-units, so that it is a whole number. */
const microBill = (calls: readonly CallRecord[]) =>
  calls.reduce((sum, { billed }) => {
    if (billed === undefined) return sum;
    const { input, cached, output } = billed;
    return sum + (input - cached) * PRICE.input + cached * PRICE.cached + output * PRICE.output;
  }, 0);

export async function proveBudget(options: ProofOptions): Promise<Proof> {
  const { databaseUrl, workers, bursts, texts, amount, kills = [], passes = 0, answerMs } = options;
  const folder = await mkdtemp(join(tmpdir(), "trans-hub-budget-"));
  await writeFile(join(folder, "prices.json"), JSON.stringify(PRICES));
  const server = await startOpenaiServer();
  // A text without an answer is tried again later: that takes a settlement of several statements.
  const missing = { fault: { kind: "drop", match: "Text 7 " }, whenText: "Text 7 ", times: 40 } as const;
  server.misbehave(
    { fault: { kind: "slow", ms: answerMs } },
    ...(kills.some(({ point }) => point === "several:heard") ? [missing] : []),
  );
  const handler = await PostgresPersistenceHandler.connect({ databaseUrl });
  // Work of ten calls seldom comes to its settlement where calls are hit. With kills every second burst is of work of two calls.
  const smaller = await PostgresPersistenceHandler.connect({ databaseUrl, batchSize: 2 * CALL_TEXTS });
  const db = new pg.Pool({ connectionString: databaseUrl });
  const env = {
    ...{ PATH: process.env.PATH ?? "", HOME: folder, TH_DATABASE_URL: databaseUrl, TH_ENGINES: "openai" },
    ...{
      TH_OPENAI_ENDPOINT: server.url,
      TH_PRICES_FILE: join(folder, "prices.json"),
      TH_BATCH_SIZE: String(CALL_TEXTS),
    },
    // Without kills the usual time: a loaded machine makes living workers look dead after three seconds.
    ...(kills.length > 0 && { TH_RESCUE_AFTER_SECONDS: "3" }),
    ...{ TH_LOG_LEVEL: "error", TH_OPENAI_API_KEY: "k" },
    // The server has no thoughts: without a hold for them, a budget is enough for three times as many calls that are hit.
    ...(kills.length > 0 && { TH_OPENAI_THINKING_TOKENS: "1" }),
  };
  let isOver = false;
  const running = new Set<ChildProcess>();
  const hits: { step: KillStep; callIds: string[] }[] = [];
  const faults: unknown[] = [];
  const armed = [...kills];
  const kill = async (child: ChildProcess) => {
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  };
  const startWorker = () => {
    const step = isOver ? undefined : armed.shift();
    const halting = {
      TH_TEST_HALT: step?.point ?? "",
      TH_TEST_HALT_AFTER: String(Math.floor(Math.random() * (passes + 1))),
    };
    const child = spawn(process.execPath, [...(step ? ["--import", HALT] : []), BIN, "worker"], {
      cwd: folder,
      // A worker that is to be hit makes one call at a time, so that the call is known.
      env: { ...env, ...(step && { ...halting, TH_CONCURRENCY: "1" }) },
      // A worker that stands still says that the database does not answer it.
      stdio: ["ignore", "ignore", step === undefined ? "inherit" : "ignore", "pipe"],
    });
    running.add(child);
    child.once("exit", () => running.delete(child));
    const channel = child.stdio[3] as Socket;
    channel.on("error", () => undefined);
    if (step === undefined) return;
    createInterface({ input: channel }).once("line", async (line) => {
      const halt = JSON.parse(line) as Halt;
      const { act = ({ kill: now }) => now() } = step;
      const scene = {
        ...{ db, answerMs, kill: () => kill(child), goOn: () => void channel.write("g") },
        isReceived: (callId: string) => server.calls.some(({ headers }) => headers["x-call"] === callId),
      };
      try {
        await act(scene, halt);
        hits.push({ step, callIds: halt.callIds });
      } catch (cause) {
        faults.push(new Error(`A worker could not be killed ${step.name}`, { cause }));
        child.kill("SIGKILL");
      }
      if (isOver) return;
      if (armed.length > 0) startWorker();
      // Not before: they would do all the work while the last worker that is to be hit still starts.
      else if (hits.length + faults.length === kills.length) fillUp();
    });
  };
  const fillUp = () => {
    while (running.size < workers) startWorker();
  };
  let looksOver = 0;
  const limit = Number(amount) * 1e6;
  try {
    await handler.setBudget({ project: "default", per: "day", amount, currency: "USD" });
    for (let at = 0; at < (kills.length > 0 ? Math.min(workers, kills.length) : workers); at += 1) startWorker();
    const looking = (async () => {
      while (!isOver) {
        if (microBill(server.calls) > limit) looksOver += 1;
        await wait(20);
      }
    })();
    for (let burst = 0; burst < bursts; burst += 1) {
      const items = Array.from({ length: texts }, (_, at) =>
        parseItem(
          { text: `Text ${at} of the burst ${burst}, with some words to be billed` },
          { sourceLocale: "en", targetLocales: ["fr"] },
          { maxTextBytes: 1_048_576 },
        ),
      );
      await (kills.length > 0 && burst % 2 === 1 ? smaller : handler).register(items);
      await wait(Math.random() * 100);
    }
    // Quiet: all is translated, or waits for the budget.
    for (const since = Date.now(); Date.now() - since < 300_000; ) {
      const [budget] = await handler.listBudgets("default");
      const { translations, jobs } = await handler.status();
      const isQuiet = jobs.ready === 0 && jobs.running === 0 && translations.pending <= (budget?.waiting ?? 0);
      if (isQuiet && server.inFlight === 0) break;
      await wait(250);
    }
    isOver = true;
    await looking;
    // The rescue of those that were killed last. A hold that was committed after the rescue of its worker is found within a minute.
    for (const since = Date.now(); Date.now() - since < 90_000; await wait(250)) {
      if ((await handler.listBudgets("default"))[0]?.held === "0") break;
    }
    const ended = [...running].map((child) => once(child, "exit"));
    for (const child of running) child.kill("SIGTERM");
    await Promise.all(ended);
    const [budget] = await handler.listBudgets("default");
    const { rows } = await db.query<{ cost: string; unconfirmed: string; holds: string }>(
      `select coalesce(sum(cost), 0)::text as cost, coalesce(sum(unconfirmed), 0)::text as unconfirmed,
         (select count(*) from trans_hub.budget_hold) as holds from trans_hub.usage`,
    );
    const { translations } = await handler.status();
    if (faults.length > 0) throw new AggregateError(faults, "Workers could not be killed where they were to be");
    return {
      ...{ calls: server.calls.length, kills: hits.length, bill: microBill(server.calls) / 1e6, looksOver },
      ...{
        confirmed: Number(rows[0]?.cost),
        unconfirmed: Number(rows[0]?.unconfirmed),
        openHolds: Number(rows[0]?.holds),
      },
      ...{ spent: Number(budget?.spent), budget: Number(amount) },
      ...{ translated: translations.translated, waiting: budget?.waiting ?? 0 },
      steps: await proofOfSteps(db, new Set(kills), hits, server.calls),
    };
  } finally {
    isOver = true;
    for (const child of running) child.kill("SIGKILL");
    await Promise.allSettled([
      handler.close(),
      smaller.close(),
      db.end(),
      server.close(),
      rm(folder, { recursive: true, force: true }),
    ]);
  }
}

async function proofOfSteps(
  db: pg.Pool,
  steps: ReadonlySet<KillStep>,
  hits: readonly { step: KillStep; callIds: string[] }[],
  calls: readonly CallRecord[],
): Promise<StepProof[]> {
  const ledger = await db.query<{ call_id: string; cost: string | null; unconfirmed: string }>(
    "select call_id::text, cost::text, unconfirmed::text from trans_hub.usage",
  );
  const holds = await db.query<{ call_id: string }>("select call_id::text from trans_hub.budget_hold");
  return [...steps].map((step) => {
    const ofStep = hits.filter((hit) => hit.step === step);
    const each = ofStep
      .flatMap(({ callIds }) => callIds)
      .map((callId) => {
        const entry = ledger.rows.find(({ call_id }) => call_id === callId);
        const bill = microBill(calls.filter(({ headers }) => headers["x-call"] === callId));
        return { bill, confirmed: micro(entry?.cost), unconfirmed: micro(entry?.unconfirmed) };
      });
    const isHit = ({ call_id }: { call_id: string }) => ofStep.some(({ callIds }) => callIds.includes(call_id));
    const sum = (of: (one: (typeof each)[number]) => number) => each.reduce((all, one) => all + of(one), 0) / 1e6;
    return {
      ...{ step: step.name, kills: ofStep.length, bill: sum(({ bill }) => bill) },
      ...{ confirmed: sum(({ confirmed }) => confirmed), unconfirmed: sum(({ unconfirmed }) => unconfirmed) },
      openHolds: holds.rows.filter(isHit).length,
      outOfBounds: each.filter(({ bill, confirmed, unconfirmed }) => bill < confirmed || bill > confirmed + unconfirmed)
        .length,
    };
  });
}

/** An amount of the ledger in micro-units: the prices above have no smaller ones. */
function micro(amount: string | null | undefined): number {
  return Math.round(Number(amount ?? 0) * 1e6);
}

/** The promises that a run broke. */
function brokenPromises(proof: Proof, withKills: boolean): string[] {
  const { bill, confirmed, unconfirmed, budget, looksOver, openHolds, steps } = proof;
  const [least, most, billed] = [confirmed, confirmed + unconfirmed, bill].map((each) => Math.round(each * 1e6)) as [
    number,
    number,
    number,
  ];
  return [
    ...(billed > Math.round(budget * 1e6) || looksOver > 0 ? ["the bill was over the budget"] : []),
    ...(billed < least || billed > most ? ["the bill is not between confirmed and confirmed + unconfirmed"] : []),
    ...(!withKills && (billed !== least || unconfirmed !== 0) ? ["the ledger is not the bill"] : []),
    ...(openHolds > 0 ? [`${openHolds} holds stayed open`] : []),
    ...steps.flatMap(({ step, kills, outOfBounds }) => [
      ...(kills === 0 ? [`no worker was killed ${step}`] : []),
      ...(outOfBounds > 0 ? [`${outOfBounds} bills of calls are out of their bounds ${step}`] : []),
    ]),
  ];
}

function tableOf(steps: readonly StepProof[]): string {
  const rows = steps.map(({ step, kills, bill, confirmed, unconfirmed, openHolds }) =>
    [step, kills, ...[bill, confirmed, unconfirmed].map((each) => each.toFixed(6)), openHolds].join(" | "),
  );
  const head = "killed | kills | the server's bill | confirmed | unconfirmed | open holds";
  return [head, "--- | --- | --- | --- | --- | ---", ...rows].map((row) => `| ${row} |`).join("\n");
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      workers: { type: "string", default: "8" },
      bursts: { type: "string", default: "50" },
      texts: { type: "string", default: "40" },
      amount: { type: "string", default: "1.00" },
      "answer-ms": { type: "string", default: "200" },
      kills: { type: "boolean", default: false },
    },
  });
  const server = await startPostgres(["fsync=on"]);
  try {
    await applyMigrations({ databaseUrl: server.url });
    const begin = performance.now();
    const proof = await proveBudget({
      ...{ databaseUrl: server.url, workers: Number(values.workers), bursts: Number(values.bursts) },
      ...{ texts: Number(values.texts), amount: values.amount, answerMs: Number(values["answer-ms"]) },
      passes: 2,
      kills: values.kills ? [1, 2, 3].flatMap((round) => KILL_STEPS.filter(({ most = 3 }) => round <= most)) : [],
    });
    const { steps, ...all } = proof;
    if (steps.length > 0) console.log(`${tableOf(steps)}\n`);
    console.log(JSON.stringify({ ...all, seconds: Math.round((performance.now() - begin) / 1_000) }));
    for (const broken of brokenPromises(proof, values.kills)) {
      console.error(`broken: ${broken}`);
      process.exitCode = 1;
    }
  } finally {
    await server.stop();
  }
}
