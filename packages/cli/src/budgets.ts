/** Budgets in words. */
import type { BudgetStatus } from "@trans-hub/core";
import { type Output, printable } from "./output.ts";
import { tableOf } from "./table.ts";

export function describeBudgets(output: Output, budgets: readonly BudgetStatus[]): string {
  if (budgets.length === 0) return "no budgets";
  return tableOf(
    output,
    ["project", "per", "amount", "spent", "unconfirmed", "held", "state", "waiting texts", "period ends"],
    budgets.map((budget) => [
      budget.project,
      budget.per,
      `${budget.amount} ${budget.currency}`,
      budget.spent,
      budget.unconfirmed,
      budget.held,
      stateOf(budget),
      budget.waiting,
      budget.endsAt.toISOString(),
    ]),
  );
}

function stateOf({ state, reason, unpricedEngine }: BudgetStatus): string {
  if (state !== "paused") return state;
  return reason === "price" ? `paused: no price of ${unpricedEngine ?? "an engine"}` : "paused: budget";
}

/** Why texts of a project wait, with the cure. Undefined: none waits for this budget. */
export function describeWait(budget: BudgetStatus): string | undefined {
  const { project, per, amount, currency, spent, state, reason, unpricedEngine, waiting, endsAt } = budget;
  if (state !== "paused" || waiting === 0) return undefined;
  if (reason === "price") {
    return printable(
      `project ${project} is paused: budget. Engine ${unpricedEngine ?? "of the chain"} cannot be held to it: add its price to TH_PRICES_FILE in ${currency}`,
    );
  }
  return printable(
    `project ${project} is paused: budget. ${spent} of ${amount} ${currency} per ${per} is spent; it goes on at ${endsAt.toISOString()}, or with a greater amount: trans-hub budget set`,
  );
}
