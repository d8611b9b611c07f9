import { afterEach, describe, expect, test, vi } from "vitest";
import type { Engine, EngineItemResult } from "../contract/engine.ts";
import { EngineConfigError, EngineRefusedError, EngineTransientError, WaitTimeoutError } from "../contract/errors.ts";
import type { PersistenceHandler } from "../contract/store.ts";
import type { Translation } from "../contract/translation.ts";
import { type ConnectOptions, Coordinator } from "../index.ts";
import { InMemoryPersistenceHandler, InMemoryStore, ManualClock } from "../testing/index.ts";

const opened: Coordinator[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((hub) => hub.close()));
  vi.restoreAllMocks();
});

/** A coordinator from English over a store in memory. */
async function connect(options: ConnectOptions = {}): Promise<Coordinator> {
  const hub = await Coordinator.connect({
    handler: new InMemoryPersistenceHandler(),
    sourceLocale: "en",
    engines: [engine()],
    ...options,
  });
  opened.push(hub);
  return hub;
}

interface CountingEngine extends Engine {
  texts: string[];
}

/** Answers by a rule; remembers what it was asked. */
function engine(
  answer: (text: string, asked: number) => EngineItemResult = (text) => ({ text: `${text} (fr)` }),
  given: Partial<Engine> = {},
): CountingEngine {
  const texts: string[] = [];
  return {
    name: "fake",
    version: "1",
    processor: "local",
    maxItemsPerCall: 100,
    maxBytesPerCall: 1_000_000,
    detectsSource: true,
    takesContext: true,
    ...given,
    texts,
    translate: async ({ items }) => ({
      results: new Map(
        items.map(({ id, text }) => {
          texts.push(text);
          return [id, answer(text, texts.length)];
        }),
      ),
    }),
  };
}

const refused: EngineItemResult = { failure: { kind: "refused", error: new EngineRefusedError("Not by this engine") } };

async function collect(translations: AsyncIterable<Translation>): Promise<Translation[]> {
  return Array.fromAsync(translations);
}

describe("request", () => {
  test("one item, many items and strings are registered, with the fields that the options supply", async () => {
    const hub = await connect();
    const none = { existing: 0, queued: 0, failed: 0, rejected: [] };
    expect(await hub.request({ text: "Add to cart", targetLocales: ["fr", "de"], businessId: "cart" })).toEqual({
      ...none,
      registered: 2,
    });
    const receipt = await hub.request([{ text: "Pay" }, "Back", { text: "Add to cart" }], { targetLocales: ["fr"] });
    expect(receipt).toEqual({ ...none, registered: 2, existing: 1 });
    const many = await hub.getTranslations(["Back", { businessId: "cart" }, "Unknown"], { targetLocale: "fr" });
    expect(many.map((found) => found?.status)).toEqual(["pending", "pending", undefined]);
  });

  test("a bad item throws when it is alone, and is the only one rejected in an array", async () => {
    const hub = await connect();
    await expect(hub.request({ text: "", targetLocales: ["fr"] })).rejects.toMatchObject({ code: "TH_TEXT_EMPTY" });
    await expect(hub.request("Pay", { targetLocales: ["klingon!"] })).rejects.toMatchObject({ code: "TH_LOCALE" });
    const items = [{ text: "Pay" }, { text: "" }, { text: "Back", targetLocales: ["nonsense!"] }, { text: "Bye" }];
    const receipt = await hub.request(items, { targetLocales: ["fr"] });
    expect(receipt).toMatchObject({ registered: 2, existing: 0 });
    expect(receipt.rejected).toEqual([
      { index: 1, code: "TH_TEXT_EMPTY", field: "text", message: expect.any(String) },
      { index: 2, code: "TH_LOCALE", field: "targetLocales[0]", message: expect.any(String) },
    ]);
  });

  test("an item that the store refuses is rejected like any other bad item", async () => {
    const handler = new InMemoryPersistenceHandler();
    const register = handler.register.bind(handler);
    const error = new EngineConfigError("stands for an error of the store");
    vi.spyOn(handler, "register").mockImplementation(async (items, options) => {
      const receipts = await register(items, options);
      return receipts.map((receipt, at) =>
        items[at]?.text === "bad" ? { registered: 0, existing: 0, queued: 0, failed: 0, error } : receipt,
      );
    });
    const hub = await connect({ handler });
    const receipt = await hub.request(["good", "bad"], { targetLocales: ["fr"] });
    expect(receipt).toMatchObject({ registered: 1, rejected: [{ index: 1, code: error.code }] });
    await expect(hub.request("bad", { targetLocales: ["fr"] })).rejects.toBe(error);
  });

  test("concurrent calls go to the store together, and each gets its own receipt", async () => {
    const handler = new InMemoryPersistenceHandler();
    const register = vi.spyOn(handler, "register");
    const hub = await connect({ handler });
    const receipts = await Promise.all(
      Array.from({ length: 2_000 }, (_, at) => hub.request(`Text ${at % 1_500}`, { targetLocales: ["fr"] })),
    );
    expect(receipts.reduce((sum, { registered }) => sum + registered, 0)).toBe(1_500);
    expect(receipts.slice(0, 1_500).every(({ registered }) => registered === 1)).toBe(true);
    expect(receipts.slice(1_500).every(({ existing }) => existing === 1)).toBe(true);
    expect(register.mock.calls.map(([items]) => items.length)).toEqual([1_000, 1_000]);
  });

  test("a large array goes in statements of a bounded size, and single calls are registered in between", async () => {
    const handler = new InMemoryPersistenceHandler();
    const register = handler.register.bind(handler);
    const order: string[] = [];
    const begun = Promise.withResolvers<void>();
    vi.spyOn(handler, "register").mockImplementation(async (items, options) => {
      begun.resolve();
      order.push(...(items.some(({ text }) => text === "single") ? ["single"] : [`${items.length} texts`]));
      await new Promise(setImmediate);
      return register(items, options);
    });
    const hub = await connect({ handler, maxConcurrentRequests: 100_000 });
    const texts = Array.from({ length: 10_000 }, (_, at) => `Text ${at}`);
    const large = hub.request(texts, { targetLocales: ["fr", "de"] });
    await begun.promise;
    await hub.request("single", { targetLocales: ["fr"] });
    expect(order.length).toBeLessThan(14);
    expect(await large).toMatchObject({ registered: 20_000 });
    expect(order.filter((sent) => sent === "500 texts")).toHaveLength(20);
  });

  test("the number of rows in memory is bounded: further calls wait their turn, and none fails", async () => {
    const handler = new InMemoryPersistenceHandler();
    const register = handler.register.bind(handler);
    const go = Promise.withResolvers<void>();
    let mostRows = 0;
    vi.spyOn(handler, "register").mockImplementation(async (items, options) => {
      await go.promise;
      mostRows = Math.max(
        mostRows,
        items.reduce((sum, { targetLocales }) => sum + targetLocales.length, 0),
      );
      return register(items, options);
    });
    const hub = await connect({ handler, maxConcurrentRequests: 5 });
    const calls = Array.from({ length: 50 }, (_, at) => hub.request(`Text ${at}`, { targetLocales: ["fr", "de"] }));
    const large = hub.request("In many", { targetLocales: ["fr", "de", "ja", "it", "es", "pt", "nl"] });
    go.resolve();
    expect((await Promise.all(calls)).every(({ registered }) => registered === 2)).toBe(true);
    expect(await large).toMatchObject({ registered: 7 });
    expect(mostRows).toBe(7);
  });

  test("a cancelled call stops waiting, and its items are not sent if no statement had taken them", async () => {
    const handler = new InMemoryPersistenceHandler();
    const register = handler.register.bind(handler);
    const go = Promise.withResolvers<void>();
    const sent: string[] = [];
    vi.spyOn(handler, "register").mockImplementation(async (items, options) => {
      sent.push(...items.map(({ text }) => text));
      await go.promise;
      return register(items, options);
    });
    const hub = await connect({ handler, maxConcurrentRequests: 6 });
    const options = { targetLocales: ["fr"] };
    const under = Array.from({ length: 4 }, async (_, at) => {
      for (let turn = 0; turn < at; turn += 1) await new Promise(setImmediate);
      return hub.request(`Under way ${at}`, options);
    });
    await vi.waitUntil(() => sent.length === 4);
    const cancel = new AbortController();
    const queued = hub.request("Queued", { ...options, signal: cancel.signal });
    const other = hub.request("Other", options);
    const overBudget = hub.request("Over the budget", { ...options, signal: cancel.signal });
    cancel.abort();
    await expect(queued).rejects.toMatchObject({ code: "TH_CANCELLED" });
    await expect(overBudget).rejects.toMatchObject({ code: "TH_CANCELLED" });
    go.resolve();
    await Promise.all([...under, other]);
    await expect(hub.request("Late", { ...options, signal: cancel.signal })).rejects.toMatchObject({
      code: "TH_CANCELLED",
    });
    expect(sent.slice(4)).toEqual(["Other"]);
    expect(await hub.request(["a", "b", "c", "d", "e", "f"], options)).toMatchObject({ registered: 6 });
  });

  test("inside a transaction accepts items, which are registered after its commit", async () => {
    const handler = new InMemoryPersistenceHandler();
    const hub = await connect({ handler });
    const { client, commit } = handler.begin();
    expect(await hub.request(["Pay", ""], { targetLocales: ["fr"], client })).toEqual({
      accepted: 1,
      rejected: [{ index: 1, code: "TH_TEXT_EMPTY", field: "text", message: expect.any(String) }],
    });
    expect(await hub.request({ text: "Back", targetLocales: ["fr"] }, { client })).toEqual({
      accepted: 1,
      rejected: [],
    });
    await expect(hub.request("", { targetLocales: ["fr"], client })).rejects.toMatchObject({ code: "TH_TEXT_EMPTY" });
    expect(await collect(hub.processPendingTranslations("fr"))).toEqual([]);
    await commit();
    expect(await collect(hub.processPendingTranslations("fr"))).toHaveLength(2);
  });
});

test("a producer that registers for a real engine has texts stored by pseudo translated anew", async () => {
  const handler = new InMemoryPersistenceHandler();
  const pseudo = await connect({ handler, engines: [engine((text) => ({ text: `[${text}]` }), { name: "pseudo" })] });
  await pseudo.request("Pay", { targetLocales: ["fr"] });
  await collect(pseudo.processPendingTranslations("fr"));
  const reader = await connect({ handler, engines: [] });
  expect(await reader.request("Pay", { targetLocales: ["fr"] })).toMatchObject({ registered: 0, existing: 1 });
  const producer = await connect({ handler, engines: [], registersFor: "openai" });
  expect(await producer.request("Pay", { targetLocales: ["fr"] })).toMatchObject({ registered: 1, existing: 0 });
});

test("an unknown filter of cancel is refused, and nothing is cancelled", async () => {
  const hub = await connect();
  await hub.request(["Pay", "Save"], { targetLocales: ["fr"] });
  await expect(hub.cancel({ text: "Pay", targetLocale: "fr" } as object)).rejects.toMatchObject({
    code: "TH_ITEM_SHAPE",
    field: "text",
  });
  expect((await hub.getTranslation({ text: "Save", targetLocale: "fr" }))?.status).toBe("pending");
  expect(await hub.cancel({ targetLocale: "fr" })).toBe(2);
});

describe("reading", () => {
  test("finds a text by itself or by its business id, in its own context", async () => {
    const hub = await connect();
    const context = { screen: "checkout" };
    await hub.request({ text: "Pay", targetLocales: ["fr"], businessId: "pay", context });
    await collect(hub.processPendingTranslations("fr"));
    const expected = { sourceText: "Pay", context, text: "Pay (fr)", businessIds: ["pay"], sourceLocale: "en" };
    expect(await hub.getTranslation({ businessId: "pay", targetLocale: "fr" })).toMatchObject(expected);
    expect(await hub.getTranslation({ text: "Pay", targetLocale: "fr", context })).toMatchObject(expected);
    expect(await hub.getTranslation({ text: "Pay", targetLocale: "fr" })).toBeUndefined();
    expect(await hub.getTranslation({ text: "Pay", targetLocale: "fr", context, sourceLocale: "de" })).toBeUndefined();
    await expect(hub.getTranslation({ targetLocale: "fr" })).rejects.toMatchObject({ code: "TH_ITEM_SHAPE" });
    await expect(hub.getTranslation({ text: "Pay", targetLocale: "?" })).rejects.toMatchObject({ code: "TH_LOCALE" });
  });

  test("with fallback, the first locale of the chain with a text answers", async () => {
    const hub = await connect();
    await hub.request("Pay", { targetLocales: ["zh-Hant-TW", "zh-Hant", "zh"] });
    await hub.approve({ text: "Pay", targetLocale: "zh", approvedText: "付款" });
    const read = (fallback?: boolean) => hub.getTranslation({ text: "Pay", targetLocale: "zh_hant_tw", fallback });
    expect(await read()).toMatchObject({ targetLocale: "zh-Hant-TW", status: "pending", text: null });
    expect(await read(true)).toMatchObject({ targetLocale: "zh", text: "付款" });
    await hub.approve({ text: "Pay", targetLocale: "zh-Hant", approvedText: "支付" });
    expect(await read(true)).toMatchObject({ targetLocale: "zh-Hant", text: "支付" });
    expect(await hub.getTranslation({ text: "Pay", targetLocale: "fr-CA", fallback: true })).toBeUndefined();
  });

  test("a translation with a text is answered from memory, a missing or pending one is read each time", async () => {
    const handler = new InMemoryPersistenceHandler();
    const read = vi.spyOn(handler, "read");
    const hub = await connect({ handler });
    const get = () => hub.getTranslations(["Pay", "Back"], { targetLocale: "fr" });
    await get();
    await hub.request("Pay", { targetLocales: ["fr"] });
    await get();
    await collect(hub.processPendingTranslations("fr"));
    await get();
    expect(read.mock.calls.map(([references]) => references.length)).toEqual([2, 2, 2]);
    expect((await get())[0]).toMatchObject({ text: "Pay (fr)" });
    expect(read.mock.calls.at(-1)?.[0]).toHaveLength(1);
  });

  test("an answer from memory cannot be changed through an earlier answer", async () => {
    const hub = await connect();
    await hub.request("Pay", { targetLocales: ["fr"], context: { screen: "checkout" } });
    await collect(hub.processPendingTranslations("fr"));
    const query = { text: "Pay", targetLocale: "fr", context: { screen: "checkout" } };
    for (let turn = 0; turn < 3; turn += 1) {
      const found = await hub.getTranslation(query);
      expect(found).toMatchObject({ text: "Pay (fr)", context: { screen: "checkout" } });
      if (found === undefined) continue;
      found.text = "spoiled";
      if (found.context !== null) found.context.screen = "spoiled";
    }
  });

  test("a forced text is not answered from memory", async () => {
    const hub = await connect({ engines: [engine((text, asked) => ({ text: `${text} ${asked}` }))] });
    const options = { targetLocales: ["fr"], businessId: "sun" };
    await hub.request("Sun", options);
    await collect(hub.processPendingTranslations("fr"));
    const byText = () => hub.getTranslation({ text: "Sun", targetLocale: "fr" });
    const byId = () => hub.getTranslation({ businessId: "sun", targetLocale: "fr" });
    expect(await byText()).toMatchObject({ text: "Sun 1" });
    expect(await byId()).toMatchObject({ text: "Sun 1" });
    await hub.request("Sun", { ...options, force: true });
    expect(await byText()).toMatchObject({ text: "Sun 1", status: "pending" });
    expect(await byId()).toMatchObject({ text: "Sun 1", status: "pending" });
    await collect(hub.processPendingTranslations("fr"));
    expect(await byText()).toMatchObject({ text: "Sun 2", status: "translated" });
    expect(await byId()).toMatchObject({ text: "Sun 2", status: "translated" });
  });

  test("a translation that changed while it was read is not kept in memory", async () => {
    const handler = new InMemoryPersistenceHandler();
    const hub = await connect({ handler });
    await hub.request("Pay", { targetLocales: ["fr"] });
    await collect(hub.processPendingTranslations("fr"));
    const read = handler.read.bind(handler);
    const wasRead = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    vi.spyOn(handler, "read").mockImplementationOnce(async (references) => {
      const found = await read(references);
      wasRead.resolve();
      await go.promise;
      return found;
    });
    const query = { text: "Pay", targetLocale: "fr" };
    const stale = hub.getTranslation(query);
    await wasRead.promise;
    await hub.approve({ ...query, approvedText: "Payer" });
    go.resolve();
    expect(await stale).toMatchObject({ text: "Pay (fr)" });
    expect(await hub.getTranslation(query)).toMatchObject({ text: "Payer", status: "approved" });
  });

  test("does not answer a business id with a new text from memory", async () => {
    const hub = await connect();
    await hub.request("Buy", { targetLocales: ["fr"], businessId: "buy" });
    await collect(hub.processPendingTranslations("fr"));
    const read = () => hub.getTranslation({ businessId: "buy", targetLocale: "fr" });
    expect(await read()).toMatchObject({ text: "Buy (fr)" });
    await hub.request("Buy now", { targetLocales: ["fr"], businessId: "buy" });
    expect(await read()).toMatchObject({ sourceText: "Buy now", status: "pending" });
  });

  test("a text read from memory or from the store is noted once, and collection spares it", async () => {
    const clock = new ManualClock();
    const handler = new InMemoryPersistenceHandler(new InMemoryStore({ clock }));
    const touch = vi.spyOn(handler, "touch");
    const hub = await connect({ handler });
    await hub.request(["Read", "Forgotten"], { targetLocales: ["fr"] });
    await collect(hub.processPendingTranslations("fr"));
    const read = () => hub.getTranslation({ text: "Read", targetLocale: "fr" });
    await read();
    clock.advance(89 * 86_400_000);
    await read();
    await read();
    clock.advance(2 * 86_400_000);
    // The note says when it is written, some seconds after the read; here that is the moment of collecting.
    expect(await hub.runGarbageCollection({ dryRun: true })).toMatchObject({ translations: 1 });
    expect(await hub.runGarbageCollection()).toMatchObject({ dryRun: false, translations: 1, contents: 1 });
    expect(touch.mock.calls.map(([references]) => references.length)).toEqual([1]);
    expect(await read()).toMatchObject({ text: "Read (fr)" });
  });

  test("goes through all pages of a list", async () => {
    const hub = await connect();
    const texts = Array.from({ length: 2_500 }, (_, at) => `Text ${at}`);
    await hub.request(texts, { targetLocales: ["fr"] });
    const listed = await collect(hub.listTranslations({ targetLocale: "fr", status: "pending" }));
    expect(new Set(listed.map(({ sourceText }) => sourceText))).toEqual(new Set(texts));
    expect(await collect(hub.listTranslations({ targetLocale: "fr", status: "approved" }))).toEqual([]);
  });
});

describe("processing", () => {
  test("yields every text once it is settled, failed ones too", async () => {
    const hub = await connect({
      engines: [engine((text) => (text === "bad" ? refused : { text: text.toUpperCase() }))],
    });
    await hub.request(["good", "bad", "better"], { targetLocales: ["fr", "de"] });
    const yielded = await collect(hub.processPendingTranslations("fr"));
    expect(yielded.map(({ sourceText, status, text }) => [sourceText, status, text]).toSorted()).toEqual([
      ["bad", "failed", null],
      ["better", "translated", "BETTER"],
      ["good", "translated", "GOOD"],
    ]);
    expect(yielded.find(({ status }) => status === "failed")?.error).toMatchObject({ code: "TH_ENGINE_REFUSED" });
    expect(await hub.getTranslation({ text: "good", targetLocale: "de" })).toMatchObject({ status: "pending" });
  });

  test("does not try a text that failed for good over and over", async () => {
    const refusing = engine(() => refused);
    const hub = await connect({ engines: [refusing] });
    await hub.request("bad", { targetLocales: ["fr"] });
    expect(await collect(hub.processPendingTranslations("fr"))).toHaveLength(1);
    expect(await collect(hub.processPendingTranslations("fr"))).toHaveLength(0);
    expect(await hub.request("bad", { targetLocales: ["fr"] })).toMatchObject({ existing: 1, queued: 0, failed: 1 });
    expect(refusing.texts).toEqual(["bad"]);
  });

  test("leaves nothing behind with an engine whose calls are smaller than a batch", async () => {
    const small = engine(undefined, { maxItemsPerCall: 3, maxBytesPerCall: 40 });
    const hub = await connect({ engines: [small], batchSize: 50 });
    const texts = Array.from({ length: 20 }, (_, at) => `Text ${at}`);
    await hub.request(texts, { targetLocales: ["fr"] });
    expect(await collect(hub.processPendingTranslations("fr"))).toHaveLength(20);
    expect((await hub.status()).translations).toMatchObject({ pending: 0, translated: 20 });
  });

  test("two business ids on one text share one translation", async () => {
    const fake = engine();
    const hub = await connect({ engines: [fake] });
    await hub.request(
      [
        { text: "Sun", businessId: "one" },
        { text: "Sun", businessId: "two" },
      ],
      { targetLocales: ["fr"] },
    );
    const [translation, ...more] = await collect(hub.processPendingTranslations("fr"));
    expect(more).toEqual([]);
    expect(translation?.businessIds).toEqual(["one", "two"]);
    for (const businessId of ["one", "two"]) {
      expect(await hub.getTranslation({ businessId, targetLocale: "fr" })).toMatchObject({ text: "Sun (fr)" });
    }
    expect(fake.texts).toEqual(["Sun"]);
  });

  test("a text to be tried again later is not yielded", async () => {
    const failure = { kind: "transient", error: new EngineTransientError("503") } as const;
    const hub = await connect({ engines: [engine(() => ({ failure }))] });
    await hub.request("Pay", { targetLocales: ["fr"] });
    expect(await collect(hub.processPendingTranslations("fr"))).toEqual([]);
    expect((await hub.status()).jobs).toEqual({ ready: 0, running: 0, scheduled: 1 });
  });

  test("a limit ends the work after that many texts", async () => {
    const hub = await connect({ batchSize: 50, concurrency: 4 });
    await hub.request(
      Array.from({ length: 200 }, (_, at) => `Text ${at}`),
      { targetLocales: ["fr"] },
    );
    expect(await collect(hub.processPendingTranslations("fr", { limit: 70 }))).toHaveLength(70);
    expect(await collect(hub.processPendingTranslations("fr", { limit: 0 }))).toHaveLength(0);
    expect(await collect(hub.processPendingTranslations("fr"))).toHaveLength(130);
  });

  test("leaving the loop hands back the texts not translated yet", async () => {
    const fake = engine(undefined, { protects: "tags" }); // such an engine is asked once, whatever its words look like
    const hub = await connect({ engines: [fake], batchSize: 5, concurrency: 1 });
    await hub.request(
      Array.from({ length: 50 }, (_, at) => `Text ${at}`),
      { targetLocales: ["fr"] },
    );
    for await (const { text } of hub.processPendingTranslations("fr")) {
      expect(text).toBe("Text 0 (fr)");
      break;
    }
    const { translations, jobs, workers } = await hub.status();
    expect(translations.translated).toBeLessThan(50);
    expect(jobs.running).toBe(0);
    expect(workers).toEqual([]);
    await collect(hub.processPendingTranslations("fr"));
    expect(fake.texts).toHaveLength(50);
  });

  test("a signal ends the work with an error, even while an engine hangs", async () => {
    const cancel = new AbortController();
    const hanging: Engine = { ...engine(), translate: () => new Promise(() => cancel.abort()) };
    const hub = await connect({ engines: [hanging] });
    await hub.request("Pay", { targetLocales: ["fr"] });
    const processing = collect(hub.processPendingTranslations("fr", { signal: cancel.signal, drainMs: 1 }));
    await expect(processing).rejects.toMatchObject({ code: "TH_CANCELLED" });
    expect((await hub.status()).jobs).toEqual({ ready: 1, running: 0, scheduled: 0 });
  });

  test("rejects when the store fails", async () => {
    const handler = new InMemoryPersistenceHandler();
    vi.spyOn(handler, "work").mockRejectedValue(new WaitTimeoutError("stands for any error"));
    const hub = await connect({ handler });
    await expect(collect(hub.processPendingTranslations("fr"))).rejects.toMatchObject({ code: "TH_WAIT_TIMEOUT" });
  });

  test("without an engine it rejects with TH_ENGINE_NOT_FOUND", async () => {
    const hub = await connect({ engines: [] });
    await expect(collect(hub.processPendingTranslations("fr"))).rejects.toMatchObject({ code: "TH_ENGINE_NOT_FOUND" });
  });

  test("works only for the coordinator's own project", async () => {
    const handler = new InMemoryPersistenceHandler();
    const shop = await connect({ handler, project: "shop" });
    const blog = await connect({ handler, project: "blog" });
    await shop.request("Pay", { targetLocales: ["fr"] });
    await blog.request("Read", { targetLocales: ["fr"] });
    const yielded = await collect(blog.processPendingTranslations("fr"));
    expect(yielded.map(({ project, sourceText }) => [project, sourceText])).toEqual([["blog", "Read"]]);
    expect((await shop.status()).translations.pending).toBe(1);
  });

  test("a wrong key of an engine is logged, and no attempt is counted", async () => {
    const logged: [object, string][] = [];
    const log = (fields: object, event: string) => void logged.push([fields, event]);
    const failure = { kind: "config", error: new EngineConfigError("401") } as const;
    const hub = await connect({
      engines: [engine(() => ({ failure }))],
      logger: { debug: log, info: log, warn: log, error: log },
    });
    await hub.request("Pay", { targetLocales: ["fr"] });
    expect(await collect(hub.processPendingTranslations("fr"))).toEqual([]);
    const fault = { engine: "fake", code: "TH_ENGINE_CONFIG", hint: undefined, until: expect.any(String) };
    expect(logged).toContainEqual([fault, "engine.fault"]);
  });
});

describe("waiting", () => {
  test("resolves in the order of the locales once each is settled, failed or not", async () => {
    const hub = await connect({ engines: [engine((text) => (text === "bad" ? refused : { text }))] });
    await hub.request(["good", "bad"], { targetLocales: ["fr", "de"] });
    const waiting = hub.waitFor({ text: "good", targetLocales: ["de", "fr"] });
    await collect(hub.processPendingTranslations("fr"));
    await collect(hub.processPendingTranslations("de"));
    expect((await waiting).map(({ targetLocale, text }) => [targetLocale, text])).toEqual([
      ["de", "good"],
      ["fr", "good"],
    ]);
    const [failed] = await hub.waitFor({ text: "bad", targetLocales: ["fr"] });
    expect(failed).toMatchObject({ status: "failed", error: { code: "TH_ENGINE_REFUSED" } });
  });

  test("a text that was never requested is waited for until the timeout", async () => {
    const hub = await connect();
    const waiting = hub.waitFor({ text: "Pay", targetLocales: ["fr"], timeoutMs: 20 });
    await expect(waiting).rejects.toMatchObject({
      code: "TH_WAIT_TIMEOUT",
      hint: expect.stringContaining("never requested"),
    });
    await hub.request("Pay", { targetLocales: ["fr"] });
    await expect(hub.waitFor({ text: "Pay", targetLocales: ["fr"], timeoutMs: 20 })).rejects.toMatchObject({
      hint: expect.stringContaining("worker"),
    });
  });

  test("a request that waits to be registered is waited for, and the timeout says where it is", async () => {
    const handler = new InMemoryPersistenceHandler();
    const hub = await connect({ handler });
    const { client, commit } = handler.begin();
    await hub.request({ text: "Pay", businessId: "pay" }, { targetLocales: ["fr"], client });
    await commit();
    expect(await hub.getTranslation({ text: "Pay", targetLocale: "fr" })).toMatchObject({
      status: "queued",
      text: null,
    });
    expect(await hub.getTranslations([{ businessId: "pay" }], { targetLocale: "fr" })).toMatchObject([
      { status: "queued" },
    ]);
    await expect(hub.waitFor({ text: "Pay", targetLocales: ["fr"], timeoutMs: 400 })).rejects.toMatchObject({
      code: "TH_WAIT_TIMEOUT",
      hint: expect.stringContaining("inbox"),
    });
    const waiting = hub.waitFor({ businessId: "pay", targetLocales: ["fr"] });
    await collect(hub.processPendingTranslations("fr"));
    expect(await waiting).toMatchObject([{ status: "translated" }]);
  });

  test("its signal ends the wait", async () => {
    const hub = await connect();
    const cancel = new AbortController();
    const waiting = hub.waitFor({ text: "Pay", targetLocales: ["fr"], signal: cancel.signal });
    cancel.abort();
    await expect(waiting).rejects.toMatchObject({ code: "TH_CANCELLED" });
  });

  test("many waiters share their reads", async () => {
    const handler = new InMemoryPersistenceHandler();
    const read = vi.spyOn(handler, "read");
    const hub = await connect({ handler });
    const waiting = Array.from({ length: 500 }, (_, at) =>
      hub.waitFor({ text: `Text ${at}`, targetLocales: ["fr"], timeoutMs: 50 }).catch(() => undefined),
    );
    await Promise.all(waiting);
    expect(read.mock.calls.length).toBeLessThan(5);
  });
});

describe("reviewing", () => {
  test("an approved text is served at once, and a stale revision is refused", async () => {
    const hub = await connect();
    await hub.request("Pay", { targetLocales: ["fr"], businessId: "pay" });
    await collect(hub.processPendingTranslations("fr"));
    const read = await hub.getTranslation({ businessId: "pay", targetLocale: "fr" });
    const approval = { text: "Pay", targetLocale: "fr", approvedText: "Payer", revision: read?.revision ?? 0 };
    expect(await hub.approve({ ...approval, by: "mia" })).toMatchObject({ status: "approved", engine: "human" });
    expect(await hub.getTranslation({ businessId: "pay", targetLocale: "fr" })).toMatchObject({ text: "Payer" });
    await expect(hub.approve(approval)).rejects.toMatchObject({ code: "TH_REVISION_CHANGED" });
    await expect(hub.approve({ text: "Nothing", targetLocale: "fr" })).rejects.toMatchObject({ code: "TH_NOT_FOUND" });
    await expect(hub.approve({ ...approval, approvedText: "" })).rejects.toMatchObject({ code: "TH_TEXT_EMPTY" });
  });

  test("each act is served at once, in the history once, and undone one after the other", async () => {
    const hub = await connect();
    await hub.request(["Pay", "Back"], { targetLocales: ["fr"] });
    await collect(hub.processPendingTranslations("fr"));
    const name = { text: "Pay", targetLocale: "fr" };
    const before = await hub.getTranslation(name);
    await hub.approve({ ...name, approvedText: "Payer", note: "short", by: "mia" });
    await hub.reopen({ ...name, by: "bo" });
    expect(await hub.getTranslation(name)).toMatchObject({ text: "Payer", status: "translated" });
    await expect(hub.reopen(name)).rejects.toMatchObject({ code: "TH_NOT_APPROVED" });
    expect(await hub.reject({ ...name, note: "no", hide: true })).toMatchObject({ status: "pending", text: null });
    expect(await hub.getTranslation(name)).toMatchObject({ status: "pending", text: null });
    const { items: acts, nextCursor } = await hub.history({ ...name, limit: 2 });
    expect(acts).toMatchObject([
      { action: "reject", note: "no" },
      { action: "reopen", by: "bo" },
    ]);
    const rest = await hub.history({ ...name, cursor: nextCursor ?? "" });
    expect(rest.items).toMatchObject([{ action: "edit", note: "short", by: "mia", textAfter: "Payer" }]);
    for (const text of ["Payer", "Payer", before?.text]) {
      expect(await hub.undo(name)).toMatchObject({ text });
      expect(await hub.getTranslation(name)).toMatchObject({ text });
    }
    await expect(hub.undo(name)).rejects.toMatchObject({ code: "TH_NOTHING_TO_UNDO" });
    expect(await hub.getTranslation(name)).toMatchObject({ status: before?.status, engine: before?.engine });
  });

  test("many acts have a result each, also those of a wrong shape", async () => {
    const hub = await connect();
    await hub.request(["Pay {n}", "Back"], { targetLocales: ["fr"], format: "icu" });
    await collect(hub.processPendingTranslations("fr"));
    const name = { targetLocale: "fr", format: "icu" } as const;
    const results = await hub.review([
      { ...name, kind: "approve", text: "Pay {n}", approvedText: "Payer" },
      { ...name, kind: "approve", text: "Back", hide: true },
      { ...name, kind: "reject", text: "Back", approvedText: "Retour" },
      { ...name, kind: "praise" as never, text: "Back" },
      { ...name, kind: "reject", text: "Back", note: "n".repeat(4_097) },
      { ...name, kind: "reject", text: "Back", revision: 1 },
      { ...name, kind: "undo", text: "Back" },
    ]);
    expect(results[0]?.translation?.warnings).toMatchObject([{ check: expect.any(String) }]);
    expect(results.map(({ error }) => error?.code)).toEqual([
      undefined,
      ...[
        "TH_ITEM_SHAPE",
        "TH_ITEM_SHAPE",
        "TH_ITEM_SHAPE",
        "TH_ITEM_SHAPE",
        "TH_REVISION_CHANGED",
        "TH_NOTHING_TO_UNDO",
      ],
    ]);
    expect(results.slice(1, 5).map(({ error }) => error)).toMatchObject([
      { field: "hide", index: 1 },
      { field: "approvedText", index: 2 },
      { field: "kind", index: 3 },
      { field: "note", index: 4 },
    ]);
    expect(results[5]?.current).toMatchObject({ sourceText: "Back" });
    await expect(hub.review({} as never)).rejects.toMatchObject({ code: "TH_ITEM_SHAPE", field: "acts" });
  });

  test("lists, replays and purges dead letters in the coordinator's project", async () => {
    let isBroken = true;
    const hub = await connect({ engines: [engine((text) => (isBroken ? refused : { text }))] });
    await hub.request(["one", "two"], { targetLocales: ["fr"] });
    await collect(hub.processPendingTranslations("fr"));
    const { items } = await hub.listDeadLetters({ limit: 1, targetLocale: "fr" });
    expect(items).toMatchObject([{ code: "TH_ENGINE_REFUSED", attempts: [{ engine: "fake" }] }]);
    isBroken = false;
    expect(await hub.replayDeadLetters({ id: items[0]?.id })).toBe(1);
    expect(await hub.replayDeadLetters({ id: items[0]?.id })).toBe(0);
    expect(await collect(hub.processPendingTranslations("fr"))).toMatchObject([{ status: "translated" }]);
    expect(await hub.purgeDeadLetters()).toBe(1);
    expect((await hub.listDeadLetters()).items).toEqual([]);
  });
});

describe("forgetting", () => {
  test("a prefix of business ids names the texts of all these ids, and a dry run keeps them", async () => {
    const hub = await connect();
    await hub.request(
      [1, 2, 12].map((user) => ({ text: `Text ${user}`, businessId: `user.${user}.name` })),
      { targetLocales: ["fr"] },
    );
    await collect(hub.processPendingTranslations("fr"));
    const query = { businessIdPrefix: "user.1." };
    expect(await hub.forget({ ...query, dryRun: true })).toEqual({ forgotten: 1, stillUsed: 0 });
    expect(await hub.getTranslation({ text: "Text 1", targetLocale: "fr" })).toMatchObject({ status: "translated" });
    expect(await hub.forget(query)).toEqual({ forgotten: 1, stillUsed: 0 });
    expect(await hub.getTranslation({ text: "Text 1", targetLocale: "fr" })).toBeUndefined();
    expect(await collect(hub.listTranslations({ targetLocale: "fr" }))).toHaveLength(2);
  });

  test("refuses each query that would forget more than was meant, and forgets nothing", async () => {
    const hub = await connect();
    await hub.request([{ text: "Pay", businessId: "pay" }], { targetLocales: ["fr"] });
    for (const query of [
      { businessIdPrefix: "" },
      { businessIdPrefix: "pay", businessId: "pay" },
      { businessIdPrefix: "pay", text: "Pay" },
      { businessIdPrefix: "pay", context: "screen" },
      { businessIdPrefix: "pay", dryrun: true },
      { businessIdPrefix: "pay", dryRun: "yes" },
      { businessIdPrefix: 5 },
      { businessId: "pay", prefix: "pay." },
      {},
    ]) {
      await expect(hub.forget(query as never), JSON.stringify(query)).rejects.toMatchObject({
        name: "InvalidItemError",
      });
    }
    await expect(hub.cancel({ businessIdPrefix: "" })).rejects.toMatchObject({ code: "TH_BUSINESS_ID" });
    expect(await collect(hub.listTranslations({ targetLocale: "fr" }))).toHaveLength(1);
  });
});

describe("engines", () => {
  test("another engine can be made the active one, and a similar name is suggested", async () => {
    const hub = await connect({
      engines: [engine(() => ({ text: "A" }), { name: "openai" }), engine(() => ({ text: "B" }), { name: "deepl" })],
    });
    expect(hub.activeEngine).toBe("openai");
    await hub.switchEngine("deepl");
    expect(hub.activeEngine).toBe("deepl");
    await hub.request("Pay", { targetLocales: ["fr"] });
    expect(await collect(hub.processPendingTranslations("fr"))).toMatchObject([{ text: "B", engine: "deepl" }]);
    await expect(hub.switchEngine("opnai")).rejects.toMatchObject({
      code: "TH_ENGINE_NOT_FOUND",
      hint: 'Did you mean "openai"?',
    });
    await expect(hub.switchEngine("zzz")).rejects.toMatchObject({ hint: "There are: deepl, openai." });
  });
});

describe("approve", () => {
  test("stores a person's text as it is, and says how its placeholders and tags differ from the source", async () => {
    const hub = await connect();
    await hub.request(["Save {count} <b>files</b>", "Pay %s"], { targetLocales: ["fr"] });
    const approve = (text: string, approvedText?: string) => hub.approve({ text, targetLocale: "fr", approvedText });
    expect(await approve("Save {count} <b>files</b>", "Enregistrer {nombre} fichiers")).toMatchObject({
      text: "Enregistrer {nombre} fichiers",
      status: "approved",
      warnings: [{ check: "placeholders", message: "1 placeholder missing, 1 placeholder added; 2 tags missing" }],
    });
    expect(await approve("Save {count} <b>files</b>", "Enregistrer <b>{count} fichiers</b>")).toMatchObject({
      warnings: [],
    });
    expect(await approve("Pay %s", "Payer")).toMatchObject({ warnings: [{ check: "placeholders" }] });
    // The text that is stored by now, approved again.
    expect(await approve("Pay %s")).toMatchObject({ text: "Payer", warnings: [{ check: "placeholders" }] });
  });

  test("knows the declared format: a word after a dollar sign of plain text is no placeholder", async () => {
    const hub = await connect();
    const text = { text: "Pay in $dollars", format: "text" } as const;
    await hub.request(text, { targetLocales: ["fr"] });
    expect(await hub.approve({ ...text, targetLocale: "fr", approvedText: "Payer en dollars" })).toMatchObject({
      warnings: [],
    });
  });
});

describe("a coordinator", () => {
  test("names all bad options when it opens", async () => {
    await expect(Coordinator.connect({})).rejects.toMatchObject({ problems: [{ key: "databaseUrl" }] });
    const handler = new InMemoryPersistenceHandler();
    const engineLimits = { fake: { rpm: 0.5, tpm: 100 } };
    await expect(
      Coordinator.connect({ handler, batchSize: 0, cacheTtlSeconds: -1, engineLimits }),
    ).rejects.toMatchObject({
      problems: [{ key: "batchSize" }, { key: "cacheTtlSeconds" }, { key: "engineLimits.fake.rpm" }],
    });
    await expect(Coordinator.connect({ handler, sourceLocale: "english" })).rejects.toMatchObject({
      problems: [{ key: "sourceLocale", problem: expect.stringContaining('"en"') }],
    });
  });

  test("a closed coordinator refuses every call, and closes only a store that it opened", async () => {
    const handler = new InMemoryPersistenceHandler();
    const hub = await connect({ handler });
    await hub.request("Pay", { targetLocales: ["fr"] });
    await hub.getTranslation({ text: "Pay", targetLocale: "fr" });
    const touch = vi.spyOn(handler, "touch");
    await hub.close();
    await hub.close();
    expect(touch).toHaveBeenCalledOnce();
    const closed = { code: "TH_CLOSED" };
    await expect(hub.request("Pay", { targetLocales: ["fr"] })).rejects.toMatchObject(closed);
    await expect(hub.request(["Pay"], { targetLocales: ["fr"] })).rejects.toMatchObject(closed);
    await expect(hub.getTranslation({ text: "Pay", targetLocale: "fr" })).rejects.toMatchObject(closed);
    await expect(hub.getTranslations([], { targetLocale: "fr" })).rejects.toMatchObject(closed);
    await expect(collect(hub.listTranslations({ targetLocale: "fr" }))).rejects.toMatchObject(closed);
    await expect(collect(hub.processPendingTranslations("fr"))).rejects.toMatchObject(closed);
    await expect(hub.waitFor({ text: "Pay", targetLocales: ["fr"] })).rejects.toMatchObject(closed);
    await expect(hub.approve({ text: "Pay", targetLocale: "fr" })).rejects.toMatchObject(closed);
    await expect(hub.runGarbageCollection()).rejects.toMatchObject(closed);
    await expect(hub.status()).rejects.toMatchObject(closed);
    await expect(hub.listDeadLetters()).rejects.toMatchObject(closed);
    await expect(hub.replayDeadLetters()).rejects.toMatchObject(closed);
    await expect(hub.purgeDeadLetters()).rejects.toMatchObject(closed);
    await expect(hub.switchEngine("fake")).rejects.toMatchObject(closed);
    expect((await handler.status()).translations.pending).toBe(1);
  });

  test("closing does not wait for a request inside a caller's transaction, which may stay open for ever", async () => {
    const handler = new InMemoryPersistenceHandler();
    const hub = await connect({ handler });
    const { client } = handler.begin();
    // The driver's client, not connected yet, keeps statements until it is.
    vi.spyOn(handler, "enqueue").mockReturnValue(new Promise(() => undefined));
    void hub.request("Pay", { targetLocales: ["fr"], client });
    await hub.close();
  });

  test("closing ends waits, finishes running requests and hands back the texts being translated", async () => {
    const handler: PersistenceHandler = new InMemoryPersistenceHandler();
    const started = Promise.withResolvers<void>();
    const hanging: Engine = {
      ...engine(),
      translate: (_batch, signal) => {
        started.resolve();
        return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      },
    };
    const hub = await connect({ handler, engines: [hanging] });
    await hub.request("Pay", { targetLocales: ["fr"] });
    const closed = { code: "TH_CLOSED" };
    const ends = [
      expect(collect(hub.processPendingTranslations("fr", { drainMs: 1 }))).rejects.toMatchObject(closed),
      expect(hub.waitFor({ text: "Pay", targetLocales: ["fr"] })).rejects.toMatchObject(closed),
      expect(hub.request("Back", { targetLocales: ["fr"] })).resolves.toMatchObject({ registered: 1 }),
    ];
    await started.promise;
    await hub.close();
    await Promise.all(ends);
    expect((await handler.status()).jobs).toMatchObject({ ready: 2, running: 0 });
  });
});
