/** Rows over the greatest size of a text, as another program or an earlier release may have left them: each harms itself alone. */
import { drain, echo, item, reference, test, value } from "@trans-hub/test-support/store";
import { describe, expect } from "vitest";
import { MAX_STORED_TEXT_BYTES } from "../../contract/text-size.ts";
import { translateBatch } from "../../translate/translate-batch.ts";

const TOO_LONG = { code: "TH_TEXT_TOO_LONG", message: `The stored text is longer than ${MAX_STORED_TEXT_BYTES} bytes` };
const ENORMOUS = "repeat('x', 20000000)";

type Database = Parameters<typeof value>[0];

const makeTranslationEnormous = (db: Database, text: string, size = ENORMOUS) =>
  db.query(
    `update trans_hub.translation as t set text = ${size} from trans_hub.content as c
     where c.content_no = t.content_no and c.text = $1`,
    [text],
  );

/** The row keeps its identity, which is made from the text before. */
const makeSourceEnormous = (db: Database, text: string, size = ENORMOUS) =>
  db.query(`update trans_hub.content set text = ${size} where text = $1`, [text]);

const TEXTS = ["Pay", "Back", "Save"];
const items = TEXTS.map((text) => item(text, { businessId: `id.${text}` }));

describe("an enormous translation", () => {
  test("is shown without its text and with the reason, by every reader; its neighbours are shown as they are", async ({
    db,
    store,
  }) => {
    await store.register(items);
    await drain(store);
    await makeTranslationEnormous(db, "Back");
    const shown = [
      { sourceText: "Pay", status: "translated", text: "[fr] Pay" },
      { sourceText: "Back", status: "translated", text: null, error: TOO_LONG },
      { sourceText: "Save", status: "translated", text: "[fr] Save" },
    ];
    expect(await store.read(TEXTS.map((text) => reference(text)))).toMatchObject(shown);
    const byId = TEXTS.map((text) => ({ project: "default", targetLocale: "fr", businessId: `id.${text}` }));
    expect(await store.read(byId)).toMatchObject(shown);
    const listed = await store.list({ project: "default", targetLocale: "fr" });
    expect(listed.items.toSorted((a, b) => TEXTS.indexOf(a.sourceText) - TEXTS.indexOf(b.sourceText))).toMatchObject(
      shown,
    );
    const asked = JSON.stringify(TEXTS.map((text) => ({ text, sourceLocale: "en" })));
    expect(await value<unknown>(db, "select trans_hub.get_translations($1::jsonb, 'fr')", [asked])).toMatchObject(
      shown,
    );
  });

  test("is replaced by a person's text", async ({ db, store }) => {
    await store.register(items);
    await drain(store);
    await makeTranslationEnormous(db, "Back");
    expect(await store.approve({ reference: reference("Back"), text: "Retour" })).toMatchObject({ text: "Retour" });
    expect((await store.read([reference("Back")]))[0]).not.toHaveProperty("error");
  });
});

describe("an enormous source", () => {
  test("is shown without its text and with the reason; its neighbours are shown as they are", async ({ db, store }) => {
    await store.register(items);
    await drain(store);
    await makeSourceEnormous(db, "Back");
    const listed = await store.list({ project: "default", targetLocale: "fr" });
    expect(listed.items.find(({ text }) => text === "[fr] Back")).toMatchObject({ sourceText: "", error: TOO_LONG });
    expect(listed.items.filter(({ error }) => error === undefined)).toHaveLength(2);
    const businessId = "id.Back";
    expect(await store.read([{ project: "default", targetLocale: "fr", businessId }])).toMatchObject([
      { sourceText: "", text: "[fr] Back", error: TOO_LONG },
    ]);
    const asked = JSON.stringify(TEXTS.map((text) => ({ businessId: `id.${text}` })));
    expect(await value<unknown>(db, "select trans_hub.get_translations($1::jsonb, 'fr')", [asked])).toMatchObject([
      { sourceText: "Pay" },
      { sourceText: "", text: "[fr] Back", error: TOO_LONG },
      { sourceText: "Save" },
    ]);
  });

  test("goes to the dead letters without an engine, and its neighbours of the same batch are translated", async ({
    db,
    store,
  }) => {
    await store.register(items);
    await makeSourceEnormous(db, "Back");
    const asked: string[] = [];
    const engine = {
      name: "test",
      version: "1",
      processor: "local" as const,
      maxItemsPerCall: 100,
      maxBytesPerCall: 1_000_000_000,
      detectsSource: true,
      takesContext: true,
      translate: async (batch: { items: readonly { id: string; text: string }[] }) => {
        asked.push(...batch.items.map(({ text }) => text));
        return { results: new Map(batch.items.map(({ id, text }) => [id, { text: `[fr] ${text}` }])) };
      },
    };
    const summary = await drain(store, translateBatch({ engines: [engine], maxAttempts: 5, engineTimeoutMs: 60_000 }));
    expect(summary).toMatchObject({ translated: 2, failed: 1 });
    expect(asked.toSorted()).toEqual(["Pay", "Save"]);
    const letters = await store.listDeadLetters({ project: "default" });
    expect(letters.items).toMatchObject([{ sourceText: "", code: "TH_ENGINE_TOO_LONG" }]);
  });
});

describe("many large texts", () => {
  test("together are read in SQL as far as one answer holds them, the small ones first", async ({ db, store }) => {
    const texts = Array.from({ length: 12 }, (_, at) => `Text ${at}`);
    await store.register(texts.map((text) => item(text)));
    await drain(store);
    for (const text of texts.slice(1)) await makeTranslationEnormous(db, text, "repeat('y', 16000000)");
    const asked = JSON.stringify([...texts.slice(1), "Text 0"].map((text) => ({ text, sourceLocale: "en" })));
    const query = `select g.ord::int, octet_length(g.value ->> 'text') as bytes, g.value #>> '{error,code}' as code
      from jsonb_array_elements(trans_hub.get_translations($1::jsonb, 'fr')) with ordinality as g (value, ord)`;
    const { rows } = await db.query<{ ord: number; bytes: number | null; code: string | null }>(query, [asked]);
    expect(rows).toHaveLength(12);
    expect(rows.at(-1)).toEqual({ ord: 12, bytes: 11, code: null });
    const shown = rows.filter(({ bytes }) => bytes === 16_000_000);
    const left = rows.filter(({ bytes }) => bytes === null);
    expect(shown.length + left.length).toBe(11);
    expect(shown.length).toBeGreaterThan(3);
    expect(left.length).toBeGreaterThan(0);
    expect(left.every(({ code }) => code === "TH_TEXT_TOO_LONG")).toBe(true);
  });

  test("are listed in pages of fewer rows, each row once", async ({ db, store }) => {
    const texts = Array.from({ length: 9 }, (_, at) => `Text ${at}`);
    await store.register(texts.map((text) => item(text)));
    await drain(store);
    for (const text of texts.slice(0, 7)) await makeTranslationEnormous(db, text, "repeat('y', 16000000)");
    const seen: string[] = [];
    let pages = 0;
    for (let cursor: string | null | undefined; cursor !== null; pages += 1) {
      const page = await store.list({ project: "default", targetLocale: "fr" }, { ...(cursor && { cursor }) });
      seen.push(...page.items.map(({ sourceText }) => sourceText));
      cursor = page.nextCursor;
    }
    expect(seen.toSorted()).toEqual(texts);
    expect(pages).toBeGreaterThan(2);
    expect(pages).toBeLessThan(9);
  });

  test("of dead letters are listed in pages of fewer rows, each once", async ({ db, store }) => {
    const texts = Array.from({ length: 6 }, (_, at) => `Text ${at}`);
    await store.register(texts.map((text) => item(text)));
    await drain(store, async (batch, signal) => {
      const result = await echo(batch, signal);
      const error = { at: new Date().toISOString(), engine: "test", code: "TH_ENGINE_REFUSED", message: "No" };
      return { ...result, outcomes: batch.items.map(() => ({ kind: "failed", error })) };
    });
    for (const text of texts.slice(0, 5)) await makeSourceEnormous(db, text, `$$${text}$$ || repeat('y', 16000000)`);
    const seen: string[] = [];
    let pages = 0;
    for (let cursor: string | null | undefined; cursor !== null; pages += 1) {
      const page = await store.listDeadLetters({ project: "default" }, { ...(cursor && { cursor }) });
      seen.push(...page.items.map(({ sourceText }) => sourceText.slice(0, 6)));
      cursor = page.nextCursor;
    }
    expect(seen.toSorted()).toEqual(texts);
    expect(pages).toBeGreaterThan(1);
  });
});
