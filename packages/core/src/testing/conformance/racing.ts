/** Steps that meet in the middle of each other. */
import { expect } from "vitest";
import {
  type AddCase,
  failAll,
  failed,
  item,
  items,
  listAll,
  PROJECT,
  retry,
  Translator,
  textReference,
  translateAll,
  translated,
  until,
  work,
} from "./kit.ts";

export function racingCases(add: AddCase): void {
  add(
    "a text that is cancelled while it is claimed is either translated or deleted, and counted once",
    async ({ handler, open }) => {
      const [one, two] = [await open(), await open()];
      let cancelled = 0;
      let translatedTexts = 0;
      for (let round = 0; round < 5; round += 1) {
        await handler.register(items(40, { context: `{"round":${round}}` }));
        const works = [one, two].map((member) => work(member, new Translator().translate, { maxItems: 4 }));
        cancelled += await handler.cancel({ project: PROJECT });
        await Promise.all(works);
        translatedTexts = (await listAll(handler)).length;
        expect(cancelled + translatedTexts).toBe(40 * (round + 1));
        expect((await handler.status()).translations).toMatchObject({ pending: 0, translated: translatedTexts });
      }
    },
  );

  add("a text that is forgotten while it is stored is gone", async ({ handler, open }) => {
    const other = await open();
    for (let round = 0; round < 5; round += 1) {
      const texts = items(20);
      await handler.register([...texts, item({ text: "neighbour" })]);
      await Promise.all([
        work(other, new Translator().translate, { maxItems: 3 }),
        ...texts.map(({ text }) => handler.forget({ project: PROJECT, text, sourceLocale: "en" })),
      ]);
      expect((await listAll(handler)).map(({ sourceText }) => sourceText)).toEqual(["neighbour"]);
      expect((await handler.status()).translations).toMatchObject({ pending: 0, translated: 1 });
    }
  });

  add(
    "a text that a person approves while it is stored, or fails, keeps the person's translation",
    async ({ handler, open }) => {
      const other = await open();
      const texts = items(40);
      await handler.register(texts);
      const halfFails = new Translator(({ text }) => (text.endsWith("7") ? failed() : translated("machine")));
      await Promise.all([
        work(other, halfFails.translate, { maxItems: 3 }),
        ...texts.map(({ text }) => handler.approve({ reference: textReference({ text }), text: "person" })),
      ]);
      await work(other, halfFails.translate, { until: "empty" });
      const found = await listAll(handler);
      expect(found.map(({ status, text }) => `${status}: ${text}`)).toEqual(texts.map(() => "approved: person"));
      expect((await handler.listDeadLetters({})).items).toEqual([]);
    },
  );

  add("a text that is forced while it is worked on is never lost", async ({ handler, open }) => {
    const other = await open();
    const texts = items(40);
    await handler.register(texts);
    await translateAll(handler, () => "old");
    for (let round = 0; round < 4; round += 1) {
      await Promise.all([
        handler.register(texts.map((each) => ({ ...each, force: true }))),
        other.register(texts.toReversed().map((each) => ({ ...each, force: true, priority: -1 }))),
        work(other, new Translator(({ attempt }) => (attempt > 1 ? failed() : retry(0))).translate, { maxItems: 7 }),
        handler.replayDeadLetters({}),
      ]);
      expect((await listAll(handler)).every(({ text }) => text === "old")).toBe(true);
    }
    await handler.register(texts.map((each) => ({ ...each, force: true })));
    await work(handler, new Translator(() => translated("new")).translate, { until: "empty" });
    const found = await listAll(handler);
    expect(found.map(({ status, text }) => `${status}: ${text}`)).toEqual(texts.map(() => "translated: new"));
    expect((await handler.listDeadLetters({})).items).toEqual([]);
  });

  add("a dead letter that is replayed and purged at once is either replayed or purged", async ({ handler, open }) => {
    const other = await open();
    for (let round = 0; round < 5; round += 1) {
      await handler.register(items(20));
      await failAll(handler);
      const [replayed, purged, again] = await Promise.all([
        handler.replayDeadLetters({}),
        other.purgeDeadLetters({}),
        other.replayDeadLetters({}),
      ]);
      expect(replayed + purged + again).toBe(20);
      expect(await listAll(handler)).toHaveLength(replayed + again);
      await failAll(handler);
      expect(await handler.purgeDeadLetters({})).toBe(replayed + again);
      expect(await listAll(handler)).toEqual([]);
    }
  });

  add("pauses and resumes during claims lose nothing and cost no attempt", async ({ handler, open }) => {
    const members = [await open(), await open()];
    const stop = new AbortController();
    const translator = new Translator();
    const working = members.map((member) =>
      work(member, translator.translate, { until: "stopped", maxItems: 3, signal: stop.signal }),
    );
    for (let round = 0; round < 8; round += 1) {
      const target = [{}, { project: PROJECT }, { targetLocale: "fr" }][round % 3] ?? {};
      const requests = Array.from({ length: 5 }, (_, at) => handler.register([item({ text: `text ${round} ${at}` })]));
      await handler.pause(target);
      await Promise.all(requests);
      await handler.resume(target);
    }
    await until(async () => (await handler.status()).translations.translated === 40);
    stop.abort();
    await Promise.all(working);
    expect(new Set(translator.texts).size).toBe(40);
    expect(translator.items.every(({ attempt }) => attempt === 1)).toBe(true);
  });
}
