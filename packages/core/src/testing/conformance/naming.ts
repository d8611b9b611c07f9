/** Ids of translations: the same in every reader, and a wall between projects. */
import { expect } from "vitest";
import type { PersistenceHandler } from "../../contract/store.ts";
import type { Translation } from "../../contract/translation.ts";
import { translationId } from "../../rules/translation-id.ts";
import { type AddCase, item, items, listAll, PROJECT, readOne, textReference, translateAll } from "./kit.ts";

export function namingCases(add: AddCase): void {
  add(
    "a translation has one id in every reader, also after it was settled, forced and approved",
    async ({ handler }) => {
      await handler.register([item({ businessId: "cart", context: '{"screen":"checkout"}' })]);
      const { id } = await readExisting(handler);
      const settled = await translateAll(handler);
      const [key] = settled.flatMap(({ batch }) => batch.items.map((each) => each.key));
      expect(key && translationId(key)).toBe(id);
      const reference = { project: PROJECT, targetLocale: "fr", id };
      const approved = await handler.approve({ reference, by: "mia" });
      expect(approved).toMatchObject({ id, status: "approved", businessIds: ["cart"] });
      for (const found of [
        await readExisting(handler),
        (await handler.read([reference]))[0],
        (await handler.readKeys(key === undefined ? [] : [key]))[0],
        (await listAll(handler))[0],
      ]) {
        expect(found).toEqual(approved);
      }
    },
  );

  add(
    "ids name the translations of one project and locale, and answer in the order of the references",
    async ({ handler }) => {
      await handler.register([
        ...items(2, { targetLocales: ["fr", "de"] }),
        item({ text: "Text number 1", project: "other" }),
        item({ text: "theirs", project: "other" }),
      ]);
      const [first, second] = await listAll(handler);
      const { items: others } = await handler.list({ project: "other", targetLocale: "fr" });
      const theirs = others.find(({ sourceText }) => sourceText === "theirs");
      const ids = [second, theirs, first].map((translation) => translation?.id ?? "");
      const inFrench = ids.map((id) => ({ project: PROJECT, targetLocale: "fr", id }));
      expect(await handler.read([...inFrench, textReference({ text: "Text number 2" })])).toEqual([
        second,
        undefined,
        first,
        await readOne(handler, { text: "Text number 2" }),
      ]);
      // The text is shared, so its id is the same in both projects; each reads its own row.
      const [shared] = await handler.read([
        { project: "other", targetLocale: "fr", id: idOf(others, "Text number 1") },
      ]);
      expect(shared).toMatchObject({ project: "other", sourceText: "Text number 1" });
      expect(await handler.read([{ project: PROJECT, targetLocale: "de", id: ids[0] ?? "" }])).toMatchObject([
        { targetLocale: "de", sourceText: second?.sourceText },
      ]);
      expect(await handler.read([{ project: PROJECT, targetLocale: "ja", id: ids[0] ?? "" }])).toEqual([undefined]);
    },
  );

  add("an id of another project, or of no text, approves nothing", async ({ handler }) => {
    await handler.register([item({ text: "theirs", project: "other" })]);
    await translateAll(handler);
    const { items: before } = await handler.list({ project: "other", targetLocale: "fr" });
    const id = idOf(before, "theirs");
    for (const reference of [
      { project: PROJECT, targetLocale: "fr", id },
      { project: "other", targetLocale: "de", id },
      { project: "other", targetLocale: "fr", id: "999999999-0" },
    ]) {
      await expect(handler.approve({ reference, text: "mine" })).rejects.toMatchObject({ code: "TH_NOT_FOUND" });
    }
    await expect(
      handler.approve({ reference: { project: "other", targetLocale: "fr", id }, revision: 1 }),
    ).rejects.toMatchObject({ code: "TH_REVISION_CHANGED" });
    expect((await handler.list({ project: "other", targetLocale: "fr" })).items).toEqual(before);
  });

  add("a text that was forgotten has lost its id, and gets another one", async ({ handler }) => {
    await handler.register([item()]);
    const { id } = await readExisting(handler);
    await handler.forget({ project: PROJECT, text: "Add to cart", sourceLocale: "en" });
    expect(await handler.read([{ project: PROJECT, targetLocale: "fr", id }])).toEqual([undefined]);
    await handler.register([item()]);
    expect((await readExisting(handler)).id).not.toBe(id);
  });
}

async function readExisting(handler: PersistenceHandler): Promise<Translation & { id: string }> {
  const context = (await listAll(handler))[0]?.context;
  const found = await readOne(handler, { context: context ? JSON.stringify(context) : null });
  if (found?.id == null) throw new Error("the translation has no id");
  return { ...found, id: found.id };
}

function idOf(translations: readonly Translation[], text: string): string {
  return translations.find(({ sourceText }) => sourceText === text)?.id ?? "";
}
