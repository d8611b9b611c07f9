/** Why a run with an end of its own is incomplete: texts wait for a budget, which it does not. */
import {
  BudgetExceededError,
  type BudgetStatus,
  BudgetUnpricedError,
  type PersistenceHandler,
} from "@trans-hub/core/store";

/**
 * The reason why texts of a project, or of any, wait for a budget. Undefined: none does. `worker --once`, `--until-empty` and `translate`
 * end with it.
 */
export async function budgetWait(
  handler: Pick<PersistenceHandler, "listBudgets">,
  project: string | undefined,
): Promise<BudgetExceededError | BudgetUnpricedError | undefined> {
  const waited = (await handler.listBudgets(project)).filter(({ waiting }) => waiting > 0);
  const [first] = [...waited.filter(({ state }) => state === "paused"), ...waited];
  return first && reasonOf(first);
}

function reasonOf(budget: BudgetStatus): BudgetExceededError | BudgetUnpricedError {
  const { project, reason, unpricedEngine, currency } = budget;
  if (reason !== "price") return new BudgetExceededError(project, budget);
  return new BudgetUnpricedError(
    project,
    unpricedEngine ?? "of the chain",
    `it has no price or no bound in ${currency}`,
  );
}
