/** The state of a budget: the rule, without a clock or a store. Amounts are those of `money.ts`. */
import type { BudgetStatus } from "../contract/budget.ts";

/** The share of a budget, in percent, from which on it is `near` its end. */
const NEAR_PERCENT = 80n;

export interface BudgetFigures {
  amount: bigint;
  spent: bigint;
  held: bigint;
  /** The least amount of a call that was refused. Undefined: none was. */
  leastRefused: bigint | undefined;
  /** Whether texts wait for a price. */
  lacksPrice: boolean;
}

export function budgetState(figures: BudgetFigures): Pick<BudgetStatus, "state" | "reason"> {
  const { amount, spent, held, leastRefused, lacksPrice } = figures;
  const room = amount - spent - held;
  if (amount - spent <= 0n || (leastRefused !== undefined && room < leastRefused)) {
    return { state: "paused", reason: "spent" };
  }
  if (lacksPrice) return { state: "paused", reason: "price" };
  return { state: (spent + held) * 100n >= amount * NEAR_PERCENT ? "near" : "ok", reason: null };
}
