import type { EngineCall, Settlement } from "../contract/work.ts";

/** How often answers of some calls were repaired, as the field of their settlement. */
export function repairsOf(calls: readonly EngineCall[]): Pick<Settlement, "repairs"> {
  const counts = calls.flatMap(({ repairs = {} }) => Object.values(repairs));
  const repairs = counts.reduce((sum, count) => sum + count, 0);
  return repairs === 0 ? {} : { repairs };
}
