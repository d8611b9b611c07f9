/** Budgets of projects, and the holds that keep calls within them. Amounts are exact decimal numbers such as `2.5`. */

/** The most that the engine calls of a project may cost in a period. */
export interface Budget {
  project: string;
  /** A day or a month of UTC. A project may have one of each; every call must fit into both. */
  per: BudgetPeriod;
  amount: string;
  /** Three letters of ISO 4217. No amount is ever converted. */
  currency: string;
}

export type BudgetPeriod = "day" | "month";

/** A budget to set. */
export interface BudgetToSet extends Budget {
  /** The name of the person or the job that sets it. Default: none is noted. */
  by?: string | undefined;
}

/** A budget in its present period. */
export interface BudgetStatus extends Budget {
  /** The cost of ended calls, with the part that is not confirmed. */
  spent: string;
  /** The part of `spent` that the provider may not have billed. */
  unconfirmed: string;
  /** The most that running calls may cost. */
  held: string;
  /**
   * `near`: 80 % are spent or held. `paused`: work waits for it, or would: nothing is left, less is left than a refused call may
   * cost, or no engine can be held to it.
   */
  state: "ok" | "near" | "paused";
  /** Of `paused`: the amount is used up, or an engine has no price or bound in the budget's currency. Else null. */
  reason: "spent" | "price" | null;
  /** Of the reason `price`: the last such engine. Else null. */
  unpricedEngine: string | null;
  /** Texts of the project that wait for a budget or a price. */
  waiting: number;
  /** The end of the period. */
  endsAt: Date;
  setBy: string | null;
  setAt: Date;
}

/** A call that asks its project's budgets for room. */
export interface BudgetWish {
  /** UUID of the call. */
  callId: string;
  engine: string;
  /** The model that is asked. Null: it is not known. */
  model: string | null;
  /** Texts of the call. */
  items: number;
  /** The most that it may cost. Null: it has no price or no bound. */
  amount: string | null;
  /** Of the amount. Null with it. */
  currency: string | null;
}

/** The answer to a wish. Only with `granted` an amount is held. */
export type BudgetAnswer =
  | { kind: "granted" }
  /** The project has no budget. */
  | { kind: "free" }
  /** There would be room if the running calls cost nothing: the call asks again. `room`: the amount that can be held now. */
  | { kind: "busy"; room: string }
  /** The period has no room for it. `waitMs`: until its end. */
  | { kind: "exhausted"; room: string; per: BudgetPeriod; amount: string; currency: string; waitMs: number }
  /** The wish has no amount, or one of another currency than the budget's. */
  | { kind: "unpriced"; currency: string };

/** A store's side of the budgets of one batch. Left out of a batch whose project has no budget. */
export interface BatchBudget {
  /**
   * Holds the amount of a wish, if every budget of the project has room for it. The settlement of the call ends the hold; the call of a
   * member that dies is booked as unconfirmed.
   */
  reserve(wish: BudgetWish): Promise<BudgetAnswer>;
  /**
   * Notes that a held call ended, and the most that it cost. It is settled later, with all of its work; the next reservation of this
   * work holds no more for it.
   */
  ended(callId: string, amount: string): void;
  /** Gives a hold back whose call was not made. */
  release(callId: string): Promise<void>;
  /** Notes the amount of a call of one text that was refused as `exhausted`: with less room its text need not be tried again. */
  refused(amount: string): Promise<void>;
}

/** Costs that a person, or the provider's report, confirms. */
export interface UsageConfirmation {
  /** One call of the ledger. */
  callId?: string | undefined;
  /** All unconfirmed calls of a project in a day of UTC (`2026-11-29`), of one engine or of each. */
  period?: { project: string; day: string; engine?: string | undefined } | undefined;
  /** What the provider billed for these calls together. */
  amount: string;
}

export interface UsageConfirmed {
  /** Calls whose cost is confirmed now. */
  calls: number;
  /** The amount that was unconfirmed. */
  wasUnconfirmed: string;
}
