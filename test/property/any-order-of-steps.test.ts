/**
 * For any steps of people, workers and accidents, in any order and at once, the store's content is the model's. A
 * failing run prints its seed and path: `TH_TEST_SEED` and `TH_TEST_PATH` repeat it, `TH_TEST_RUNS` makes a run long.
 */
import { isDeepStrictEqual } from "node:util";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { test as base, item } from "@trans-hub/test-support/store";
import fc from "fast-check";
import { expect } from "vitest";
import { ConnectionPool } from "../../packages/core/src/postgres/database/pool.ts";
import { Model, type Picture } from "./model.ts";
import { type SingleStep, someSteps } from "./steps.ts";
import { type Effect, type Look, World } from "./world.ts";

const { TH_TEST_SEED: seed, TH_TEST_PATH: path, TH_TEST_RUNS: runs = "100" } = process.env;

/** A run takes some 0.2 s, and much more where the machine is busy. */
const LIMIT_MS = 60_000 + Number(runs) * 1_000;

const test = base.extend("pool", async ({ database }, { onCleanup }): Promise<ConnectionPool> => {
  const pool = new ConnectionPool({ databaseUrl: database.url });
  onCleanup(() => pool.end());
  return pool;
});

test("nothing is lost, stored twice or overwritten by any steps in any order", {
  timeout: 2 * LIMIT_MS,
}, async ({ db, pool, openStore }) => {
  const store = await openStore({ batchSize: 3, retentionDays: 0 });
  // Opens the lanes of both locales.
  await store.register(["de", "fr"].map((locale) => item("One", { targetLocales: [locale] })));
  const world = new World(db, pool, store);

  const property = fc.asyncProperty(someSteps, fc.nat({ max: 9 }), async (steps, end) => {
    await world.begin(3);
    let model = new Model();
    for (const step of steps) {
      model = step.kind === "together" ? await takeTogether(step.steps) : await takeOne(step);
    }
    await expectInvariants(db);
    for await (const effect of world.drain(model, end === 0 ? "the product" : "steps")) {
      effect.apply(model);
      expectSame(model, await world.look());
    }
    expect(await world.left()).toEqual({ batches: [], inbox: [], jobs: [] });
    await expectInvariants(db);
    expect(
      model.picture.rows.filter(
        ({ status, letters }) => status === "pending" || (status === "failed" && letters.length !== 1),
      ),
    ).toEqual([]);
    expect((await store.status()).translations).toEqual(countsOf(model.picture));

    async function takeOne(step: SingleStep): Promise<Model> {
      const effect = await world.take(step, model);
      if (effect === undefined) return model;
      expect(effect.check?.(model) ?? []).toEqual([]);
      const told = effect.apply(model);
      if ("told" in effect) expect(effect.told).toEqual(told);
      expectSame(model, await world.look());
      return model;
    }

    /** Checks that the store is as if the steps had been taken one after another, in some order. */
    async function takeTogether(steps: readonly SingleStep[]): Promise<Model> {
      await takeOne({ kind: "register the inbox" });
      const effects = await Promise.all(steps.map((step) => world.take(step, model)));
      // Requests that were behind a lock for long wait there.
      await world.take({ kind: "register the inbox" }, model);
      const look = await world.look();
      await expectInvariants(db);
      for (const possible of serialOrders(model, effects)) if (isSame(possible, look)) return possible;
      const [before, after] = [sorted(model.picture), sorted(look.picture)];
      throw new Error(`No order of these steps leads there: ${JSON.stringify({ steps, before, after }, null, 1)}`);
    }
  });

  await fc.assert(property, {
    numRuns: Number(runs),
    // Shrinking a failure may take long when concurrent steps meet by chance; the seed must be printed before the test
    // times out.
    interruptAfterTimeLimit: LIMIT_MS,
    ...(seed !== undefined && { seed: Number(seed) }),
    ...(path !== undefined && { path }),
  });
});

function expectSame(model: Model, { picture, revisions }: Look): void {
  expect(sorted(picture)).toEqual(sorted(model.picture));
  expect(model.learnRevisions(revisions)).toEqual([]);
}

function isSame(model: Model, { picture, revisions }: Look): boolean {
  return isDeepStrictEqual(sorted(picture), sorted(model.picture)) && model.learnRevisions(revisions).length === 0;
}

function sorted({ rows, uses, calls }: Picture): Picture {
  return { rows: rows.toSorted(byText), uses: uses.toSorted(byText), calls };
}

function byText(one: object, other: object): number {
  return textOf(one) < textOf(other) ? -1 : 1;
}

/** Actions on the same subject list its names in the same order. */
function textOf(its: {
  project?: string;
  text?: string;
  context?: string | null;
  locale?: string;
  businessId?: string;
}) {
  return [its.project, its.text, its.context, its.locale, its.businessId].join();
}

function countsOf({ rows }: Picture): Record<string, number> {
  const counts: Record<string, number> = { pending: 0, translated: 0, failed: 0, approved: 0 };
  for (const { status } of rows) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/**
 * The model after the effects in every order. A collection skips texts that another transaction holds at that moment; a
 * cancellation takes its rows one by one, some of them before concurrent steps and the rest after them.
 */
function* serialOrders(model: Model, effects: readonly (Effect | undefined)[]): Generator<Model> {
  const taken = effects.filter((effect) => effect !== undefined);
  const events = taken.flatMap((effect) =>
    effect.span === undefined ? [{ effect, isFirst: false }] : [true, false].map((isFirst) => ({ effect, isFirst })),
  );
  const spanning = taken.filter(({ span }) => span !== undefined);
  const leavable = spanning.flatMap((effect) => (effect.leavable?.(model) ?? []).map((name) => ({ effect, name })));
  for (const left of subsets(leavable)) {
    for (const order of permutations(events)) {
      const copy = model.copy();
      const begun = new Map<Effect, number>();
      for (const { effect, isFirst } of order) {
        const names = new Set(left.flatMap((one) => (one.effect === effect ? [one.name] : [])));
        if (effect.span !== undefined && isFirst === begun.has(effect)) break;
        const since = begun.get(effect) ?? copy.now;
        if (isFirst) begun.set(effect, copy.now);
        if (effect.span === "row by row") effect.apply(copy, { isLeft: (name) => names.has(name) === isFirst, since });
        else if (!isFirst) effect.apply(copy, { isLeft: (name) => names.has(name), since });
      }
      if (begun.size === spanning.length) yield copy;
    }
  }
}

function* subsets<Value>(values: readonly Value[]): Generator<Value[]> {
  for (let bits = 0; bits < 2 ** values.length; bits += 1) {
    yield values.filter((_, at) => (bits >> at) % 2 === 1);
  }
}

function* permutations<Value>(values: readonly Value[]): Generator<Value[]> {
  if (values.length === 0) yield [];
  for (const [at, value] of values.entries()) {
    for (const rest of permutations(values.toSpliced(at, 1))) yield [value, ...rest];
  }
}
