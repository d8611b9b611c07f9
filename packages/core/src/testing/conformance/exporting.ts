/** Exports: the texts of a locale by business id. */
import { expect } from "vitest";
import type { ExportFilter } from "../../contract/read.ts";
import type { PersistenceHandler } from "../../contract/store.ts";
import {
  type AddCase,
  announceRetention,
  failAll,
  item,
  PROJECT,
  readOne,
  retentionDays,
  textReference,
  translateAll,
  untilAged,
} from "./kit.ts";

export function exportingCases(add: AddCase): void {
  add(
    "an export has the newest text of each business id of a project and locale, page by page",
    async ({ handler }) => {
      await handler.register([
        item({ text: "Old", businessId: "buy" }),
        item({ text: "Pay", businessId: "pay" }),
        item({ text: "No id" }),
        item({ text: "German alone", businessId: "de", targetLocales: ["de"] }),
        item({ text: "Theirs", businessId: "theirs", project: "other" }),
      ]);
      await handler.register([item({ text: "Buy", businessId: "buy" }), item({ text: "Pay", businessId: "again" })]);
      expect(await exported(handler)).toEqual({ again: null, buy: null, pay: null });
      await translateAll(handler);
      const all = { again: "Pay (fr)", buy: "Buy (fr)", pay: "Pay (fr)" };
      expect(await exported(handler)).toEqual(all);
      expect(await exported(handler, {}, 1)).toEqual(all);
      expect(await exported(handler, {}, 3)).toEqual(all);
      expect(await exported(handler, { businessIdPrefix: "p" })).toEqual({ pay: "Pay (fr)" });
      expect(await exported(handler, { businessIdPrefix: "_" })).toEqual({});
      expect(await exported(handler, { project: "nobody" })).toEqual({});
    },
  );

  add("a locale without a text is answered by those behind it, and a source by itself", async ({ handler }) => {
    await handler.register([
      item({ text: "Both", businessId: "both", targetLocales: ["fr", "fr-CA"] }),
      item({ text: "French", businessId: "french" }),
      item({ text: "Ours", businessId: "source", sourceLocale: "fr", targetLocales: ["de"] }),
      item({ text: "Refused", businessId: "refused", targetLocales: ["fr-CA"] }),
    ]);
    await failAll(handler);
    await handler.approve({ reference: textReference({ text: "Both" }), text: "both in French" });
    await handler.approve({ reference: textReference({ text: "French" }), text: "French in French" });
    await handler.approve({
      reference: textReference({ text: "Both", targetLocale: "fr-CA" }),
      text: "both in Canada",
    });
    const chain = { targetLocales: ["fr-CA", "fr"] };
    expect(await exported(handler, chain)).toEqual({
      both: "both in Canada",
      french: "French in French",
      refused: null,
      source: "Ours",
    });
    expect(await exported(handler, { targetLocales: ["fr-CA"] })).toEqual({ both: "both in Canada", refused: null });
    expect(await exported(handler, { targetLocales: ["de"] })).toEqual({ source: null });
  });

  add("with only approved texts, one that nobody approved counts as none", async ({ handler }) => {
    const targetLocales = ["fr", "fr-CA"];
    await handler.register([
      item({ text: "Pay", businessId: "pay", targetLocales }),
      item({ text: "Buy", businessId: "buy", targetLocales }),
    ]);
    await translateAll(handler, (source) => `${source} by a machine`);
    await handler.approve({ reference: textReference({ text: "Pay" }), text: "Payer" });
    const approved: Partial<ExportFilter> = { prefer: "approved" };
    expect(await exported(handler, approved)).toEqual({ buy: null, pay: "Payer" });
    expect(await exported(handler, { ...approved, targetLocales: ["fr-CA", "fr"] })).toEqual({
      buy: null,
      pay: "Payer",
    });
    expect(await exported(handler)).toEqual({ buy: "Buy by a machine", pay: "Payer" });
  });

  add("a text that is being translated anew is exported as it was", async ({ handler }) => {
    await handler.register([item({ businessId: "cart" })]);
    await translateAll(handler);
    await handler.register([item({ businessId: "cart", force: true })]);
    expect(await exported(handler)).toEqual({ cart: "Add to cart (fr)" });
  });

  add("of several texts of an id, the newest that was requested in the locale is exported", async ({ handler }) => {
    await handler.register([item({ text: "One file", businessId: "files_one", targetLocales: ["de"] })]);
    await handler.register([item({ text: "{count} file", businessId: "files_one", targetLocales: ["ru"] })]);
    await handler.register([item({ text: "Never", businessId: "files_one", targetLocales: ["ja"] })]);
    await translateAll(handler, (source) => `${source}!`);
    expect(await exported(handler, { targetLocales: ["de"] })).toEqual({ files_one: "One file!" });
    expect(await exported(handler, { targetLocales: ["ru"] })).toEqual({ files_one: "{count} file!" });
    expect(await exported(handler, { targetLocales: ["fr"] })).toEqual({});
  });

  add("the noted uses of an export are not collected, and no id gets another text by it", async ({ handler }) => {
    await announceRetention(handler);
    await handler.register([item({ text: "Old", businessId: "buy", targetLocales: ["de"] })]);
    await handler.register([item({ text: "New", businessId: "buy" }), item({ text: "Unread", businessId: "other" })]);
    await translateAll(handler, (source) => `${source}!`);
    await untilAged(handler, 3);
    const filter: ExportFilter = { project: PROJECT, targetLocales: ["de"], prefer: "approved-or-translated" };
    const dueUses = async () => (await handler.exportTexts(filter)).items.flatMap(({ dueUse }) => dueUse ?? []);
    const due = await dueUses();
    expect(due.map(({ businessId }) => businessId)).toEqual(["buy"]);
    await handler.touchUses("other", due);
    await handler.touchUses(PROJECT, due);
    await handler.collect({ retentionDays });
    expect(await readOne(handler, { businessId: "buy" })).toMatchObject({ sourceText: "New" });
    expect(await exported(handler, { targetLocales: ["de"] })).toEqual({ buy: "Old!" });
    expect(await exported(handler)).toEqual({ buy: "New!" });
  });

  add("an id that ends in the hash of its key comes with its source text", async ({ handler }) => {
    await handler.register([
      item({ text: "Cut", businessId: "a.json#Cut~0123456789abcdef" }),
      item({ text: "Whole", businessId: "a.json#whole" }),
    ]);
    const { items } = await handler.exportTexts({
      project: PROJECT,
      targetLocales: ["fr"],
      prefer: "approved-or-translated",
    });
    expect(items.map(({ businessId, sourceText }) => [businessId, sourceText])).toEqual([
      ["a.json#Cut~0123456789abcdef", "Cut"],
      ["a.json#whole", undefined],
    ]);
  });
}

/** The texts by business id. The order of a store's pages is its own. */
async function exported(
  handler: PersistenceHandler,
  given: Partial<ExportFilter> = {},
  limit?: number,
): Promise<Record<string, string | null>> {
  const filter: ExportFilter = {
    project: PROJECT,
    targetLocales: ["fr"],
    prefer: "approved-or-translated",
    ...given,
  };
  const texts: [string, string | null][] = [];
  let cursor: string | undefined;
  do {
    const page = await handler.exportTexts(filter, { cursor, limit });
    texts.push(...page.items.map(({ businessId, text }): [string, string | null] => [businessId, text]));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  expect(new Set(texts.map(([id]) => id)).size).toBe(texts.length);
  return Object.fromEntries(texts);
}
