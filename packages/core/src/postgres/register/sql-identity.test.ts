/** A text is the same text for every way in. */
import { parseItem } from "@trans-hub/core/store";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { enqueue, request, test } from "@trans-hub/test-support/sql-api";
import type pg from "pg";
import { describe, expect } from "vitest";

describe("identity", () => {
  const HARD: Record<string, unknown>[] = [
    { text: "a" },
    { text: " a" },
    { text: "A" },
    { text: "é" },
    { text: "e\u0301" },
    { text: "\u{1f469}\u200d\u{1f4bb} \ufeff\u200b" },
    { text: "line\r\nline\nline\u2028\u0085" },
    { text: "\u0001\u001f\u007f\uffff\u{10ffff}" },
    { text: "back\\slash \"quotes\" 'single' $1 %s {} \t" },
    { text: "İstanbul ısı ß ſ" },
    { text: "a", sourceLocale: "de" },
    { text: "a", sourceLocale: "zh_hant_tw" },
    { text: "a", context: {} },
    { text: "a", context: "" },
    { text: "a", context: "note" },
    { text: "a", context: '{"note":"note"}' },
    { text: "a", context: { note: "note" } },
    { text: "a", context: { n: 1 } },
    { text: "a", context: { n: 1.0, m: -0 } },
    { text: "a", context: { n: 1e-7, m: 123456789.125, o: 0.1, p: 5e-324, q: 9007199254740991 } },
    { text: "a", context: { b: [1, "2", null, { z: 1, a: 2 }], a: null } },
    { text: "a", context: { a: null, b: [1, "2", null, { a: 2, z: 1 }] } },
    { text: "a", context: { "\ufb33": 1, "\u{1f600}": 2, é: 3, "\r": 4, "": 5, "1": 6 } },
    { text: "a", context: { "\u0001": '\u007f\u2028\b\f"\\/' } },
    { text: "a", format: "icu" },
    { text: "a", format: "icu", context: { n: 1 } },
    { text: "a", context: { n: 1 }, project: "other", businessId: "ключ.ß" },
    { text: "42 %" },
    { text: "<br/>{name}" },
    { text: "x".repeat(100_000) },
  ];

  const TABLES = {
    content: "select content_id, source_locale, text from trans_hub.content order by 1",
    context: "select context_id, canonical, format from trans_hub.context order by 1",
    translation: `
      select c.content_id, x.context_id, t.target_locale, t.project, t.status, t.priority, t.text, t.engine
      from trans_hub.translation t join trans_hub.content c using (content_no) left join trans_hub.context x using (context_no)
      order by 1, 2 nulls first, 3, 4`,
    source: `
      select c.content_id, x.context_id, s.project, s.business_id
      from trans_hub.source s join trans_hub.content c using (content_no) left join trans_hub.context x using (context_no)
      order by 1, 2 nulls first, 3, 4`,
  };

  async function dump(db: pg.Pool): Promise<Record<string, unknown[]>> {
    const tables: Record<string, unknown[]> = {};
    for (const [name, query] of Object.entries(TABLES)) tables[name] = (await db.query(query)).rows;
    return tables;
  }

  test("is the same by the library, by request and by enqueue", async ({ outsider, db, store }) => {
    const dumps: Record<string, unknown[]>[] = [];
    const forget = () =>
      db.query(
        "truncate trans_hub.content, trans_hub.context, trans_hub.source, trans_hub.translation, trans_hub.batch, " +
          "trans_hub.count_delta; select graphile_worker.complete_jobs(array(select id from graphile_worker.jobs))",
      );
    const defaults = { sourceLocale: "en", targetLocales: ["fr", "en"] };

    const receipts = await store.register(HARD.map((each) => parseItem(each, defaults, { maxTextBytes: 1_048_576 })));
    dumps.push(await dump(db));
    await expectInvariants(db);
    await forget();

    const receipt = await request(outsider, HARD, defaults);
    expect(receipt).toMatchObject({
      registered: receipts.reduce((sum, { registered }) => sum + registered, 0),
      existing: receipts.reduce((sum, { existing }) => sum + existing, 0),
      rejected: [],
    });
    dumps.push(await dump(db));
    await expectInvariants(db);
    await forget();

    expect(await enqueue(outsider, HARD, defaults)).toEqual({ accepted: HARD.length, rejected: [] });
    await store.work({ until: "ready", concurrency: 1, maxItems: 50, locales: ["ja"] }, async () => {
      throw new Error("nothing of this locale");
    });
    dumps.push(await dump(db));
    await expectInvariants(db);
    await forget();

    const client = await db.connect();
    await client.query("begin");
    await store.enqueue(
      client,
      HARD.map((each) => parseItem(each, defaults, { maxTextBytes: 1_048_576 })),
    );
    await client.query("commit");
    client.release();
    await store.work({ until: "ready", concurrency: 1, maxItems: 50, locales: ["ja"] }, async () => {
      throw new Error("nothing of this locale");
    });
    dumps.push(await dump(db));

    expect(dumps[0]?.content).toHaveLength(new Set(HARD.map((each) => `${each.sourceLocale} ${each.text}`)).size);
    for (const other of dumps.slice(1)) expect(other).toEqual(dumps[0]);
  });
});
