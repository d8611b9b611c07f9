import type { Settlement, WorkOutcome } from "@trans-hub/core/store";

export interface OutcomeCounts {
  translated: number;
  failed: number;
  /** Texts that will be tried again, counting the attempt or not. */
  retrying: number;
  /** Texts handed back untried. */
  released: number;
}

const RETRIED: ReadonlySet<WorkOutcome["kind"]> = new Set(["retry", "postponed", "paused", "parked"]);

export function countOutcomes(outcomes: readonly WorkOutcome[]): OutcomeCounts {
  const counts: OutcomeCounts = { translated: 0, failed: 0, retrying: 0, released: 0 };
  for (const { kind } of outcomes) {
    counts[RETRIED.has(kind) ? "retrying" : (kind as keyof OutcomeCounts)] += 1;
  }
  return counts;
}

/** The log's fields for one batch: numbers, names and codes, never a text. */
export function batchFields({ batch, outcomes, elapsedMs, repairs = 0 }: Settlement): Record<string, unknown> {
  const engines = new Set<string>();
  const errors: Record<string, number> = {};
  for (const outcome of outcomes) {
    if (outcome.kind === "translated") engines.add(outcome.engine);
    if (outcome.kind !== "retry" && outcome.kind !== "failed") continue;
    const { engine, code } = outcome.error;
    if (engine !== null) engines.add(engine);
    errors[code] = (errors[code] ?? 0) + 1;
  }
  return {
    project: batch.project,
    source: batch.sourceLocale,
    locale: batch.targetLocale,
    items: batch.items.length,
    attempt: Math.max(0, ...batch.items.map(({ attempt }) => attempt)),
    engine: engines.size === 0 ? null : [...engines].join(","),
    ms: Math.round(elapsedMs),
    ...countOutcomes(outcomes),
    ...(repairs > 0 && { repairs }),
    ...(Object.keys(errors).length > 0 && { errors }),
  };
}
