/** The accounts of engine calls, and the budgets of projects. */
import { USAGE_GROUPS, type UsageQuery } from "@trans-hub/core/store";
import { z } from "zod";
import { Budget, budgetOf } from "../budget.ts";
import { HttpError } from "../problem.ts";
import { defineRoute } from "../route.ts";
import { Instant } from "../schema.ts";

const Cost = z.string().nullable().describe("An exact decimal number. Null: no price is known.");

const Usage = z
  .strictObject({
    rows: z.array(
      z.strictObject({
        engine: z.string().optional(),
        model: z.string().nullable().optional(),
        locale: z.string().optional(),
        project: z.string().optional(),
        day: z.string().optional(),
        tag: z.string().nullable().optional(),
        calls: z.int(),
        items: z.int(),
        inputTokens: z.int(),
        outputTokens: z.int(),
        cachedTokens: z.int(),
        characters: z.int(),
        unpriced: z.int(),
        cost: Cost,
        unconfirmed: Cost,
        currency: z.string().nullable(),
      }),
    ),
    total: Cost,
    totals: z.array(z.strictObject({ currency: z.string(), cost: z.string(), unconfirmed: z.string() })),
  })
  .meta({ id: "UsageReport" });

const Query = z.strictObject({
  by: z
    .string()
    .max(255)
    .optional()
    .describe(`One row for each combination of these, with commas between: ${USAGE_GROUPS.join(", ")}.`),
  from: Instant.optional().describe("Calls that were booked at this time or later."),
  to: Instant.optional().describe("Calls that were booked before this time."),
});

function usageQueryOf({ by, from, to }: z.output<typeof Query>): UsageQuery {
  const groups = by === undefined || by === "" ? [] : by.split(",");
  const unknown = groups.some((group) => !USAGE_GROUPS.some((known) => known === group));
  if (unknown) {
    throw new HttpError("TH_HTTP_REQUEST", { field: "by", hint: `It may name: ${USAGE_GROUPS.join(", ")}.` });
  }
  return {
    by: groups as NonNullable<UsageQuery["by"]>,
    ...(from !== undefined && { from: new Date(from) }),
    ...(to !== undefined && { to: new Date(to) }),
  };
}

export const fleetUsage = defineRoute({
  method: "GET",
  path: "/v1/usage",
  name: "fleetUsage",
  summary: "Account for engine calls and their cost, over every project.",
  scope: "read",
  wall: "fleet",
  query: Query,
  answers: { 200: Usage },
  handle: ({ hub, query }) => hub.usage(usageQueryOf(query)),
});

export const projectUsage = defineRoute({
  method: "GET",
  path: "/v1/projects/:project/usage",
  name: "projectUsage",
  summary: "Account for engine calls of a project and their cost.",
  scope: "read",
  wall: "project",
  query: Query,
  answers: { 200: Usage },
  handle: ({ hub, query, params: { project } }) => hub.usage({ ...usageQueryOf(query), project }),
});

const Budgets = z.strictObject({ budgets: z.array(Budget) }).meta({ id: "Budgets" });

export const fleetBudgets = defineRoute({
  method: "GET",
  path: "/v1/budgets",
  name: "fleetBudgets",
  summary: "List the budgets of every project in their present periods.",
  scope: "read",
  wall: "fleet",
  answers: { 200: Budgets },
  handle: async ({ hub }) => ({ budgets: (await hub.listBudgets({ project: null })).map(budgetOf) }),
});

export const listBudgets = defineRoute({
  method: "GET",
  path: "/v1/projects/:project/budgets",
  name: "listBudgets",
  summary: "List the budgets of a project in their present periods.",
  scope: "read",
  wall: "project",
  answers: { 200: Budgets },
  handle: async ({ hub, params: { project } }) => ({ budgets: (await hub.listBudgets({ project })).map(budgetOf) }),
});

const OfPeriod = z.strictObject({ project: z.string().min(1).max(255), per: z.enum(["day", "month"]) });

export const setBudget = defineRoute({
  method: "PUT",
  path: "/v1/projects/:project/budgets/:per",
  name: "setBudget",
  summary: "Set the most that the engine calls of a project may cost in a day or a month of UTC.",
  scope: "admin",
  wall: "project",
  params: OfPeriod,
  body: z.strictObject({
    amount: z.string().min(1).max(32).describe("An exact decimal number, such as `2.5`."),
    currency: z.string().min(3).max(3).describe("ISO 4217, such as `USD`."),
  }),
  answers: { 200: Budgets },
  async handle({ hub, principal, params, body }) {
    return { budgets: (await hub.setBudget({ ...params, ...body, by: principal.subject })).map(budgetOf) };
  },
});

export const removeBudget = defineRoute({
  method: "DELETE",
  path: "/v1/projects/:project/budgets/:per",
  name: "removeBudget",
  summary: "Remove a budget. Work that waits for it goes on.",
  scope: "admin",
  wall: "project",
  params: OfPeriod,
  answers: {
    200: z.strictObject({ removed: z.boolean().describe("False: there was none.") }).meta({ id: "BudgetRemoved" }),
  },
  handle: async ({ hub, params }) => ({ removed: await hub.removeBudget(params) }),
});
