/**
 * An outage of an engine in real time, with default settings: two real `trans-hub worker` processes on 10,000 texts, while the
 * engine refuses connections or answers 500 for ten minutes. Each way has a database of its own, and all run at once.
 *
 *     npm run bench:outage                            both ways, ten minutes
 *     npm run bench:outage -- --way refuse --minutes 2 --texts 1000
 *     npm run bench:outage -- --json                  {conditions, ways: [{way, deadLetters, secondsAfterReturn, …}]}
 *
 * The exit code is 1 where a text is among the dead letters, where one is still missing a minute after the engine's return, or
 * where a command with an end (`worker --once`, `worker --until-empty`, `translate`) ends otherwise than with exit code 4.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { applyMigrations } from "@trans-hub/core";
import { PostgresPersistenceHandler, parseItem } from "@trans-hub/core/store";
import { type OpenaiServer, startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { startPostgres } from "@trans-hub/test-support/postgres";
import { makeTexts } from "@trans-hub/test-support/strings";
import pg from "pg";
import { BIN, openFleet } from "./process.ts";

const WAYS = ["refuse", "500"] as const;
type Way = (typeof WAYS)[number];

const WORKERS = 2;
const ANSWER_MS = 200;
/** Texts that are translated before the engine goes down. */
const BEFORE = 300;
/** Texts of the catalog that `translate` is given during the outage. */
const OF_CATALOG = 20;
/** The time after the engine's return in which all texts have to be translated. */
const MOST_SECONDS_AFTER = 60;
/** The rest waits no longer than so. */
const PATIENCE_MS = 5 * 60_000;
const ANY_LENGTH = { maxTextBytes: 1_048_576 };

const { values: options } = parseArgs({
  options: {
    way: { type: "string", multiple: true, default: [...WAYS] },
    minutes: { type: "string", default: "10" },
    texts: { type: "string", default: "10000" },
    json: { type: "boolean", default: false },
  },
});
const OUTAGE_MS = Number(options.minutes) * 60_000;
const TEXTS = Number(options.texts);

interface Ended {
  command: string;
  code: number | null;
  seconds: number;
}

interface Figures {
  way: string;
  /** Translated when the engine went down. */
  before: number;
  /** Translated of all texts at the end, those of the catalog included. */
  translated: number;
  texts: number;
  deadLetters: number;
  /** From the engine's return to the last translation; null: some are missing. */
  secondsAfterReturn: number | null;
  /** Calls that reached the engine while it was down. */
  callsInOutage: number;
  commands: Ended[];
}

const progress = (line: string) => process.stderr.write(`${line}\n`);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

const postgres = await startPostgres(["fsync=on", "synchronous_commit=on"]);
try {
  const ways = await Promise.all(options.way.map((way, at) => measure(asWay(way), at)));
  report(ways);
  if (!ways.every(isRight)) process.exitCode = 1;
} finally {
  await postgres.stop();
}

function asWay(given: string): Way {
  const way = WAYS.find((name) => name === given);
  if (way === undefined) throw new Error(`--way is one of ${WAYS.join(", ")}`);
  return way;
}

async function measure(way: Way, at: number): Promise<Figures> {
  const databaseUrl = await createDatabase(at);
  await register(databaseUrl, makeTexts(TEXTS));
  const db = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  const folder = await mkdtemp(join(tmpdir(), "trans-hub-outage-"));
  let server = await startOpenaiServer({ rules: [{ fault: { kind: "slow", ms: ANSWER_MS } }] });
  const port = Number(new URL(server.url).port);
  const env = { TH_DATABASE_URL: databaseUrl, TH_ENGINES: "openai", TH_OPENAI_ENDPOINT: server.url };
  const fleet = openFleet(env);
  try {
    for (let worker = 1; worker <= WORKERS; worker += 1) fleet.start();
    await reach(db, ({ translated }) => translated >= Math.min(BEFORE, TEXTS / 4), PATIENCE_MS);
    await goDown(server, way);
    const { translated: before } = await count(db);
    const calls = server.calls.length;
    progress(`${way}: the engine is down, with ${before} of ${TEXTS} texts translated`);
    const downAt = performance.now();

    await writeFile(join(folder, "en.json"), catalogOf(OF_CATALOG));
    const translate = ["translate", "en.json", "--from", "en", "--to", "fr", "--out", "{locale}.json"];
    const passes = [["worker", "--once"], ["worker", "--until-empty"], translate];
    const running = Promise.all(passes.map((args) => run(args, env, folder)));
    await wait(OUTAGE_MS - (performance.now() - downAt));

    const callsInOutage = server.calls.length - calls;
    if (way === "refuse")
      server = await startOpenaiServer({ port, rules: [{ fault: { kind: "slow", ms: ANSWER_MS } }] });
    else server.misbehave({ kind: "slow", ms: ANSWER_MS });
    const upAt = performance.now();
    progress(`${way}: the engine is back`);
    const isDone = await reach(db, ({ pending }) => pending === 0, PATIENCE_MS);
    const secondsAfterReturn = isDone ? seconds(performance.now() - upAt) : null;
    const { translated, failed, texts } = await count(db);
    const commands = await running;
    return { way, before, translated, texts, deadLetters: failed, secondsAfterReturn, callsInOutage, commands };
  } finally {
    await fleet.stop();
    await server.close();
    await db.end();
    await rm(folder, { recursive: true, force: true });
  }
}

async function goDown(server: OpenaiServer, way: Way): Promise<void> {
  if (way === "refuse") await server.close();
  else server.misbehave({ kind: "status", status: 500 });
}

function isRight({ deadLetters, secondsAfterReturn, commands }: Figures): boolean {
  const isInTime = secondsAfterReturn !== null && secondsAfterReturn <= MOST_SECONDS_AFTER;
  return deadLetters === 0 && isInTime && commands.every(({ code }) => code === 4);
}

function report(ways: readonly Figures[]): void {
  const conditions = {
    texts: TEXTS,
    minutes: OUTAGE_MS / 60_000,
    workers: WORKERS,
    answerMs: ANSWER_MS,
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    node: process.version,
  };
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ conditions, ways })}\n`);
    return;
  }
  process.stdout.write(`${JSON.stringify(conditions, null, 2)}\n`);
  for (const { way, before, translated, texts, deadLetters, secondsAfterReturn, callsInOutage, commands } of ways) {
    process.stdout.write(
      `\n${way}: ${translated} of ${texts} texts translated (${before} before the outage), ${deadLetters} dead letters, ` +
        `all done ${secondsAfterReturn ?? "more than 300"} s after the return, ${callsInOutage} calls during the outage\n`,
    );
    for (const { command, code, seconds: length } of commands) {
      process.stdout.write(`  ${command}: exit code ${code} after ${length} s\n`);
    }
  }
}

interface Count {
  pending: number;
  translated: number;
  failed: number;
  texts: number;
}

async function count(db: pg.Pool): Promise<Count> {
  const { rows } = await db.query<Count>(
    `select count(*) filter (where status = 'pending')::int as pending,
      count(*) filter (where status = 'translated')::int as translated,
      count(*) filter (where status = 'failed')::int as failed,
      count(*)::int as texts
    from trans_hub.translation`,
  );
  return rows[0] as Count;
}

/** Whether the counts came to it in time. */
async function reach(db: pg.Pool, isReached: (counts: Count) => boolean, withinMs: number): Promise<boolean> {
  const until = performance.now() + withinMs;
  while (performance.now() < until) {
    if (isReached(await count(db))) return true;
    await wait(100);
  }
  return false;
}

async function run(args: readonly string[], env: Record<string, string>, cwd: string): Promise<Ended> {
  const { PATH = "", HOME = "" } = process.env;
  const startedAt = performance.now();
  const child = spawn(process.execPath, [BIN, ...args], { cwd, env: { PATH, HOME, ...env }, stdio: "ignore" });
  process.once("exit", () => child.kill("SIGKILL"));
  const [code] = (await once(child, "exit")) as [number | null];
  return { command: args.slice(0, 2).join(" "), code, seconds: seconds(performance.now() - startedAt) };
}

/** With one decimal place. */
function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}

function catalogOf(size: number): string {
  return JSON.stringify(
    Object.fromEntries(Array.from({ length: size }, (_, at) => [`key${at}`, `Catalog text ${at}`])),
  );
}

async function createDatabase(number: number): Promise<string> {
  const admin = new pg.Client({ connectionString: postgres.url });
  await admin.connect();
  await admin.query(`create database outage_${number} template template0 encoding 'UTF8'`);
  await admin.end();
  const url = new URL(postgres.url);
  url.pathname = `/outage_${number}`;
  await applyMigrations({ databaseUrl: url.href });
  return url.href;
}

async function register(databaseUrl: string, texts: readonly string[]): Promise<void> {
  const store = await PostgresPersistenceHandler.connect({ databaseUrl });
  const items = texts.map((text) => parseItem({ text }, { sourceLocale: "en", targetLocales: ["fr"] }, ANY_LENGTH));
  for (let at = 0; at < items.length; at += 1_000) await store.register(items.slice(at, at + 1_000));
  await store.close();
}
