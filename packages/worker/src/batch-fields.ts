import type { Settlement, WorkOutcome } from "@trans-hub/core/store";

export interface OutcomeCounts {
  translated: number;
  failed: number;
  /** Texts that will be tried again, counting the attempt or not. */
  retrying: number;
  /** Texts handed back untried. */
  released: number;
}

export function countOutcomes(outcomes: readonly WorkOutcome[]): OutcomeCounts {
  const counts: OutcomeCounts = { translated: 0, failed: 0, retrying: 0, released: 0 };
  for (const { kind } of outcomes) {
    counts[kind === "retry" || kind === "postponed" || kind === "paused" ? "retrying" : kind] += 1;
  }
  return counts;
}

/** The log's fields for one batch: numbers, names and codes, never a text. */
export function batchFields({ batch, outcomes, elapsedMs }: Settlement): Record<string, unknown> {
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
    ...(Object.keys(errors).length > 0 && { errors }),
  };
}
