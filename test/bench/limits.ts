/**
 * A fleet's use of an engine's allowance, and the number of its refusals: eight real `trans-hub worker` processes
 * against a server of Chat Completions that enforces its limits, on a PostgreSQL of their own.
 *
 *     npm run bench:limits              every setup, five minutes each
 *     npm run bench:limits -- --setup large --minutes 2 --window sliding --workers 8
 *     npm run bench:limits -- --json     {conditions, setups: [{setup, binding, use, refused, minutes: […]}]}
 *
 * The use is the amount that passed in the minutes from the first call on, as a share of the limit times the minutes.
 * Of the two limits, the binding one counts.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpus } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { applyMigrations } from "@trans-hub/core";
import { PostgresPersistenceHandler, parseItem } from "@trans-hub/core/store";
import type { CountedCall, LimitEnforcer } from "@trans-hub/test-support/openai-limits";
import { startPostgres } from "@trans-hub/test-support/postgres";
import { makeTexts } from "@trans-hub/test-support/strings";
import pg from "pg";

interface Setup {
  /** The most texts in one call. */
  batchSize: number;
  rpm: number;
  tpm: number;
  /** Duration of an answer, in milliseconds. */
  answerMs: number;
  /** More than the limits let through in a minute. */
  textsPerMinute: number;
}

/**
 * The prompt alone is 620 tokens, so a limit of 90,000 tokens binds before one of 600 calls, even for the smallest
 * calls.
 */
const SETUPS: Record<string, Setup> = {
  requests: { batchSize: 5, rpm: 600, tpm: 900_000, answerMs: 1_000, textsPerMinute: 3_300 },
  large: { batchSize: 50, rpm: 600, tpm: 90_000, answerMs: 5_000, textsPerMinute: 3_000 },
  small: { batchSize: 5, rpm: 600, tpm: 90_000, answerMs: 1_000, textsPerMinute: 900 },
};

const BIN = fileURLToPath(new URL("../../packages/cli/src/bin.js", import.meta.url));
const SERVER = fileURLToPath(import.meta.resolve("@trans-hub/test-support/openai-server"));
const MINUTE_MS = 60_000;
const ANY_LENGTH = { maxTextBytes: 1_048_576 };

const { values: options } = parseArgs({
  options: {
    setup: { type: "string", multiple: true, default: Object.keys(SETUPS) },
    minutes: { type: "string", default: "5" },
    workers: { type: "string", default: "8" },
    window: { type: "string", default: "bucket" },
    json: { type: "boolean", default: false },
  },
});
const MINUTES = Number(options.minutes);
const WORKERS = Number(options.workers);

type Report = ReturnType<LimitEnforcer["report"]>;

interface Figures {
  setup: string;
  binding: "requests" | "tokens";
  /** Use of the binding limit, in percent. */
  use: number;
  requests: number;
  tokens: number;
  refused: number;
  texts: number;
  /** Number of texts that went back to the fleet, because their turn was too far off. */
  handedOver: number;
  /** The same for each minute from the first call on. */
  minutes: { requests: number; tokens: number; refusals: number }[];
}

const progress = (line: string) => process.stderr.write(`${line}\n`);

const children: ChildProcess[] = [];
// A worker would outlive this process, and go on calling.
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

const postgres = await startPostgres(["fsync=on", "synchronous_commit=on"]);
try {
  const setups: Figures[] = [];
  for (const name of options.setup) {
    const setup = SETUPS[name];
    if (setup === undefined) throw new Error(`--setup is one of ${Object.keys(SETUPS).join(", ")}`);
    setups.push(await measure(name, setup));
  }
  report(setups);
} finally {
  await Promise.all(children.map(end));
  await postgres.stop();
}

async function measure(name: string, setup: Setup): Promise<Figures> {
  const databaseUrl = await createDatabase(name);
  const { batchSize, rpm, tpm, answerMs, textsPerMinute } = setup;
  const texts = Math.ceil(textsPerMinute * (MINUTES + 0.5));
  await register(databaseUrl, makeTexts(texts), batchSize);

  const server = start(SERVER, ["--rpm", `${rpm}`, "--tpm", `${tpm}`, "--window", options.window], {});
  const [line] = (await once(server.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
  const endpoint = String(line).trim();
  const control = endpoint.replace(/\/v1$/, "/control");
  await fetch(`${control}/rules`, {
    method: "PUT",
    body: JSON.stringify([{ fault: { kind: "slow", ms: answerMs } }]),
  });

  progress(`${name}: ${texts} texts, ${WORKERS} workers, ${MINUTES} min`);
  const env = {
    TH_DATABASE_URL: databaseUrl,
    TH_ENGINES: "openai",
    TH_OPENAI_ENDPOINT: endpoint,
    TH_OPENAI_RPM: `${rpm}`,
    TH_OPENAI_TPM: `${tpm}`,
    TH_BATCH_SIZE: `${batchSize}`,
    TH_LOG_LEVEL: "warn",
    TH_MAX_CONNECTIONS: "5",
  };
  const { raised: before } = await countWork(databaseUrl);
  const workers = Array.from({ length: WORKERS }, () => start(BIN, ["worker"], env));
  for (const worker of workers) worker.stdout?.resume();
  const counted = await watch(control);
  // Counted before the workers end, because ending hands back all claimed work.
  const { left, raised } = await countWork(databaseUrl);
  await Promise.all(workers.map(end));
  await end(server);
  if (left === 0) throw new Error(`${name}: the texts were used up; the figures would be of nothing`);
  return summarize(name, setup, counted, { texts: texts - left, handedOver: raised - before });
}

/** Waits until the minutes from the first call on are over. */
async function watch(control: string): Promise<CountedCall[]> {
  for (;;) {
    await wait(500);
    const { calls } = (await (await fetch(`${control}/limits`)).json()) as Report;
    const startedAt = calls[0]?.at;
    if (startedAt !== undefined && Date.now() >= startedAt + MINUTES * MINUTE_MS) return calls;
  }
}

function summarize(
  setup: string,
  { rpm, tpm }: Setup,
  calls: readonly CountedCall[],
  work: Pick<Figures, "texts" | "handedOver">,
): Figures {
  const startedAt = calls[0]?.at ?? 0;
  const minutes = Array.from({ length: Math.ceil(MINUTES) }, (_, minute) => {
    const of = calls.filter(({ at }) => Math.floor((at - startedAt) / MINUTE_MS) === minute);
    const lengthInMinutes = Math.min(1, MINUTES - minute);
    const passed = of.filter(({ at, isRefused }) => !isRefused && at < startedAt + MINUTES * MINUTE_MS);
    return {
      requests: percent(passed.length, rpm * lengthInMinutes),
      tokens: percent(sum(passed), tpm * lengthInMinutes),
      refusals: of.length - of.filter(({ isRefused }) => !isRefused).length,
    };
  });
  const inTime = calls.filter(({ at }) => at < startedAt + MINUTES * MINUTE_MS);
  const passed = inTime.filter(({ isRefused }) => !isRefused);
  const requests = percent(passed.length, rpm * MINUTES);
  const tokens = percent(sum(passed), tpm * MINUTES);
  return {
    setup,
    binding: requests > tokens ? "requests" : "tokens",
    use: Math.max(requests, tokens),
    requests,
    tokens,
    refused: percent(inTime.length - passed.length, inTime.length),
    ...work,
    minutes,
  };
}

function sum(calls: readonly CountedCall[]): number {
  return calls.reduce((total, { tokens }) => total + tokens, 0);
}

/** With one decimal place. */
function percent(part: number, whole: number): number {
  return Math.round((part / whole) * 1_000) / 10;
}

function report(setups: Figures[]): void {
  const conditions = {
    workers: WORKERS,
    minutes: MINUTES,
    window: options.window,
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    node: process.version,
    setups: Object.fromEntries(setups.map(({ setup }) => [setup, SETUPS[setup]])),
  };
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ conditions, setups })}\n`);
    return;
  }
  process.stdout.write(`${JSON.stringify(conditions, null, 2)}\n`);
  for (const { setup, binding, use, requests, tokens, refused, texts, handedOver, minutes } of setups) {
    process.stdout.write(
      `\n${setup}: ${use} % of the ${binding}, ${refused} % of the calls refused` +
        ` (requests ${requests} %, tokens ${tokens} %, ${texts} texts, handed over ${handedOver} times)\n`,
    );
    for (const [at, minute] of minutes.entries()) {
      process.stdout.write(
        `  minute ${at + 1}: requests ${minute.requests} %, tokens ${minute.tokens} %, ${minute.refusals} refused\n`,
      );
    }
  }
}

async function createDatabase(setup: string): Promise<string> {
  const admin = new pg.Client({ connectionString: postgres.url });
  await admin.connect();
  await admin.query(`create database limits_${setup} template template0 encoding 'UTF8'`);
  await admin.end();
  const url = new URL(postgres.url);
  url.pathname = `/limits_${setup}`;
  await applyMigrations({ databaseUrl: url.href });
  return url.href;
}

async function register(databaseUrl: string, texts: string[], batchSize: number): Promise<void> {
  const store = await PostgresPersistenceHandler.connect({ databaseUrl, batchSize });
  const items = texts.map((text) => parseItem({ text }, { sourceLocale: "en", targetLocales: ["fr"] }, ANY_LENGTH));
  for (let at = 0; at < items.length; at += 1_000) await store.register(items.slice(at, at + 1_000));
  await store.close();
}

/** Every hand-over raises a revision by one; the first revision of a row has no meaning. */
async function countWork(databaseUrl: string): Promise<{ left: number; raised: number }> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query(
    `select count(*) filter (where status = 'pending')::int as left, sum(revision)::float8 as raised
    from trans_hub.translation`,
  );
  await client.end();
  return rows[0];
}

function start(script: string, args: string[], env: Record<string, string>): ChildProcess {
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(process.execPath, [script, ...args], {
    env: { PATH, HOME, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}
