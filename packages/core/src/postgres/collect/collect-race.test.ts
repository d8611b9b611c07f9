/** Collections beside requests. */
import { setTimeout as wait } from "node:timers/promises";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { seeded } from "@trans-hub/test-support/random";
import { drain, item, test, value } from "@trans-hub/test-support/store";
import type pg from "pg";
import { expect } from "vitest";

const _texts = async (db: pg.Pool) =>
  (await db.query<{ text: string }>("select text from trans_hub.content order by text")).rows.map(({ text }) => text);

/** Makes every use look this old; of one text, of one business id, of one project, or of all. */
async function _age(db: pg.Pool, days: number, only: { text?: string; businessId?: string; project?: string } = {}) {
  await db.query(
    `update trans_hub.source as s set last_seen_at = now() - make_interval(days => $1)
     from trans_hub.content as c
     where c.content_no = s.content_no and ($2::text is null or c.text = $2)
       and ($3::text is null or s.business_id = $3) and ($4::text is null or s.project = $4)`,
    [days, only.text ?? null, only.businessId ?? null, only.project ?? null],
  );
  await db.query("update trans_hub.context set created_at = now() - make_interval(days => $1)", [days]);
}

const RACE = "no acknowledged request is lost to collections that run meanwhile, and none fails";

for (const level of ["read committed", "repeatable read", "serializable"]) {
  test(`${RACE}, where sessions begin as ${level}`, async ({ database, db, openStore }) => {
    await db.query(
      `alter database "${new URL(database.url).pathname.slice(1)}" set default_transaction_isolation = '${level}'`,
    );
    const RETENTION_MS = 300;
    const retentionDays = RETENTION_MS / 86_400_000;
    const hot = Array.from({ length: 300 }, (_, at) =>
      item(`Hot ${at}`, at % 4 === 0 ? { context: { at: at % 20 } } : {}),
    );
    const first = await openStore();
    await first.collect({ retentionDays }); // from here on, uses are noted as often as this retention needs
    const endAt = performance.now() + 3_000;
    const lost: unknown[] = [];
    let checked = 0;
    let collected = 0;
    // A busy machine gets as many races as an idle one.
    const goesOn = () => performance.now() < endAt || checked <= 100 || collected <= 100;

    const producers = [1, 2, 3].map(async (seed) => {
      const random = seeded(seed);
      const store = await openStore({ maxConnections: 1 });
      while (goesOn()) {
        const chunk = Array.from({ length: 10 }, () => hot[Math.floor(random() * hot.length)] as (typeof hot)[number]);
        const before = await value<string>(db, "select clock_timestamp()::text");
        const receipts = await store.register(chunk);
        expect(receipts.every(({ error }) => error === undefined)).toBe(true);
        // In one snapshot after the acknowledgement: use, text and row are there together or gone together; and gone they
        // are only by a collection that began a retention (less the tenth that notes of use may lag) after the request.
        const { rows } = await db.query<{ is_kept: boolean; parts: number }>(
          `select
           (select max(started_at) from trans_hub.gc_run) < $3::timestamptz + make_interval(secs => $4 * 0.9 / 1000) as is_kept,
           w.text, (s.content_no is not null)::int + (t.content_no is not null)::int as parts
         from unnest($1::text[], $2::text[]) as w (text, context)
         left join trans_hub.content as c on c.content_id = trans_hub.content_id('en', w.text)
         left join trans_hub.context as x on x.context_id = trans_hub.context_id(w.context, 'auto')
         left join trans_hub.source as s
           on s.content_no = c.content_no and s.context_no = case when w.context is null then 0 else x.context_no end
         left join trans_hub.translation as t
           on t.content_no = c.content_no and t.context_no = case when w.context is null then 0 else x.context_no end
         where not exists (
           select from trans_hub.inbox as i where i.items @> jsonb_build_array(jsonb_build_object('text', w.text))
         )`,
          [chunk.map(({ text }) => text), chunk.map(({ context }) => context), before, RETENTION_MS],
        );
        for (const row of rows) {
          if (row.is_kept) checked += 1;
          if (row.parts === 1 || (row.is_kept && row.parts === 0)) lost.push(row);
        }
      }
    });
    const collectors = [1, 2].map(async () => {
      const store = await openStore({ maxConnections: 1 });
      while (goesOn()) {
        const { translations } = await store.collect({ retentionDays });
        collected += translations;
      }
    });
    const watching = (async () => {
      while (goesOn()) {
        await expectInvariants(db);
        await wait(100);
      }
    })();
    await Promise.all([...producers, ...collectors, watching]);

    expect(lost).toEqual([]);
    expect(checked).toBeGreaterThan(100);
    expect(await value(db, "select sum(translations)::int from trans_hub.gc_run")).toBeGreaterThan(100);

    await first.register(hot);
    await drain(first);
    expect(await value(db, "select count(*)::int from trans_hub.content")).toBe(300);
    expect(await value(db, "select count(*)::int from trans_hub.translation where status = 'translated'")).toBe(300);
    await expectInvariants(db);
  });
}
