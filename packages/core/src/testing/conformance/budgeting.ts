/** Budgets: what calls may be made, what they count for, and the work that waits for one. */
import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { BudgetAnswer, BudgetStatus } from "../../contract/budget.ts";
import { SettingsError } from "../../contract/errors.ts";
import type { PersistenceHandler } from "../../contract/store.ts";
import type { EngineCall, TranslateWork, WorkOutcome } from "../../contract/work.ts";
import { type AddCase, item, items, PROJECT, readOne, translated, until, work } from "./kit.ts";

const BUDGET = { project: PROJECT, per: "day", currency: "USD" } as const;
const DAY_MS = 86_400_000;

/** Reserves this amount for each batch, and settles the call with these facts; a refused batch waits for the budget. */
class Spender {
  readonly answers: BudgetAnswer["kind"][] = [];
  /** Batches that had no budget. */
  unbudgeted = 0;
  readonly calls: EngineCall[] = [];
  readonly #held: string;
  readonly #facts: Partial<EngineCall>;

  constructor(held: string, facts: Partial<EngineCall> = { cost: held }) {
    this.#held = held;
    this.#facts = facts;
  }

  readonly translate: TranslateWork = async (batch) => {
    const budget = batch.budget?.();
    const callId = randomUUID();
    const outcomes = (outcome: WorkOutcome) => batch.items.map(() => outcome);
    const wish = { callId, engine: "test", model: "small", items: batch.items.length, currency: "USD" };
    const answer = await budget?.reserve({ ...wish, amount: this.#held });
    if (answer !== undefined) this.answers.push(answer.kind);
    else this.unbudgeted += 1;
    if (answer?.kind === "exhausted") {
      await budget?.refused(this.#held);
      return { outcomes: outcomes({ kind: "parked", waitsFor: "budget", delayMs: answer.waitMs }), calls: [] };
    }
    if (answer?.kind === "busy") return { outcomes: outcomes({ kind: "postponed", delayMs: 20 }), calls: [] };
    const call: EngineCall = {
      ...{ callId, engine: "test", model: "small", items: batch.items.length },
      ...{ inputTokens: 7, outputTokens: 5, cachedTokens: 0, latencyMs: 1, outcome: "ok", currency: "USD" },
      ...(answer?.kind === "granted" && { held: this.#held }),
      ...this.#facts,
    };
    this.calls.push(call);
    return { outcomes: outcomes(translated("fr")), calls: [call] };
  };
}

async function budgetOf(handler: PersistenceHandler, per: "day" | "month" = "day"): Promise<BudgetStatus | undefined> {
  return (await handler.listBudgets(PROJECT)).find((budget) => budget.per === per);
}

/** Batches of one text each, so that each is a call. */
async function registerApart(handler: PersistenceHandler, count: number, given: Parameters<typeof item>[0] = {}) {
  for (const each of items(count, given)) await handler.register([each]);
}

const apart = { maxItems: 1, concurrency: 1 };

export function budgetingCases(add: AddCase): void {
  add("a budget is set, changed, listed and removed", async ({ handler, open }) => {
    const other = await open();
    expect(await handler.setBudget({ ...BUDGET, amount: "2.50", by: "mia" })).toEqual([
      {
        ...{ ...BUDGET, amount: "2.5", spent: "0", unconfirmed: "0", held: "0", state: "ok", reason: null },
        ...{ unpricedEngine: null, waiting: 0, endsAt: expect.any(Date), setBy: "mia", setAt: expect.any(Date) },
      },
    ]);
    await other.setBudget({ ...BUDGET, per: "month", amount: "20" });
    await other.setBudget({ ...BUDGET, project: "other", amount: "0" });
    expect(await handler.setBudget({ ...BUDGET, amount: "0.000000000001" })).toMatchObject([
      { per: "day", amount: "0.000000000001", setBy: null },
      { per: "month", amount: "20" },
    ]);
    expect((await handler.listBudgets()).map(({ project, per }) => `${project} ${per}`)).toEqual([
      `${PROJECT} day`,
      `${PROJECT} month`,
      "other day",
    ]);
    expect((await handler.status("other")).budgets).toMatchObject([
      { project: "other", state: "paused", reason: "spent" },
    ]);
    const day = await budgetOf(handler);
    expect((day?.endsAt.getTime() ?? 0) % DAY_MS).toBe(0);
    expect(await other.removeBudget(BUDGET)).toBe(true);
    expect(await other.removeBudget(BUDGET)).toBe(false);
    expect(await handler.listBudgets(PROJECT)).toMatchObject([{ per: "month" }]);
  });

  add("a budget that is none is refused, and changes nothing", async ({ handler }) => {
    const bad = [
      { amount: "-1" },
      { amount: "1e3" },
      { amount: "0.0000000000001" },
      { amount: 1 as never },
      { currency: "usd" },
      { per: "week" as never },
    ];
    for (const given of bad) {
      await expect(handler.setBudget({ ...BUDGET, amount: "1", ...given })).rejects.toBeInstanceOf(SettingsError);
    }
    await expect(handler.confirmUsage({ amount: "1" })).rejects.toBeInstanceOf(SettingsError);
    await expect(handler.confirmUsage({ callId: "x", amount: "1" })).rejects.toBeInstanceOf(SettingsError);
    expect(await handler.listBudgets()).toEqual([]);
  });

  add("the budgets of a project have one currency", async ({ handler }) => {
    await handler.setBudget({ ...BUDGET, amount: "1" });
    const foreign = { ...BUDGET, per: "month", amount: "1", currency: "EUR" } as const;
    await expect(handler.setBudget(foreign)).rejects.toBeInstanceOf(SettingsError);
    expect(await handler.setBudget({ ...BUDGET, amount: "1", currency: "EUR" })).toMatchObject([{ currency: "EUR" }]);
    expect(await handler.setBudget(foreign)).toMatchObject([{ per: "day" }, { per: "month" }]);
  });

  add("a budget whose currency changes while a call runs does not count the call", async ({ handler, open }) => {
    const worker = await open();
    await handler.setBudget({ ...BUDGET, amount: "1" });
    await registerApart(handler, 1);
    const spender = new Spender("0.3", { cost: "0.2" });
    let during: BudgetStatus | undefined;
    await work(
      worker,
      async (batch, signal) => {
        const result = await spender.translate(batch, signal);
        if (during === undefined) {
          await handler.setBudget({ ...BUDGET, amount: "1", currency: "EUR" });
          during = await budgetOf(handler);
        }
        return result;
      },
      { ...apart, until: "empty" },
    );
    expect(during).toMatchObject({ currency: "EUR", held: "0", spent: "0" });
    expect(await budgetOf(handler)).toMatchObject({ currency: "EUR", held: "0", spent: "0" });
    await handler.setBudget({ ...BUDGET, amount: "1" });
    expect(await budgetOf(handler)).toMatchObject({ currency: "USD", held: "0", spent: "0.2" });
  });

  add("a call is held until it is settled, and then costs what it cost", async ({ handler, open }) => {
    const worker = await open();
    await handler.setBudget({ ...BUDGET, amount: "1" });
    await registerApart(handler, 3);
    const spender = new Spender("0.3", { cost: "0.1", unconfirmed: "0.05" });
    let held: string | undefined;
    await work(
      worker,
      async (batch, signal) => {
        const result = await spender.translate(batch, signal);
        held ??= (await budgetOf(handler))?.held;
        return result;
      },
      apart,
    );
    expect(held).toBe("0.3");
    expect(spender.answers).toEqual(["granted", "granted", "granted"]);
    expect(await budgetOf(handler)).toMatchObject({ spent: "0.45", unconfirmed: "0.15", held: "0", state: "ok" });
  });

  add("a call without a known cost stays at its hold, as unconfirmed", async ({ handler }) => {
    await handler.setBudget({ ...BUDGET, amount: "1" });
    await registerApart(handler, 1);
    await work(handler, new Spender("0.3", { outcome: "aborted", currency: undefined }).translate, apart);
    expect(await budgetOf(handler)).toMatchObject({ spent: "0.3", unconfirmed: "0.3", held: "0" });
  });

  add(
    "work that does not fit waits without an attempt, ends no `empty`, and goes on with more",
    async ({ handler }) => {
      await handler.setBudget({ ...BUDGET, amount: "0.5" });
      await handler.setBudget({ ...BUDGET, per: "month", amount: "100" });
      await registerApart(handler, 4);
      await registerApart(handler, 1, { project: "other" });
      const spender = new Spender("0.2");
      await work(handler, spender.translate, { ...apart, until: "empty" });
      expect(spender.answers.filter((kind) => kind === "granted")).toHaveLength(2);
      expect(spender.unbudgeted).toBe(1);
      expect(await budgetOf(handler)).toMatchObject({ spent: "0.4", state: "paused", reason: "spent", waiting: 2 });
      expect(await budgetOf(handler, "month")).toMatchObject({ spent: "0.4", state: "ok", reason: null });
      expect((await handler.status()).jobs).toMatchObject({ ready: 0, scheduled: 2 });
      // Neither a resume nor another project's budget brings it forward.
      await handler.pause({ project: PROJECT });
      await handler.resume({});
      await handler.setBudget({ ...BUDGET, project: "other", amount: "1" });
      const again = new Spender("0.2");
      await work(handler, again.translate, { ...apart, until: "empty" });
      expect(again.answers).toEqual([]);
      await handler.setBudget({ ...BUDGET, amount: "1" });
      expect(await budgetOf(handler)).toMatchObject({ state: "ok", waiting: 0 });
      const attempts: number[] = [];
      await work(
        handler,
        (batch, signal) => {
          attempts.push(...batch.items.map(({ attempt }) => attempt));
          return again.translate(batch, signal);
        },
        { ...apart, until: "empty" },
      );
      expect([again.answers, attempts]).toEqual([
        ["granted", "granted"],
        [1, 1],
      ]);
      expect(await readOne(handler, { text: "Text number 4" })).toMatchObject({ status: "translated" });
    },
  );

  add("work that waits for a budget goes on when the budget is removed", async ({ handler }) => {
    await handler.setBudget({ ...BUDGET, amount: "0" });
    await registerApart(handler, 1);
    const spender = new Spender("0.2");
    await work(handler, spender.translate, { until: "empty" });
    expect(spender.answers).toEqual(["exhausted"]);
    await handler.removeBudget(BUDGET);
    await work(handler, spender.translate, { until: "empty" });
    expect(await readOne(handler, { text: "Text number 1" })).toMatchObject({ status: "translated" });
  });

  add("a reservation says whether to wait for running calls, and how much they leave", async ({ handler }) => {
    await handler.setBudget({ ...BUDGET, amount: "1" });
    await registerApart(handler, 1);
    const said: BudgetAnswer[] = [];
    await work(handler, async ({ items: texts, budget }) => {
      const reserve = (callId: string, amount: string | null, currency: string | null = "USD") =>
        budget?.()?.reserve({ callId, engine: "test", model: null, items: 1, amount, currency });
      const [one, two] = [randomUUID(), randomUUID()];
      said.push((await reserve(one, "0.9")) as BudgetAnswer);
      said.push((await reserve(two, "0.2")) as BudgetAnswer);
      said.push((await reserve(two, "1.000000000001")) as BudgetAnswer);
      said.push((await reserve(two, null, null)) as BudgetAnswer);
      said.push((await reserve(two, "0.01", "EUR")) as BudgetAnswer);
      budget?.()?.ended(one, "0.4");
      said.push((await reserve(two, "0.6")) as BudgetAnswer);
      await budget?.()?.release(two);
      await budget?.()?.release(one);
      said.push((await reserve(two, "1")) as BudgetAnswer);
      await budget?.()?.release(two);
      return { outcomes: texts.map(() => translated("fr")), calls: [] };
    });
    expect(said).toEqual([
      { kind: "granted" },
      { kind: "busy", room: "0.1" },
      { kind: "exhausted", room: "0.1", per: "day", amount: "1", currency: "USD", waitMs: expect.any(Number) },
      { kind: "unpriced", currency: "USD" },
      { kind: "unpriced", currency: "USD" },
      { kind: "granted" },
      { kind: "granted" },
    ]);
    expect(await budgetOf(handler)).toMatchObject({ spent: "0", held: "0" });
  });

  add("work without a price waits as such, and goes on when a person sets the budget anew", async ({ handler }) => {
    await handler.setBudget({ ...BUDGET, amount: "1" });
    await registerApart(handler, 2);
    await work(
      handler,
      async ({ items: texts, budget }) => {
        await budget?.()?.reserve({
          ...{ callId: randomUUID(), engine: "unpriced-engine", model: null, items: 1, amount: null, currency: null },
        });
        return { outcomes: texts.map(() => ({ kind: "parked", waitsFor: "price", delayMs: DAY_MS })), calls: [] };
      },
      { until: "empty" },
    );
    expect(await budgetOf(handler)).toMatchObject({
      ...{ state: "paused", reason: "price", unpricedEngine: "unpriced-engine", waiting: 2 },
    });
    await handler.setBudget({ ...BUDGET, amount: "1" });
    await work(handler, new Spender("0.1").translate, { until: "empty" });
    expect(await budgetOf(handler)).toMatchObject({ state: "ok", reason: null, unpricedEngine: null, waiting: 0 });
  });

  add("concurrent calls of several members never go over a budget", async ({ handler, open }) => {
    await handler.setBudget({ ...BUDGET, amount: "1" });
    await registerApart(handler, 40);
    const members = await Promise.all([handler, open(), open()]);
    const spenders = members.map(() => new Spender("0.07", { cost: "0.07" }));
    await Promise.all(
      members.map((member, at) =>
        work(member, (spenders[at] as Spender).translate, { maxItems: 1, concurrency: 4, until: "empty" }),
      ),
    );
    const granted = spenders.flatMap(({ answers }) => answers.filter((kind) => kind === "granted")).length;
    expect(granted).toBe(14);
    const budget = await budgetOf(handler);
    expect(Number(budget?.spent)).toBeLessThanOrEqual(1);
    expect(budget).toMatchObject({ held: "0" });
    expect(Number(budget?.spent)).toBeCloseTo(granted * 0.07, 10);
  });

  add("a new budget counts the calls of its period that are in the ledger", async ({ handler }) => {
    await registerApart(handler, 2);
    const before = new Spender("0", { cost: "0.25", unconfirmed: "0.125" });
    await work(handler, before.translate, apart);
    await handler.setBudget({ ...BUDGET, amount: "1" });
    expect(await budgetOf(handler)).toMatchObject({ spent: "0.75", unconfirmed: "0.25" });
    await handler.setBudget({ ...BUDGET, per: "month", amount: "1" });
    expect(await budgetOf(handler, "month")).toMatchObject({ spent: "0.75", unconfirmed: "0.25" });
    await handler.register([item({ text: "later" })]);
    await work(handler, new Spender("0.1").translate, apart);
    for (const per of ["day", "month"] as const) {
      expect(await budgetOf(handler, per)).toMatchObject({ spent: "0.85", unconfirmed: "0.25" });
    }
  });

  add("a confirmed cost takes the place of the amount that was held", async ({ handler }) => {
    await handler.setBudget({ ...BUDGET, amount: "1" });
    await registerApart(handler, 3);
    const spender = new Spender("0.3", { outcome: "aborted", currency: undefined });
    await work(handler, spender.translate, apart);
    const [first] = spender.calls;
    expect(await handler.confirmUsage({ callId: first?.callId, amount: "0.1" })).toEqual({
      calls: 1,
      wasUnconfirmed: "0.3",
    });
    expect(await budgetOf(handler)).toMatchObject({ spent: "0.7", unconfirmed: "0.6" });
    expect(await handler.confirmUsage({ callId: first?.callId, amount: "5" })).toEqual({
      calls: 0,
      wasUnconfirmed: "0",
    });
    const day = new Date((await budgetOf(handler))?.endsAt.getTime() as number);
    const period = { project: PROJECT, day: new Date(day.getTime() - DAY_MS).toISOString().slice(0, 10) };
    expect(await handler.confirmUsage({ period: { ...period, engine: "another" }, amount: "1" })).toMatchObject({
      calls: 0,
    });
    expect(await handler.confirmUsage({ period, amount: "0.1" })).toEqual({ calls: 2, wasUnconfirmed: "0.6" });
    expect(await budgetOf(handler)).toMatchObject({ spent: "0.2", unconfirmed: "0" });
  });

  add(
    "the calls of a member that died are unconfirmed, and its work is done by another",
    async ({ handler, open, crash }) => {
      const doomed = await open();
      await handler.setBudget({ ...BUDGET, amount: "1" });
      await handler.register([item()]);
      const reserved = Promise.withResolvers<void>();
      const goOn = Promise.withResolvers<void>();
      const hangs: TranslateWork = async ({ budget }) => {
        const wish = { callId: randomUUID(), engine: "test", model: null, items: 1, amount: "0.3", currency: "USD" };
        await budget?.()?.reserve(wish);
        reserved.resolve();
        await goOn.promise;
        return { outcomes: [], calls: [] };
      };
      void work(doomed, hangs, { until: "stopped" }).catch(() => undefined);
      await reserved.promise;
      expect(await budgetOf(handler)).toMatchObject({ spent: "0", held: "0.3" });
      await crash(doomed);
      const stop = new AbortController();
      const working = work(handler, new Spender("0.2").translate, { until: "stopped", signal: stop.signal });
      await until(async () => (await readOne(handler))?.status === "translated");
      await until(async () => (await budgetOf(handler))?.held === "0");
      expect(await budgetOf(handler)).toMatchObject({ spent: "0.5", unconfirmed: "0.3", held: "0" });
      stop.abort();
      goOn.resolve();
      await working;
    },
    "crash",
  );

  add(
    "a late settlement of a member that was believed dead corrects what was unconfirmed, once",
    async ({ handler, open, giveUp }) => {
      const slow = await open();
      await handler.setBudget({ ...BUDGET, amount: "1" });
      await handler.register([item()]);
      const reserved = Promise.withResolvers<void>();
      const goOn = Promise.withResolvers<void>();
      const spender = new Spender("0.3", { cost: "0.1" });
      const other = new Spender("0.2");
      const stop = new AbortController();
      const late = work(
        slow,
        async (batch, signal) => {
          // It may come back and be the first to claim its work again; only its first batch is held.
          if (spender.calls.length > 0) return other.translate(batch, signal);
          const result = await spender.translate(batch, signal);
          reserved.resolve();
          await goOn.promise;
          return { ...result, calls: [...result.calls, ...result.calls] };
        },
        { until: "stopped", signal: stop.signal },
      ).catch(() => undefined);
      await reserved.promise;
      await giveUp(slow);
      const working = work(handler, other.translate, { until: "stopped", signal: stop.signal });
      await until(async () => (await readOne(handler))?.status === "translated");
      expect(await budgetOf(handler)).toMatchObject({ spent: "0.5", unconfirmed: "0.3", held: "0" });
      goOn.resolve();
      // A store may drop what a member brings that was declared dead; the amount then stays unconfirmed.
      stop.abort();
      await Promise.all([late, working]);
      expect([
        { spent: "0.3", unconfirmed: "0" },
        { spent: "0.5", unconfirmed: "0.3" },
      ]).toContainEqual(
        (({ spent, unconfirmed }) => ({ spent, unconfirmed }))((await budgetOf(handler)) as BudgetStatus),
      );
    },
    "giveUp",
  );
}
