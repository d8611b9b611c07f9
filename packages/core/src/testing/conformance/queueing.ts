/** Conformance: the queue of texts that people have to look at, and its end. */
import { expect } from "vitest";
import type { ListedTranslation, ReviewFilter } from "../../contract/read.ts";
import type { ReviewAct } from "../../contract/review.ts";
import type { PersistenceHandler } from "../../contract/store.ts";
import type { WorkOutcome } from "../../contract/work.ts";
import { type AddCase, failAll, item, PROJECT, Translator, textReference, translated, work } from "./kit.ts";

export function queueingCases(add: AddCase): void {
  add(
    "the queue gives flagged texts, then changed ones, then the rest, each once with its reason",
    async ({ handler }) => {
      await handler.register([
        item({ text: "Pay", businessId: "a.pay" }),
        item({ text: "Back", businessId: "z.back" }),
      ]);
      await translate(handler);
      await act(handler, { kind: "approve", reference: textReference({ text: "Back" }) });
      await handler.register([
        item({ text: "Go back", businessId: "z.back" }),
        item({ text: "Long", businessId: "m.long" }),
      ]);
      await translate(handler, (text) => (text === "Long" ? flagged : translated(text)));
      expect(await queue(handler)).toEqual(["Long flagged", "Go back changed", "Pay sample"]);
      expect(await queue(handler, { queue: { sample: 0 } })).toEqual(["Long flagged", "Go back changed"]);
      expect(await queue(handler, { businessIdPrefix: "z." })).toEqual(["Go back changed"]);
    },
  );

  add(
    "a text leaves the queue by an act of a person, and comes back by an undo or another text",
    async ({ handler }) => {
      await handler.register([item({ text: "Pay" }), item({ text: "Back" })]);
      await translate(handler, () => flagged);
      await act(handler, { kind: "approve", reference: textReference({ text: "Pay" }) });
      expect(await queue(handler)).toEqual(["Back flagged"]);
      await act(handler, { kind: "undo", reference: textReference({ text: "Pay" }) });
      expect(await queue(handler)).toEqual(["Pay flagged", "Back flagged"]);
      await act(handler, { kind: "approve", reference: textReference({ text: "Pay" }) });
      await act(handler, { kind: "reopen", reference: textReference({ text: "Pay" }) });
      expect(await queue(handler)).toEqual(["Back flagged"]);
      // Rejected, and in the work of an engine: nobody has to look.
      for (const hide of [false, true]) {
        await act(handler, { kind: "reject", reference: textReference({ text: "Back" }), note: "no", hide });
        expect(await queue(handler)).toEqual([]);
        await translate(handler, () => translated(`better ${hide}`));
        expect(await queue(handler)).toEqual(["Back changed"]);
      }
      // The same text again, or none, is no better for it.
      await act(handler, { kind: "reject", reference: textReference({ text: "Back" }) });
      await translate(handler, () => translated("better true"));
      expect(await queue(handler)).toEqual(["Back changed"]);
      await act(handler, { kind: "reject", reference: textReference({ text: "Back" }) });
      await failAll(handler);
      expect(await queue(handler)).toEqual(["Back changed"]);
      await act(handler, { kind: "approve", reference: textReference({ text: "Back" }) });
      expect(await queue(handler)).toEqual([]);
    },
  );

  add("an approved text is in the queue while an edit of the glossary makes it stale", async ({ handler }) => {
    await handler.register([item({ text: "Open the board" })]);
    await translate(handler);
    await act(handler, { kind: "approve", reference: textReference({ text: "Open the board" }) });
    const board = { term: "board", sourceLocale: "en", targets: { fr: { as: "plateau" } } };
    await handler.editGlossary({ project: PROJECT, set: [board], by: "mia" });
    // Workers mark by and by; asking for the stale texts marks all at once.
    await handler.listStale({ project: PROJECT, targetLocale: "fr" });
    expect(await queue(handler)).toEqual(["Open the board changed"]);
    await act(handler, {
      kind: "approve",
      reference: textReference({ text: "Open the board" }),
      text: "Ouvrir le plateau",
    });
    expect(await queue(handler)).toEqual([]);
  });

  add("the sample of the queue is the same at each call, and grows with its share", async ({ handler }) => {
    const texts = Array.from({ length: 60 }, (_, at) => item({ text: `Text ${at}`, businessId: `id.${at}` }));
    await handler.register(texts);
    await translate(handler);
    const third = await queue(handler, { queue: { sample: 30 } });
    expect(await queue(handler, { queue: { sample: 30 } })).toEqual(third);
    const half = await queue(handler, { queue: { sample: 60 } });
    expect(half).toEqual(expect.arrayContaining(third));
    expect(third.length).toBeGreaterThan(5);
    expect(half.length).toBeGreaterThan(third.length);
    expect(half.length).toBeLessThan(55);
  });
}

const flagged: WorkOutcome = { kind: "translated", text: "fr", engine: "test", model: null, flags: ["length"] };

async function translate(
  handler: PersistenceHandler,
  outcome: (text: string) => WorkOutcome = (text) => translated(text),
): Promise<void> {
  await work(handler, new Translator(({ text }) => outcome(text)).translate);
}

async function act(handler: PersistenceHandler, given: ReviewAct): Promise<void> {
  const [result] = await handler.review([given]);
  expect(result?.error).toBeUndefined();
}

/** The whole queue, in pages of one text, such as `Pay flagged`. */
async function queue(handler: PersistenceHandler, filter: Partial<ReviewFilter> = {}): Promise<string[]> {
  const found: ListedTranslation[] = [];
  let cursor: string | undefined;
  do {
    const asked = { project: PROJECT, targetLocale: "fr", queue: { sample: 100 }, ...filter };
    const page = await handler.listForReview(asked, { limit: 1, cursor });
    expect(page.items.length).toBeLessThanOrEqual(1);
    found.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return found.map(({ sourceText, reason }) => `${sourceText} ${reason}`);
}
