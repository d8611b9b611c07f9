/** Settlements, replays, approvals and purges over the same rows at once. */
import { loadAll, retry, test } from "@trans-hub/test-support/batches";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { drain, failed, item, reference, translated, workOf } from "@trans-hub/test-support/store";
import { expect } from "vitest";
import type { WorkOutcome } from "../../contract/work.ts";
import type { LoadedBatch } from "../queue/load-batches.ts";
import { settleBatches } from "../settle/settle-batches.ts";

test("two workers that settle the same texts in opposite orders never meet in a deadlock", async ({
  db,
  pool,
  openStore,
}) => {
  const small = await openStore({ batchSize: 5 });
  await small.register(Array.from({ length: 200 }, (_, at) => item(`Text ${at}`)));
  const settleAll = (order: LoadedBatch[], outcome: (number: number) => WorkOutcome) =>
    settleBatches(
      pool,
      order.map((batch) => ({
        batch,
        outcomes: batch.items.map(({ text }) => outcome(Number(text.replace("Text ", "")))),
      })),
      [],
    );
  const outcomes: [here: (number: number) => WorkOutcome, there: (number: number) => WorkOutcome][] = [
    [() => retry(), () => ({ kind: "released" })],
    [() => retry(), () => retry()],
    // The one hands over, or buries, what the other stores.
    [(number) => (number % 2 ? translated("x") : retry()), (number) => (number % 2 ? retry() : translated("x"))],
    [(number) => (number % 3 ? failed() : translated("x")), (number) => (number % 3 ? translated("x") : failed())],
    [() => translated("x"), () => translated("x")],
  ];
  for (let round = 0; round < 15; round += 1) {
    const [here, there] = outcomes[round % outcomes.length] as (typeof outcomes)[number];
    const batches = await loadAll(pool);
    await Promise.all([
      settleAll(batches, here),
      settleAll(batches.toReversed(), there),
      settleAll(batches.slice(20), here),
    ]);
    await expectInvariants(db);
    await small.register(Array.from({ length: 200 }, (_, at) => item(`Text ${at}`, { force: true })));
  }
});

test("approvals and replays at once, over the same dead letters, never meet in a deadlock", async ({ db, store }) => {
  await store.register(Array.from({ length: 60 }, (_, at) => item(`Text ${at}`)));
  for (let round = 0; round < 6; round += 1) {
    await drain(
      store,
      workOf(() => failed()),
    );
    const again = Array.from({ length: 60 }, (_, at) => item(`Text ${at}`, { force: true }));
    await Promise.all([
      store.replayDeadLetters({}),
      store.register(again),
      store.replayDeadLetters({}),
      ...[0, 1, 2, 3].map((at) => store.approve({ reference: reference(`Text ${59 - at - round * 4}`), text: "Mine" })),
      store.purgeDeadLetters({ code: "TH_NONE" }),
    ]);
    await expectInvariants(db);
  }
  await drain(store);
  expect((await store.status()).translations).toEqual({ pending: 0, translated: 36, failed: 0, approved: 24 });
  await expectInvariants(db);
});
