/**
 * Halts a worker at one named point in the life of a call under a budget, so that a kill -9 hits this point and no other.
 *
 *     TH_TEST_HALT=hold:sent node --import ./test/bench/budget/halt.ts packages/cli/src/bin.js worker
 *
 * | point             | is                                                                     |
 * |-------------------|------------------------------------------------------------------------|
 * | `hold:sent`       | the reservation is about to go to the database                         |
 * | `hold:heard`      | the database has granted the hold, and the worker reads it             |
 * | `hold:passed`     | the same, and the worker does not stand still                          |
 * | `request:created` | the request to the provider exists; no byte of it is sent              |
 * | `request:sent`    | the last byte of the request is written; the worker reads no answer    |
 * | `answer:received` | the last byte of the answer has arrived                                |
 * | `settle:sent`     | the settlement in one statement is about to go to the database         |
 * | `settle:heard`    | the database has answered it: it is committed                          |
 * | `several:heard`   | of a settlement of several statements the calls are booked, and nothing is committed |
 *
 * At its point the process writes one line to descriptor 3, and stands still until it is killed or gets a byte. After a byte it sends its
 * statement, and never hears the answer. `TH_TEST_HALT_AFTER` is the number of times that it passes the point before.
 */
import { subscribe } from "node:diagnostics_channel";
import { readSync, writeSync } from "node:fs";
import pg from "pg";

/** A line on descriptor 3. */
export interface Halt {
  /** Of the call that is hit. */
  callIds: string[];
  /** Of the reservation: the member of the fleet. */
  nodeId: string | undefined;
  /** The server process of the statement that is about to be sent. */
  backend: number | undefined;
}

const CHANNEL = 3;
const POINT = process.env.TH_TEST_HALT;
let passes = Number(process.env.TH_TEST_HALT_AFTER ?? 0);
/** One call runs at a time. */
let callId = "";
let nodeId: string | undefined;
let isHalted = false;

/** Whether this is the point, and its time has come. */
function isHere(point: string): boolean {
  if (isHalted || passes < 0 || point !== POINT) return false;
  passes -= 1;
  isHalted = passes < 0;
  return isHalted;
}

function report(callIds: string[], backend?: number): void {
  writeSync(CHANNEL, `${JSON.stringify({ callIds, nodeId, backend } satisfies Halt)}\n`);
}

function standStill(): void {
  readSync(CHANNEL, Buffer.alloc(1));
}

function isGranted(result: unknown): boolean {
  return (result as pg.QueryResult<{ outcome: string }> | undefined)?.rows[0]?.outcome === "granted";
}

interface Query {
  name?: string;
  values?: unknown[];
}

const STATEMENTS: Readonly<Record<string, "hold" | "settle" | "several">> = {
  "budget.reserve": "hold",
  "settle.store_in_place_held": "settle",
  "settle.store_locked_held": "several",
};

type Ask = (this: pg.Client, ...given: unknown[]) => unknown;
const ask = pg.Client.prototype.query as Ask;

pg.Client.prototype.query = function halting(this: pg.Client, ...given: unknown[]): unknown {
  const { name = "", values = [] } = (given[0] ?? {}) as Query;
  const kind = STATEMENTS[name];
  if (kind === undefined) return ask.apply(this, given);
  if (kind === "hold") [callId, nodeId] = [values[0] as string, values[10] as string];
  const callIds = kind === "hold" ? [callId] : (values[9] as string[]);
  const { processID } = this as unknown as { processID: number };
  if (isHere(`${kind}:sent`)) {
    report(callIds, processID);
    standStill();
  }
  const onAnswer = (result: unknown) => {
    if (kind === "hold" && !isGranted(result)) return;
    if (kind === "hold" && isHere("hold:passed")) {
      report(callIds);
      isHalted = false;
    }
    if (!isHere(`${kind}:heard`)) return;
    report(callIds);
    standStill();
  };
  const at = given.findLastIndex((each) => typeof each === "function");
  if (at < 0) {
    return (ask.apply(this, given) as Promise<unknown>).then((result) => {
      if (!isHalted) onAnswer(result);
      return isHalted ? new Promise(() => undefined) : result;
    });
  }
  const answered = given[at] as (...result: unknown[]) => void;
  return ask.apply(
    this,
    given.with(at, (...result: unknown[]) => {
      if (!isHalted) onAnswer(result[1]);
      if (!isHalted) answered(...result);
    }),
  );
} as typeof pg.Client.prototype.query;

interface Requested {
  request: { path: string; addHeader(name: string, value: string): void };
}

const onCompletion = (channel: string, act: (request: Requested["request"]) => void) =>
  subscribe(channel, (message) => {
    const { request } = message as Requested;
    if (request.path.endsWith("/chat/completions")) act(request);
  });

onCompletion("undici:request:create", (request) => {
  request.addHeader("x-call", callId);
  if (!isHere("request:created")) return;
  report([callId]);
  standStill();
});
onCompletion("undici:request:bodySent", () => {
  // The bytes are on their way while the process still runs. It stands still before the answer.
  if (isHere("request:sent")) report([callId]);
});
onCompletion("undici:request:headers", () => {
  if (isHalted) standStill();
});
onCompletion("undici:request:trailers", () => {
  if (!isHere("answer:received")) return;
  report([callId]);
  standStill();
});
