/** The calls of `translateBatch` under the budgets of a store. */
import { once } from "node:events";
import { test } from "@trans-hub/test-support/batches";
import { item, reference, value } from "@trans-hub/test-support/store";
import { expect } from "vitest";
import type { Engine, EngineBatch } from "../../contract/engine.ts";
import type { PersistenceHandler } from "../../contract/store.ts";
import { translateBatch } from "../../translate/translate-batch.ts";
import { releaseNode } from "../work/fleet/node.sql.ts";

/** A tenth of a dollar for a character. */
const TENTH = { charactersPerMillion: "100000" };
const PRICES = {
  currency: "USD",
  asOf: "2026-11-28",
  engines: { test: { asked: TENTH, dear: { charactersPerMillion: "500000" } } },
};

const charactersOf = ({ items }: EngineBatch) => items.reduce((sum, { text }) => sum + text.length, 0);

function engine(given: Partial<Engine> = {}, onCall: (batch: EngineBatch) => Promise<unknown> = async () => undefined) {
  const calls: string[][] = [];
  const made: Engine & { calls: string[][] } = {
    ...{ name: "test", version: "1", processor: "local", model: "asked", calls },
    ...{ maxItemsPerCall: 1, maxBytesPerCall: 100_000, detectsSource: true, takesContext: true },
    bound: (batch) => ({ characters: charactersOf(batch) }),
    async translate(batch) {
      calls.push(batch.items.map(({ text }) => text));
      await onCall(batch);
      const usage = { inputTokens: 0, outputTokens: 0, cachedTokens: 0, characters: charactersOf(batch) };
      return { results: new Map(batch.items.map(({ id, text }) => [id, { text: text.toUpperCase() }])), usage };
    },
    ...given,
  };
  return made;
}

const workOf = (made: Engine) =>
  translateBatch({ engines: [made], prices: PRICES, maxAttempts: 3, engineTimeoutMs: 60_000 });
const apart = { concurrency: 1, maxItems: 10 } as const;
const setBudget = (store: PersistenceHandler, amount: string) =>
  store.setBudget({ project: "default", per: "day", amount, currency: "USD" });

/** A call of this worker that runs all the time. */
const HELD = `insert into trans_hub.budget_hold (call_id, project, held_at, engine, source_locale, target_locale, items, amount, currency,
  node_id) select gen_random_uuid(), 'default', now(), 'test', 'en', 'fr', 1, $1, 'USD', node_id from trans_hub.worker_node limit 1`;
const FREED = "delete from trans_hub.budget_hold where amount = $1";

test("texts with answers do not wait in their slot until running calls give their holds back", async ({
  db,
  store,
}) => {
  await setBudget(store, "0.35");
  await store.register([item("a"), item("b")]);
  let answeredAt = 0;
  const held = engine({}, async () => {
    if (answeredAt > 0) return;
    await db.query(HELD, ["0.22"]);
    answeredAt = performance.now();
  });
  const settledAfter: number[] = [];
  await store.work(
    {
      ...{ ...apart, until: "empty" },
      observer: {
        settled: () => {
          settledAfter.push(performance.now() - answeredAt);
          void db.query(FREED, ["0.22"]);
        },
      },
    },
    workOf(held),
  );
  // In its slot it would have waited for ten seconds.
  expect(settledAfter[0]).toBeLessThan(8_000);
  expect(held.calls.flat().toSorted()).toEqual(["a", "b"]);
  expect(await store.read([reference("b")])).toMatchObject([{ text: "B" }]);
});

test("texts of another project do not wait for the slot of a text that waits for running calls", async ({
  db,
  store,
}) => {
  await setBudget(store, "0.35");
  await store.register([item("a"), item("x", { project: "other" })]);
  let isFirst = true;
  const startedAt = performance.now();
  let otherAfter = Number.POSITIVE_INFINITY;
  const work = workOf(
    engine({}, async ({ items: [first] }) => {
      if (first?.text !== "x") return;
      otherAfter = performance.now() - startedAt;
      await db.query(FREED, ["0.3"]);
    }),
  );
  await store.work({ ...apart, until: "empty" }, async (batch, signal) => {
    if (isFirst) await db.query(HELD, ["0.3"]);
    isFirst = false;
    return work(batch, signal);
  });
  expect(otherAfter).toBeLessThan(8_000);
  expect(await store.read([reference("a")])).toMatchObject([{ text: "A" }]);
});

test("the least amount that was refused is that of the cheapest text, and not of the first", async ({ db, store }) => {
  await setBudget(store, "0.2");
  await store.register([item("The whole"), item("The"), item("The way")]);
  const made = engine({ maxItemsPerCall: 10 });
  await store.work({ ...apart, until: "empty" }, workOf(made));
  expect(made.calls).toEqual([]);
  expect(await value(db, "select trim_scale(least_refused)::text from trans_hub.budget_period")).toBe("0.3");
});

test("after an answer of a dearer model than was asked, calls are held at its price", async ({ db, store }) => {
  await setBudget(store, "1.1");
  await store.register(["a", "b", "c", "d"].map((text) => item(text)));
  const { translate, ...asked } = engine();
  const gateway: Engine = {
    ...asked,
    translate: async (batch, signal) => ({ ...(await translate(batch, signal)), model: "dear" }),
  };
  await store.work({ ...apart, until: "empty" }, workOf(gateway));
  expect(asked.calls).toHaveLength(2);
  expect(await store.listBudgets("default")).toMatchObject([{ spent: "1", held: "0", state: "paused", waiting: 2 }]);
  expect(await value(db, "select string_agg(distinct model, ',') from trans_hub.usage")).toBe("dear");
});

test("a member that was declared dead while it lives books its calls: the bill of those that were answered is known", async ({
  db,
  openStore,
}) => {
  const store = await openStore({ heartbeatSeconds: 0.2, pollSeconds: 0.2 });
  await setBudget(store, "1");
  await store.register([item("a"), item("b")]);
  let isDead = false;
  const made = engine();
  const dying: Engine = {
    ...made,
    async translate(batch, signal) {
      const answer = await made.translate(batch, signal);
      if (isDead || made.calls.length < 2) return answer;
      isDead = true;
      for (const { node_id } of (await db.query("select node_id from trans_hub.worker_node")).rows) {
        await db.query({ text: releaseNode.text, values: [node_id, null, true] });
      }
      expect(await store.listBudgets("default")).toMatchObject([{ spent: "0.2", unconfirmed: "0.2" }]);
      // The worker learns of it by its next beat, and aborts this call.
      await once(signal, "abort");
      throw signal.reason;
    },
  };
  await store.work({ ...apart, until: "empty" }, workOf(dying));
  expect(made.calls.flat()).toEqual(["a", "b", "a", "b"]);
  const outcomes =
    "select string_agg(outcome || ' ' || trim_scale(cost) || ' ' || trim_scale(unconfirmed), ', ' order by outcome, cost)";
  expect(await value(db, `${outcomes} from trans_hub.usage`)).toBe("aborted 0 0.1, ok 0.1 0, ok 0.1 0, ok 0.1 0");
  expect(await store.listBudgets("default")).toMatchObject([{ spent: "0.4", unconfirmed: "0.1", held: "0" }]);
});
