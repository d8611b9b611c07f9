import { expect } from "vitest";
import { TransHubError } from "../../contract/errors.ts";
import {
  type AddCase,
  failAll,
  item,
  items,
  listAll,
  readOne,
  Translator,
  textReference,
  translateAll,
  translated,
  until,
  work,
} from "./kit.ts";

export function registeringCases(add: AddCase): void {
  add("a registered text is pending for every member until it is translated", async ({ handler, open }) => {
    const other = await open();
    await handler.register([item({ businessId: "shop.cart.add" })]);
    expect(await readOne(other)).toEqual({
      id: expect.any(String),
      project: "default",
      sourceLocale: "en",
      targetLocale: "fr",
      sourceText: "Add to cart",
      context: null,
      businessIds: ["shop.cart.add"],
      status: "pending",
      text: null,
      engine: null,
      model: null,
      flags: [],
      revision: expect.any(Number),
    });
    await translateAll(other);
    expect(await readOne(handler)).toMatchObject({ status: "translated", text: "Add to cart (fr)", engine: "test" });
  });

  add("a receipt counts rows that the call made, and all others as existing", async ({ handler }) => {
    const two = item({ targetLocales: ["fr", "de"] });
    expect(await handler.register([two])).toEqual([{ registered: 2, existing: 0, queued: 0, failed: 0 }]);
    expect(await handler.register([two, item({ targetLocales: ["ja"] })])).toEqual([
      { registered: 0, existing: 2, queued: 0, failed: 0 },
      { registered: 1, existing: 0, queued: 0, failed: 0 },
    ]);
  });

  add("a text that is twice in one call is made once, and existing the second time", async ({ handler }) => {
    expect(await handler.register([item(), item({ businessId: "again" })])).toEqual([
      { registered: 1, existing: 0, queued: 0, failed: 0 },
      { registered: 0, existing: 1, queued: 0, failed: 0 },
    ]);
    const translator = new Translator();
    await work(handler, translator.translate);
    expect(translator.texts).toEqual(["Add to cart"]);
  });

  add("a failed text counts as failed when it is requested again, and is not retried", async ({ handler }) => {
    await handler.register([item()]);
    await failAll(handler);
    expect(await handler.register([item({ targetLocales: ["fr", "de"] })])).toEqual([
      { registered: 1, existing: 1, queued: 0, failed: 1 },
    ]);
    const translator = new Translator();
    await work(handler, translator.translate);
    expect(translator.batches.map(({ targetLocale }) => targetLocale)).toEqual(["de"]);
    expect(await readOne(handler)).toMatchObject({ status: "failed", text: null });
  });

  add("the same words in another project, context, format or source locale are another text", async ({ handler }) => {
    const different = [
      item(),
      item({ project: "other" }),
      item({ context: '{"screen":"checkout"}' }),
      item({ format: "html" }),
      item({ sourceLocale: "und" }),
    ];
    const receipts = await handler.register(different);
    expect(receipts.map(({ registered }) => registered)).toEqual([1, 1, 1, 1, 1]);
    const translator = new Translator();
    await work(handler, translator.translate);
    const given = translator.batches.flatMap(({ project, sourceLocale, items: each }) =>
      each.map(({ context, format }) => ({ project, sourceLocale, context, format })),
    );
    expect(given).toHaveLength(5);
    expect(given).toEqual(
      expect.arrayContaining([
        { project: "default", sourceLocale: "en", context: null, format: "auto" },
        { project: "other", sourceLocale: "en", context: null, format: "auto" },
        { project: "default", sourceLocale: "en", context: { screen: "checkout" }, format: "auto" },
        { project: "default", sourceLocale: "en", context: null, format: "html" },
        { project: "default", sourceLocale: "und", context: null, format: "auto" },
      ]),
    );
  });

  add("a text with nothing to translate is stored unchanged and makes no work", async ({ handler }) => {
    const verbatim = item({ text: "{count}", verbatim: true });
    const same = item({ sourceLocale: "fr", text: "Payer" });
    expect(await handler.register([verbatim, same])).toEqual([
      { registered: 1, existing: 0, queued: 0, failed: 0 },
      { registered: 1, existing: 0, queued: 0, failed: 0 },
    ]);
    const stored = { status: "translated", engine: "none" };
    expect(await readOne(handler, { text: "{count}" })).toMatchObject({ ...stored, text: "{count}" });
    expect(await readOne(handler, { text: "Payer", sourceLocale: "fr" })).toMatchObject({ ...stored, text: "Payer" });
    const translator = new Translator();
    await work(handler, translator.translate);
    expect(translator.items).toEqual([]);
  });

  add("an item that the store cannot accept is refused alone", async ({ handler }) => {
    const [first, bad, last] = await handler.register([
      item({ text: "before" }),
      item({ text: "a NUL \0 in it" }),
      item({ text: "after" }),
    ]);
    expect(first).toEqual({ registered: 1, existing: 0, queued: 0, failed: 0 });
    expect(bad).toMatchObject({ registered: 0, existing: 0, queued: 0, failed: 0, error: expect.any(TransHubError) });
    expect(last).toEqual({ registered: 1, existing: 0, queued: 0, failed: 0 });
    expect(await listAll(handler)).toHaveLength(2);
  });

  add("a row stored by pseudo is put back to work for a real engine only", async ({ handler }) => {
    await handler.register([item()], { engine: "pseudo" });
    await work(handler, new Translator(() => translated("[Àđđ ŧø çàřŧ]", "pseudo")).translate);
    expect(await handler.register([item()], { engine: "pseudo" })).toMatchObject([{ registered: 0, existing: 1 }]);
    expect(await handler.register([item()])).toMatchObject([{ registered: 0, existing: 1 }]);
    expect(await handler.register([item()], { engine: "openai" })).toMatchObject([{ registered: 1, existing: 0 }]);
    expect(await readOne(handler)).toMatchObject({ status: "pending", text: "[Àđđ ŧø çàřŧ]" });
  });

  add("members that register the same texts concurrently make each of them once", async ({ handler, open }) => {
    const other = await open();
    const texts = items(200);
    const receipts = await Promise.all([handler.register(texts), other.register(texts.toReversed())]);
    expect(receipts.flat().reduce((sum, { registered }) => sum + registered, 0)).toBe(200);
    expect(receipts.flat().reduce((sum, { existing }) => sum + existing, 0)).toBe(200);
    const translator = new Translator();
    await work(handler, translator.translate);
    expect(translator.texts.toSorted()).toEqual(texts.map(({ text }) => text).toSorted());
  });

  add(
    "an item that is enqueued in a transaction is registered after its commit",
    async ({ handler, begin }) => {
      const transaction = await begin();
      await handler.enqueue(transaction.client, [item({ businessId: "shop.cart.add", targetLocales: ["fr", "de"] })]);
      const translator = new Translator();
      await work(handler, translator.translate);
      expect(await readOne(handler)).toBeUndefined();
      await transaction.commit();
      expect((await handler.status()).inbox).toBe(1);
      await until(async () => {
        await work(handler, translator.translate);
        return translator.items.length === 2;
      });
      expect(await readOne(handler, { businessId: "shop.cart.add" })).toMatchObject({ text: "Add to cart (fr)" });
      expect((await handler.status()).inbox).toBe(0);
    },
    "begin",
  );

  add(
    "an item that is enqueued in a transaction is never registered after a rollback",
    async ({ handler, begin }) => {
      const transaction = await begin();
      await handler.enqueue(transaction.client, [item()]);
      await transaction.rollback();
      const translator = new Translator();
      await work(handler, translator.translate);
      expect(translator.items).toEqual([]);
      expect(await handler.read([textReference()])).toEqual([undefined]);
    },
    "begin",
  );

  add("new work is refused item by item while the backlog is full, and existing rows pass", async ({ handler }) => {
    const maxBacklog = 3;
    const done = item({ text: "done" });
    await handler.register([done]);
    await translateAll(handler);
    await handler.register(["one", "two"].map((text) => item({ text })));
    const full = {
      registered: 0,
      existing: 0,
      queued: 0,
      failed: 0,
      error: expect.objectContaining({ code: "TH_BACKLOG_FULL" }),
    };
    const receipts = await handler.register(
      [
        item({ text: "one" }),
        item({ text: "both", targetLocales: ["fr", "de"] }),
        item({ text: "three" }),
        item({ text: "4711", verbatim: true }),
        done,
        { ...done, force: true },
      ],
      { maxBacklog },
    );
    expect(receipts).toEqual([
      { registered: 0, existing: 1, queued: 0, failed: 0 },
      full,
      full,
      { registered: 1, existing: 0, queued: 0, failed: 0 },
      { registered: 0, existing: 1, queued: 0, failed: 0 },
      full,
    ]);
    expect(await handler.register([item({ text: "three" })], { maxBacklog })).toMatchObject([{ registered: 1 }]);
    expect(await handler.register([item({ text: "four" })], { maxBacklog })).toEqual([full]);
    expect((await handler.status()).translations).toMatchObject({ pending: 3, translated: 2 });
    await translateAll(handler);
    expect(await handler.register([item({ text: "four" })], { maxBacklog })).toMatchObject([{ registered: 1 }]);
  });
}
