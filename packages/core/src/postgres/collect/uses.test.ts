import { expectInvariants } from "@trans-hub/test-support/invariants";
import { item, reference, test, value } from "@trans-hub/test-support/store";
import type pg from "pg";
import { describe, expect } from "vitest";

/** Makes every use look this old; of one text, of one business id, of one project, or of all. */
async function age(db: pg.Pool, days: number, only: { text?: string; businessId?: string; project?: string } = {}) {
  await db.query(
    `update trans_hub.source as s set last_seen_at = now() - make_interval(days => $1)
     from trans_hub.content as c
     where c.content_no = s.content_no and ($2::text is null or c.text = $2)
       and ($3::text is null or s.business_id = $3) and ($4::text is null or s.project = $4)`,
    [days, only.text ?? null, only.businessId ?? null, only.project ?? null],
  );
  await db.query("update trans_hub.context set created_at = now() - make_interval(days => $1)", [days]);
}

describe("notes of use", () => {
  test("are written once in a while, not with every request or read", async ({ db, store }) => {
    await store.register([item("Pay")]);
    const seen = () => value<string>(db, "select xmin::text || last_seen_at from trans_hub.source");
    await age(db, 0);
    const before = await seen();
    await store.touch([reference("Pay")]);
    await store.register([item("Pay")]);
    expect(await seen()).toBe(before);
    await age(db, 2);
    await store.touch([reference("Pay")]);
    expect(await value(db, "select (now() - last_seen_at < '1 minute')::int from trans_hub.source")).toBe(1);
  });

  test("are written as often as the shortest retention in use needs", async ({ db, store }) => {
    await store.register([item("Pay")]);
    await store.collect({ retentionDays: 1 / 24 });
    await db.query("update trans_hub.source set last_seen_at = now() - interval '10 minutes'");
    await store.touch([reference("Pay")]);
    expect(await value(db, "select (now() - last_seen_at < '1 minute')::int from trans_hub.source")).toBe(1);
    await db.query("update trans_hub.source set last_seen_at = now() - interval '10 minutes'");
    await store.register([item("Pay")]);
    expect(await value(db, "select (now() - last_seen_at < '1 minute')::int from trans_hub.source")).toBe(1);
  });

  test("pass over locked uses, and wait for none of them", async ({ db, store }) => {
    // In the order of their locks; the uses of the last ones by their text are new.
    const texts = ["First", "Locked", "Between", "New and locked", "New", "Last"];
    for (const text of texts) {
      await store.register([item(text, text.startsWith("New") ? { businessId: text.toLowerCase() } : {})]);
    }
    await db.query("update trans_hub.source set last_seen_at = now() - interval '10 days'");
    const stranger = await db.connect();
    try {
      await stranger.query("begin");
      const ofText = "content_no = (select content_no from trans_hub.content where text = $1)";
      await stranger.query(`select from trans_hub.source where ${ofText} for update`, ["Locked"]);
      await stranger.query(
        `insert into trans_hub.source (project, business_id, content_no, context_no)
         select project, '', content_no, context_no from trans_hub.source where ${ofText}`,
        ["New and locked"],
      );
      await store.touch(texts.map((text) => reference(text)));
      const noted = `select string_agg(c.text, ', ' order by c.content_no) from trans_hub.source s
        join trans_hub.content c using (content_no)
        where s.business_id = '' and s.last_seen_at > now() - interval '1 day'`;
      expect(await value<string>(db, noted)).toBe("First, Between, New, Last");
    } finally {
      await stranger.query("rollback");
      stranger.release();
    }
  });

  test("of a text that only other projects have are not written", async ({ db, store }) => {
    await store.register([item("Theirs", { project: "theirs" })]);
    await store.touch([reference("Theirs"), reference("Nobody's")]);
    expect(await value(db, "select count(*)::int from trans_hub.source")).toBe(1);
    await expectInvariants(db);
  });

  test("by the text of an id do not change which text the id means", async ({ db, store }) => {
    await store.register([item("Old", { businessId: "title" })]);
    await age(db, 5);
    await store.register([item("New", { businessId: "title" })]);
    await age(db, 2, { text: "New" });
    await store.touch([reference("Old")]);
    expect(await store.read([{ project: "default", targetLocale: "fr", businessId: "title" }])).toMatchObject([
      { sourceText: "New" },
    ]);
  });
});
