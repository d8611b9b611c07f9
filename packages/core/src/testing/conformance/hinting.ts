/** Hints: what producers say of a text beside its identity. */
import { expect } from "vitest";
import type { RegisterItem } from "../../contract/item.ts";
import type { PersistenceHandler } from "../../contract/store.ts";
import type { TranslateWork } from "../../contract/work.ts";
import {
  type AddCase,
  announceRetention,
  failed,
  item,
  readOne,
  retentionDays,
  retry,
  Translator,
  textReference,
  translateAll,
  until,
  untilAged,
  work,
} from "./kit.ts";

const hinted = (hint: object, given: Partial<RegisterItem> = {}) => item({ hint: JSON.stringify(hint), ...given });

/** The hints of the texts that are ready, each with its text. */
async function hintsAtWork(handler: PersistenceHandler, targetLocale = "fr"): Promise<Record<string, unknown>> {
  const translator = new Translator();
  await work(handler, translator.translate, { locales: [targetLocale] });
  return Object.fromEntries(translator.items.map(({ text, hint }) => [text, hint]));
}

const NOTHING_NEW = [{ registered: 0, existing: 1, queued: 0, failed: 0 }];

export function hintingCases(add: AddCase): void {
  add("a hint goes to work with its text, in each locale, and with no other", async ({ handler }) => {
    const hint = { note: "A button", key: "cart.add", maxLength: 20 };
    await handler.register([
      hinted(hint, { targetLocales: ["fr", "de"] }),
      item({ text: "Pay", targetLocales: ["fr", "de"] }),
      hinted({ screen: "till", line: 3 }, { text: "Back" }),
      item({ text: "Add to cart", project: "other" }),
    ]);
    const translator = new Translator();
    await work(handler, translator.translate, { project: "default", locales: ["fr"] });
    expect(Object.fromEntries(translator.items.map((each) => [each.text, each.hint]))).toEqual({
      "Add to cart": hint,
      Pay: undefined,
      Back: { screen: "till", line: 3 },
    });
    expect(await hintsAtWork(handler, "de")).toEqual({ "Add to cart": hint, Pay: undefined });
    // The other project said nothing of it.
    expect(await hintsAtWork(handler)).toEqual({ "Add to cart": undefined });
  });

  add("another hint makes nothing anew: the translation and its approval stay", async ({ handler }) => {
    await handler.register([hinted({ note: "A button" }), hinted({ note: "A button" }, { text: "Pay" })]);
    await translateAll(handler);
    await handler.approve({ reference: textReference(), text: "Ajouter au panier" });
    const approved = await readOne(handler);
    const stored = await readOne(handler, { text: "Pay" });
    expect(await handler.register([hinted({ note: "A link" })])).toEqual(NOTHING_NEW);
    expect(await handler.register([hinted({ note: "A link" }, { text: "Pay" })])).toEqual(NOTHING_NEW);
    expect(await handler.register([item()])).toEqual(NOTHING_NEW);
    expect(await hintsAtWork(handler)).toEqual({});
    expect(await readOne(handler)).toEqual(approved);
    expect(await readOne(handler, { text: "Pay" })).toEqual(stored);
    expect(approved).toMatchObject({ status: "approved", context: null });
  });

  add("the next work on a text has the hint that was said last", async ({ handler }) => {
    const said = (note: string, given: Partial<RegisterItem> = {}) => handler.register([hinted({ note }, given)]);
    await said("first");
    // Before its first try.
    await said("second");
    const seen: unknown[] = [];
    const translate: TranslateWork = async ({ items }) => {
      seen.push(items[0]?.hint);
      if (seen.length > 1) return { outcomes: [failed()], calls: [] };
      await said("third");
      return { outcomes: [retry(0)], calls: [] };
    };
    await work(handler, translate, { until: "empty" });
    expect(seen).toEqual([{ note: "second" }, { note: "third" }]);
    await said("fourth");
    expect(await handler.replayDeadLetters({})).toBe(1);
    expect(await hintsAtWork(handler)).toEqual({ "Add to cart": { note: "fourth" } });
    await said("fifth", { force: true });
    expect(await hintsAtWork(handler)).toEqual({ "Add to cart": { note: "fifth" } });
    // An item without a hint says nothing.
    await handler.register([item({ force: true })]);
    expect(await hintsAtWork(handler)).toEqual({ "Add to cart": { note: "fifth" } });
    await handler.register([hinted({}, { force: true })]);
    expect(await hintsAtWork(handler)).toEqual({ "Add to cart": undefined });
  });

  add("of several uses of a text the last words count, and the least length", async ({ handler }) => {
    const use = (businessId: string, hint: object) => hinted(hint, { businessId });
    await handler.register([use("a", { note: "menu", maxLength: 12 })]);
    await handler.register([use("b", { note: "title", maxLength: 30 })]);
    await handler.register([use("c", { key: "c" })]);
    expect(await hintsAtWork(handler)).toEqual({ "Add to cart": { key: "c", maxLength: 12 } });
    // An equal hint was not said anew.
    await handler.register([{ ...use("a", { note: "menu", maxLength: 12 }), force: true }]);
    expect(await hintsAtWork(handler)).toEqual({ "Add to cart": { key: "c", maxLength: 12 } });
    await handler.register([{ ...use("a", { note: "menu bar" }), force: true }]);
    expect(await hintsAtWork(handler)).toEqual({ "Add to cart": { note: "menu bar", maxLength: 30 } });
  });

  add("of several hints for one use in a call, the last counts", async ({ handler }) => {
    await handler.register([hinted({ note: "one" }), item(), hinted({ note: "two" }), item()]);
    expect(await hintsAtWork(handler)).toEqual({ "Add to cart": { note: "two" } });
  });

  add("a hint belongs to the text in its context", async ({ handler }) => {
    await handler.register([hinted({ note: "plain" }), hinted({ note: "checkout" }, { context: '{"at":"checkout"}' })]);
    const translator = new Translator();
    await work(handler, translator.translate);
    const found = translator.items.map(({ context, hint }) => [context, hint]);
    expect(found).toEqual(
      expect.arrayContaining([
        [null, { note: "plain" }],
        [{ at: "checkout" }, { note: "checkout" }],
      ]),
    );
  });

  add(
    "an item that is enqueued in a transaction has its hint",
    async ({ handler, begin }) => {
      const transaction = await begin();
      await handler.enqueue(transaction.client, [hinted({ note: "A button", maxLength: 7 })]);
      await transaction.commit();
      const translator = new Translator();
      await until(async () => {
        await work(handler, translator.translate);
        return translator.items.length === 1;
      });
      expect(translator.items[0]?.hint).toEqual({ note: "A button", maxLength: 7 });
    },
    "begin",
  );

  add("a hint is forgotten with its use, and another use keeps its own", async ({ handler }) => {
    await handler.register([hinted({ note: "theirs" }, { businessId: "user.1" })]);
    await handler.register([hinted({ note: "shop" }, { businessId: "shop.1" })]);
    await handler.register([hinted({ note: "theirs too" }, { businessId: "user.2" })]);
    expect(await handler.forget({ project: "default", businessId: "user.2" })).toMatchObject({ stillUsed: 1 });
    expect(await hintsAtWork(handler)).toEqual({ "Add to cart": { note: "shop" } });
    await handler.forget({ project: "default", businessIdPrefix: "shop." });
    await handler.register([item({ businessId: "user.1", force: true })]);
    expect(await hintsAtWork(handler)).toEqual({ "Add to cart": { note: "theirs" } });
    await handler.forget({ project: "default", text: "Add to cart", sourceLocale: "en" });
    await handler.register([item({ businessId: "user.1" })]);
    expect(await hintsAtWork(handler)).toEqual({ "Add to cart": undefined });
  });

  add("a hint is collected with its use", async ({ handler }) => {
    await announceRetention(handler);
    await handler.register([hinted({ note: "old" })]);
    await untilAged(handler, 1);
    await handler.collect({ retentionDays });
    await handler.register([item()]);
    expect(await hintsAtWork(handler)).toEqual({ "Add to cart": undefined });
  });
}
