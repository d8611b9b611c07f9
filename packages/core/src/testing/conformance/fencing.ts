/** Results that come late: after a take-over, a faster request, a removal, or a crash. */
import { expect } from "vitest";
import type { PersistenceHandler } from "../../contract/store.ts";
import type { WorkBatch, WorkOutcome } from "../../contract/work.ts";
import {
  type AddCase,
  announceRetention,
  failAll,
  failed,
  HeldTranslator,
  item,
  items,
  listAll,
  type Members,
  PROJECT,
  readOne,
  retentionDays,
  retry,
  Translator,
  textReference,
  translateAll,
  translated,
  until,
  untilAged,
  work,
} from "./kit.ts";
import { Reports } from "./settling.ts";

const LATE: Record<string, WorkOutcome> = {
  text: translated("late"),
  failure: failed(),
  "wish to try again": retry(0),
  release: { kind: "released" },
};

/** Ways to remove a text while it is being translated. */
const TAKINGS: Record<string, (handler: PersistenceHandler) => Promise<unknown>> = {
  cancelled: (handler) => handler.cancel({ project: PROJECT }),
  forgotten: (handler) => handler.forget({ project: PROJECT, text: "Add to cart", sourceLocale: "en" }),
  collected: async (handler) => {
    await untilAged(handler, 2);
    await handler.collect({ retentionDays, project: PROJECT });
  },
};

export function fencingCases(add: AddCase): void {
  for (const [name, outcome] of Object.entries(LATE)) {
    add(
      `a late ${name} of a member that was declared dead changes nothing`,
      (members) => lateWord(members, outcome),
      "giveUp",
    );

    add(`a ${name} for a text that was hastened meanwhile changes nothing`, async ({ handler, open }) => {
      const other = await open();
      await handler.register([item({ priority: 1 })]);
      const held = new HeldTranslator(outcome);
      const working = work(handler, held.first(new Translator(() => translated("first"))), { until: "ready" });
      await held.started;
      await other.register([item({ priority: -1 })]);
      await until(async () => (await readOne(other))?.status === "translated");
      const stored = await readOne(other);
      expect(stored).toMatchObject({ status: "translated", text: "first" });
      held.letGo();
      await working;
      expect(await readOne(other)).toEqual(stored);
      await expectNoWork(other);
    });
  }

  add(
    "a member that was declared dead may come back and be the first to claim its work again: its late word changes nothing",
    (members) => lateWord(members, translated("late"), { isAlone: true }),
    "giveUp",
  );

  for (const [how, take] of Object.entries(TAKINGS)) {
    for (const [name, outcome] of Object.entries({ text: translated("late"), failure: failed() })) {
      add(
        `a ${name} for a text that was ${how} and requested anew meanwhile does not reach the new row`,
        async ({ handler, open }) => {
          const other = await open();
          await announceRetention(handler);
          // Another project's use keeps the text in the store.
          await other.register([item({ project: "other" })]);
          await work(other, new Translator().translate);
          await other.register([item()]);
          const held = new HeldTranslator(outcome);
          const renewed = new Translator(() => translated("new"));
          const working = work(handler, held.first(renewed), { until: "ready", concurrency: 1 });
          await held.started;
          await take(other);
          expect(await readOne(other)).toBeUndefined();
          expect(await other.register([item()])).toMatchObject([{ registered: 1 }]);
          held.letGo();
          await working;
          await translateAll(other, () => "new");
          expect(await readOne(other)).toMatchObject({ status: "translated", text: "new" });
          expect((await other.listDeadLetters({})).items).toEqual([]);
          expect((await other.status(PROJECT)).translations).toMatchObject({ pending: 0, translated: 1, failed: 0 });
        },
      );
    }
  }

  add("a failed attempt at a text that was collected meanwhile writes no dead letter", async ({ handler, open }) => {
    const other = await open();
    await announceRetention(handler);
    await handler.register([item()]);
    const held = new HeldTranslator(failed());
    const working = work(handler, held.translate, { until: "ready" });
    await held.started;
    await untilAged(other, 1);
    expect(await other.collect({ retentionDays })).toMatchObject({ translations: 1 });
    held.letGo();
    await working;
    expect(await listAll(other)).toEqual([]);
    expect((await other.listDeadLetters({})).items).toEqual([]);
  });

  add("a revision that was read before the text was removed and requested anew is refused", async ({ handler }) => {
    await handler.register([item()]);
    await translateAll(handler);
    const read = await readOne(handler);
    await handler.forget({ project: PROJECT, text: "Add to cart", sourceLocale: "en" });
    await handler.register([item()]);
    await translateAll(handler, () => "another text");
    const approving = handler.approve({ reference: textReference(), ...(read && { revision: read.revision }) });
    await expect(approving).rejects.toMatchObject({ code: "TH_REVISION_CHANGED" });
  });

  add("a text that fails, is purged, and fails again has a dead letter each time", async ({ handler }) => {
    for (let time = 0; time < 3; time += 1) {
      expect(await handler.register([item()])).toMatchObject([{ registered: 1 }]);
      await failAll(handler);
      await handler.replayDeadLetters({});
      await failAll(handler);
      expect((await handler.listDeadLetters({})).items).toHaveLength(1);
      expect(await handler.purgeDeadLetters({})).toBe(1);
    }
  });

  add(
    "a text that kills its worker ends alone in the dead letters, and its neighbours are translated",
    async ({ handler, open, crash }) => {
      await handler.register(items(16));
      const isDeadly = ({ items: each }: WorkBatch) => each.some(({ text }) => text === "Text number 4");
      const sizes: number[] = [];
      for (let member = 0; member < 6; member += 1) {
        const doomed = await open();
        const killed = Promise.withResolvers<void>();
        const stop = new AbortController();
        const harmless = new Translator();
        work(
          doomed,
          async (batch, signal) => {
            if (!isDeadly(batch)) return harmless.translate(batch, signal);
            sizes.push(batch.items.length);
            killed.resolve();
            return new Promise(() => undefined);
          },
          { until: "stopped", signal: stop.signal, drainMs: 1 },
        ).catch(() => undefined);
        await killed.promise;
        await crash(doomed);
        stop.abort();
      }
      const stop = new AbortController();
      const last = new Translator();
      const reports = new Reports();
      const { observer } = reports;
      const working = work(handler, last.translate, { until: "stopped", signal: stop.signal, observer });
      await until(async () => (await handler.status()).translations.pending === 0);
      stop.abort();
      expect(await working).toMatchObject({ failed: 1 });
      expect(reports.codes).toEqual(["TH_WORKER_CRASHED"]);
      expect(await handler.readKeys(reports.failedKeys)).toMatchObject([
        { sourceText: "Text number 4", status: "failed", error: { code: "TH_WORKER_CRASHED" } },
      ]);
      expect(sizes).toEqual([16, 16, 16, 8, 1, 1]);
      expect(last.texts).not.toContain("Text number 4");
      expect(await readOne(handler, { text: "Text number 4" })).toMatchObject({
        status: "failed",
        error: { code: "TH_WORKER_CRASHED" },
      });
      expect((await handler.status()).translations).toEqual({ pending: 0, translated: 15, failed: 1, approved: 0 });
    },
    "crash",
  );
}

async function lateWord(
  { handler, open, giveUp }: Required<Members>,
  outcome: WorkOutcome,
  { isAlone = false } = {},
): Promise<void> {
  const late = await open();
  await handler.register([item()]);
  // It ignores the abort that follows the declaration, so the late word is always said.
  const held = new HeldTranslator(outcome, { ignoresAbort: true });
  const first = new Translator(() => translated("first"));
  const stop = new AbortController();
  const working = work(late, held.first(first), { until: "stopped", signal: stop.signal });
  await held.started;
  await giveUp(late);
  if (!isAlone) await work(handler, first.translate);
  await until(async () => (await readOne(handler))?.status === "translated");
  const stored = await readOne(handler);
  expect(stored).toMatchObject({ status: "translated", text: "first" });
  held.letGo();
  stop.abort();
  await working.catch(() => undefined);
  expect(await readOne(handler)).toEqual(stored);
  await expectNoWork(handler);
}

async function expectNoWork(handler: PersistenceHandler): Promise<void> {
  expect((await handler.listDeadLetters({})).items).toEqual([]);
  const translator = new Translator();
  await work(handler, translator.translate, { until: "empty" });
  expect(translator.items).toEqual([]);
}
