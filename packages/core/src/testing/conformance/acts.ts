import { expect } from "vitest";
import { MAX_REVIEW_ACTS, type ReviewAct } from "../../contract/review.ts";
import type { PersistenceHandler } from "../../contract/store.ts";
import type { Translation } from "../../contract/translation.ts";
import {
  type AddCase,
  announceRetention,
  failAll,
  HeldTranslator,
  item,
  PROJECT,
  readOne,
  retentionDays,
  retry,
  Translator,
  textReference,
  translateAll,
  translated,
  untilAged,
  work,
} from "./kit.ts";

type Act = Omit<ReviewAct, "kind" | "reference"> & { text?: string };

/** Takes one act on the text of the case, and gives the row after it. */
async function take(handler: PersistenceHandler, kind: ReviewAct["kind"], act: Act = {}): Promise<Translation> {
  const [result] = await handler.review([{ kind, reference: textReference(), ...act }]);
  if (result?.translation === undefined) throw result?.error ?? new Error("no result");
  return result.translation;
}

async function entries(handler: PersistenceHandler, reference = textReference()) {
  return (await handler.history(reference)).items;
}

/** A row without what each act changes by its nature. */
function lasting({ revision: _revision, ...row }: Translation): Omit<Translation, "revision"> {
  return row;
}

export function actingCases(add: AddCase): void {
  add("a revision that no row can have is refused like any other, and stops no other act", async ({ handler }) => {
    await handler.register(["One", "Two"].map((text) => item({ text })));
    await translateAll(handler);
    const acts = ["One", "Two"].map((text) => ({ kind: "approve" as const, reference: textReference({ text }) }));
    const results = await handler.review(acts.map((act, at) => (at === 0 ? act : { ...act, revision: 2 ** 31 })));
    expect(results.map(({ translation, error }) => error?.code ?? translation?.status)).toEqual([
      "approved",
      "TH_REVISION_CHANGED",
    ]);
  });

  add("a rejected text is served until a new one is stored, and its note goes with each try", async ({ handler }) => {
    await handler.register([item()]);
    await translateAll(handler, () => "old");
    const { revision } = (await readOne(handler)) as Translation;
    const rejected = await take(handler, "reject", { note: "Say panier", by: "mia", revision });
    expect(rejected).toMatchObject({ status: "pending", text: "old", engine: "test", revision: revision + 1 });
    const translator = new Translator(({ attempt }) => (attempt === 1 ? retry(5) : translated("new")));
    await work(handler, translator.translate, { until: "empty" });
    expect(translator.items.map(({ reviewNote }) => reviewNote)).toEqual(["Say panier", "Say panier"]);
    expect(await readOne(handler)).toMatchObject({ status: "translated", text: "new" });
    expect(await entries(handler)).toMatchObject([
      { action: "replace", by: null, textBefore: "old", textAfter: "new", statusBefore: "pending", engine: "test" },
      {
        ...{ action: "reject", by: "mia", note: "Say panier", textBefore: "old", textAfter: "old" },
        ...{
          statusBefore: "translated",
          statusAfter: "pending",
          revisionBefore: revision,
          revisionAfter: revision + 1,
        },
      },
    ]);
    await handler.register([item({ force: true })]);
    const later = new Translator();
    await work(handler, later.translate);
    expect(later.items).toMatchObject([{ text: "Add to cart" }]);
    expect(later.items[0]).not.toHaveProperty("reviewNote");
  });

  add("a rejected text whose new try fails stays, and is approved no more", async ({ handler }) => {
    await handler.register([item()]);
    await translateAll(handler, () => "old");
    await take(handler, "approve", { by: "mia" });
    await take(handler, "reject");
    expect((await handler.status()).translations).toEqual({ pending: 1, translated: 0, failed: 0, approved: 0 });
    await failAll(handler);
    expect(await readOne(handler)).toMatchObject({
      status: "translated",
      text: "old",
      error: { code: "TH_ENGINE_REFUSED" },
    });
    expect((await handler.listDeadLetters({})).items).toHaveLength(1);
    // Undone, the approval is back, and the letter of the failed try is closed.
    expect(await take(handler, "undo")).toMatchObject({ status: "approved", text: "old" });
    expect((await handler.listDeadLetters({})).items).toEqual([]);
    expect((await readOne(handler))?.error).toBeUndefined();
    expect((await handler.status()).translations).toEqual({ pending: 0, translated: 0, failed: 0, approved: 1 });
  });

  add("a rejected text that is hidden is shown to nobody, and comes back when that is undone", async ({ handler }) => {
    await handler.register([item(), item({ text: "other" })]);
    await translateAll(handler, (source) => `${source} 1`);
    const hidden = await take(handler, "reject", { hide: true });
    expect(hidden).toMatchObject({ status: "pending", text: null, engine: null, flags: [] });
    await failAll(handler);
    expect(await readOne(handler)).toMatchObject({ status: "failed", text: null });
    expect((await handler.listDeadLetters({})).items).toHaveLength(1);
    expect(await take(handler, "undo")).toMatchObject({ status: "translated", text: "Add to cart 1", engine: "test" });
    expect((await handler.listDeadLetters({})).items).toEqual([]);
    expect(await readOne(handler, { text: "other" })).toMatchObject({ status: "translated", text: "other 1" });
    await take(handler, "reject", { hide: true });
    await translateAll(handler, () => "new");
    expect(await readOne(handler)).toMatchObject({ status: "translated", text: "new" });
  });

  add("cancelling the new try keeps a rejected text, and goes on hiding a hidden one", async ({ handler }) => {
    await handler.register([item(), item({ text: "hidden" }), item({ text: "never" })]);
    const translator = new Translator(({ text }) => (text === "never" ? retry(600_000) : translated("old")));
    await work(handler, translator.translate);
    await take(handler, "reject");
    const reference = textReference({ text: "hidden" });
    await handler.review([{ kind: "reject", reference, hide: true }]);
    expect(await handler.cancel({ project: PROJECT })).toBe(3);
    expect(await readOne(handler)).toMatchObject({ status: "translated", text: "old" });
    expect(await readOne(handler, { text: "never" })).toBeUndefined();
    expect(await readOne(handler, { text: "hidden" })).toMatchObject({
      status: "failed",
      text: null,
      error: { code: "TH_CANCELLED" },
    });
    const { revision } = (await readOne(handler, { text: "hidden" })) as Translation;
    expect((await handler.review([{ kind: "undo", reference, revision }]))[0]?.translation).toMatchObject({
      status: "translated",
      text: "old",
    });
    expect((await handler.listDeadLetters({})).items).toEqual([]);
  });

  add("an approval is taken back, and no other text is reopened", async ({ handler }) => {
    await handler.register([item()]);
    await translateAll(handler, () => "old");
    await expect(take(handler, "reopen")).rejects.toMatchObject({ code: "TH_NOT_APPROVED" });
    await take(handler, "approve", { by: "mia" });
    expect(await take(handler, "reopen")).toMatchObject({ status: "translated", text: "old" });
    expect((await handler.status()).translations).toEqual({ pending: 0, translated: 1, failed: 0, approved: 0 });
    await handler.register([item({ force: true })]);
    await translateAll(handler, () => "new");
    expect(await readOne(handler)).toMatchObject({ text: "new" });
  });

  add("undoing each act gives the text, its engine, its warnings and its approval back", async ({ handler }) => {
    await handler.register([item()]);
    const flagged = { ...translated("old"), flags: ["length"] } as const;
    await work(handler, new Translator(() => flagged).translate);
    const states = [(await readOne(handler)) as Translation];
    for (const [kind, act] of [
      ["approve", { by: "mia", note: "fine" }],
      ["approve", { text: "mine", by: "bo" }],
      ["reopen", {}],
      ["reject", { note: "no" }],
      ["approve", { text: "last" }],
    ] as const) {
      states.push(await take(handler, kind, act));
    }
    await expect(take(handler, "undo", { revision: 1 })).rejects.toMatchObject({ code: "TH_REVISION_CHANGED" });
    for (const before of states.slice(0, -1).toReversed()) {
      const undone = await take(handler, "undo", { by: "ada" });
      expect(lasting(undone)).toEqual(lasting(before));
      expect(undone).toEqual(await readOne(handler));
    }
    await expect(take(handler, "undo")).rejects.toMatchObject({ code: "TH_NOTHING_TO_UNDO" });
    const all = await entries(handler);
    expect(all.map(({ action }) => action)).toEqual([
      ...["undo", "undo", "undo", "undo", "undo"],
      ...["edit", "reject", "reopen", "edit", "approve"],
    ]);
    expect(all.every(({ action, undoes, undoneBy }) => (action === "undo" ? undoes !== null : undoneBy !== null))).toBe(
      true,
    );
    expect(all.map(({ revisionBefore }) => revisionBefore)).toEqual(
      all.map((_, at) => (states[0]?.revision ?? 0) + all.length - 1 - at),
    );
    expect(all.at(-1)).toMatchObject({ by: "mia", note: "fine", textBefore: "old", textAfter: "old" });
    expect(all.at(-2)).toMatchObject({ by: "bo", textBefore: "old", textAfter: "mine", engine: "human", model: null });
  });

  add("undone, a text that waited is work again, and a failed one has its letter open again", async ({ handler }) => {
    // Before the text is registered: later it could be old already, and go.
    await announceRetention(handler);
    await handler.register([item()]);
    await take(handler, "approve", { text: "person" });
    expect(await take(handler, "undo")).toMatchObject({ status: "pending", text: null });
    await failAll(handler);
    const { items: letters } = await handler.listDeadLetters({});
    await take(handler, "approve", { text: "person" });
    expect((await handler.listDeadLetters({})).items).toEqual([]);
    // The letter is closed, and stays for an undo.
    await untilAged(handler, 1);
    await handler.touch([textReference()]);
    await handler.collect({ retentionDays });
    expect(await take(handler, "undo")).toMatchObject({
      status: "failed",
      text: null,
      error: { code: "TH_ENGINE_REFUSED" },
    });
    expect((await handler.listDeadLetters({})).items).toEqual(letters);
    expect(await handler.replayDeadLetters({})).toBe(1);
    await translateAll(handler, () => "machine");
    expect(await readOne(handler)).toMatchObject({ status: "translated", text: "machine" });
  });

  add(
    "a text that a machine replaced after an act is taken back by nobody who has not seen it",
    async ({ handler }) => {
      await handler.register([item()]);
      await translateAll(handler, () => "old");
      await take(handler, "approve");
      const { revision: seen } = await take(handler, "reopen");
      await handler.register([item({ force: true })]);
      await translateAll(handler, () => "forced");
      for (const act of [{}, { revision: seen }]) {
        await expect(take(handler, "undo", act)).rejects.toMatchObject({
          code: "TH_REVISION_CHANGED",
          actual: seen + 1,
        });
      }
      expect(await take(handler, "undo", { revision: seen + 1 })).toMatchObject({ status: "approved", text: "old" });
      expect(
        (await entries(handler)).map(({ action, textBefore, textAfter }) => [action, textBefore, textAfter]),
      ).toEqual([
        ["undo", "forced", "old"],
        ["replace", "old", "forced"],
        ["reopen", "old", "old"],
        ["approve", "old", "old"],
      ]);
    },
  );

  add("of many acts each has its own end, and acts on one text are taken in their order", async ({ handler }) => {
    await handler.register([item(), item({ text: "two" })]);
    await translateAll(handler, () => "old");
    const { revision = 0 } = (await readOne(handler)) ?? {};
    const reference = textReference();
    const results = await handler.review([
      { kind: "approve", reference, text: "mine", revision },
      { kind: "reject", reference, revision },
      { kind: "reject", reference, revision: revision + 1, note: "again" },
      { kind: "approve", reference: textReference({ text: "none" }) },
      { kind: "reopen", reference: textReference({ text: "two" }) },
      { kind: "undo", reference: textReference({ text: "two" }) },
      { kind: "approve", reference: textReference({ text: "two" }), by: "mia" },
    ]);
    expect(results.map(({ error }) => error?.code)).toEqual([
      undefined,
      "TH_REVISION_CHANGED",
      undefined,
      "TH_NOT_FOUND",
      "TH_NOT_APPROVED",
      "TH_NOTHING_TO_UNDO",
      undefined,
    ]);
    expect(results[1]?.current).toMatchObject({ sourceText: "Add to cart" });
    expect(results[3]?.current).toBeUndefined();
    expect(results[6]?.translation).toMatchObject({ sourceText: "two", status: "approved" });
    const translator = new Translator(() => translated("new"));
    await work(handler, translator.translate);
    expect(translator.items).toMatchObject([{ text: "Add to cart", reviewNote: "again" }]);
    expect(await readOne(handler)).toMatchObject({ status: "translated", text: "new" });
    const many = Array.from({ length: MAX_REVIEW_ACTS + 1 }, () => ({ kind: "undo", reference }) as const);
    await expect(handler.review(many)).rejects.toMatchObject({ code: "TH_ITEM_SHAPE" });
    expect(await handler.review([])).toEqual([]);
  });

  add("an act on a text that an engine has makes the engine's answer void", async ({ handler }) => {
    await handler.register([item()]);
    await translateAll(handler, () => "old");
    await handler.register([item({ force: true })]);
    const held = new HeldTranslator("held");
    const working = work(handler, held.first(new Translator(() => translated("new"))));
    await held.started;
    const rejected = await take(handler, "reject", { note: "no" });
    held.letGo();
    await working;
    await translateAll(handler, () => "new");
    expect(await readOne(handler)).toMatchObject({ status: "translated", text: "new", revision: rejected.revision });
    expect((await entries(handler)).map(({ action, textAfter }) => [action, textAfter])).toEqual([
      ["replace", "new"],
      ["reject", "old"],
    ]);
  });

  add("a machine's first text has no history, and a person's translation from elsewhere has", async ({ handler }) => {
    await handler.register([item()]);
    await translateAll(handler, () => "old");
    expect(await entries(handler)).toEqual([]);
    expect(await entries(handler, textReference({ text: "unknown" }))).toEqual([]);
    await handler.contribute([{ item: item(), translation: "catalog", status: "approved", by: "mia" }]);
    expect(await entries(handler)).toMatchObject([
      { action: "contribute", by: "mia", textBefore: "old", textAfter: "catalog", statusAfter: "approved" },
    ]);
    expect(await take(handler, "undo")).toMatchObject({ status: "translated", text: "old", engine: "test" });
  });

  add("the history comes by pages, latest entry first", async ({ handler }) => {
    await handler.register([item()]);
    for (let at = 1; at <= 5; at += 1) await take(handler, "approve", { text: `text ${at}` });
    const texts: (string | null)[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await handler.history(textReference(), { limit: 2, cursor });
      expect(page.items.length).toBeLessThanOrEqual(2);
      texts.push(...page.items.map(({ textAfter }) => textAfter));
      cursor = page.nextCursor;
    }
    expect(texts).toEqual(["text 5", "text 4", "text 3", "text 2", "text 1"]);
  });

  for (const [way, remove] of [
    ["forgotten", (handler) => handler.forget({ project: PROJECT, text: "Add to cart", sourceLocale: "en" })],
    ["forgotten by a prefix", (handler) => handler.forget({ project: PROJECT, businessIdPrefix: "cart." })],
    [
      "purged",
      async (handler) => {
        await take(handler, "undo");
        await failAll(handler);
        await handler.purgeDeadLetters({});
      },
    ],
    [
      "collected",
      async (handler) => {
        await announceRetention(handler);
        await untilAged(handler, 1);
        await handler.collect({ retentionDays, includeApproved: true });
      },
    ],
  ] satisfies [string, (handler: PersistenceHandler) => Promise<unknown>][]) {
    add(`the history of a text goes when it is ${way}`, async ({ handler }) => {
      const named = item({ businessId: "cart.add" });
      await handler.register([named]);
      await take(handler, "approve", { text: "person", note: "a note" });
      await remove(handler);
      expect(await readOne(handler)).toBeUndefined();
      expect(await entries(handler)).toEqual([]);
      await handler.register([named]);
      expect(await entries(handler)).toEqual([]);
      await expect(take(handler, "undo")).rejects.toMatchObject({ code: "TH_NOTHING_TO_UNDO" });
    });
  }

  add("readers of the feed hear of each act once", async ({ handler }) => {
    await handler.register([item(), item({ text: "two" })]);
    await translateAll(handler, () => "old");
    const { next } = await handler.events({ after: "now" });
    const acts: ReviewAct["kind"][] = ["approve", "reopen", "reject", "undo"];
    const revisions: number[] = [];
    for (const kind of acts) {
      const both = await handler.review(
        ["Add to cart", "two"].map((text) => ({ kind, reference: textReference({ text }) })),
      );
      revisions.push(both[0]?.translation?.revision ?? 0);
    }
    const { events } = await handler.events({ after: next });
    expect(events.map(({ kind, ids }) => [kind, ids.length])).toEqual([
      ["approved", 2],
      ["reopened", 2],
      ["rejected", 2],
      ["undone", 2],
    ]);
    expect(events.map((event) => event.revisions?.[0])).toEqual(revisions);
  });
}
