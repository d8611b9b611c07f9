/** Glossaries, styles, and the translations that edits make stale. */
import { expect } from "vitest";
import type { GlossaryTermInput } from "../../contract/glossary.ts";
import type { PersistenceHandler } from "../../contract/store.ts";
import {
  type AddCase,
  item,
  PROJECT,
  retentionDays,
  Translator,
  textReference,
  translateAll,
  untilAged,
  work,
} from "./kit.ts";

const board: GlossaryTermInput = { term: "board", sourceLocale: "en", targets: { fr: { as: "plateau" } } };
const keep: GlossaryTermInput = { term: "Trans-Hub", sourceLocale: "en", kind: "keep" };

const edit = (handler: PersistenceHandler, ...set: GlossaryTermInput[]) =>
  handler.editGlossary({ project: PROJECT, set, by: "mia" });

async function staleTexts(handler: PersistenceHandler, targetLocale = "fr"): Promise<string[]> {
  const texts: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await handler.listStale({ project: PROJECT, targetLocale }, { limit: 2, ...(cursor && { cursor }) });
    texts.push(...page.items.map(({ translation, term }) => `${translation.sourceText} (${term})`));
    if (page.nextCursor === null) return texts.sort();
    cursor = page.nextCursor;
  }
}

async function atWork(handler: PersistenceHandler, targetLocale = "fr") {
  const translator = new Translator();
  await work(handler, translator.translate, { locales: [targetLocale] });
  return translator.batches;
}

export function glossaryCases(add: AddCase): void {
  add("a project without any has an empty glossary, and its work none", async ({ handler }) => {
    expect(await handler.readGlossary(PROJECT)).toEqual({ project: PROJECT, revision: 0, terms: [], styles: [] });
    await handler.register([item()]);
    expect((await atWork(handler))[0]).not.toHaveProperty("glossary");
  });

  add(
    "an edit adds, changes and removes terms, and says how many; the same edit again changes nothing",
    async ({ handler }) => {
      expect(await edit(handler, board, keep)).toEqual({ revision: 1, added: 2, changed: 0, removed: 0 });
      expect(await edit(handler, board, keep)).toEqual({ revision: 1, added: 0, changed: 0, removed: 0 });
      const german = { ...board, targets: { de: { as: "Brett", forms: ["Bretter"] } } };
      expect(await edit(handler, german)).toEqual({ revision: 2, added: 0, changed: 1, removed: 0 });
      const { terms } = await handler.readGlossary(PROJECT);
      expect(terms).toMatchObject([
        { term: "Trans-Hub", kind: "keep", targets: {}, revision: 1, by: "mia" },
        {
          term: "board",
          case: "any",
          targets: { de: { as: "Brett", forms: ["Bretter"] }, fr: { as: "plateau" } },
          revision: 2,
        },
      ]);
      const whole = { project: PROJECT, set: [board], replace: true };
      expect(await handler.editGlossary(whole)).toEqual({ revision: 3, added: 0, changed: 1, removed: 1 });
      expect((await handler.readGlossary(PROJECT)).terms).toMatchObject([
        { term: "board", targets: { fr: { as: "plateau" } } },
      ]);
      await handler.editGlossary({ project: PROJECT, remove: [{ term: "board", sourceLocale: "en" }] });
      expect(await handler.readGlossary(PROJECT)).toMatchObject({ revision: 4, terms: [] });
      expect(await handler.readGlossary("other")).toMatchObject({ revision: 0 });
    },
  );

  add("an edit of another revision than the present one changes nothing", async ({ handler }) => {
    await edit(handler, board);
    for (const revision of [0, 2]) {
      const late = handler.editGlossary({ project: PROJECT, set: [keep], revision });
      await expect(late).rejects.toMatchObject({ code: "TH_REVISION_CHANGED", actual: 1 });
    }
    await handler.editGlossary({ project: PROJECT, set: [keep], revision: 1 });
    expect((await handler.readGlossary(PROJECT)).terms).toHaveLength(2);
  });

  add("a term that is none is refused, and the rest of its edit with it", async ({ handler }) => {
    const none = { term: "…", sourceLocale: "en", targets: { fr: { as: "" } } };
    await expect(edit(handler, board, none)).rejects.toMatchObject({ code: "TH_SETTINGS" });
    await expect(edit(handler, board, board)).rejects.toMatchObject({ code: "TH_SETTINGS" });
    expect(await handler.readGlossary(PROJECT)).toMatchObject({ revision: 0, terms: [] });
  });

  add(
    "work has the glossary and the styles of its own project, as they are when it is claimed",
    async ({ handler }) => {
      await edit(handler, board);
      await handler.register([item(), item({ project: "other" })]);
      await handler.setStyle({ project: PROJECT, targetLocale: "fr", instructions: "Say vous.", formality: "more" });
      const batches = await atWork(handler);
      const glossaryOf = (project: string) => batches.find((batch) => batch.project === project)?.glossary;
      expect(glossaryOf("other")).toBeUndefined();
      expect(glossaryOf(PROJECT)).toMatchObject({
        revision: 2,
        terms: [{ term: "board" }],
        styles: [{ targetLocale: "fr", instructions: "Say vous.", formality: "more", also: null }],
      });
      expect(await handler.removeStyle(PROJECT, "fr")).toBe(true);
      expect(await handler.removeStyle(PROJECT, "fr")).toBe(false);
      expect(await handler.readGlossary(PROJECT)).toMatchObject({ revision: 3, styles: [] });
    },
  );

  add("what the second language of a style has of a text goes to work with it", async ({ handler }) => {
    await handler.setStyle({ project: PROJECT, targetLocale: null, also: "fr" });
    await handler.register([item({ targetLocales: ["fr"] })]);
    await translateAll(handler);
    await handler.register([item({ targetLocales: ["de"] }), item({ text: "Pay", targetLocales: ["de"] })]);
    const items = (await atWork(handler, "de")).flatMap((batch) => batch.items);
    const also = Object.fromEntries(items.map((each) => [each.text, each.also]));
    expect(also).toEqual({ "Add to cart": { locale: "fr", text: "Add to cart (fr)" }, Pay: undefined });
  });

  add(
    "an edit makes stale what has the term, in the locales that it is about, until it is made anew",
    async ({ handler }) => {
      const texts = ["Open the board", "BOARD", "Keyboard", "Pay", "on-board"];
      await handler.register(texts.map((text) => item({ text, targetLocales: ["fr", "de"] })));
      await translateAll(handler);
      await handler.register([item({ text: "A new board" })]);
      await edit(handler, board);
      expect(await staleTexts(handler)).toEqual(["BOARD (board)", "Open the board (board)"]);
      expect(await staleTexts(handler, "de")).toEqual([]);
      await edit(handler, { ...board, note: "of a game" });
      await handler.register([item({ text: "BOARD", force: true })]);
      expect(await staleTexts(handler)).toEqual(["Open the board (board)"]);
      await translateAll(handler);
      expect(await staleTexts(handler)).toEqual(["Open the board (board)"]);
      await handler.approve({ reference: textReference({ text: "Open the board" }) });
      expect(await staleTexts(handler)).toEqual([]);
      await handler.editGlossary({ project: PROJECT, remove: [{ term: "board", sourceLocale: "en" }] });
      expect(await staleTexts(handler)).toEqual(["A new board (board)", "BOARD (board)", "Open the board (board)"]);
    },
  );

  add("forgetting and collecting a text remove its marks", async ({ handler }) => {
    await handler.register([item({ text: "A board" }), item({ text: "My board" })]);
    await translateAll(handler);
    await edit(handler, board);
    expect(await staleTexts(handler)).toHaveLength(2);
    await handler.forget({ project: PROJECT, text: "A board", sourceLocale: "en" });
    expect(await staleTexts(handler)).toEqual(["My board (board)"]);
    await untilAged(handler, 1);
    await handler.collect({ retentionDays, includeApproved: true });
    expect(await staleTexts(handler)).toEqual([]);
  });
}
