/**
 * The outcome of one text after an attempt: the rule, without clock, chance or engine.
 *
 * | the attempt ended with                                | outcome                                                 |
 * |-------------------------------------------------------|---------------------------------------------------------|
 * | a text that passed the blocking checks                | `translated`, with the warning checks that it failed    |
 * | nothing: the work stopped before the question or the answer | `released`                                        |
 * | transient, malformed, too long, or a blocking check   | `retry` after the backoff; at the last attempt `failed` |
 * | transient at the last attempt, and perhaps an outage  | `retry`, at most four times beyond the last attempt     |
 * | a rate limit, a quota, a wrong setting or an outage, none of those | `postponed`: the attempt does not count    |
 * | an outage or a pause that the text does not wait for, and no other limit | `released`                           |
 * | no room in a budget, or no price of an engine under it | `parked`: the attempt does not count                      |
 * | a paused engine, and no text by another one           | `paused`: the attempt does not count                    |
 * | a refusal by every engine                             | `failed`                                                |
 * | a failure for the next engine, which was not asked    | `released`                                              |
 */

import type { AttemptError, BestTry } from "../contract/dead-letter.ts";
import type { EngineErrorKind } from "../contract/engine.ts";
import type { TransHubError } from "../contract/errors.ts";
import type { ParkedFor, WorkItem, WorkOutcome } from "../contract/work.ts";
import { backoffMs } from "./backoff.ts";
import type { Reference } from "./brief.ts";

/** Why one engine did not give a text that can be stored. */
export interface Failure {
  engine: string;
  kind: EngineErrorKind | "blocked" | "outage" | "budget";
  error: TransHubError;
  /** Milliseconds, as the engine reported them. */
  retryAfterMs?: number | undefined;
  /** For a pausing failure, how long the fleet does not ask the engine. Milliseconds. */
  waitMs?: number | undefined;
  /** How many other texts were in the same call. */
  neighbours: number;
  /** Of a call without any answer: whether other calls got answers meanwhile, so that its texts are likely at fault. */
  isAlone?: boolean | undefined;
  /** Of an outage or a pause: the text is not kept until its end, because other members get answers, or other locales have engines that are well. */
  goesBack?: boolean | undefined;
  /** Of a budget: the event that the text is parked for. Undefined: it is tried again soon. */
  waitsFor?: ParkedFor | undefined;
  /** The engine gave a text, which may hold the answer to a neighbour as well. */
  isDoubt?: boolean | undefined;
}

/** One text on its way through the engines. */
export interface Attempt {
  readonly item: WorkItem;
  /** In the order of the engines asked. */
  failures: Failure[];
  translated?: {
    text: string;
    engine: string;
    model: string | null;
    flags: readonly string[];
    memoryUnits?: readonly string[];
  };
  /** Pairs of the memory whose sources are like the text, the best first. */
  references?: readonly Reference[];
  /** Of the texts that a check refused, the one that failed the fewest. */
  bestTry?: BestTry;
  /** Engines that were not asked because they are paused. */
  heldBackBy?: string[];
}

export interface Circumstances {
  /** How many engines could have been asked. */
  engines: number;
  maxAttempts: number;
  /** Milliseconds since the epoch. */
  now: number;
  /** From 0 to 1. */
  random: () => number;
}

const COUNTING: ReadonlySet<Failure["kind"]> = new Set(["transient", "malformed", "too_long", "blocked"]);
const PAUSING: ReadonlySet<Failure["kind"]> = new Set(["rate_limited", "quota", "config", "outage", "budget"]);

/** Whether the engine is not to be asked for anything else now. */
export function isPausing({ kind }: Pick<Failure, "kind">): boolean {
  return PAUSING.has(kind);
}

/** Whether the next engine of the chain is asked in the same attempt. */
export function fallsBack({ kind, neighbours, waitsFor }: Failure): boolean {
  // A text that is too long alone does not get shorter for this engine. A circuit is open for longer than a text should
  // wait; a rate limit is not, and the engine that was chosen first comes first.
  return (
    kind === "refused" ||
    kind === "blocked" ||
    kind === "quota" ||
    kind === "config" ||
    kind === "outage" ||
    // An engine without a price will not be asked under this budget; one that is too expensive now comes first in the next period.
    waitsFor === "price" ||
    (kind === "too_long" && neighbours === 0)
  );
}

/** Whether the failure counts as an attempt. */
export function isCounting({ kind }: Failure): boolean {
  return COUNTING.has(kind);
}

/** Whether another text of the same call may be at fault: models also mix up two answers, so that both are blocked. */
export function mayBeANeighbours({ kind, neighbours }: Failure): boolean {
  return neighbours > 0 && COUNTING.has(kind);
}

export function decideOutcome(
  { item, failures, translated, bestTry, heldBackBy = [] }: Attempt,
  circumstances: Circumstances,
): WorkOutcome {
  if (translated !== undefined) return { kind: "translated", ...translated };
  const counting = failures.findLast(({ kind }) => COUNTING.has(kind));
  if (counting !== undefined) {
    const error = attemptError(counting, circumstances);
    const limited = failures.filter(isPausing);
    const beyond = item.attempt - circumstances.maxAttempts;
    if (beyond >= 0 && counting.kind === "blocked" && limited.length > 0) {
      // A way of asking that keeps the syntax is still to be tried.
      return waiting(limited, circumstances);
    }
    if (beyond >= 0 && !isExcused(counting, beyond)) return { kind: "failed", error, ...(bestTry && { bestTry }) };
    // The next attempt skips an open circuit as this one did; only a rate limit has to be waited for.
    const limits = failures.filter(({ kind }) => kind === "rate_limited");
    const delayMs = Math.max(
      pauseMs(limits, circumstances),
      backoffMs(beyond >= 0 ? 1 : item.attempt, circumstances.random),
    );
    return { kind: "retry", error, delayMs, split: isToBeSplit(counting, item.attempt) };
  }
  const last = failures.at(-1);
  const left = circumstances.engines - failures.length - heldBackBy.length;
  if ((last === undefined || fallsBack(last)) && left > 0) return { kind: "released" };
  const pauses = failures.filter(isPausing);
  if (pauses.length > 0 && pauses.every(({ goesBack }) => goesBack)) return { kind: "released" };
  if (pauses.length > 0) return waiting(pauses, circumstances);
  if (last === undefined || heldBackBy.length > 0) return { kind: "paused" };
  return { kind: "failed", error: attemptError(last, circumstances), ...(bestTry && { bestTry }) };
}

/** The text waits for the first event that lets an engine be asked: a limit passes by itself, and soon. */
function waiting(pauses: readonly Failure[], circumstances: Circumstances): WorkOutcome {
  const soon = pauses.filter(({ waitsFor }) => waitsFor === undefined);
  if (soon.length > 0) return { kind: "postponed", delayMs: pauseMs(soon, circumstances) };
  const waitsFor = pauses.some((pause) => pause.waitsFor === "budget") ? "budget" : "price";
  // Without jitter: a batch that is late by a tenth of a month has missed its period.
  const waits = pauses.flatMap((pause) => (pause.waitsFor === waitsFor ? [pause.waitMs ?? 0] : []));
  return { kind: "parked", waitsFor, delayMs: Math.ceil(Math.max(0, ...waits)) };
}

/** So many calls without an answer are an outage: where they were a text's own, the outage is known by then. */
const MOST_BEYOND = 4;

/**
 * Whether a call without an answer may be the beginning of an outage, so that it sends no text to the dead letters yet. The first
 * one at the last attempt may always be; a later one may be where nobody got an answer in between.
 */
function isExcused({ kind, isAlone }: Failure, beyond: number): boolean {
  return kind === "transient" && isAlone !== undefined && beyond < MOST_BEYOND && (beyond === 0 || !isAlone);
}

/** A server that fails at the same group twice may fail because of one of its texts; one failure is most often an outage. */
function isToBeSplit(failure: Failure, attempt: number): boolean {
  return mayBeANeighbours(failure) && (failure.kind !== "transient" || attempt >= 2);
}

/** Adds up to 10 % of jitter, never a negative one, so that texts paused together do not return together or too early. */
function pauseMs(pauses: readonly Failure[], { random }: Circumstances): number {
  return Math.ceil(Math.max(0, ...pauses.map(({ waitMs = 0 }) => waitMs)) * (1 + 0.1 * random()));
}

function attemptError({ engine, error }: Failure, { now }: Circumstances): AttemptError {
  return { at: new Date(now).toISOString(), engine, code: error.code, message: error.message };
}
