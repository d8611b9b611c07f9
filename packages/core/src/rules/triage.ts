/**
 * The next step of a loaded batch: the rule, without a clock, a database or an engine. The first row that applies decides.
 *
 * | the batch                                               | step                 | because                                            |
 * |---------------------------------------------------------|----------------------|----------------------------------------------------|
 * | has no text left                                        | `remove`             | its texts were stored, cancelled, or handed over   |
 * | belongs to another project                              | `give_back`          | this work is for one project only                  |
 * | has texts whose requests have expired                   | `bury_expired_texts` | its other texts are looked at again                |
 * | comes while the worker drains                           | `release`            | another node has time for it                       |
 * | has waited longer than requests may live                | `bury`               | its answer would come too late                     |
 * | holds more texts than may go together after its crashes | `split`              | the text that kills workers is to end alone        |
 * | was alone at work when too many workers died            | `bury`               | the next worker would die too                      |
 * | is of a paused lane                                     | `park`               | it waits in the database until the lane is resumed |
 * | is none of these                                        | `wait`               | it waits in its lane for an engine slot            |
 */
import { RequestExpiredError, type TransHubError, WorkerCrashedError } from "../contract/errors.ts";
import { isDeadly, mostTogether } from "./crashes.ts";

export type Step =
  | { do: "remove" | "give_back" | "release" | "park" | "wait" }
  /** The reason goes into the dead letters. */
  | { do: "bury" | "bury_expired_texts"; reason: TransHubError }
  | { do: "split"; partItems: number };

/** A loaded batch, with only those texts whose rows are still the batch's. */
export interface TriagedBatch {
  readonly project: string;
  /** Seconds that it has waited. */
  readonly ageSeconds: number;
  /** Number of workers that died while they worked on it. */
  readonly crashes: number;
  /** For each text, whether its requests have expired. */
  readonly items: readonly { readonly isExpired: boolean }[];
}

/** The state of the work that took the batch. */
export interface Circumstances {
  /** The only project of this work. Undefined: any. */
  project: string | undefined;
  /** Seconds that a request may live. Undefined: for ever. */
  lifetimeSeconds: number | undefined;
  isDraining: boolean;
  /** Whether the batch's lane is paused, as far as this worker knows. */
  isLanePaused: boolean;
}

/** The next step of a batch in the circumstances of its worker. */
export function triage(
  batch: TriagedBatch,
  { project = batch.project, lifetimeSeconds = Number.POSITIVE_INFINITY, isDraining, isLanePaused }: Circumstances,
): Step {
  const { items, ageSeconds, crashes } = batch;
  if (items.length === 0) return { do: "remove" };
  if (batch.project !== project) return { do: "give_back" };
  if (items.some(({ isExpired }) => isExpired)) {
    return { do: "bury_expired_texts", reason: new RequestExpiredError("The request had expired when its turn came") };
  }
  if (isDraining) return { do: "release" };
  if (ageSeconds >= lifetimeSeconds) {
    return { do: "bury", reason: new RequestExpiredError("The request waited longer than requests may live") };
  }
  const partItems = mostTogether(batch);
  if (items.length > partItems) return { do: "split", partItems };
  if (isDeadly(batch)) {
    const reason = new WorkerCrashedError(`Every worker that tried this text died (${crashes} times)`);
    return { do: "bury", reason };
  }
  return { do: isLanePaused ? "park" : "wait" };
}
