/**
 * The tasks of the fleet and their payloads. A job may have been written by another release, so the type is a promise and
 * the schema is the check. No text, and nothing else of anybody's, stands in a payload.
 */
import { z } from "zod";

export const taskPayloads = {
  /** Under the name `translate:<locale>`. */
  translate: z.object({ batch: z.uuid() }),
  register_inbox: z.object({ inbox: z.int() }),
  open_lanes: z.object({}),
  collect_garbage: z.object({
    retentionDays: z.number().nonnegative(),
    /** Left out by an earlier release. */
    eventRetentionDays: z.number().nonnegative().optional(),
  }),
  fold_counts: z.object({}),
  sequence_events: z.object({}),
  key_memory: z.object({}),
};

export type TaskName = keyof typeof taskPayloads;

export function parseTaskPayload<Name extends TaskName>(
  name: Name,
  payload: unknown,
): z.output<(typeof taskPayloads)[Name]> {
  return taskPayloads[name].parse(payload) as z.output<(typeof taskPayloads)[Name]>;
}
