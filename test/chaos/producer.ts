/**
 * A service that requests translations at a steady pace, in a process of its own, which may be killed at any moment. It
 * reports acknowledged requests to its parent at once; like a real service, it repeats failed requests until it is told
 * to end.
 */
import { setTimeout as wait } from "node:timers/promises";
import { Coordinator } from "@trans-hub/core";
import { makeRandom } from "@trans-hub/test-support/strings";
import pg from "pg";
import { hardInputs, textOf } from "./texts.ts";

export interface ProducerOptions {
  databaseUrl: string;
  seed: number;
  locales: string[];
  /** Texts of one request. */
  chunk: number;
  everyMs: number;
  /** Numbers of its texts: `first`, `first + step`, … */
  first: number;
  step: number;
  /** Number of texts after which it begins again with the first. Default: never. */
  distinct?: number;
  /** The most distinct new texts. Default: no limit. */
  atMost?: number;
  /** Makes each request inside a transaction of its own that also writes the texts' numbers into `chaos.app`. */
  inTransaction?: boolean;
  retentionDays?: number;
  /** Whether a hard input goes with every fifth request. */
  hard?: boolean;
}

export type ProducerOrder = "hold" | "go" | "stop";

export type ProducerMessage =
  | { kind: "ready" }
  /** Durably accepted. `began` and `acked`: milliseconds since the epoch. */
  | { kind: "acked"; numbers: number[]; began: number; acked: number; beside: "hard" | undefined }
  /** Will be repeated. */
  | { kind: "refused"; code: string }
  /** A single item that was refused for good. */
  | { kind: "rejected"; code: string; count: number }
  /** No request is in progress: the answer to `hold`. */
  | { kind: "held" }
  /** All of `atMost` are acknowledged. */
  | { kind: "exhausted" };

const options = JSON.parse(process.env.CHAOS_PRODUCER ?? "{}") as ProducerOptions;
const tell = (message: ProducerMessage) => process.connected && process.send?.(message);
const random = makeRandom(options.seed);
const underWay = new Set<Promise<void>>();
const HARD = hardInputs();
let isHeld = false;
let isStopping = false;
let isExhausted = false;
let made = 0;
let requests = 0;

/** The most requests in progress: more would only pile up in memory while the database is away. */
const MOST_UNDER_WAY = 50;

process.on("message", (order: ProducerOrder) => {
  if (order === "go") isHeld = false;
  if (order === "stop") isStopping = true;
  if (order === "hold") {
    isHeld = true;
    void settled().then(() => tell({ kind: "held" }));
  }
});
// The parent is gone.
process.on("disconnect", () => process.exit(0));

const hub = await connect();
const pool = new pg.Pool({ connectionString: options.databaseUrl, max: 4 });
pool.on("error", () => undefined);
tell({ kind: "ready" });

while (!isStopping) {
  if (!isHeld && underWay.size < MOST_UNDER_WAY) {
    const numbers = nextNumbers();
    if (numbers.length > 0) {
      const request = requestUntilAcknowledged(numbers).finally(() => underWay.delete(request));
      underWay.add(request);
    } else if (underWay.size === 0 && !isExhausted) {
      isExhausted = true;
      tell({ kind: "exhausted" });
    }
  }
  await wait(options.everyMs);
}
await settled();
await hub.close().catch(() => undefined);
await pool.end().catch(() => undefined);
process.exit(0);

async function settled(): Promise<void> {
  while (underWay.size > 0) await Promise.all(underWay);
}

/** Mostly new texts; one in ten was requested before. */
function nextNumbers(): number[] {
  const numbers = new Set<number>();
  for (let each = 0; each < options.chunk && made < (options.atMost ?? Number.POSITIVE_INFINITY); each += 1) {
    const isAgain = made > 0 && random() < 0.1;
    const index = isAgain ? Math.floor(random() * made) : made;
    if (!isAgain) made += 1;
    numbers.add(options.first + (index % (options.distinct ?? Number.POSITIVE_INFINITY)) * options.step);
  }
  return [...numbers];
}

async function requestUntilAcknowledged(numbers: number[]): Promise<void> {
  const hard = nextHard();
  for (let tries = 1; ; tries += 1) {
    const began = Date.now();
    try {
      if (options.inTransaction === true) await requestInTransaction(numbers);
      else await request(numbers, hard);
      tell({ kind: "acked", numbers, began, acked: Date.now(), beside: hard === undefined ? undefined : "hard" });
      return;
    } catch (error) {
      tell({ kind: "refused", code: String((error as { code?: unknown }).code ?? error) });
      if (isStopping) return;
      await wait(Math.min(2_000, 50 * 2 ** tries) * (0.5 + random() / 2));
    }
  }
}

function nextHard(): string | undefined {
  requests += 1;
  return options.hard === true && requests % 5 === 0 ? HARD[(requests / 5) % HARD.length] : undefined;
}

async function request(numbers: number[], hard: string | undefined): Promise<void> {
  const texts = numbers.map(textOf);
  if (hard !== undefined) texts.splice(Math.floor(texts.length / 2), 0, hard);
  const receipt = await hub.request(
    texts.map((text) => ({ text })),
    { targetLocales: options.locales },
  );
  const [first] = receipt.rejected;
  if (first !== undefined) tell({ kind: "rejected", code: first.code, count: receipt.rejected.length });
}

async function requestInTransaction(numbers: number[]): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query("insert into chaos.app (number) select unnest($1::int[]) on conflict do nothing", [numbers]);
    await hub.request(
      numbers.map((number) => ({ text: textOf(number) })),
      { targetLocales: options.locales, client },
    );
    await client.query("commit");
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}

async function connect(): Promise<Coordinator> {
  for (;;) {
    try {
      return await Coordinator.connect({
        databaseUrl: options.databaseUrl,
        sourceLocale: "en",
        maxConnections: 4,
        applicationName: "chaos-producer",
        ...(options.retentionDays !== undefined && { retentionDays: options.retentionDays }),
      });
    } catch {
      await wait(200);
    }
  }
}
