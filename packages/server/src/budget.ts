/** A budget, as routes answer it. */
import type { BudgetStatus } from "@trans-hub/core";
import { z } from "zod";
import { Instant } from "./schema.ts";

const Amount = z.string().describe("An exact decimal number, such as `2.5`.");

export const Budget = z
  .strictObject({
    project: z.string(),
    per: z.enum(["day", "month"]).describe("Of UTC."),
    amount: Amount,
    currency: z.string(),
    spent: Amount.describe("The cost of ended calls, with the part that is not confirmed."),
    unconfirmed: Amount,
    held: Amount.describe("The most that running calls may cost."),
    state: z.enum(["ok", "near", "paused"]),
    reason: z.enum(["spent", "price"]).nullable(),
    unpricedEngine: z.string().nullable(),
    waiting: z.int().describe("Texts that wait for a budget or a price."),
    endsAt: Instant,
    setBy: z.string().nullable(),
    setAt: Instant,
  })
  .meta({ id: "Budget", description: "The most that the engine calls of a project may cost in a period." });

export function budgetOf({ endsAt, setAt, ...budget }: BudgetStatus): z.input<typeof Budget> {
  return { ...budget, endsAt: endsAt.toISOString(), setAt: setAt.toISOString() };
}
