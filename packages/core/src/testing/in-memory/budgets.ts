/** The budgets of a store in memory, the holds of running calls, and the part of the ledger that they count. */
import type {
  BatchBudget,
  Budget,
  BudgetAnswer,
  BudgetPeriod,
  BudgetStatus,
  BudgetToSet,
  BudgetWish,
  UsageConfirmation,
  UsageConfirmed,
} from "../../contract/budget.ts";
import type { EngineCall } from "../../contract/work.ts";
import { budgetState } from "../../rules/budget-state.ts";
import { checkSameCurrency } from "../../rules/budgets.ts";
import { formatAmount, parseAmount } from "../../rules/money.ts";
import type { Clock } from "./clock.ts";

interface KeptBudget {
  readonly project: string;
  readonly per: BudgetPeriod;
  amount: bigint;
  currency: string;
  setBy: string | null;
  setAt: Date;
  /** The least amount that was refused, and in which period. */
  refused: { startsAt: number; least: bigint } | undefined;
  unpricedEngine: string | null;
}

interface Hold {
  readonly project: string;
  readonly member: object;
  readonly engine: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly at: number;
}

interface BookedCall {
  readonly project: string;
  readonly engine: string;
  readonly currency: string | undefined;
  readonly at: number;
  cost: bigint;
  unconfirmed: bigint;
  /** Its member died, or was believed to be dead, before it was settled. */
  isLost: boolean;
}

/** Texts of a project that wait: for a budget, and for a price. */
export interface WaitingTexts {
  budget: number;
  price: number;
}

export class InMemoryBudgets {
  readonly #clock: Clock;
  readonly #waiting: (project: string) => WaitingTexts;
  readonly #budgets = new Map<string, KeptBudget>();
  /** By the id of the call. */
  readonly #holds = new Map<string, Hold>();
  readonly #booked = new Map<string, BookedCall>();

  constructor(clock: Clock, waiting: (project: string) => WaitingTexts) {
    this.#clock = clock;
    this.#waiting = waiting;
  }

  set({ project, per, amount, currency, by }: BudgetToSet): void {
    checkSameCurrency({ project, per, amount, currency }, this.list(project));
    const facts = { amount: amountOf(amount), currency, setBy: by ?? null, setAt: new Date(this.#clock.now()) };
    this.#budgets.set(`${project}\0${per}`, { project, per, ...facts, refused: undefined, unpricedEngine: null });
  }

  remove({ project, per }: Pick<Budget, "project" | "per">): boolean {
    return this.#budgets.delete(`${project}\0${per}`);
  }

  list(project?: string): BudgetStatus[] {
    return this.#of(project).map((budget) => {
      const { spent, unconfirmed, held, endsAt, startsAt } = this.#figures(budget);
      const waiting = this.#waiting(budget.project);
      const leastRefused = budget.refused?.startsAt === startsAt ? budget.refused.least : undefined;
      return {
        project: budget.project,
        per: budget.per,
        amount: formatAmount(budget.amount),
        currency: budget.currency,
        spent: formatAmount(spent),
        unconfirmed: formatAmount(unconfirmed),
        held: formatAmount(held),
        ...budgetState({ amount: budget.amount, spent, held, leastRefused, lacksPrice: waiting.price > 0 }),
        unpricedEngine: waiting.price > 0 ? budget.unpricedEngine : null,
        waiting: waiting.budget + waiting.price,
        endsAt: new Date(endsAt),
        setBy: budget.setBy,
        setAt: budget.setAt,
      };
    });
  }

  /** Undefined: the project has no budget. */
  of(project: string, member: object): BatchBudget | undefined {
    if (this.#of(project).length === 0) return undefined;
    return {
      reserve: async (wish) => this.#reserve(project, member, wish),
      ended: (callId, amount) => {
        const hold = this.#holds.get(callId);
        if (hold !== undefined) this.#holds.set(callId, { ...hold, amount: amountOf(amount) });
      },
      release: async (callId) => {
        this.#holds.delete(callId);
      },
      refused: async (amount) => this.#refused(project, amountOf(amount)),
    };
  }

  #reserve(project: string, member: object, wish: BudgetWish): BudgetAnswer {
    const budgets = this.#of(project);
    const [first] = budgets;
    if (first === undefined) return { kind: "free" };
    const { amount: wanted, currency, engine, callId } = wish;
    if (wanted === null || currency === null || budgets.some((budget) => budget.currency !== currency)) {
      for (const budget of budgets) budget.unpricedEngine = engine;
      return { kind: "unpriced", currency: first.currency };
    }
    const amount = amountOf(wanted);
    const rooms = budgets.map((budget) => {
      const { spent, held, endsAt } = this.#figures(budget);
      return { budget, endsAt, now: budget.amount - spent - held, settled: budget.amount - spent };
    });
    const [least = 0n] = rooms.map(({ now }) => now).sort((one, other) => (one < other ? -1 : 1));
    if (amount <= least) {
      this.#holds.set(callId, { project, member, engine, amount, currency, at: this.#clock.now() });
      return { kind: "granted" };
    }
    const room = formatAmount(least < 0n ? 0n : least);
    const full = rooms.filter(({ settled }) => settled < amount).sort((one, other) => other.endsAt - one.endsAt);
    const [last] = full;
    if (last === undefined) return { kind: "busy", room };
    const { per, amount: all, currency: of } = last.budget;
    const waitMs = last.endsAt - this.#clock.now();
    return { kind: "exhausted", room, per, amount: formatAmount(all), currency: of, waitMs };
  }

  #refused(project: string, amount: bigint): void {
    for (const budget of this.#of(project)) {
      const { spent, startsAt } = this.#figures(budget);
      if (budget.amount - spent >= amount) continue;
      const known = budget.refused?.startsAt === startsAt ? budget.refused.least : amount;
      budget.refused = { startsAt, least: known < amount ? known : amount };
    }
  }

  /** Books calls, each once. A call that was booked as lost is booked anew. */
  book(project: string, calls: readonly EngineCall[]): void {
    for (const call of calls) {
      const hold = this.#holds.get(call.callId);
      this.#holds.delete(call.callId);
      const known = this.#booked.get(call.callId);
      if (known !== undefined && (!known.isLost || known.unconfirmed === 0n)) continue;
      if (known !== undefined && call.cost === undefined) continue;
      const unknown = call.cost === undefined ? (hold?.amount ?? 0n) : amountOf(call.unconfirmed ?? "0");
      this.#booked.set(call.callId, {
        project,
        engine: call.engine,
        currency: call.currency ?? hold?.currency ?? known?.currency,
        at: known?.at ?? hold?.at ?? this.#clock.now(),
        cost: amountOf(call.cost ?? "0"),
        unconfirmed: unknown,
        isLost: false,
      });
    }
  }

  /** The calls of a dead member may be billed. */
  lose(member: object): void {
    for (const [callId, hold] of this.#holds) {
      if (hold.member !== member) continue;
      this.#holds.delete(callId);
      const { project, engine, currency, at, amount } = hold;
      this.#booked.set(callId, { project, engine, currency, at, cost: 0n, unconfirmed: amount, isLost: true });
    }
  }

  confirm({ callId, period, amount }: UsageConfirmation): UsageConfirmed {
    const found = [...this.#booked].filter(([id, call]) => {
      if (call.unconfirmed === 0n) return false;
      if (callId !== undefined) return id === callId;
      if (call.project !== period?.project || (period.engine ?? call.engine) !== call.engine) return false;
      return new Date(call.at).toISOString().startsWith(period.day);
    });
    found.sort(([one], [other]) => (one < other ? -1 : 1));
    const all = found.reduce((sum, [, { unconfirmed }]) => sum + unconfirmed, 0n);
    let before = 0n;
    for (const [, call] of found) {
      const upTo = (amountOf(amount) * (before + call.unconfirmed)) / all;
      call.cost += upTo - (amountOf(amount) * before) / all;
      before += call.unconfirmed;
      call.unconfirmed = 0n;
    }
    return { calls: found.length, wasUnconfirmed: formatAmount(all) };
  }

  /** Whether a budget of the project has room for what it refused last. */
  hasRoom(project: string): boolean {
    return this.#of(project).every((budget) => {
      const { spent, held, startsAt } = this.#figures(budget);
      const room = budget.amount - spent - held;
      return room > 0n && (budget.refused?.startsAt !== startsAt || room >= budget.refused.least);
    });
  }

  #of(project: string | undefined): KeptBudget[] {
    return [...this.#budgets.values()]
      .filter((budget) => project === undefined || budget.project === project)
      .sort((one, other) => (`${one.project}\0${one.per}` < `${other.project}\0${other.per}` ? -1 : 1));
  }

  #figures({ project, per, currency }: KeptBudget) {
    const now = new Date(this.#clock.now());
    const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()];
    const startsAt = per === "day" ? Date.UTC(year, month, now.getUTCDate()) : Date.UTC(year, month);
    const endsAt = per === "day" ? startsAt + DAY_MS : Date.UTC(year, month + 1);
    let spent = 0n;
    let unconfirmed = 0n;
    for (const call of this.#booked.values()) {
      if (call.project !== project || call.currency !== currency || call.at < startsAt) continue;
      spent += call.cost + call.unconfirmed;
      unconfirmed += call.unconfirmed;
    }
    let held = 0n;
    for (const hold of this.#holds.values()) {
      if (hold.project === project && hold.currency === currency && hold.at >= startsAt) held += hold.amount;
    }
    return { spent, unconfirmed, held, startsAt, endsAt };
  }
}

const DAY_MS = 86_400_000;

function amountOf(text: string): bigint {
  return parseAmount(text) ?? 0n;
}
