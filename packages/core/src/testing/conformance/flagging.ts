import { expect } from "vitest";
import type { WorkOutcome } from "../../contract/work.ts";
import {
  type AddCase,
  failAll,
  item,
  items,
  listAll,
  PROJECT,
  readOne,
  Translator,
  textReference,
  work,
} from "./kit.ts";

const stored = (text: string, ...flags: string[]): WorkOutcome => ({
  kind: "translated",
  text,
  engine: "test",
  model: null,
  flags,
});

export function flaggingCases(add: AddCase): void {
  add("the warnings of a text are read with it, by text, by business id, by page and by key", async ({ handler }) => {
    await handler.register([item({ businessId: "cart" }), item({ text: "Save" })]);
    const keys: Parameters<typeof handler.readKeys>[0][number][] = [];
    const translator = new Translator(({ text, key }) => {
      keys.push(key);
      return text === "Save" ? stored("Enregistrer") : stored("Ajouter", "length", "same");
    });
    await work(handler, translator.translate);
    const flags = ["length", "same"];
    expect(await readOne(handler)).toMatchObject({ text: "Ajouter", flags });
    expect(await readOne(handler, { businessId: "cart" })).toMatchObject({ text: "Ajouter", flags });
    expect(await readOne(handler, { text: "Save" })).toMatchObject({ text: "Enregistrer", flags: [] });
    const byText = (all: readonly { sourceText: string; flags: string[] }[]) =>
      Object.fromEntries(all.map((each) => [each.sourceText, each.flags]));
    const expected = { "Add to cart": flags, Save: [] };
    expect(byText(await listAll(handler))).toEqual(expected);
    expect(byText(await handler.readKeys(keys))).toEqual(expected);
  });

  add("a list can be asked for the texts with one warning", async ({ handler }) => {
    await handler.register(items(3));
    const flags: Record<string, string[]> = { "Text number 1": ["length", "numbers"], "Text number 2": ["numbers"] };
    await work(handler, new Translator(({ text }) => stored("fr", ...(flags[text] ?? []))).translate);
    const texts = async (flag: string) =>
      (await handler.list({ project: PROJECT, targetLocale: "fr", flag })).items
        .map(({ sourceText }) => sourceText)
        .sort();
    expect(await texts("numbers")).toEqual(["Text number 1", "Text number 2"]);
    expect(await texts("length")).toEqual(["Text number 1"]);
    expect(await texts("same")).toEqual([]);
  });

  add("a text without a warning, and one that is not translated yet, has none", async ({ handler }) => {
    await handler.register([item({ targetLocales: ["fr", "de"] }), item({ text: "24/7", verbatim: true })]);
    const plain: WorkOutcome = { kind: "translated", text: "fr", engine: "test", model: null };
    await work(handler, new Translator(() => plain).translate, { locales: ["fr"] });
    expect((await listAll(handler)).map(({ flags }) => flags)).toEqual([[], []]);
    expect(await readOne(handler, { targetLocale: "de" })).toMatchObject({ status: "pending", flags: [] });
  });

  add("the name of a check that this release does not know passes through", async ({ handler }) => {
    await handler.register([item()]);
    await work(handler, new Translator(() => stored("fr", 'of "a later", {release}\\')).translate);
    expect((await readOne(handler))?.flags).toEqual(['of "a later", {release}\\']);
  });

  add(
    "a forced text keeps its warnings until it is replaced, and then has those of the new text",
    async ({ handler }) => {
      await handler.register([item()]);
      await work(handler, new Translator(() => stored("old", "length")).translate);
      await handler.register([item({ force: true })]);
      expect(await readOne(handler)).toMatchObject({ status: "pending", text: "old", flags: ["length"] });
      await work(handler, new Translator(() => stored("new", "same")).translate);
      expect(await readOne(handler)).toMatchObject({ text: "new", flags: ["same"] });
      await handler.register([item({ force: true })]);
      await work(handler, new Translator(() => stored("newest")).translate);
      expect(await readOne(handler)).toMatchObject({ text: "newest", flags: [] });
    },
  );

  add("a forced try that fails leaves the text with its warnings", async ({ handler }) => {
    await handler.register([item()]);
    await work(handler, new Translator(() => stored("old", "length")).translate);
    await handler.register([item({ force: true })]);
    await failAll(handler);
    expect(await readOne(handler)).toMatchObject({ status: "translated", text: "old", flags: ["length"] });
  });

  add("an approval takes the warnings away, of a person's own text and of the stored one", async ({ handler }) => {
    await handler.register(items(2));
    await work(handler, new Translator(({ text }) => stored(text, "length")).translate);
    const [own, same] = [textReference({ text: "Text number 1" }), textReference({ text: "Text number 2" })];
    expect(await handler.approve({ reference: own, text: "Un" })).toMatchObject({ text: "Un", flags: [] });
    expect(await handler.approve({ reference: same })).toMatchObject({ text: "Text number 2", flags: [] });
    expect((await listAll(handler)).map(({ flags }) => flags)).toEqual([[], []]);
  });

  add("the status counts each text that was stored with a warning, whatever becomes of it", async ({ handler }) => {
    expect((await handler.status()).flagged).toEqual({});
    await handler.register([...items(3), item({ text: "elsewhere", project: "other", targetLocales: ["de"] })]);
    const translator = new Translator(({ text }) =>
      text === "Text number 1" ? stored("fr") : stored("fr", "length", ...(text === "elsewhere" ? ["same"] : [])),
    );
    await work(handler, translator.translate);
    expect((await handler.status()).flagged).toEqual({ length: 3, same: 1 });
    expect((await handler.status("other")).flagged).toEqual({ length: 1, same: 1 });
    expect((await handler.status()).translations).toMatchObject({ translated: 4 });

    await handler.approve({ reference: textReference({ text: "Text number 2" }) });
    await handler.register([item({ text: "Text number 3", force: true })]);
    await work(handler, new Translator(() => stored("fr")).translate);
    expect((await handler.status()).flagged).toEqual({ length: 3, same: 1 });
    expect((await handler.status()).translations).toMatchObject({ translated: 3, approved: 1 });
  });
}
