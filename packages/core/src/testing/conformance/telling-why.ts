/** What stands of a translation beside its text. */
import { expect } from "vitest";
import type { PersistenceHandler } from "../../contract/store.ts";
import type { Prefer } from "../../contract/translation.ts";
import type { TranslationFacts } from "../../contract/why.ts";
import {
  type AddCase,
  failAll,
  HeldTranslator,
  item,
  PROJECT,
  readOne,
  textReference,
  translateAll,
  work,
} from "./kit.ts";

async function whyOf(handler: PersistenceHandler): Promise<TranslationFacts | undefined> {
  const id = (await readOne(handler))?.id ?? "";
  return handler.why({ id, project: PROJECT, targetLocale: "fr" });
}

export function tellingWhyCases(add: AddCase): void {
  add(
    "the translation of the text that a business id stood for before is read, and nothing else",
    async ({ handler }) => {
      const reference = { project: PROJECT, targetLocale: "fr", businessId: "cart" };
      const readOld = async (prefer: Prefer = "approved-or-translated") =>
        (await handler.readOutdated([{ ...reference, businessId: "none" }, reference], { prefer }))[1];
      await handler.register([item({ businessId: "cart" })]);
      await translateAll(handler);
      // The present text is none from before.
      expect(await readOld()).toBeUndefined();
      await handler.register([item({ text: "Put into the cart", businessId: "cart" })]);
      expect(await readOld()).toEqual({ text: "Add to cart (fr)", engine: "test", model: null, flags: [] });
      expect(await readOld("approved")).toBeUndefined();
      await handler.approve({ reference: textReference(), text: "Ajouter" });
      expect(await readOld("approved")).toMatchObject({ text: "Ajouter", engine: "human" });
      expect(await handler.readOutdated([{ ...reference, targetLocale: "de" }], { prefer: "approved" })).toEqual([
        undefined,
      ]);
    },
  );

  add("a waiting text has its uses, hints and the work that it is in", async ({ handler }) => {
    await handler.register([item({ businessId: "cart", hint: JSON.stringify({ maxLength: 20, note: "A button" }) })]);
    await handler.register([item({ businessId: "basket" })]);
    const facts = await whyOf(handler);
    expect(facts).toMatchObject({
      ...{ format: "auto", priority: "normal", approvedBy: null, expiresAt: null, failure: null },
      uses: [
        { businessId: "basket", isCurrent: true, hint: null },
        { businessId: "cart", isCurrent: true, hint: { maxLength: 20, note: "A button" } },
      ],
      work: { isRunning: false, attempt: 0, waitsFor: null, isPostponed: false, tag: null },
    });
    expect(facts?.work?.since).toBeInstanceOf(Date);
    expect(facts?.uses[0]?.lastSeenAt).toBeInstanceOf(Date);
    const held = new HeldTranslator("machine");
    const working = work(handler, held.translate);
    await held.started;
    expect((await whyOf(handler))?.work).toMatchObject({ isRunning: true });
    held.letGo();
    await working;
    expect(await whyOf(handler)).toMatchObject({ work: null, failure: null });
  });

  add("a business id that means another text by now is no current use", async ({ handler }) => {
    await handler.register([item({ businessId: "cart" })]);
    const id = (await readOne(handler))?.id ?? "";
    await handler.register([item({ text: "Put into the cart", businessId: "cart" })]);
    expect(await handler.why({ id, project: PROJECT, targetLocale: "fr" })).toMatchObject({
      uses: [{ businessId: "cart", isCurrent: false }],
    });
  });

  add(
    "a failed text has its open dead letter with every attempt, an approved one its approver",
    async ({ handler }) => {
      await handler.register([item()]);
      await failAll(handler);
      const failed = await whyOf(handler);
      expect(failed).toMatchObject({ work: null, failure: { code: expect.any(String), attempts: [{}] } });
      expect(failed?.failure?.failedAt).toBeInstanceOf(Date);
      await handler.replayDeadLetters({});
      expect(await whyOf(handler)).toMatchObject({ failure: null, work: {} });
      await translateAll(handler);
      const id = (await readOne(handler))?.id ?? "";
      const reference = { id, project: PROJECT, targetLocale: "fr" };
      await handler.approve({ reference, by: "mia" });
      expect(await whyOf(handler)).toMatchObject({ approvedBy: "mia", failure: null, work: null });
      expect(await handler.why({ ...reference, targetLocale: "de" })).toBeUndefined();
      expect(await handler.why({ ...reference, project: "other" })).toBeUndefined();
      expect(await handler.why({ ...reference, id: "999999999-0" })).toBeUndefined();
    },
  );
}
