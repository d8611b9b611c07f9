/** The spans of batches that are translated together, in the traces of their requests. */
import { inSpan } from "../../../async/spans.ts";
import type { WorkBatch, WorkOutcome, WorkResult } from "../../../contract/work.ts";

/** Runs a turn within its span, if tracing is on: a child of the first request, with a link to each. */
export function inBatchSpan(
  { project, sourceLocale, targetLocale, items, traceparents = [] }: WorkBatch,
  batches: number,
  turn: () => Promise<WorkResult>,
): Promise<WorkResult> {
  const describe = () => ({
    kind: "CONSUMER" as const,
    causes: traceparents,
    attributes: {
      "messaging.system": "trans_hub",
      "messaging.operation.name": "translate",
      "messaging.operation.type": "process",
      "messaging.batch.message_count": items.length,
      "trans_hub.batches": batches,
      "trans_hub.project": project,
      "trans_hub.source_locale": sourceLocale,
      "trans_hub.target_locale": targetLocale,
    },
  });
  return inSpan("trans_hub.batch", describe, turn);
}

/** Runs a settlement within its span, if tracing is on. The counts are those of the attempt's outcomes. */
export function inSettleSpan({ outcomes }: WorkResult, settle: () => Promise<void>): Promise<void> {
  const describe = () => ({ kind: "INTERNAL" as const, attributes: countOutcomes(outcomes) });
  return inSpan("trans_hub.settle", describe, settle);
}

function countOutcomes(outcomes: readonly WorkOutcome[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of outcomes) {
    const name = `trans_hub.texts.${kind}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
