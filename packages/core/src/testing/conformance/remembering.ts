/** The translation memory: pairs from approvals and imports. */
import { expect } from "vitest";
import type { MemoryPair } from "../../contract/memory.ts";
import type { PersistenceHandler } from "../../contract/store.ts";
import type { WorkBatch } from "../../contract/work.ts";
import {
  type AddCase,
  item,
  PROJECT,
  readOne,
  retentionDays,
  Translator,
  textReference,
  translateAll,
  translated,
  untilAged,
  work,
} from "./kit.ts";

const SOURCE = "Add the product to your cart";
const LANE = { project: PROJECT, sourceLocale: "en", targetLocale: "fr" };

const pair = (given: Partial<MemoryPair> = {}): MemoryPair => ({
  sourceLocale: "en",
  targetLocale: "fr",
  source: SOURCE,
  target: "Ajoutez le produit au panier",
  ...given,
});

const search = (handler: PersistenceHandler, text: string, lane: Partial<typeof LANE> = {}) =>
  handler.memory.search({ ...LANE, ...lane, text });

const targets = async (handler: PersistenceHandler, text: string, lane: Partial<typeof LANE> = {}) =>
  (await search(handler, text, lane)).map(({ target }) => target);

/** Registers a text and approves a translation of it. */
async function approve(handler: PersistenceHandler, text: string, target: string, project = PROJECT): Promise<void> {
  await handler.register([item({ text, project })]);
  await handler.approve({ reference: textReference({ text, project }), text: target, by: "mia" });
}

/** The batches that are given to work, with what their memory says of their texts. */
async function batchesAtWork(handler: PersistenceHandler, project?: string) {
  const seen: { text: string; similar: string[] | undefined; same: string | undefined }[] = [];
  const look = async ({ items, memory }: WorkBatch) => {
    const texts = items.map(({ text }) => text);
    const [similar, same] = [await memory?.similar?.(texts), await memory?.same(texts)];
    texts.forEach((text, at) => {
      seen.push({ text, similar: similar?.[at]?.map(({ target }) => target), same: same?.[at]?.target });
    });
  };
  await work(
    handler,
    async (batch) => {
      await look(batch);
      return { outcomes: batch.items.map(({ text }) => translated(`${text} (fr)`)), calls: [] };
    },
    project === undefined ? {} : { project },
  );
  return seen;
}

export function rememberingCases(add: AddCase): void {
  add("an approved text is found by texts like it, in its project and locale alone", async ({ handler }) => {
    await approve(handler, SOURCE, "Ajoutez le produit au panier");
    await approve(handler, "Sign out of all devices", "Se déconnecter partout");
    const [same, ...none] = await search(handler, SOURCE);
    expect(same).toMatchObject({
      ...{ source: SOURCE, target: "Ajoutez le produit au panier", sourceLocale: "en", targetLocale: "fr" },
      ...{ origin: "approved", by: "mia", score: 1 },
    });
    expect(none).toEqual([]);
    const [similar] = await search(handler, "Add this product to your cart");
    expect(similar).toMatchObject({ target: "Ajoutez le produit au panier" });
    expect(similar?.score).toBeGreaterThan(0.7);
    expect(similar?.score).toBeLessThan(1);
    expect(await search(handler, "Delete your account for ever")).toEqual([]);
    expect(await search(handler, SOURCE, { targetLocale: "de" })).toEqual([]);
    expect(await search(handler, SOURCE, { project: "other" })).toEqual([]);
  });

  add("a machine's text is not remembered, and a person's without approval neither", async ({ handler }) => {
    await handler.register([item({ text: SOURCE })]);
    await translateAll(handler);
    await handler.contribute([
      { item: item({ text: SOURCE, targetLocales: ["de"] }), translation: "Produkt", status: "translated" },
    ]);
    expect(await search(handler, SOURCE)).toEqual([]);
    expect(await search(handler, SOURCE, { targetLocale: "de" })).toEqual([]);
  });

  add("a contribution that is approved is remembered", async ({ handler }) => {
    await handler.contribute([{ item: item({ text: SOURCE }), translation: "Le mien", status: "approved", by: "mia" }]);
    expect(await search(handler, SOURCE)).toMatchObject([{ target: "Le mien", origin: "approved", by: "mia" }]);
  });

  add("another text in the place of an approved one takes the place of its pair", async ({ handler }) => {
    await approve(handler, SOURCE, "Premier");
    await handler.approve({ reference: textReference({ text: SOURCE }), text: "Second" });
    expect(await targets(handler, SOURCE)).toEqual(["Second"]);
  });

  add("each context of a text has its own pair", async ({ handler }) => {
    await approve(handler, SOURCE, "Sans contexte");
    const context = '{"at":"checkout"}';
    await handler.register([item({ text: SOURCE, context })]);
    await handler.approve({ reference: textReference({ text: SOURCE, context }), text: "Au paiement" });
    expect((await targets(handler, SOURCE)).toSorted()).toEqual(["Au paiement", "Sans contexte"]);
    await handler.forget({ project: PROJECT, sourceLocale: "en", text: SOURCE, within: { context, format: "auto" } });
    expect(await targets(handler, SOURCE)).toEqual(["Sans contexte"]);
  });

  add("pairs are imported once, and listed in their order", async ({ handler }) => {
    const at = new Date("2024-05-06T07:08:09Z");
    const pairs = [
      pair({ by: "Ann", at }),
      pair({ targetLocale: "de", target: "In den Warenkorb" }),
      pair({ target: "Autre" }),
    ];
    expect(await handler.memory.import(PROJECT, pairs)).toEqual({ imported: 3 });
    expect(await handler.memory.import(PROJECT, [...pairs, ...pairs])).toEqual({ imported: 0 });
    expect(await handler.memory.import("other", [pair({ target: "Ailleurs" })])).toEqual({ imported: 1 });
    const first = await handler.memory.list({ project: PROJECT }, { limit: 2 });
    expect(first.items).toMatchObject([
      { source: SOURCE, target: "Ajoutez le produit au panier", origin: "tmx", by: "Ann", at },
      { targetLocale: "de" },
    ]);
    const rest = await handler.memory.list({ project: PROJECT }, { limit: 2, cursor: first.nextCursor ?? "" });
    expect(rest.items).toMatchObject([{ target: "Autre" }]);
    expect(rest.nextCursor).toBeNull();
    const german = await handler.memory.list({ project: PROJECT, targetLocale: "de" });
    expect(german.items.map(({ target }) => target)).toEqual(["In den Warenkorb"]);
  });

  add("a pair that no store can hold is refused, and none of its call is stored", async ({ handler }) => {
    const refused = async (bad: Partial<MemoryPair>) =>
      expect(handler.memory.import(PROJECT, [pair(), pair(bad)])).rejects.toMatchObject({ name: "InvalidItemError" });
    await refused({ target: "" });
    await refused({ source: "a\u0000b" });
    await refused({ target: "\ud800" });
    await refused({ source: "x".repeat(40_000) });
    expect(await search(handler, SOURCE)).toEqual([]);
  });

  add("a locale finds the pairs of its usual region and of the locales that it falls back to", async ({ handler }) => {
    await handler.memory.import(PROJECT, [
      pair({ sourceLocale: "en-US", targetLocale: "pt-BR", target: "brasileiro" }),
      pair({ sourceLocale: "en-GB", targetLocale: "pt-PT", target: "português" }),
    ]);
    expect(await targets(handler, SOURCE, { targetLocale: "pt" })).toEqual(["brasileiro"]);
    expect(await targets(handler, SOURCE, { targetLocale: "pt-BR" })).toEqual(["brasileiro"]);
    expect((await targets(handler, SOURCE, { targetLocale: "pt-PT" })).toSorted()).toEqual(["brasileiro", "português"]);
    expect(await targets(handler, SOURCE, { targetLocale: "pt", sourceLocale: "und" })).toEqual(["brasileiro"]);
    expect(await targets(handler, SOURCE, { targetLocale: "pt", sourceLocale: "de" })).toEqual([]);
  });

  add("work finds the pairs that are like its texts, of its own project alone", async ({ handler }) => {
    await handler.register([item({ text: "Add to cart" })]);
    expect(await batchesAtWork(handler)).toEqual([{ text: "Add to cart", similar: undefined, same: undefined }]);
    await approve(handler, SOURCE, "Ajoutez", "other");
    await handler.register([item({ text: SOURCE })]);
    // Its project has none, and another one has a pair of exactly this text.
    expect(await batchesAtWork(handler, PROJECT)).toEqual([{ text: SOURCE, similar: undefined, same: "Ajoutez" }]);
    await handler.memory.import(PROJECT, [pair()]);
    await handler.register([item({ text: "Add the products to your cart" }), item({ text: "Delete everything" })]);
    expect(await batchesAtWork(handler, PROJECT)).toEqual(
      expect.arrayContaining([
        {
          ...{ text: "Add the products to your cart", similar: ["Ajoutez le produit au panier"] },
          same: undefined,
        },
        { text: "Delete everything", similar: [], same: undefined },
      ]),
    );
  });

  add("the pairs that an engine had with a text are known until its text is replaced", async ({ handler }) => {
    await handler.memory.import(PROJECT, [pair()]);
    const [unit] = (await handler.memory.list({ project: PROJECT })).items;
    const memoryUnits = [unit?.unit ?? ""];
    const reference = textReference({ text: SOURCE });
    await handler.register([item({ text: SOURCE }), item({ text: "Neighbour" })]);
    const withUnits = new Translator(({ text }) => ({
      ...translated("Ajouter"),
      ...(text === SOURCE && { memoryUnits }),
    }));
    await work(handler, withUnits.translate);
    expect(await handler.memory.usedFor(reference)).toMatchObject([
      { source: SOURCE, unit: unit?.unit, origin: "tmx" },
    ]);
    expect(await handler.memory.usedFor(textReference({ text: "Neighbour" }))).toEqual([]);
    await handler.approve({ reference });
    expect(await handler.memory.usedFor(reference)).toMatchObject([{ unit: unit?.unit }]);
    await handler.approve({ reference, text: "À moi" });
    expect(await handler.memory.usedFor(reference)).toEqual([]);
    expect(await handler.memory.usedFor(textReference({ text: "Unknown" }))).toEqual([]);
  });

  add("forgetting a text takes its pairs, approved and imported, and leaves those of others", async ({ handler }) => {
    await approve(handler, SOURCE, "Approuvé");
    await approve(handler, SOURCE, "Ailleurs", "other");
    await handler.memory.import(PROJECT, [
      pair(),
      pair({ sourceLocale: "en-GB", targetLocale: "de", target: "Warenkorb" }),
      pair({ source: "Add the products to your cart", target: "Voisin" }),
    ]);
    const reference = { project: PROJECT, sourceLocale: "en", text: SOURCE };
    expect(await handler.forget(reference)).toMatchObject({ forgotten: 1 });
    expect(await targets(handler, SOURCE)).toEqual(["Voisin"]);
    expect(await targets(handler, SOURCE, { targetLocale: "de" })).toEqual([]);
    expect(await targets(handler, SOURCE, { project: "other" })).toEqual(["Ailleurs"]);
  });

  add("a text that was only ever imported is forgotten too", async ({ handler }) => {
    await handler.memory.import(PROJECT, [pair()]);
    const reference = { project: PROJECT, sourceLocale: "en", text: SOURCE };
    expect(await handler.forget(reference, { dryRun: true })).toEqual({ forgotten: 1, stillUsed: 0 });
    expect(await targets(handler, SOURCE)).toHaveLength(1);
    expect(await handler.forget(reference)).toEqual({ forgotten: 1, stillUsed: 0 });
    expect(await search(handler, SOURCE)).toEqual([]);
    expect(await handler.forget(reference)).toEqual({ forgotten: 0, stillUsed: 0 });
  });

  add("forgetting a business id takes the pairs of its text, unless another id uses it", async ({ handler }) => {
    await handler.register([item({ text: SOURCE, businessId: "a" }), item({ text: SOURCE, businessId: "b" })]);
    await handler.approve({ reference: { project: PROJECT, targetLocale: "fr", businessId: "a" }, text: "Approuvé" });
    await handler.memory.import(PROJECT, [pair()]);
    await handler.forget({ project: PROJECT, businessId: "a" });
    expect(await targets(handler, SOURCE)).toEqual(["Approuvé", "Ajoutez le produit au panier"]);
    await handler.forget({ project: PROJECT, businessIdPrefix: "b" });
    expect(await targets(handler, SOURCE)).toEqual([]);
  });

  add("the collection of an approved text takes its pair", async ({ handler }) => {
    await approve(handler, SOURCE, "Approuvé");
    await untilAged(handler, 1);
    await handler.collect({ retentionDays });
    expect(await readOne(handler, { text: SOURCE })).toMatchObject({ status: "approved" });
    expect(await targets(handler, SOURCE)).toEqual(["Approuvé"]);
    await handler.collect({ retentionDays, includeApproved: true });
    expect(await targets(handler, SOURCE)).toEqual([]);
  });
}
