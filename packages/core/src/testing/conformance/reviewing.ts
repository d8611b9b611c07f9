import { expect } from "vitest";
import type { BestTry, DeadLetterFilter } from "../../contract/dead-letter.ts";
import type { Contribution } from "../../contract/review.ts";
import { MAX_STORED_TEXT_BYTES } from "../../contract/text-size.ts";
import {
  type AddCase,
  attemptError,
  failAll,
  failed,
  HeldTranslator,
  item,
  items,
  listAll,
  PROJECT,
  readOne,
  retry,
  Translator,
  textReference,
  translateAll,
  work,
} from "./kit.ts";

export function reviewingCases(add: AddCase): void {
  add("a person's approval of the stored text makes it approved", async ({ handler }) => {
    await handler.register([item()]);
    await translateAll(handler);
    const read = await readOne(handler);
    const approved = await handler.approve({
      reference: textReference(),
      ...(read !== undefined && { revision: read.revision }),
      by: "mia",
    });
    expect(approved).toMatchObject({ status: "approved", text: "Add to cart (fr)", engine: "test" });
    expect(approved.revision).toBeGreaterThan(read?.revision ?? 0);
    expect(await readOne(handler)).toEqual(approved);
  });

  add("a person's text over the greatest size is refused, and changes nothing", async ({ handler }) => {
    await handler.register([item()]);
    await translateAll(handler);
    const read = await readOne(handler);
    const text = "é".repeat(MAX_STORED_TEXT_BYTES / 2 + 1);
    await expect(handler.approve({ reference: textReference(), text })).rejects.toMatchObject({
      code: "TH_TEXT_TOO_LONG",
    });
    expect(await readOne(handler)).toEqual(read);
  });

  add("a person's own text is stored as approved, also before any engine call", async ({ handler }) => {
    await handler.register([item({ businessId: "cart" })]);
    const reference = { project: PROJECT, targetLocale: "fr", businessId: "cart" };
    expect(await handler.approve({ reference, text: "Ajouter au panier" })).toMatchObject({
      status: "approved",
      text: "Ajouter au panier",
      engine: "human",
      model: null,
    });
    const translator = new Translator();
    await work(handler, translator.translate, { until: "empty" });
    expect(translator.items).toEqual([]);
  });

  add("no machine overwrites a text that was approved during its translation", async ({ handler }) => {
    await handler.register([item()]);
    const held = new HeldTranslator("machine");
    const working = work(handler, held.translate);
    await held.started;
    const approved = await handler.approve({ reference: textReference(), text: "person" });
    held.letGo();
    await working;
    expect(await readOne(handler)).toEqual(approved);
  });

  add("approving an outdated revision changes nothing", async ({ handler }) => {
    await handler.register([item()]);
    await translateAll(handler);
    const read = await readOne(handler);
    const revision = (read?.revision ?? 0) + 1;
    await expect(handler.approve({ reference: textReference(), revision })).rejects.toMatchObject({
      code: "TH_REVISION_CHANGED",
      expected: revision,
      actual: read?.revision,
    });
    expect(await readOne(handler)).toEqual(read);
  });

  add("a missing row, or one without a text, cannot be approved", async ({ handler }) => {
    const notFound = { code: "TH_NOT_FOUND", hint: expect.any(String) };
    await expect(handler.approve({ reference: textReference() })).rejects.toMatchObject(notFound);
    await handler.register([item()]);
    await expect(handler.approve({ reference: textReference() })).rejects.toMatchObject(notFound);
    expect(await readOne(handler)).toMatchObject({ status: "pending" });
  });

  add("approving closes an open dead letter", async ({ handler }) => {
    await handler.register([item()]);
    await failAll(handler);
    const approved = await handler.approve({ reference: textReference(), text: "person" });
    expect(approved).toMatchObject({ status: "approved", text: "person" });
    expect(approved.error).toBeUndefined();
    expect((await handler.listDeadLetters({})).items).toEqual([]);
    expect(await handler.replayDeadLetters({})).toBe(0);
    expect(await readOne(handler)).toEqual(approved);
  });

  const contribution = (
    given: Partial<Contribution> & { text?: string; targetLocales?: string[] } = {},
  ): Contribution => {
    const { text = "Add to cart", targetLocales = ["fr"], ...rest } = given;
    return { item: item({ text, targetLocales }), translation: `${text} (person)`, status: "approved", ...rest };
  };

  add("people's translations of unknown texts are stored, and no engine is asked for them", async ({ handler }) => {
    const texts = ["first", "second", "third"];
    const given = texts.map((text) =>
      contribution({ text, status: text === "third" ? "translated" : "approved", by: "mia" }),
    );
    expect(await handler.contribute(given)).toEqual(["stored", "stored", "stored"]);
    const translator = new Translator();
    await work(handler, translator.translate, { until: "empty" });
    expect(translator.items).toEqual([]);
    expect(await handler.read(texts.map((text) => textReference({ text })))).toMatchObject([
      { status: "approved", text: "first (person)", engine: "human", model: null },
      { status: "approved", text: "second (person)", engine: "human" },
      { status: "translated", text: "third (person)", engine: "human" },
    ]);
    expect((await handler.status()).translations).toEqual({ pending: 0, translated: 1, failed: 0, approved: 2 });
    expect(await handler.contribute(given)).toEqual(["unchanged", "unchanged", "unchanged"]);
    expect((await handler.status()).jobs).toEqual({ ready: 0, running: 0, scheduled: 0 });
    // Only approval protects a text from a machine that is told to translate anew.
    await handler.register(texts.map((text) => item({ text, force: true })));
    await translateAll(handler);
    const after = await handler.read(texts.map((text) => textReference({ text })));
    expect(after.map((found) => found?.text)).toEqual(["first (person)", "second (person)", "third (fr)"]);
  });

  add(
    "a person's translation replaces a machine's, ends waiting work, and closes a dead letter",
    async ({ handler }) => {
      await handler.register([item({ text: "failed" })]);
      await failAll(handler);
      await handler.register([item({ text: "translated" })]);
      await translateAll(handler);
      await handler.register([item({ text: "pending" }), item({ text: "other" })]);
      const all = ["failed", "translated", "pending"];
      expect(await handler.contribute(all.map((text) => contribution({ text, status: "translated" })))).toEqual(
        all.map(() => "stored"),
      );
      expect((await handler.listDeadLetters({})).items).toEqual([]);
      const translator = new Translator();
      await work(handler, translator.translate, { until: "empty" });
      expect(translator.items.map(({ text }) => text)).toEqual(["other"]);
      const found = await handler.read(all.map((text) => textReference({ text })));
      expect(found.map((each) => each?.text)).toEqual(all.map((text) => `${text} (person)`));
      expect((await handler.status()).translations).toEqual({ pending: 0, translated: 4, failed: 0, approved: 0 });
    },
  );

  add("a person's translation does not replace another one that a person approved", async ({ handler }) => {
    await handler.register([item()]);
    await handler.approve({ reference: textReference(), text: "Approved" });
    const before = await readOne(handler);
    expect(
      await handler.contribute([
        contribution(),
        contribution({ translation: "Approved" }),
        contribution({ text: "twice", translation: "one" }),
        contribution({ text: "twice", translation: "two" }),
        contribution({ text: "twice", translation: "one" }),
      ]),
    ).toEqual(["kept", "kept", "stored", "kept", "unchanged"]);
    expect(await readOne(handler)).toEqual(before);
    expect(await handler.contribute([contribution({ translation: "Approved", status: "translated" })])).toEqual([
      "unchanged",
    ]);
    expect(await readOne(handler)).toEqual(before);
    expect(await readOne(handler, { text: "twice" })).toMatchObject({ text: "one" });
  });

  add("no machine overwrites a translation that a person gave during its own", async ({ handler }) => {
    await handler.register([item(), item({ text: "other" })]);
    const held = new HeldTranslator("machine");
    const working = work(handler, held.translate);
    await held.started;
    await handler.contribute([contribution({ status: "translated" })]);
    const given = await readOne(handler);
    held.letGo();
    await working;
    expect(await readOne(handler)).toEqual(given);
    expect(await readOne(handler, { text: "other" })).toMatchObject({ status: "translated" });
  });

  add("a dead letter holds the text and every attempt's error", async ({ handler }) => {
    await handler.register([item({ context: '{"screen":"checkout"}' })]);
    const translator = new Translator(({ attempt }) =>
      attempt === 1 ? retry(20) : { kind: "failed", error: attemptError("TH_ENGINE_MALFORMED", "No JSON") },
    );
    await work(handler, translator.translate, { until: "empty" });
    const { items: letters, nextCursor } = await handler.listDeadLetters({});
    expect(nextCursor).toBeNull();
    expect(letters).toEqual([
      {
        id: expect.any(String),
        project: PROJECT,
        sourceLocale: "en",
        targetLocale: "fr",
        sourceText: "Add to cart",
        context: { screen: "checkout" },
        code: "TH_ENGINE_MALFORMED",
        message: "No JSON",
        engine: "test",
        failedAt: expect.any(Date),
        attempts: [
          expect.objectContaining({ code: "TH_ENGINE_TRANSIENT", message: "The engine answered 503", engine: "test" }),
          expect.objectContaining({ code: "TH_ENGINE_MALFORMED", message: "No JSON", engine: "test" }),
        ],
      },
    ]);
  });

  add("a dead letter keeps the best try, and gives it to those who ask for it", async ({ handler }) => {
    const bestTry = { text: 'Ajouter "au" \\ panier', failedChecks: ["placeholders", "length"] };
    const tries = new Map<string, BestTry>([
      ["Add to cart", bestTry],
      ["with U+0000", { ...bestTry, text: "a\0b" }],
      ["with half a pair", { ...bestTry, text: "a\ud800" }],
    ]);
    await handler.register([...tries.keys(), "without"].map((text) => item({ text })));
    const error = attemptError("TH_TRANSLATION_BLOCKED", "1 placeholder missing");
    await work(handler, new Translator(({ text }) => ({ kind: "failed", error, bestTry: tries.get(text) })).translate);
    const { items: shown } = await handler.listDeadLetters({}, { withBestTry: true });
    expect(Object.fromEntries(shown.map((letter) => [letter.sourceText, letter.bestTry]))).toEqual({
      ...Object.fromEntries([...tries.keys(), "without"].map((text) => [text, null])),
      "Add to cart": bestTry,
    });
    const { items: plain } = await handler.listDeadLetters({});
    expect(plain).toHaveLength(4);
    for (const letter of plain) expect(letter).not.toHaveProperty("bestTry");
  });

  add("dead letters are listed oldest first, by page and by filter", async ({ handler }) => {
    await handler.register([item({ text: "first" })]);
    await failAll(handler, "TH_ENGINE_REFUSED");
    await handler.register([
      item({ text: "second", targetLocales: ["de"] }),
      item({ text: "third", project: "other" }),
    ]);
    await failAll(handler, "TH_ENGINE_MALFORMED");
    const page = await handler.listDeadLetters({}, { limit: 2 });
    expect(page.items[0]?.sourceText).toBe("first");
    const rest = await handler.listDeadLetters({}, { cursor: page.nextCursor ?? "", limit: 2 });
    const all = [...page.items, ...rest.items];
    expect(all.map(({ sourceText }) => sourceText).toSorted()).toEqual(["first", "second", "third"]);
    expect(rest.nextCursor).toBeNull();

    const texts = async (filter: DeadLetterFilter) =>
      (await handler.listDeadLetters(filter)).items.map(({ sourceText }) => sourceText).toSorted();
    expect(await texts({ project: "other" })).toEqual(["third"]);
    expect(await texts({ targetLocale: "de" })).toEqual(["second"]);
    expect(await texts({ code: "TH_ENGINE_MALFORMED" })).toEqual(["second", "third"]);
    expect(await texts({ engine: "test" })).toEqual(["first", "second", "third"]);
    expect(await texts({ engine: "another" })).toEqual([]);
    expect(await texts({ id: page.items[0]?.id })).toEqual(["first"]);
    expect(await texts({ since: page.items[0]?.failedAt })).toEqual(["first", "second", "third"]);
    expect(await texts({ since: new Date(Date.now() + 3_600_000) })).toEqual([]);
  });

  add("a replayed dead letter is tried anew, once even when it is replayed repeatedly", async ({ handler, open }) => {
    const other = await open();
    await handler.register(items(20));
    await failAll(handler);
    const replayed = await Promise.all([handler.replayDeadLetters({}), other.replayDeadLetters({})]);
    expect(replayed.reduce((sum, count) => sum + count, 0)).toBe(20);
    expect(await handler.replayDeadLetters({})).toBe(0);
    expect((await handler.listDeadLetters({})).items).toEqual([]);
    const translator = new Translator();
    await work(handler, translator.translate);
    expect(translator.items.map(({ attempt, previousFailure }) => ({ attempt, previousFailure }))).toEqual(
      Array.from({ length: 20 }, () => ({ attempt: 1, previousFailure: undefined })),
    );
    expect((await listAll(handler)).every(({ status, error }) => status === "translated" && !error)).toBe(true);
  });

  add("a replay puts only the selected dead letters back to work", async ({ handler }) => {
    await handler.register([item({ targetLocales: ["de", "fr"] })]);
    await work(handler, new Translator(() => failed()).translate);
    expect(await handler.replayDeadLetters({ targetLocale: "fr" })).toBe(1);
    expect(await readOne(handler, { targetLocale: "fr" })).toMatchObject({ status: "pending" });
    expect(await readOne(handler, { targetLocale: "de" })).toMatchObject({ status: "failed" });
  });

  add(
    "purging a dead letter deletes its failed translation, and the text may be requested anew",
    async ({ handler }) => {
      await handler.register([item()]);
      await failAll(handler);
      expect(await handler.purgeDeadLetters({ code: "TH_ENGINE_QUOTA" })).toBe(0);
      expect(await handler.purgeDeadLetters({})).toBe(1);
      expect(await readOne(handler)).toBeUndefined();
      expect((await handler.listDeadLetters({})).items).toEqual([]);
      expect(await handler.register([item()])).toEqual([{ registered: 1, existing: 0, queued: 0, failed: 0 }]);
    },
  );

  add("purging the dead letter of a forced attempt leaves the good text", async ({ handler }) => {
    await handler.register([item()]);
    await translateAll(handler);
    await handler.register([item({ force: true })]);
    await failAll(handler);
    expect(await handler.purgeDeadLetters({})).toBe(1);
    const kept = await readOne(handler);
    expect(kept).toMatchObject({ status: "translated", text: "Add to cart (fr)" });
    expect(kept?.error).toBeUndefined();
  });

  add("the totals follow the texts' statuses", async ({ handler }) => {
    await handler.register([...items(3), item({ text: "elsewhere", project: "other", targetLocales: ["de"] })]);
    const none = { pending: 0, translated: 0, failed: 0, approved: 0 };
    const before = await handler.status();
    expect(before.translations).toEqual({ ...none, pending: 4 });
    expect(before.jobs.ready).toBeGreaterThan(0);
    expect(before.oldestReadySeconds).toBeGreaterThanOrEqual(0);
    expect(before.lastCollectionAt).toBeNull();
    await work(
      handler,
      new Translator(({ text }) => (text === "Text number 1" ? failed() : { ...TRANSLATED, text })).translate,
    );
    await handler.approve({ reference: textReference({ text: "Text number 2" }) });
    const after = await handler.status();
    expect(after.translations).toEqual({ pending: 0, translated: 2, failed: 1, approved: 1 });
    expect(after.locales).toMatchObject({
      fr: { pending: 0, translated: 1, failed: 1, approved: 1 },
      de: { ...none, translated: 1 },
    });
    expect(after.jobs).toEqual({ ready: 0, running: 0, scheduled: 0 });
    expect(after.oldestReadySeconds).toBeNull();
    expect((await handler.status("other")).translations).toEqual({ ...none, translated: 1 });
  });

  add("working members appear in the status", async ({ handler, open }) => {
    const other = await open();
    await handler.register([item()]);
    const held = new HeldTranslator();
    const working = work(other, held.translate, { locales: ["fr"], concurrency: 3 });
    await held.started;
    const { workers, jobs } = await other.status();
    expect(workers).toMatchObject([{ locales: ["fr"], concurrency: 3, pid: process.pid }]);
    expect(jobs).toEqual({ ready: 0, running: 1, scheduled: 0 });
    held.letGo();
    await working;
  });
}

const TRANSLATED = { kind: "translated", engine: "test", model: null } as const;
