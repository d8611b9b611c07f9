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
