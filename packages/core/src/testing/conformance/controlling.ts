/** Forgetting and cancelling. */
import { expect } from "vitest";
import {
  type AddCase,
  failAll,
  HeldTranslator,
  item,
  listAll,
  PROJECT,
  readOne,
  Translator,
  textReference,
  translateAll,
  work,
} from "./kit.ts";

const secret = { project: PROJECT, text: "secret", sourceLocale: "en" };

export function controllingCases(add: AddCase): void {
  add("a forgotten text is gone in every status", async ({ handler }) => {
    const contexts = [null, '{"screen":"checkout"}'];
    await handler.register([
      ...contexts.map((context) => item({ text: "secret", context, targetLocales: ["fr", "de"] })),
      item({ text: "secret", businessId: "named", targetLocales: ["ja"] }),
      item({ text: "neighbour", businessId: "named" }),
    ]);
    await work(handler, new Translator().translate, { locales: ["fr"] });
    await handler.approve({ reference: textReference({ text: "secret" }), text: "person" });
    await work(handler, new Translator(() => ({ kind: "failed", error: refusal })).translate, { locales: ["de"] });
    expect(await handler.forget(secret)).toEqual({ forgotten: 2, stillUsed: 0 });
    for (const locale of ["fr", "de", "ja"]) {
      expect((await listAll(handler, locale)).map(({ sourceText }) => sourceText)).not.toContain("secret");
    }
    expect((await handler.listDeadLetters({})).items).toEqual([]);
    expect((await handler.status()).translations).toEqual({ pending: 0, translated: 1, failed: 0, approved: 0 });
    expect(await readOne(handler, { businessId: "named" })).toMatchObject({ sourceText: "neighbour" });
    expect(await handler.forget(secret)).toEqual({ forgotten: 0, stillUsed: 0 });
    const translator = new Translator();
    await work(handler, translator.translate, { until: "empty" });
    expect(translator.items).toEqual([]);
    expect(await handler.register([item({ text: "secret" })])).toMatchObject([{ registered: 1 }]);
  });

  add("a text that is forgotten in one context stays in the others", async ({ handler }) => {
    const contexts = [null, '{"a":1}', '{"b":2}'];
    await handler.register(contexts.map((context) => item({ text: "secret", context })));
    const forget = (context: string | null) => handler.forget({ ...secret, within: { context, format: "auto" } });
    expect(await forget('{"a":1}')).toEqual({ forgotten: 1, stillUsed: 1 });
    expect((await listAll(handler)).map(({ context }) => context)).toEqual([null, { b: 2 }]);
    expect(await forget('{"c":3}')).toEqual({ forgotten: 0, stillUsed: 0 });
    expect(await forget(null)).toEqual({ forgotten: 1, stillUsed: 1 });
    expect(await forget('{"b":2}')).toEqual({ forgotten: 1, stillUsed: 0 });
    expect(await listAll(handler)).toEqual([]);
  });

  add("a text that another project uses stays for that project", async ({ handler }) => {
    await handler.register([item({ text: "secret" }), item({ text: "secret", project: "other" })]);
    await translateAll(handler);
    expect(await handler.forget(secret)).toEqual({ forgotten: 1, stillUsed: 1 });
    expect(await readOne(handler, { text: "secret" })).toBeUndefined();
    expect(await readOne(handler, { text: "secret", project: "other" })).toMatchObject({ text: "secret (fr)" });
    expect(await handler.forget(secret)).toEqual({ forgotten: 0, stillUsed: 0 });
    expect(await handler.forget({ ...secret, project: "other" })).toEqual({ forgotten: 1, stillUsed: 0 });
  });

  add(
    "forgetting a business id removes every text it ever named, except texts that another id uses",
    async ({ handler }) => {
      await handler.register([item({ text: "first wording", businessId: "one" })]);
      await handler.register([item({ text: "second wording", businessId: "one" })]);
      await handler.register([
        item({ text: "shared", businessId: "one" }),
        item({ text: "shared", businessId: "two" }),
      ]);
      await translateAll(handler);
      // A read by the text is not a request for it.
      await handler.touch([textReference({ text: "first wording" })]);
      expect(await handler.forget({ project: PROJECT, businessId: "one" })).toEqual({ forgotten: 2, stillUsed: 1 });
      expect((await listAll(handler)).map(({ sourceText }) => sourceText)).toEqual(["shared"]);
      expect(await readOne(handler, { businessId: "one" })).toBeUndefined();
      expect(await readOne(handler, { businessId: "two" })).toMatchObject({ businessIds: ["two"] });
      expect(await handler.forget({ project: PROJECT, businessId: "one" })).toEqual({ forgotten: 0, stillUsed: 0 });
      expect(await handler.forget({ project: PROJECT, businessId: "two" })).toEqual({ forgotten: 1, stillUsed: 0 });
    },
  );

  const ofUser = { project: PROJECT, businessIdPrefix: "user.1_%." };
  const ofUserItems = () => [
    item({ text: "own", businessId: "user.1_%.name" }),
    item({ text: "own", businessId: "user.1_%.title", targetLocales: ["de"] }),
    item({ text: "own", businessId: "user.1_%.title", context: '{"a":1}' }),
    item({ text: "own twice", businessId: "user.1_%.x" }),
    item({ text: "shared", businessId: "user.1_%.street" }),
    item({ text: "shared", businessId: "user.10%.street" }),
    item({ text: "of both projects", businessId: "user.1_%.city" }),
    item({ text: "of both projects", businessId: "user.1_%.city", project: "other" }),
    item({ text: "nameless too", businessId: "user.1_%.a" }),
    item({ text: "nameless too" }),
    item({ text: "in two contexts", businessId: "user.1_%.b", context: '{"a":1}' }),
    item({ text: "in two contexts", businessId: "shop", context: '{"b":2}' }),
    ...["user.10%.x", "user.1_.x", "user.1_%", "USER.1_%.x", "a user.1_%.x"].map((businessId) =>
      item({ text: `of ${businessId}`, businessId }),
    ),
  ];

  add(
    "forgetting a prefix of business ids removes the texts of these ids alone, each counted once, and takes it literally",
    async ({ handler }) => {
      await handler.register(ofUserItems());
      await work(handler, new Translator().translate);
      await handler.approve({ reference: textReference({ text: "own twice" }), text: "person" });
      const report = { forgotten: 6, stillUsed: 3 };
      expect(await handler.forget(ofUser, { dryRun: true })).toEqual(report);
      expect(await handler.forget(ofUser, { dryRun: true })).toEqual(report);
      expect(await listAll(handler)).toHaveLength(13);
      expect(await handler.forget(ofUser)).toEqual(report);
      expect((await listAll(handler)).map(({ sourceText }) => sourceText).toSorted()).toEqual([
        "in two contexts",
        "of USER.1_%.x",
        "of a user.1_%.x",
        "of user.10%.x",
        "of user.1_%",
        "of user.1_.x",
        "shared",
      ]);
      expect(await readOne(handler, { text: "in two contexts", context: '{"b":2}' })).toMatchObject({
        businessIds: ["shop"],
      });
      expect(await readOne(handler, { text: "shared" })).toMatchObject({ businessIds: ["user.10%.street"] });
      expect(await readOne(handler, { text: "of both projects", project: "other" })).toBeDefined();
      expect(await handler.forget(ofUser)).toEqual({ forgotten: 0, stillUsed: 0 });
      expect(await handler.forget(ofUser, { dryRun: true })).toEqual({ forgotten: 0, stillUsed: 0 });
    },
  );

  add("forgetting of every kind can be tried, and removes nothing then", async ({ handler }) => {
    await handler.register([
      item({ text: "secret", businessId: "one" }),
      item({ text: "secret", businessId: "two" }),
      item({ text: "secret", context: '{"a":1}', project: "other" }),
      item({ text: "secret", context: '{"a":1}' }),
      item({ text: "other", businessId: "one" }),
    ]);
    await translateAll(handler);
    for (const reference of [
      { project: PROJECT, businessId: "one" },
      { ...secret, within: { context: '{"a":1}', format: "auto" } },
      { ...secret, within: { context: '{"b":1}', format: "auto" } },
      { ...secret, project: "other" },
      secret,
      { ...secret, text: "never requested" },
    ]) {
      const before = await listAll(handler);
      const counted = await handler.forget(reference, { dryRun: true });
      expect(await listAll(handler)).toEqual(before);
      expect(await handler.forget(reference)).toEqual(counted);
    }
  });

  add(
    "forgetting a prefix of business ids reaches the inbox and the dead letters",
    async ({ handler, begin }) => {
      await handler.register([item({ text: "bad", businessId: "user.1.bad" })]);
      await failAll(handler);
      const { client, commit } = await begin();
      await handler.enqueue(client, [
        item({ text: "waits", businessId: "user.1.waits" }),
        item({ text: "waits", businessId: "user.12.waits" }),
        item({ text: "waits", businessId: "user.1.waits", project: "other" }),
      ]);
      await commit();
      const reference = { project: PROJECT, businessIdPrefix: "user.1." };
      expect(await handler.forget(reference, { dryRun: true })).toEqual({ forgotten: 2, stillUsed: 0 });
      expect((await handler.status()).inbox).toBeGreaterThan(0);
      expect(await handler.forget(reference)).toEqual({ forgotten: 2, stillUsed: 0 });
      expect((await handler.listDeadLetters({})).items).toEqual([]);
      const translator = new Translator();
      await work(handler, translator.translate, { until: "empty" });
      expect(translator.batches.map(({ project }) => project).toSorted()).toEqual(["default", "other"]);
      expect(await readOne(handler, { text: "waits" })).toMatchObject({ businessIds: ["user.12.waits"] });
    },
    "begin",
  );

  add("a worker that is translating a forgotten text stores nothing of it", async ({ handler, open }) => {
    const worker = await open();
    await handler.register([item({ text: "secret" }), item({ text: "neighbour" })]);
    const held = new HeldTranslator("translated");
    const working = work(worker, held.translate, { until: "ready" });
    expect((await held.started).items).toHaveLength(2);
    expect(await handler.forget(secret)).toEqual({ forgotten: 1, stillUsed: 0 });
    held.letGo();
    await working;
    expect(await listAll(handler)).toMatchObject([{ sourceText: "neighbour", text: "translated" }]);
    expect((await handler.status()).translations).toMatchObject({ pending: 0, translated: 1 });
  });

  add("a failure of a text that was forgotten meanwhile writes no dead letter", async ({ handler, open }) => {
    const other = await open();
    await handler.register([item({ text: "secret" })]);
    await work(handler, async (batch) => {
      await other.forget(secret);
      return { outcomes: batch.items.map(() => ({ kind: "failed" as const, error: refusal })), calls: [] };
    });
    expect((await handler.listDeadLetters({})).items).toEqual([]);
    expect(await listAll(handler)).toEqual([]);
  });

  add(
    "a text that waits to be registered can be forgotten too",
    async ({ handler, begin }) => {
      const { client, commit } = await begin();
      await handler.enqueue(client, [
        item({ text: "secret" }),
        item({ text: "secret", sourceLocale: "de" }),
        item({ text: "neighbour", businessId: "id" }),
        item({ text: "secret", project: "other" }),
      ]);
      await commit();
      expect(await handler.forget(secret)).toEqual({ forgotten: 1, stillUsed: 0 });
      expect(await handler.forget({ project: PROJECT, businessId: "id" })).toEqual({ forgotten: 1, stillUsed: 0 });
      const translator = new Translator();
      await work(handler, translator.translate, { until: "empty" });
      expect(translator.batches.map(({ project, sourceLocale }) => `${project} ${sourceLocale}`).toSorted()).toEqual([
        "default de",
        "other en",
      ]);
    },
    "begin",
  );

  add(
    "a request at the very moment of forgetting takes effect before it or after it, and never by half",
    async ({ handler, open }) => {
      const other = await open();
      for (let round = 0; round < 5; round += 1) {
        await handler.register([item({ text: "secret", context: '{"a":1}' })]);
        const [[receipt]] = await Promise.all([
          other.register([item({ text: "secret", context: '{"a":1}' })]),
          handler.forget(secret),
        ]);
        const found = await readOne(handler, { text: "secret", context: '{"a":1}' });
        if (receipt?.registered === 1) expect(found).toMatchObject({ status: "pending" });
        await failAll(handler);
        const after = await readOne(handler, { text: "secret", context: '{"a":1}' });
        expect(after?.status).toBe(found === undefined ? undefined : "failed");
        await handler.forget(secret);
      }
    },
  );

  add("waiting requests can be cancelled, and made again", async ({ handler }) => {
    await handler.register([item({ text: "done" })]);
    await translateAll(handler);
    await handler.register([
      item({ text: "first", targetLocales: ["fr", "de"] }),
      item({ text: "second", targetLocales: ["fr", "de"] }),
      item({ text: "first", project: "other" }),
    ]);
    expect(await handler.cancel({ project: PROJECT, targetLocale: "fr" })).toBe(2);
    expect((await listAll(handler)).map(({ sourceText }) => sourceText)).toEqual(["done"]);
    expect(await handler.cancel({ project: PROJECT, targetLocale: "fr" })).toBe(0);
    expect(await handler.cancel({ project: PROJECT })).toBe(2);
    expect((await handler.status(PROJECT)).translations).toEqual({ pending: 0, translated: 1, failed: 0, approved: 0 });
    expect(await handler.register([item({ text: "first" })])).toEqual([
      { registered: 1, existing: 0, queued: 0, failed: 0 },
    ]);
    const translator = new Translator();
    await work(handler, translator.translate, { until: "empty" });
    expect(translator.batches.map(({ project }) => project).toSorted()).toEqual(["default", "other"]);
  });

  add("a text that is cancelled while it is translated anew keeps its old translation", async ({ handler }) => {
    await handler.register([item()]);
    await translateAll(handler, () => "old");
    await handler.register([item({ force: true })]);
    const { revision = 0 } = (await readOne(handler)) ?? {};
    expect(await handler.cancel({ project: PROJECT })).toBe(1);
    const stored = await readOne(handler);
    expect(stored).toMatchObject({ status: "translated", text: "old" });
    expect(stored?.revision).toBeGreaterThan(revision);
    const translator = new Translator();
    await work(handler, translator.translate, { until: "empty" });
    expect(translator.items).toEqual([]);
    expect((await handler.status()).translations).toMatchObject({ pending: 0, translated: 1 });
  });

  add("cancelling by a prefix of business ids leaves texts that another id uses", async ({ handler }) => {
    await handler.register([
      item({ text: "own", businessId: "import.1" }),
      item({ text: "both", businessId: "import.2" }),
      item({ text: "both", businessId: "shop.2" }),
      item({ text: "nameless" }),
      item({ text: "other", businessId: "imported" }),
    ]);
    expect(await handler.cancel({ project: PROJECT, businessIdPrefix: "import." })).toBe(1);
    expect((await listAll(handler)).map(({ sourceText }) => sourceText).toSorted()).toEqual([
      "both",
      "nameless",
      "other",
    ]);
    expect(await handler.cancel({ project: PROJECT, businessIdPrefix: "%" })).toBe(0);
  });

  add("running work on a cancelled text stores nothing", async ({ handler, open }) => {
    const worker = await open();
    await handler.register([item({ text: "cancelled", businessId: "import.1" }), item({ text: "kept" })]);
    const held = new HeldTranslator("translated");
    const working = work(worker, held.translate, { until: "ready" });
    await held.started;
    expect(await handler.cancel({ project: PROJECT, businessIdPrefix: "import." })).toBe(1);
    held.letGo();
    await working;
    expect(await listAll(handler)).toMatchObject([{ sourceText: "kept", text: "translated" }]);
    expect((await handler.status()).translations).toMatchObject({ pending: 0, translated: 1 });
  });

  add("a text that failed and is tried again can be cancelled too", async ({ handler }) => {
    await handler.register([item()]);
    await failAll(handler);
    await handler.replayDeadLetters({});
    expect(await handler.cancel({ project: PROJECT })).toBe(1);
    expect(await readOne(handler)).toBeUndefined();
    expect((await handler.status()).translations).toEqual({ pending: 0, translated: 0, failed: 0, approved: 0 });
  });

  add(
    "a request that waits to be registered is cancelled too",
    async ({ handler, begin }) => {
      const { client, commit } = await begin();
      await handler.enqueue(client, [item()]);
      await commit();
      expect(await handler.cancel({ project: PROJECT })).toBe(1);
      expect(await listAll(handler)).toEqual([]);
    },
    "begin",
  );
}

const refusal = { at: "2026-01-01T00:00:00.000Z", engine: "test", code: "TH_ENGINE_REFUSED", message: "Refused" };
