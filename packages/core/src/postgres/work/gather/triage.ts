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
import { RequestExpiredError, type TransHubError, WorkerCrashedError } from "../../../contract/errors.ts";
import { isDeadly, mostTogether } from "../../../rules/crashes.ts";
import type { LoadedBatch } from "../../queue/load-batches.ts";

export type Step =
  | { do: "remove" | "give_back" | "bury_expired_texts" | "release" | "park" | "wait" }
  | { do: "bury"; reason: TransHubError }
  | { do: "split"; partItems: number };

export interface Circumstances {
  /** The only project of this work. Undefined: any. */
  project: string | undefined;
  /** Seconds that a request may live. Undefined: for ever. */
  lifetimeSeconds: number | undefined;
  isDraining: boolean;
  /** Whether the batch's lane is paused, as far as this worker knows. */
  isLanePaused: boolean;
}

export function triage(
  batch: Pick<LoadedBatch, "project" | "ageSeconds" | "crashes"> & {
    items: readonly Pick<LoadedBatch["items"][number], "isExpired">[];
  },
  { project = batch.project, lifetimeSeconds = Number.POSITIVE_INFINITY, isDraining, isLanePaused }: Circumstances,
): Step {
  const { items, ageSeconds, crashes } = batch;
  if (items.length === 0) return { do: "remove" };
  if (batch.project !== project) return { do: "give_back" };
  if (items.some(({ isExpired }) => isExpired)) return { do: "bury_expired_texts" };
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
