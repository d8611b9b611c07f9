import { expect } from "vitest";
import {
  type AddCase,
  announceRetention,
  failAll,
  item,
  items,
  listAll,
  RETENTION_MS,
  readOne,
  retentionDays,
  Translator,
  textReference,
  translateAll,
  until,
  untilAged,
  work,
} from "./kit.ts";

export function collectingCases(add: AddCase): void {
  add("a text unused for the retention is collected, with its translations and contexts", async ({ handler }) => {
    await announceRetention(handler);
    await handler.register([
      item({ text: "old", businessId: "old", context: '{"screen":"checkout"}', targetLocales: ["fr", "de"] }),
      item({ text: "failed", sourceLocale: "und" }),
    ]);
    await translateAll(handler);
    await handler.register([item({ text: "failed", sourceLocale: "und", force: true })]);
    await failAll(handler);
    await untilAged(handler, 2);
    await handler.register([item({ text: "young" })]);
    const planned = await handler.collect({ retentionDays, dryRun: true });
    expect(planned).toEqual({ dryRun: true, sources: 2, translations: 3, contents: 2, contexts: 1 });
    expect(await readOne(handler, { businessId: "old" })).toBeDefined();
    const done = await handler.collect({ retentionDays });
    expect(done).toEqual({ ...planned, dryRun: false });
    expect(await readOne(handler, { businessId: "old" })).toBeUndefined();
    expect((await handler.listDeadLetters({})).items).toEqual([]);
    expect((await listAll(handler)).map(({ sourceText }) => sourceText)).toEqual(["young"]);
    expect(await handler.collect({ retentionDays, dryRun: true })).toMatchObject({ sources: 0, translations: 0 });
    expect((await handler.status()).lastCollectionAt).toBeInstanceOf(Date);
  });

  add("a text that is read repeatedly stays, although it is not requested again", async ({ handler }) => {
    await announceRetention(handler);
    await handler.register([
      item({ text: "read by its text" }),
      item({ text: "read by its id", businessId: "read" }),
      item({ text: "never read" }),
    ]);
    const beganAt = performance.now();
    await until(async () => {
      await handler.touch([
        textReference({ text: "read by its text" }),
        { project: "default", targetLocale: "fr", businessId: "read" },
        textReference({ text: "not there" }),
      ]);
      return performance.now() - beganAt > 2 * RETENTION_MS;
    });
    expect(await handler.collect({ retentionDays })).toMatchObject({ translations: 1, contents: 1 });
    const kept = (await listAll(handler)).map(({ sourceText }) => sourceText);
    expect(kept.toSorted()).toEqual(["read by its id", "read by its text"]);
    expect(await readOne(handler, { text: "not there" })).toBeUndefined();
  });

  add("a text that another business id still uses stays", async ({ handler }) => {
    await announceRetention(handler);
    await handler.register([item({ businessId: "left" })]);
    await untilAged(handler, 1);
    await handler.register([item({ businessId: "used" })]);
    expect(await handler.collect({ retentionDays })).toMatchObject({ sources: 1, translations: 0, contents: 0 });
    expect(await readOne(handler, { businessId: "used" })).toMatchObject({ businessIds: ["used"] });
    expect(await readOne(handler, { businessId: "left" })).toBeUndefined();
  });

  add("a text that another project still uses stays for that project", async ({ handler }) => {
    await announceRetention(handler);
    await handler.register([item({ project: "other" })]);
    await untilAged(handler, 1);
    await handler.register([item()]);
    expect(await handler.collect({ retentionDays })).toMatchObject({ sources: 1, translations: 1, contents: 0 });
    expect(await readOne(handler)).toBeDefined();
    expect(await readOne(handler, { project: "other" })).toBeUndefined();
  });

  add("a collection for one project leaves the texts of others", async ({ handler }) => {
    await announceRetention(handler);
    await handler.register([item(), item({ project: "other" }), item({ text: "other's", project: "other" })]);
    await untilAged(handler, 3);
    const planned = await handler.collect({ retentionDays, project: "default", dryRun: true });
    expect(planned).toMatchObject({ sources: 1, translations: 1, contents: 0 });
    expect(await handler.collect({ retentionDays, project: "default" })).toEqual({ ...planned, dryRun: false });
    expect(await readOne(handler)).toBeUndefined();
    expect(await readOne(handler, { project: "other" })).toBeDefined();
    expect(await readOne(handler, { project: "other", text: "other's" })).toBeDefined();
  });

  add("pending work on a collected text ends without a call", async ({ handler }) => {
    await announceRetention(handler);
    await handler.register(items(3));
    await untilAged(handler, 3);
    expect(await handler.collect({ retentionDays })).toMatchObject({ translations: 3, contents: 3 });
    const translator = new Translator();
    await work(handler, translator.translate, { until: "empty" });
    expect(translator.items).toEqual([]);
    expect(await handler.register([item({ text: "Text number 1" })])).toMatchObject([{ registered: 1 }]);
  });

  add("a text that a person approved is collected only on request", async ({ handler }) => {
    await announceRetention(handler);
    await handler.register([item()]);
    await handler.approve({ reference: textReference(), text: "person" });
    await untilAged(handler, 1);
    expect(await handler.collect({ retentionDays })).toMatchObject({ translations: 0, contents: 0 });
    expect(await readOne(handler)).toMatchObject({ status: "approved", text: "person" });
    const planned = await handler.collect({ retentionDays, includeApproved: true, dryRun: true });
    expect(planned).toMatchObject({ translations: 1, contents: 1 });
    expect(await handler.collect({ retentionDays, includeApproved: true })).toMatchObject({
      translations: 1,
      contents: 1,
    });
    expect(await readOne(handler)).toBeUndefined();
  });

  add("a text that is requested at the very moment of a collection is never lost", async ({ handler, open }) => {
    const collector = await open();
    await announceRetention(handler);
    for (let round = 0; round < 3; round += 1) {
      const texts = items(60, { context: round % 2 === 0 ? null : '{"screen":"checkout"}' });
      await handler.register(texts);
      await untilAged(handler, 60);
      await Promise.all([
        collector.collect({ retentionDays }),
        ...[0, 20, 40].map((from) => handler.register(texts.slice(from, from + 20))),
      ]);
      const found = await handler.read(texts.map(({ text, context }) => textReference({ text, context })));
      expect(found.filter((translation) => translation === undefined)).toHaveLength(0);
      const translator = new Translator();
      await work(handler, translator.translate, { until: "empty" });
      const done = await handler.read(texts.map(({ text, context }) => textReference({ text, context })));
      expect(done.every((translation) => translation?.status === "translated")).toBe(true);
    }
  });
}
