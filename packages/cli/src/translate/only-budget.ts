/** Whether a run waits for nothing but the next period of a budget. */
import type { BudgetStatus, StoreStatus } from "@trans-hub/core";

/**
 * Whether all texts of a run that are left wait for the budget.
 *
 * Texts of the project in other locales may wait for something else, without end. They are left out where nothing runs or was settled
 * for a while, as it is not known in which locales the texts are that wait for the budget.
 *
 * @param status Of the project.
 * @param left The target locales of the texts that are left.
 * @param isQuiet Whether nothing was settled for a while.
 */
export function isOnlyBudget(
  { waiting }: Pick<BudgetStatus, "waiting">,
  {
    translations,
    inbox,
    jobs,
    locales,
  }: Pick<StoreStatus, "inbox"> & {
    translations: { pending: number };
    jobs: { running: number };
    locales: Readonly<Record<string, { pending: number }>>;
  },
  left: readonly string[],
  isQuiet: boolean,
): boolean {
  if (waiting === 0 || inbox > 0) return false;
  const own = left.reduce((sum, locale) => sum + (locales[locale]?.pending ?? 0), 0);
  return translations.pending <= waiting || (isQuiet && jobs.running === 0 && own <= waiting);
}
