/** What one PostgreSQL carries, by arithmetic from what was measured. */
import type { Verdict } from "./figures.ts";

export function capacityPlan(_cells: readonly Verdict[], _facts: Readonly<Record<string, number>>): string {
  return "";
}
