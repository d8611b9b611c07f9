import { expect } from "vitest";
import type { Translation } from "../../contract/translation.ts";
import { type AddCase, item, items, listAll, PROJECT, readOne, textReference, translateAll } from "./kit.ts";

export function readingCases(add: AddCase): void {
  add("reads answer in the order of the references, with undefined for a missing translation", async ({ handler }) => {
    await handler.register([item({ text: "Pay", businessId: "pay" }), item({ text: "Back" })]);
    const found = await handler.read([
      textReference({ text: "Back" }),
      textReference({ text: "never requested" }),
      { project: PROJECT, targetLocale: "fr", businessId: "pay" },
      { project: PROJECT, targetLocale: "de", businessId: "pay" },
      { project: "other", targetLocale: "fr", businessId: "pay" },
      textReference({ text: "Back", context: '{"screen":"checkout"}' }),
      textReference({ text: "Back" }),
    ]);
    expect(found.map((translation) => translation?.sourceText)).toEqual([
      "Back",
      undefined,
      "Pay",
      undefined,
      undefined,
      undefined,
      "Back",
    ]);
    expect(await handler.read([])).toEqual([]);
  });

  add(
    "a text whose request waits to be registered is queued, by its text and by its business id, and nothing else is",
    async ({ handler, begin }) => {
      const context = '{"screen":"checkout"}';
      const { client, commit } = await begin();
      await handler.enqueue(client, [
        item({ text: "Pay", businessId: "pay", targetLocales: ["fr", "de"], context }),
        item({ text: "Pay now", businessId: "pay" }),
        item({ text: "Back" }),
      ]);
      await commit();
      const queued = {
        id: null,
        project: PROJECT,
        sourceLocale: "en",
        targetLocale: "de",
        sourceText: "Pay",
        context: { screen: "checkout" },
        businessIds: ["pay"],
        status: "queued",
        text: null,
        engine: null,
        model: null,
        flags: [],
        revision: 0,
      };
      const pay = textReference({ text: "Pay", targetLocale: "de", context });
      expect(
        await handler.read([
          pay,
          { project: PROJECT, targetLocale: "de", businessId: "pay" },
          { ...pay, targetLocale: "ja" },
          { ...pay, project: "other" },
          { ...pay, context: null },
          { ...pay, format: "html" },
          { ...pay, sourceLocale: "und" },
          { project: PROJECT, targetLocale: "de", businessId: "pa" },
          { project: "other", targetLocale: "de", businessId: "pay" },
        ]),
      ).toEqual([queued, queued, ...Array.from({ length: 7 }, () => undefined)]);
      expect(await readOne(handler, { businessId: "pay" })).toMatchObject({ status: "queued", sourceText: "Pay now" });
      expect(await readOne(handler, { text: "Back" })).toMatchObject({ status: "queued", businessIds: [] });
      expect(await listAll(handler)).toEqual([]);
      await translateAll(handler);
      expect(await handler.read([pay])).toMatchObject([{ status: "translated", businessIds: ["pay"] }]);
    },
    "begin",
  );

  add(
    "a stored translation is read as it is while another request for it waits to be registered",
    async ({ handler, begin }) => {
      await handler.register([item({ businessId: "cart" })]);
      await translateAll(handler);
      const { client, commit } = await begin();
      await handler.enqueue(client, [
        item({ businessId: "cart", force: true, targetLocales: ["fr", "de"] }),
        item({ text: "Buy", businessId: "cart" }),
      ]);
      await commit();
      expect(await readOne(handler)).toMatchObject({ status: "translated" });
      expect(await readOne(handler, { businessId: "cart" })).toMatchObject({ sourceText: "Add to cart" });
      expect(await readOne(handler, { businessId: "cart", targetLocale: "de" })).toMatchObject({ status: "queued" });
    },
    "begin",
  );

  add("a business id names the text that was requested last, also when it named it before", async ({ handler }) => {
    for (const text of ["Buy", "Buy now", "Buy"]) {
      await handler.register([item({ text, businessId: "shop.buy" })]);
      expect(await readOne(handler, { businessId: "shop.buy" })).toMatchObject({ sourceText: text });
    }
  });

  add("a text's translation is found under each of its business ids", async ({ handler }) => {
    await handler.register([item({ businessId: "two" }), item({ businessId: "one" }), item()]);
    await translateAll(handler);
    for (const businessId of ["one", "two"]) {
      expect(await readOne(handler, { businessId })).toMatchObject({
        text: "Add to cart (fr)",
        businessIds: ["one", "two"],
      });
    }
  });

  add("a list shows every translation of a locale once, page by page, in a stable order", async ({ handler }) => {
    await handler.register([
      ...items(5),
      item({ text: "elsewhere", project: "other" }),
      item({ text: "otherwise", targetLocales: ["de"] }),
    ]);
    const whole = await listAll(handler);
    expect(whole.map(({ sourceText }) => sourceText).toSorted()).toEqual(items(5).map(({ text }) => text));
    const pages: Translation[][] = [];
    let cursor: string | undefined;
    do {
      const page = await handler.list({ project: PROJECT, targetLocale: "fr" }, { limit: 2, cursor });
      pages.push(page.items);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(pages.flat()).toEqual(whole);
    expect(pages.every((page) => page.length <= 2)).toBe(true);
  });

  add(
    "a search shows each translation once, in the order of its ids, page by page and by its filter",
    async ({ handler }) => {
      await handler.register([
        item({ text: "Pay", businessId: "shop.pay" }),
        item({ text: "Back", businessId: "shop.back" }),
        item({ text: "Back", businessId: "mail.back" }),
        item({ text: "Plain" }),
        item({ text: "Elsewhere", project: "other" }),
      ]);
      await translateAll(handler);
      const search = async (filter: object = {}) => {
        const texts: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await handler.listForReview(
            { project: PROJECT, targetLocale: "fr", ...filter },
            { limit: 1, cursor },
          );
          expect(page.items.length).toBeLessThanOrEqual(1);
          texts.push(...page.items.map(({ sourceText }) => sourceText));
          cursor = page.nextCursor ?? undefined;
        } while (cursor !== undefined);
        return texts;
      };
      expect(await search()).toEqual(["Plain", "Back", "Pay"]);
      expect(await search({ businessIdPrefix: "shop." })).toEqual(["Back", "Pay"]);
      expect(await search({ businessIdPrefix: "mail." })).toEqual(["Back"]);
      expect(await search({ search: "bAcK" })).toEqual(["Back"]);
      expect(await search({ search: "(FR)", status: "translated" })).toEqual(["Plain", "Back", "Pay"]);
      expect(await search({ search: "_" })).toEqual([]);
      expect(await search({ status: "failed" })).toEqual([]);
      expect(await search({ engine: "human" })).toEqual([]);
      expect(await search({ changedSince: new Date(Date.now() + 3_600_000) })).toEqual([]);
      await expect(
        handler.listForReview({ project: PROJECT, targetLocale: "fr" }, { cursor: "x" }),
      ).rejects.toMatchObject({
        code: "TH_ITEM_SHAPE",
      });
    },
  );

  add("a list can be narrowed to a status and to a prefix of business ids", async ({ handler }) => {
    await handler.register([
      item({ text: "Pay", businessId: "shop.pay" }),
      item({ text: "Bye", businessId: "mail.bye" }),
    ]);
    await translateAll(handler);
    await handler.register([item({ text: "Later", businessId: "shop.later" })]);
    const texts = async (filter: object) => {
      const { items: found } = await handler.list({ project: PROJECT, targetLocale: "fr", ...filter });
      return found.map(({ sourceText }) => sourceText).toSorted();
    };
    expect(await texts({ status: "translated" })).toEqual(["Bye", "Pay"]);
    expect(await texts({ businessIdPrefix: "shop." })).toEqual(["Later", "Pay"]);
    expect(await texts({ status: "pending", businessIdPrefix: "shop." })).toEqual(["Later"]);
    expect(await texts({ businessIdPrefix: "shop_" })).toEqual([]);
  });

  add("a settled text can be read by its keys", async ({ handler }) => {
    await handler.register(items(3));
    const settled = await translateAll(handler);
    const keys = settled.flatMap(({ batch }) => batch.items.map(({ key }) => key));
    const found = await handler.readKeys(keys);
    expect(found).toEqual(expect.arrayContaining(await listAll(handler)));
    expect(found).toHaveLength(3);
    expect(await handler.readKeys(keys.map((key) => ({ ...key, targetLocale: "de" })))).toEqual([]);
  });
}
