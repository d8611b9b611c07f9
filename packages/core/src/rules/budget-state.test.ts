import { expect, test } from "vitest";
import { type BudgetFigures, budgetState } from "./budget-state.ts";

const figures: BudgetFigures = { amount: 100n, spent: 0n, held: 0n, leastRefused: undefined, lacksPrice: false };
const stateOf = (given: Partial<BudgetFigures>) => {
  const { state, reason } = budgetState({ ...figures, ...given });
  return reason === null ? state : `${state}: ${reason}`;
};

test("a budget is near its end from 80 % on, spent and held together", () => {
  expect(stateOf({ spent: 79n })).toBe("ok");
  expect(stateOf({ spent: 40n, held: 40n })).toBe("near");
  expect(stateOf({ spent: 99n })).toBe("near");
});

test("a budget is paused when nothing is left, or less than a refused call may cost", () => {
  expect(stateOf({ spent: 100n })).toBe("paused: spent");
  expect(stateOf({ spent: 101n })).toBe("paused: spent");
  expect(stateOf({ amount: 0n })).toBe("paused: spent");
  expect(stateOf({ spent: 95n, leastRefused: 6n })).toBe("paused: spent");
  expect(stateOf({ spent: 94n, leastRefused: 6n })).toBe("near");
  // Running calls may give back what they hold.
  expect(stateOf({ spent: 50n, held: 50n })).toBe("near");
});

test("a budget is paused while work waits for a price", () => {
  expect(stateOf({ lacksPrice: true })).toBe("paused: price");
  expect(stateOf({ lacksPrice: true, spent: 100n })).toBe("paused: spent");
});
