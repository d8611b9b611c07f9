/** Requests that wait for too long: a lifetime for all, or an expiry of their own. */
import { expect } from "vitest";
import { type AddCase, item, readOne, Translator, translated, work } from "./kit.ts";

export function expiringCases(add: AddCase): void {
  add("a request that waited beyond its lifetime fails without an attempt", async ({ handler }) => {
    await handler.register([item({ text: "new" })]);
    await work(handler, new Translator(() => translated("old")).translate, { lifetimeSeconds: 3_600 });
    await handler.register([item({ text: "late" }), item({ text: "new", force: true })]);
    const translator = new Translator();
    const summary = await work(handler, translator.translate, { lifetimeSeconds: 0 });
    expect(summary).toEqual({ translated: 0, failed: 2, retrying: 0 });
    expect(translator.items).toEqual([]);
    expect(await readOne(handler, { text: "late" })).toMatchObject({ status: "failed", error: { code: "TH_EXPIRED" } });
    expect(await readOne(handler, { text: "new" })).toMatchObject({ status: "translated", text: "old" });
    await handler.replayDeadLetters({ code: "TH_EXPIRED" });
    await work(handler, translator.translate, { lifetimeSeconds: 3_600 });
    expect(await readOne(handler, { text: "late" })).toMatchObject({ status: "translated" });
  });

  add("a request that has expired when its turn comes fails alone", async ({ handler }) => {
    await handler.register([item({ text: "new" })]);
    await work(handler, new Translator(() => translated("old")).translate);
    await handler.register([
      item({ text: "late", expiresAfterSeconds: 0 }),
      item({ text: "new", expiresAfterSeconds: 0, force: true }),
      item({ text: "in time", expiresAfterSeconds: 3_600 }),
      item({ text: "whenever" }),
    ]);
    const translator = new Translator();
    expect(await work(handler, translator.translate)).toEqual({ translated: 2, failed: 2, retrying: 0 });
    expect(translator.texts.toSorted()).toEqual(["in time", "whenever"]);
    expect(translator.batches).toHaveLength(1);
    expect(await readOne(handler, { text: "late" })).toMatchObject({ status: "failed", error: { code: "TH_EXPIRED" } });
    expect(await readOne(handler, { text: "new" })).toMatchObject({ status: "translated", text: "old" });
    expect(await readOne(handler, { text: "in time" })).toMatchObject({ status: "translated" });
    // A replay removes the expiry: the text is wanted however long it takes.
    expect(await handler.replayDeadLetters({ code: "TH_EXPIRED" })).toBe(2);
    expect(await work(handler, translator.translate)).toEqual({ translated: 2, failed: 0, retrying: 0 });
  });

  add("a limit that expired requests reach leaves the others of their batch to the next work", async ({ handler }) => {
    await handler.register([item({ text: "late", expiresAfterSeconds: 0 }), item({ text: "in time" })]);
    const translator = new Translator();
    const first = await work(handler, translator.translate, { limit: 1, concurrency: 1 });
    expect(first).toEqual({ translated: 0, failed: 1, retrying: 0 });
    const next = await work(handler, translator.translate, { until: "empty" });
    expect(next).toEqual({ translated: 1, failed: 0, retrying: 0 });
  });

  add("a request is prolonged by a later one with a longer expiry, and never shortened", async ({ handler }) => {
    const late = { expiresAfterSeconds: 0 };
    await handler.register([item({ text: "again", ...late }), item({ text: "for ever", ...late })]);
    await handler.register([item({ text: "long", expiresAfterSeconds: 3_600 }), item({ text: "untold" })]);
    await handler.register([item({ text: "gone", ...late }), item({ text: "sooner", ...late, priority: 1 })]);
    const existing = { registered: 0, existing: 1, queued: 0, failed: 0 };
    const asked = [
      item({ text: "again", expiresAfterSeconds: 3_600 }),
      item({ text: "for ever" }),
      item({ text: "long", ...late }),
      item({ text: "untold", ...late }),
      item({ text: "gone", ...late }),
      item({ text: "sooner", expiresAfterSeconds: 3_600, priority: -1 }),
    ];
    expect(await handler.register(asked)).toEqual(asked.map(() => existing));
    const translator = new Translator();
    expect(await work(handler, translator.translate)).toEqual({ translated: 5, failed: 1, retrying: 0 });
    expect(translator.texts.toSorted()).toEqual(["again", "for ever", "long", "sooner", "untold"]);
    // A text that failed by its expiry is revived by a forced request.
    expect(await handler.register([item({ text: "gone", force: true })])).toMatchObject([{ registered: 1 }]);
    expect(await work(handler, translator.translate)).toMatchObject({ translated: 1, failed: 0 });
  });

  add("the longest expiry counts for repeated requests of one call", async ({ handler }) => {
    const late = { expiresAfterSeconds: 0 };
    await handler.register([
      item({ text: "Save", ...late, priority: -1 }),
      item({ text: "Save", businessId: "save", priority: 1 }),
      item({ text: "Open", expiresAfterSeconds: 3_600 }),
      item({ text: "Open", ...late, businessId: "open" }),
      item({ text: "Into one", ...late, targetLocales: ["fr", "de"] }),
      item({ text: "Into one", targetLocales: ["de"] }),
    ]);
    const translator = new Translator();
    expect(await work(handler, translator.translate)).toEqual({ translated: 3, failed: 1, retrying: 0 });
    expect(await readOne(handler, { text: "Into one" })).toMatchObject({ status: "failed" });
    expect(await readOne(handler, { text: "Into one", targetLocale: "de" })).toMatchObject({ status: "translated" });
  });

  add(
    "an expiry counts from the request, also in a transaction of the application",
    async ({ handler, begin }) => {
      const { client, commit } = await begin();
      await handler.enqueue(client, [item({ text: "Late", expiresAfterSeconds: 3_600 })]);
      await commit();
      const translator = new Translator();
      expect(await work(handler, translator.translate)).toMatchObject({ translated: 1, failed: 0 });
    },
    "begin",
  );
}
