/**
 * Holds the most that a call may cost, before it is made, in the budgets of its project.
 *
 *     reserve ─ granted ─▶ the call is made
 *        │ no room
 *        ├─ several texts ─▶ half of them, until they fit
 *        ├─ one text, and running calls may give back enough ─▶ wait, ask again; or hand the texts back, to be tried again soon
 *        └─ one text ─▶ another text of the call that costs less, else refused: its texts are parked
 *
 * A call without a hold is not made.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { BatchBudget, BudgetAnswer } from "../contract/budget.ts";
import type { Engine, EngineBatch } from "../contract/engine.ts";
import {
  BudgetExceededError,
  BudgetUnpricedError,
  DatabaseUnavailableError,
  type TransHubError,
} from "../contract/errors.ts";
import type { ParkedFor } from "../contract/work.ts";
import { formatAmount, parseAmount } from "../rules/money.ts";
import { type Cost, isPriced, type PriceTable } from "../rules/prices.ts";
import { type AnsweredModels, boundedBatch } from "./bill.ts";

/** Milliseconds between two questions while running calls hold the room. Half of it is left to chance. */
const ASK_AGAIN_MS = 1_000;
/** Milliseconds of waiting in the slot, before the texts are handed back. */
const PATIENCE_MS = 10_000;
/** Milliseconds after which texts without a price are tried again: the next worker may know one. */
const UNPRICED_MS = 600_000;
/** Milliseconds after which texts are tried again whose hold could not be written. */
const UNHELD_MS = 5_000;

export interface HoldRequest<Asked> {
  budget: BatchBudget;
  project: string;
  engine: Engine;
  prices: PriceTable | undefined;
  callId: string;
  asks: readonly Asked[];
  briefOf(asks: readonly Asked[]): EngineBatch;
  /** From 0 to 1. */
  random(): number;
  /** Whether the texts are to be handed back, to be tried again soon, and not to wait in their slot for running calls. */
  isToHandBack(): boolean;
  /** Models that engines answered with instead of those that were asked. */
  answered: AnsweredModels;
  signal: AbortSignal;
}

export type CallHold<Asked> =
  /** `amount` undefined: the call needs none. `rest`: texts that did not fit. */
  | { kind: "held"; amount: string | undefined; asks: readonly Asked[]; rest: readonly Asked[] }
  /** `waitsFor` undefined: the texts are tried again soon. `room`: the amount that a call could hold now. */
  | { kind: "refused"; error: TransHubError; waitsFor: ParkedFor | undefined; waitMs: number; room: bigint }
  /** `signal` aborted. */
  | { kind: "stopped" };

export async function holdFor<Asked>(request: HoldRequest<Asked>): Promise<CallHold<Asked>> {
  const { budget, project, engine, prices, callId, asks, signal } = request;
  if (engine.isFree === true && !isPriced(prices, engine.name, [engine.model])) {
    return { kind: "held", amount: undefined, asks, rest: [] };
  }
  const givesUpAt = performance.now() + PATIENCE_MS;
  let some = asks;
  while (!signal.aborted) {
    const cost = mostOf(request, some);
    const amount = cost === undefined ? null : formatAmount(cost.amount);
    let answer: BudgetAnswer;
    try {
      const facts = { callId, engine: engine.name, model: engine.model ?? null, items: some.length };
      answer = await budget.reserve({ ...facts, amount, currency: cost?.currency ?? null });
    } catch (cause) {
      // It may have been written, and its answer lost.
      await budget.release(callId).catch(() => undefined);
      const error = new DatabaseUnavailableError("The hold of a call could not be written; the call was not made", {
        cause,
      });
      return { kind: "refused", error, waitsFor: undefined, waitMs: UNHELD_MS, room: 0n };
    }
    if (answer.kind === "free") return { kind: "held", amount: undefined, asks: some, rest: without(asks, some) };
    if (answer.kind === "granted") {
      return { kind: "held", amount: amount ?? undefined, asks: some, rest: without(asks, some) };
    }
    if (answer.kind === "unpriced" || cost === undefined) {
      const wanted = answer.kind === "unpriced" ? answer.currency : "";
      const error = new BudgetUnpricedError(project, engine.name, whyUnpriced(request, cost, wanted));
      return { kind: "refused", error, waitsFor: "price", waitMs: UNPRICED_MS, room: 0n };
    }
    const room = parseAmount(answer.room) ?? 0n;
    const fewer = fitting(request, some, room);
    if (fewer !== undefined) {
      some = fewer;
      continue;
    }
    if (some.length > 1) {
      some = some.slice(0, 1);
      continue;
    }
    if (answer.kind === "exhausted") {
      const error = new BudgetExceededError(project, answer, { most: formatAmount(cost.amount), room: answer.room });
      return { kind: "refused", error, waitsFor: "budget", waitMs: answer.waitMs, room };
    }
    if (request.isToHandBack() || performance.now() >= givesUpAt) {
      const error = new BudgetExceededError(project, undefined);
      return { kind: "refused", error, waitsFor: undefined, waitMs: ASK_AGAIN_MS, room };
    }
    some = asks;
    const waitMs = ASK_AGAIN_MS * (0.5 + request.random() / 2);
    await wait(waitMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
  return { kind: "stopped" };
}

/** Whether a call of one of these texts alone could hold its amount. */
export function fitsAlone<Asked>(request: Bounding<Asked>, asks: readonly Asked[], room: bigint): boolean {
  return room > 0n && asks.some((ask) => isWithin(mostOf(request, [ask]), room));
}

/** The least amount that a call of one of these texts could hold. Undefined: there are none. */
export function leastAlone<Asked>(request: Bounding<Asked>, asks: readonly Asked[]): string | undefined {
  let least: bigint | undefined;
  for (const ask of asks) {
    const amount = mostOf(request, [ask])?.amount;
    if (amount !== undefined && (least === undefined || amount < least)) least = amount;
  }
  return least === undefined ? undefined : formatAmount(least);
}

/** Fewer of the texts, which the room is enough for. Undefined: it is for none. */
function fitting<Asked>(
  request: HoldRequest<Asked>,
  some: readonly Asked[],
  room: bigint,
): readonly Asked[] | undefined {
  for (let count = Math.ceil(some.length / 2); count < some.length; count = Math.ceil(count / 2)) {
    const fewer = some.slice(0, count);
    if (isWithin(mostOf(request, fewer), room)) return fewer;
    if (count === 1) break;
  }
  // The first text alone is too much: another may not be.
  const other = room > 0n ? some.find((ask) => isWithin(mostOf(request, [ask]), room)) : undefined;
  return other === undefined || some.length === 1 ? undefined : [other];
}

type Bounding<Asked> = Pick<HoldRequest<Asked>, "engine" | "prices" | "briefOf" | "answered">;

function mostOf<Asked>(
  { engine, prices, briefOf, answered }: Bounding<Asked>,
  asks: readonly Asked[],
): Cost | undefined {
  return boundedBatch(prices, engine, briefOf(asks), answered).most;
}

function isWithin(cost: Cost | undefined, room: bigint): boolean {
  return cost !== undefined && cost.amount <= room;
}

function without<Asked>(all: readonly Asked[], some: readonly Asked[]): readonly Asked[] {
  if (some.length === all.length) return [];
  const taken = new Set(some);
  return all.filter((ask) => !taken.has(ask));
}

function whyUnpriced<Asked>({ engine, prices }: HoldRequest<Asked>, cost: Cost | undefined, wanted: string): string {
  if (cost !== undefined) return `its price is in ${cost.currency}, and the budget in ${wanted}`;
  return isPriced(prices, engine.name, [engine.model])
    ? "the cost of its calls cannot be bounded"
    : "TH_PRICES_FILE has no price of it";
}
