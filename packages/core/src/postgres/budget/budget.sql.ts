/** Statements over budgets, their holds and their entries. The work itself is in the functions of migrations/functions/budget. */
import { z } from "zod";
import { statement } from "../database/statement.ts";

/** Takes the columns of `trans_hub.reserve_budget`. */
export const reserveBudget = statement({
  name: "budget.reserve",
  row: z.object({
    outcome: z.enum(["granted", "free", "busy", "exhausted", "unpriced"]),
    room: z.string().nullable(),
    per: z.enum(["day", "month"]).nullable(),
    wait_ms: z.number().nullable(),
    amount: z.string().nullable(),
    currency: z.string().nullable(),
  }),
  text: `
    select r.outcome, r.room::text, r.per, r.wait_ms, r.budget_amount::text as amount, r.budget_currency as currency
    from trans_hub.reserve_budget(
      $1::uuid, $2::text, $3::text, $4::text, $5::text, $6::text, $7::int, $8::text, $9::numeric, $10::text, $11::text, $12::uuid[],
      $13::numeric[]
    ) as r`,
});

/** Of a call that was not made. */
export const releaseHold = statement({
  name: "budget.release",
  row: z.object({}),
  text: "delete from trans_hub.budget_hold as h where h.call_id = $1",
});

/** Of a call whose reservation was not answered. Takes the call, its project, engine and node. */
export const revokeHold = statement({
  name: "budget.revoke",
  row: z.object({}),
  text: "select from trans_hub.revoke_hold($1::uuid, $2::text, $3::text, $4::text)",
});

/** Takes the project and the amount. */
export const refuseForBudget = statement({
  name: "budget.refuse",
  row: z.object({}),
  text: "select from trans_hub.refuse_for_budget($1::text, $2::numeric)",
});

/** The projects with a budget. Read by every worker at each beat. */
export const listBudgetedProjects = statement({
  name: "budget.list_projects",
  row: z.object({ project: z.string() }),
  text: "select distinct b.project from trans_hub.budget as b",
});

/** The budgets of a project, or of each (null), in their present periods. */
export const listBudgets = statement({
  name: "budget.list",
  row: z.object({
    project: z.string(),
    per: z.enum(["day", "month"]),
    amount: z.string(),
    currency: z.string(),
    ends_at: z.date(),
    spent: z.string(),
    unconfirmed: z.string(),
    held: z.string(),
    least_refused: z.string().nullable(),
    unpriced_engine: z.string().nullable(),
    set_by: z.string().nullable(),
    set_at: z.date(),
    waiting: z.coerce.number(),
    lacks_price: z.boolean(),
  }),
  text: `
    with waiting as materialized (
      select b.project, sum(cardinality(b.content_nos)) as texts, bool_or(b.waits_for = 'price') as lacks_price
      from trans_hub.batch as b
      where b.waits_for in ('budget', 'price') and b.run_at > now() and exists (select from trans_hub.budget)
      group by b.project
    )
    select
      r.project, r.per, r.amount::text, r.currency, r.ends_at, r.spent::text, r.unconfirmed::text, r.held::text,
      r.least_refused::text, r.unpriced_engine, r.set_by, r.set_at, coalesce(w.texts, 0) as waiting,
      coalesce(w.lacks_price, false) as lacks_price
    from trans_hub.budget_rooms($1::text, clock_timestamp()) as r
    left join waiting as w on w.project = r.project`,
});

/** Takes project, period, amount, currency and the name of the person. */
export const setBudget = statement({
  name: "budget.set",
  row: z.object({ is_new: z.boolean().nullable() }),
  text: "select trans_hub.set_budget($1::text, $2::text, $3::numeric, $4::text, $5::text) as is_new",
});

export const removeBudget = statement({
  name: "budget.remove",
  row: z.object({ is_gone: z.boolean() }),
  text: "select trans_hub.remove_budget($1::text, $2::text) as is_gone",
});

export const unparkForBudget = statement({
  name: "budget.unpark",
  row: z.object({ reached: z.string().nullable(), unparked: z.coerce.number() }),
  text: "select reached::text, unparked from trans_hub.unpark_for_budget($1::text, $2::text[], $3::uuid, $4::integer)",
});

export const affordableProjects = statement({
  name: "budget.affordable_projects",
  row: z.object({ project: z.string(), batches: z.coerce.number().nullable() }),
  text: "select a.project, a.batches from trans_hub.affordable_projects() as a",
});

export const loseStrayHolds = statement({
  name: "budget.lose_stray_holds",
  row: z.object({ lost: z.coerce.number() }),
  // Most databases have no holds.
  text: "select case when exists (select from trans_hub.budget_hold) then trans_hub.lose_stray_holds() else 0 end as lost",
});

export const foldBudgets = statement({
  name: "budget.fold",
  row: z.object({}),
  text: "select trans_hub.fold_budgets()",
});

/** Takes the call (null: by period), project, day, engine (null: each) and amount. */
export const confirmUsage = statement({
  name: "budget.confirm_usage",
  row: z.object({ confirmed: z.coerce.number(), was_unconfirmed: z.string() }),
  text: `
    select c.confirmed, c.was_unconfirmed::text
    from trans_hub.confirm_usage($1::uuid, $2::text, $3::date, $4::text, $5::numeric) as c`,
});
