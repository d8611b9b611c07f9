/**
 * Budgets on PostgreSQL.
 *
 * Reserving locks the budgets of a project; settling never does (docs/adr/0049). Work that waits for a budget is parked with the end
 * of the budget's period as its time, so that it goes on by itself; what is here brings it forward sooner.
 */
import type {
  BatchBudget,
  BudgetAnswer,
  BudgetStatus,
  BudgetToSet,
  UsageConfirmation,
  UsageConfirmed,
} from "../../contract/budget.ts";
import type { WorkBatch } from "../../contract/work.ts";
import { budgetState } from "../../rules/budget-state.ts";
import { checkBudget, checkConfirmation, checkSameCurrency } from "../../rules/budgets.ts";
import { formatAmount, parseAmount } from "../../rules/money.ts";
import { whenFree } from "../control/when-free.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { type Database, rows, run } from "../database/statement.ts";
import {
  affordableProjects,
  confirmUsage as confirmStatement,
  listBudgets as listStatement,
  loseStrayHolds,
  refuseForBudget,
  releaseHold,
  removeBudget as removeStatement,
  reserveBudget,
  revokeHold,
  setBudget as setStatement,
  unparkForBudget,
} from "./budget.sql.ts";

/** Batches that one transaction brings forward. */
const BATCHES_A_STEP = 500;

const BEFORE_ALL = "00000000-0000-0000-0000-000000000000";

/**
 * The budget of a batch that a member of the fleet works on.
 *
 * @param unreleased The member's calls that were not made, and whose holds could not be given back; the next reservation holds nothing
 *   for them.
 */
export function budgetOf(
  pool: Database,
  { project, sourceLocale, targetLocale, tag }: Pick<WorkBatch, "project" | "sourceLocale" | "targetLocale" | "tag">,
  nodeId: () => string,
  unreleased: Set<string>,
): BatchBudget {
  const ended = new Map<string, string>();
  /** The engines of the calls whose reservation has no answer yet, or got none. */
  const unanswered = new Map<string, string>();
  return {
    async reserve({ callId, engine, model, items, amount, currency }) {
      const call = [callId, project, engine, model, sourceLocale, targetLocale, items, tag ?? null];
      const known = [...ended, ...[...unreleased].map((id) => [id, "0"] as const)];
      const [ids, amounts] = [known.map(([id]) => id), known.map(([, cost]) => cost)];
      unanswered.set(callId, engine);
      const [answer] = await rows(pool, reserveBudget, [...call, amount, currency, nodeId(), ids, amounts]);
      unanswered.delete(callId);
      if (answer === undefined) throw new Error("reserving gave no row");
      for (const id of ids) {
        ended.delete(id);
        unreleased.delete(id);
      }
      return answerOf(answer);
    },
    ended: (callId, amount) => void ended.set(callId, amount),
    async release(callId) {
      const engine = unanswered.get(callId);
      unreleased.add(callId);
      if (engine === undefined) await run(pool, releaseHold, [callId]);
      else await run(pool, revokeHold, [callId, project, engine, nodeId()]);
      unreleased.delete(callId);
    },
    async refused(amount) {
      await run(pool, refuseForBudget, [project, amount]);
    },
  };
}

function answerOf({
  outcome,
  ...facts
}: Awaited<ReturnType<typeof rows<typeof reserveBudget.row._output>>>[number]): BudgetAnswer {
  const room = decimal(facts.room ?? "0");
  const currency = facts.currency ?? "";
  if (outcome === "busy") return { kind: outcome, room };
  if (outcome === "unpriced") return { kind: outcome, currency };
  if (outcome !== "exhausted") return { kind: outcome };
  const { per, amount, wait_ms: waitMs } = facts;
  return { kind: outcome, room, per: per ?? "day", amount: decimal(amount ?? "0"), currency, waitMs: waitMs ?? 0 };
}

export async function setBudget(pool: ConnectionPool, budget: BudgetToSet): Promise<BudgetStatus[]> {
  const { project, per, amount, currency, by } = checkBudget(budget);
  checkSameCurrency({ project, per, amount, currency }, await listBudgets(pool, project));
  const values = [project, per, amount, currency, by ?? null];
  const [set] = await whenFree(() => pool.unhurried((db) => rows(db, setStatement, values)));
  // The other budget was set at the same moment: the check now sees it.
  if (set?.is_new === null) return setBudget(pool, budget);
  await unpark(pool, project, ["budget", "price"]);
  return listBudgets(pool, project);
}

export async function removeBudget(
  pool: ConnectionPool,
  { project, per }: Pick<BudgetToSet, "project" | "per">,
): Promise<boolean> {
  const [removed] = await whenFree(() => rows(pool, removeStatement, [project, per]));
  await unpark(pool, project, ["budget", "price"]);
  return removed?.is_gone ?? false;
}

export async function listBudgets(db: Database, project?: string): Promise<BudgetStatus[]> {
  return (await rows(db, listStatement, [project ?? null])).map((row) => ({
    project: row.project,
    per: row.per,
    amount: decimal(row.amount),
    currency: row.currency,
    spent: decimal(row.spent),
    unconfirmed: decimal(row.unconfirmed),
    held: decimal(row.held),
    ...budgetState({
      amount: amountOf(row.amount),
      spent: amountOf(row.spent),
      held: amountOf(row.held),
      leastRefused: row.least_refused === null ? undefined : amountOf(row.least_refused),
      lacksPrice: row.lacks_price,
    }),
    unpricedEngine: row.lacks_price ? row.unpriced_engine : null,
    waiting: row.waiting,
    endsAt: row.ends_at,
    setBy: row.set_by,
    setAt: row.set_at,
  }));
}

export async function confirmUsage(pool: ConnectionPool, given: UsageConfirmation): Promise<UsageConfirmed> {
  const { callId, period, amount } = checkConfirmation(given);
  const values = [callId ?? null, period?.project ?? null, period?.day ?? null, period?.engine ?? null, amount];
  const [done] = await whenFree(() => pool.unhurried((db) => rows(db, confirmStatement, values)));
  await unparkAffordable(pool);
  return { calls: done?.confirmed ?? 0, wasUnconfirmed: decimal(done?.was_unconfirmed ?? "0") };
}

/** Brings forward the work that waits for a budget which has room by now. */
export async function unparkAffordable(pool: ConnectionPool): Promise<void> {
  for (const { project, batches } of await rows(pool, affordableProjects)) {
    await unpark(pool, project, ["budget"], batches ?? Number.POSITIVE_INFINITY);
  }
}

/** Books the calls of members that are gone. */
export async function loseStrays(pool: ConnectionPool): Promise<void> {
  await run(pool, loseStrayHolds);
}

async function unpark(
  pool: ConnectionPool,
  project: string,
  kinds: readonly ("budget" | "price")[],
  most = Number.POSITIVE_INFINITY,
): Promise<void> {
  let after: string | null = BEFORE_ALL;
  for (let left = most; after !== null && left > 0; ) {
    const values: unknown[] = [project, kinds, after, Math.min(left, BATCHES_A_STEP)];
    const [step]: { reached: string | null; unparked: number }[] = await whenFree(() =>
      rows(pool, unparkForBudget, values),
    );
    after = step?.reached ?? null;
    left -= step?.unparked ?? 0;
  }
}

/** An amount of the database: it may have zeros at its end, and may be below 0 after a correction. */
function amountOf(numeric: string): bigint {
  const isNegative = numeric.startsWith("-");
  const amount = parseAmount(isNegative ? numeric.slice(1) : numeric) ?? 0n;
  return isNegative ? -amount : amount;
}

function decimal(numeric: string): string {
  return formatAmount(amountOf(numeric));
}
