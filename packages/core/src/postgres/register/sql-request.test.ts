/** `trans_hub.request`: its receipt, and the items that it refuses. */
import { parseItem } from "@trans-hub/core/store";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { enqueue, read, request, test } from "@trans-hub/test-support/sql-api";
import { drain, reference, value } from "@trans-hub/test-support/store";
import { describe, expect } from "vitest";

describe("the receipt", () => {
  test("counts rows, duplicates inside the call and failed ones", async ({ outsider, db, store }) => {
    const defaults = { sourceLocale: "en", targetLocales: ["fr", "de"] };
    expect(await request(outsider, [{ text: "Pay" }, { text: "Pay" }, { text: "Back" }], defaults)).toEqual({
      registered: 4,
      existing: 2,
      queued: 0,
      failed: 0,
      rejected: [],
    });
    await drain(store, async (batch) => ({
      outcomes: batch.items.map(() => ({
        kind: "failed",
        error: { at: new Date().toISOString(), engine: "test", code: "TH_ENGINE_REFUSED", message: "No" },
      })),
      calls: [],
    }));
    expect(await request(outsider, [{ text: "Pay" }, { text: "New" }], defaults)).toEqual({
      registered: 2,
      existing: 2,
      queued: 0,
      failed: 2,
      rejected: [],
    });
    expect(await read(outsider, { text: "Pay", sourceLocale: "en" }, "fr")).toMatchObject([
      { status: "failed", text: null, error: { code: "TH_ENGINE_REFUSED", message: "No" } },
    ]);
    await expectInvariants(db);
  });

  test("takes one item for a list, defaults for absent and null fields, and ignores unknown keys", async ({
    outsider,
    db,
  }) => {
    const defaults = {
      sourceLocale: "en",
      targetLocales: ["fr"],
      project: "shop",
      businessId: null,
      context: "a note",
      priority: "bulk",
      format: "icu",
      force: null,
      colour: "red",
    };
    expect(
      await request(outsider, { text: "Pay", project: null, context: null, colour: { deep: null } }, defaults),
    ).toEqual({ registered: 1, existing: 0, queued: 0, failed: 0, rejected: [] });
    const { rows } = await db.query(
      "select t.project, t.target_locale, t.priority, x.canonical, x.format, c.source_locale from trans_hub.translation t " +
        "join trans_hub.context x using (context_no) join trans_hub.content c using (content_no)",
    );
    expect(rows).toEqual([
      {
        project: "shop",
        target_locale: "fr",
        priority: 1,
        canonical: '{"note":"a note"}',
        format: "icu",
        source_locale: "en",
      },
    ]);
    // Of the same identity as with everything said by the item itself.
    expect(
      await request(outsider, {
        ...{ text: "Pay", sourceLocale: "EN", targetLocales: ["FR", "fr"], project: "shop", format: "icu" },
        ...{ context: { note: "a note" }, priority: "bulk" },
      }),
    ).toMatchObject({ registered: 0, existing: 1 });
    expect(await value(db, "select trans_hub.request('[]'::jsonb, null)")).toMatchObject({
      registered: 0,
      rejected: [],
    });
  });

  const REFUSED: [why: string, item: unknown, code: string, message: RegExp][] = [
    ["not an object", "secret", "TH_ITEM_SHAPE", /^item: must be an object/],
    ["a null", null, "TH_ITEM_SHAPE", /^item: /],
    ["no text", {}, "TH_ITEM_SHAPE", /^text: /],
    ["a text of another type", { text: ["secret"] }, "TH_ITEM_SHAPE", /^text: /],
    ["an empty text", { text: "" }, "TH_TEXT_EMPTY", /^text: /],
    ["a long text", { text: "secret".repeat(200_000) }, "TH_TEXT_TOO_LONG", /^text: /],
    ["a source that is no locale", { text: "secret", sourceLocale: "x!" }, "TH_LOCALE", /^sourceLocale: /],
    [
      "a target that is no locale",
      { text: "secret", targetLocales: ["fr", "english"] },
      "TH_LOCALE",
      /^targetLocales\[1\]: /,
    ],
    ["a target of und", { text: "secret", targetLocales: ["und"] }, "TH_LOCALE", /^targetLocales\[0\]: /],
    ["a target of another type", { text: "secret", targetLocales: ["fr", 5] }, "TH_LOCALE", /^targetLocales\[1\]: /],
    ["a null target", { text: "secret", targetLocales: [null] }, "TH_LOCALE", /^targetLocales\[0\]: /],
    ["a source of another type", { text: "secret", sourceLocale: 5 }, "TH_LOCALE", /^sourceLocale: /],
    ["no target", { text: "secret", targetLocales: [] }, "TH_ITEM_SHAPE", /^targetLocales: /],
    ["targets that are no list", { text: "secret", targetLocales: "fr" }, "TH_ITEM_SHAPE", /^targetLocales: /],
    ["an empty business id", { text: "secret", businessId: "" }, "TH_BUSINESS_ID", /^businessId: /],
    ["a long business id", { text: "secret", businessId: "é".repeat(128) }, "TH_BUSINESS_ID", /^businessId: /],
    ["a business id of another type", { text: "secret", businessId: 7 }, "TH_BUSINESS_ID", /^businessId: /],
    ["an empty project", { text: "secret", project: "" }, "TH_PROJECT", /^project: /],
    ["a project of another type", { text: "secret", project: {} }, "TH_PROJECT", /^project: /],
    ["a context that is a list", { text: "secret", context: ["secret"] }, "TH_CONTEXT", /^context: /],
    ["a context that is broken JSON", { text: "secret", context: "{secret" }, "TH_CONTEXT", /^context: /],
    ["a context beyond a double", { text: "secret", context: { n: 2 ** 60 } }, "TH_CONTEXT", /^context: /],
    ["a long context", { text: "secret", context: "secret".repeat(2_000) }, "TH_CONTEXT", /^context: /],
    ["a priority nobody knows", { text: "secret", priority: "asap" }, "TH_PRIORITY", /^priority: /],
    ["a priority of another type", { text: "secret", priority: 1 }, "TH_PRIORITY", /^priority: /],
    ["a format nobody knows", { text: "secret", format: "rtf" }, "TH_FORMAT", /^format: /],
    ["a format of another type", { text: "secret", format: true }, "TH_FORMAT", /^format: /],
    ["a force of another type", { text: "secret", force: "yes" }, "TH_ITEM_SHAPE", /^force: /],
    ["an expiry at once", { text: "secret", expiresAfterSeconds: 0 }, "TH_ITEM_SHAPE", /^expiresAfterSeconds: /],
    ["an expiry in fractions", { text: "secret", expiresAfterSeconds: 1.5 }, "TH_ITEM_SHAPE", /^expiresAfterSeconds: /],
    [
      "an expiry after all",
      { text: "secret", expiresAfterSeconds: 2e9 * 2 },
      "TH_ITEM_SHAPE",
      /^expiresAfterSeconds: /,
    ],
    [
      "an expiry of another type",
      { text: "secret", expiresAfterSeconds: "9" },
      "TH_ITEM_SHAPE",
      /^expiresAfterSeconds: /,
    ],
  ];

  test("gives each refusal its code and field, never the text, as the library does", async ({ outsider, db }) => {
    const defaults = { sourceLocale: "en", targetLocales: ["fr"] };
    const items = REFUSED.flatMap(([, bad], at) => [bad, { text: `good ${at}` }]);
    const receipt = await request(outsider, items, defaults);
    expect(receipt).toMatchObject({ registered: REFUSED.length, existing: 0, queued: 0, failed: 0 });
    const told = new Map(receipt.rejected.map((rejection) => [rejection.index / 2, rejection]));
    REFUSED.forEach(([why, bad, code, message], at) => {
      expect(told.get(at), why).toMatchObject({ code, message: expect.stringMatching(message) });
      expect(told.get(at)?.message, why).not.toContain("secret");
      const byLibrary = thrownBy(() => parseItem(bad, defaults as never, { maxTextBytes: 1_048_576 }));
      expect(byLibrary, why).toMatchObject({ code, message: expect.stringMatching(message) });
    });
    expect((await enqueue(outsider, items, defaults)).rejected).toEqual(receipt.rejected);
    await db.query("delete from trans_hub.inbox");
    await expectInvariants(db);
  });

  test("leaves the caller's transaction as it was, its settings too", async ({ outsider }) => {
    const client = await outsider.connect();
    try {
      await client.query("begin; set local lock_timeout = '7s'");
      const settings = `select string_agg(name || setting, ',' order by name) as all from pg_settings
        where name in ('lock_timeout', 'search_path', 'enable_seqscan', 'synchronous_commit', 'extra_float_digits')`;
      const { rows: before } = await client.query(settings);
      await request(client, { text: "Pay", targetLocales: ["fr"] });
      await enqueue(client, { text: "Ship", targetLocales: ["fr"] });
      await client.query("select trans_hub.get_translations($1::jsonb, 'fr')", [JSON.stringify([{ text: "Pay" }])]);
      expect((await client.query(settings)).rows).toEqual(before);
    } finally {
      client.release(true);
    }
  });

  test("U+0000 and half a surrogate pair do not get past the cast to jsonb", async ({ outsider, db }) => {
    for (const text of ["\\u0000", "\\ud800", "\\udc00 \\ud800"]) {
      const items = `[{"text": "a${text}", "targetLocales": ["fr"]}]`;
      await expect(outsider.query("select trans_hub.request($1::jsonb)", [items])).rejects.toMatchObject({
        code: expect.stringMatching(/^22P0[25]$/),
      });
    }
    // A context in JSON inside a string is parsed only by us.
    const context = '{"note": "a\\u0000"}';
    expect(await request(outsider, { text: "Pay", targetLocales: ["fr"], context })).toMatchObject({
      registered: 0,
      rejected: [{ code: "TH_CONTEXT", message: expect.stringMatching(/^context: /) }],
    });
    expect(await value(db, "select count(*)::int from trans_hub.content")).toBe(0);
  });
});

describe("behind a lock of another session", () => {
  const defaults = { sourceLocale: "en", targetLocales: ["fr", "de"] };

  test("a request is queued, each row counted once, and registered after the lock", async ({ outsider, db, store }) => {
    const stranger = await outsider.connect();
    try {
      await stranger.query("begin");
      await request(stranger, { text: "Pay" }, defaults);
      const items = [{ text: "" }, { text: "Pay" }, { text: "Back", targetLocales: ["ja"] }, { text: "Pay" }];
      expect(await request(outsider, items, defaults)).toEqual({
        registered: 0,
        existing: 0,
        queued: 5,
        failed: 0,
        rejected: [{ index: 0, code: "TH_TEXT_EMPTY", message: expect.any(String) }],
      });
      expect(await read(outsider, [{ text: "Pay", sourceLocale: "en" }], "fr")).toEqual([null]);
      expect(await store.read([reference("Back", "ja"), reference("Back")])).toMatchObject([
        { status: "queued" },
        undefined,
      ]);
      await stranger.query("rollback");
    } finally {
      stranger.release(true);
    }
    expect(await drain(store)).toMatchObject({ translated: 3 });
    expect(await value(db, "select count(*)::int from trans_hub.inbox")).toBe(0);
    await expectInvariants(db);
  });

  test("a request inside a transaction leaves it usable, and goes with it", async ({ outsider, db }) => {
    const [stranger, client] = [await outsider.connect(), await outsider.connect()];
    try {
      await stranger.query("begin");
      await request(stranger, { text: "Pay" }, defaults);
      await client.query("begin");
      expect(await request(client, { text: "Pay" }, defaults)).toMatchObject({ registered: 0, queued: 2 });
      expect(await request(client, { text: "Back" }, defaults)).toMatchObject({ registered: 2, queued: 0 });
      await client.query("rollback");
      expect(await value(db, "select count(*)::int from trans_hub.inbox")).toBe(0);
    } finally {
      stranger.release(true);
      client.release(true);
    }
  });
});

test("a request of SQL expires as one of the library does", async ({ outsider, db, store }) => {
  const defaults = { sourceLocale: "en", targetLocales: ["fr"], expiresAfterSeconds: 3_600 };
  await request(outsider, [{ text: "Late" }, { text: "Prolonged" }, { text: "In time" }], defaults);
  await db.query(
    "update trans_hub.translation set expires_at = expires_at - interval '2 hours' where expires_at is not null",
  );
  expect(
    await request(
      outsider,
      { text: "Prolonged", expiresAfterSeconds: null },
      { ...defaults, expiresAfterSeconds: null },
    ),
  ).toMatchObject({
    existing: 1,
  });
  await request(outsider, { text: "In time" }, defaults);
  expect(await drain(store)).toMatchObject({ translated: 2, failed: 1 });
  expect(await store.read([reference("Late")])).toMatchObject([{ status: "failed", error: { code: "TH_EXPIRED" } }]);
  await expectInvariants(db);
});

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}
