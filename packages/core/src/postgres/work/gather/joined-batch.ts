/**
 * Batches that share an engine call: joined before it, and its outcomes cut back to them after it.
 *
 *     batch A: a1 a2 a3 ┐                                  ┌▶ A: the outcomes of a1 a2 a3
 *                       ├ join ─▶ a1 a2 a3 b1 b2 ─▶ engine ┤
 *     batch B: b1 b2    ┘                                  └▶ B: the outcomes of b1 b2
 */
import type { WorkBatch, WorkOutcome } from "../../../contract/work.ts";
import type { LoadedBatch } from "../../queue/load-batches.ts";
import type { SettledBatch } from "../../settle/settle-batches.ts";

/** Joins batches of one lane (project, source and target locale, tag). */
export function join(
  batches: readonly [LoadedBatch, ...LoadedBatch[]],
  asked: Pick<WorkBatch, "isEnginePaused" | "isToYield" | "isSlotWanted" | "budget" | "memory" | "glossary">,
): WorkBatch {
  const [{ project, sourceLocale, targetLocale, tag }] = batches;
  const traceparents = [...new Set(batches.flatMap(({ traceparent }) => traceparent?.split(" ") ?? []))];
  const items = batches.flatMap((batch) => batch.items);
  return { project, sourceLocale, targetLocale, items, traceparents, ...(tag !== null && { tag }), ...asked };
}

/** Cuts the outcomes of joined batches, in the order of their texts, back to the batches. */
export function cut(batches: readonly LoadedBatch[], outcomes: readonly WorkOutcome[]): SettledBatch[] {
  let from = 0;
  return batches.map((batch) => {
    const to = from + batch.items.length;
    const own = outcomes.slice(from, to);
    from = to;
    return { batch, outcomes: own };
  });
}
