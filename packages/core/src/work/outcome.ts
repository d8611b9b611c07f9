/**
 * What becomes of one text after an attempt: the rule, without clock, chance or engine.
 *
 * | the attempt ended with                               | outcome                                               |
 * |------------------------------------------------------|-------------------------------------------------------|
 * | a text that passed the checks                         | `translated`                                          |
 * | nothing: stopped before it was asked or answered      | `released`                                            |
 * | transient, malformed, too long, or a failed check     | `retry` after the backoff; at the last attempt `failed` |
 * | a rate limit, a quota or a wrong setting, no other    | `postponed`: the attempt does not count               |
 * | a refusal by every engine                             | `failed`                                              |
 * | a refusal by some, the others never asked             | `released`                                            |
 */
import { backoffMs } from "../backoff.ts";
import type { EngineErrorKind } from "../engine.ts";
import type { TransHubError } from "../errors.ts";
import type { AttemptError, WorkItem, WorkOutcome } from "../persistence-handler.ts";

/** Why one engine did not give a text that can be stored. */
export interface Failure {
  engine: string;
  kind: EngineErrorKind | "blocked";
  error: TransHubError;
  retryAfterMs?: number | undefined;
  /** How many other texts were in the same call. */
  neighbours: number;
}

/** One text on its way through the engines. */
export interface Attempt {
  readonly item: WorkItem;
  /** In the order of the engines asked. */
  failures: Failure[];
  translated?: { text: string; engine: string; model: string | null };
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
const PAUSING: ReadonlySet<Failure["kind"]> = new Set(["rate_limited", "quota", "config"]);

/** Whether the engine is not to be asked for anything else now. */
export function isPausing({ kind }: Failure): boolean {
  return PAUSING.has(kind);
}

/** Whether the next engine of the chain is asked in the same attempt. */
export function fallsBack({ kind, neighbours }: Failure): boolean {
  // Too long all by itself: it will not get shorter for this engine.
  return kind === "refused" || kind === "blocked" || (kind === "too_long" && neighbours === 0);
}

/** Whether the fault may be another text's of the same call: models also mix up two answers, so that both are blocked. */
export function mayBeANeighbours({ kind, neighbours }: Failure): boolean {
  return neighbours > 0 && COUNTING.has(kind);
}

export function decideOutcome({ item, failures, translated }: Attempt, circumstances: Circumstances): WorkOutcome {
  if (translated !== undefined) return { kind: "translated", ...translated };
  const pauses = failures.filter(isPausing);
  const pauseMs = Math.max(0, ...pauses.map((pause) => pauseLengthMs(pause, circumstances)));

  const counting = failures.findLast(({ kind }) => COUNTING.has(kind));
  if (counting !== undefined) {
    const error = attemptError(counting, circumstances);
    if (item.attempt >= circumstances.maxAttempts) return { kind: "failed", error };
    const delayMs = Math.max(pauseMs, backoffMs(item.attempt, circumstances.random));
    return { kind: "retry", error, delayMs, split: isToBeSplit(counting, item.attempt) };
  }
  if (pauses.length > 0) return { kind: "postponed", delayMs: pauseMs };

  const refusal = failures.at(-1);
  if (refusal === undefined || failures.length < circumstances.engines) return { kind: "released" };
  return { kind: "failed", error: attemptError(refusal, circumstances) };
}

/** A server that fails at the same group twice may fail because of one of its texts; once is most often an outage. */
function isToBeSplit(failure: Failure, attempt: number): boolean {
  return mayBeANeighbours(failure) && (failure.kind !== "transient" || attempt >= 2);
}

/** "At once" from an engine that has just refused, each time anew, would make us call it without a pause for ever. */
const SHORTEST_PAUSE_MS = 1_000;

/** An engine that asks for more is asked again all the same. */
const LONGEST_PAUSE_MS = 86_400_000;

/** How long to leave an engine alone whose account or setting is at fault. Jitter: 10 % either way. */
const FAULT_PAUSE_MS = 60_000;

/**
 * Up to a tenth late, never early: the engine's own wait, from a second to a day, else the next minute, when limits by the
 * minute begin anew.
 */
function pauseLengthMs({ kind, retryAfterMs }: Failure, { now, random }: Circumstances): number {
  if (kind !== "rate_limited") return Math.round(FAULT_PAUSE_MS * (0.9 + 0.2 * random()));
  if (retryAfterMs !== undefined && !Number.isNaN(retryAfterMs)) {
    return Math.ceil(Math.min(Math.max(SHORTEST_PAUSE_MS, retryAfterMs), LONGEST_PAUSE_MS) * (1 + 0.1 * random()));
  }
  return Math.ceil(60_000 - (now % 60_000) + 6_000 * random());
}

function attemptError({ engine, error }: Failure, { now }: Circumstances): AttemptError {
  return { at: new Date(now).toISOString(), engine, code: error.code, message: error.message };
}
