import { expectInvariants } from "@trans-hub/test-support/invariants";
import { test } from "@trans-hub/test-support/sql-api";
import { drain, translated, value, workOf } from "@trans-hub/test-support/store";
import { expect } from "vitest";

test("a statement over 10,000 rows enqueues each row once by a trigger, and a rollback takes all of them back", {
  timeout: 120_000,
}, async ({ db, store }) => {
  await db.query(`
    create table product (id integer primary key, name text);
    create function product_texts() returns trigger language plpgsql as $$
    begin
      perform trans_hub.enqueue(
        jsonb_agg(jsonb_build_object('text', p.name, 'businessId', 'product.' || p.id)),
        '{"sourceLocale": "en", "targetLocales": ["fr"]}'
      )
      from new_rows as p;
      return null;
    end $$;
    create trigger product_texts after insert on product
      referencing new table as new_rows for each statement execute function product_texts()`);
  const insert = (from: number) =>
    `insert into product select g, 'Product ' || g from generate_series(${from}, ${from + 9_999}) as g`;
  await db.query(`begin; ${insert(1)}; rollback`);
  await db.query(insert(20_001));
  // The statement made one row, and so one job, for all of its texts.
  expect(await value(db, "select count(*)::int from trans_hub.inbox")).toBe(1);
  await drain(
    store,
    workOf(({ text }) => translated(`[fr] ${text}`)),
  );
  expect(await value(db, "select count(*)::int from trans_hub.translation where status = 'translated'")).toBe(10_000);
  expect(await value(db, "select count(*)::int from trans_hub.source where business_id like 'product.%'")).toBe(10_000);
  await expectInvariants(db);
});

test("a statement trigger over no row enqueues nothing, as jsonb_agg then gives a NULL, and the statement succeeds", async ({
  db,
}) => {
  await db.query(`
    create table product (id integer primary key, name text);
    create function product_texts() returns trigger language plpgsql as $$
    begin
      perform trans_hub.enqueue(jsonb_agg(jsonb_build_object('text', p.name)), '{"targetLocales": ["fr"]}')
      from new_rows as p;
      return null;
    end $$;
    create trigger product_texts after insert on product
      referencing new table as new_rows for each statement execute function product_texts();
    insert into product select 1, 'Mug' where false`);
  expect(await value(db, "select count(*)::int from trans_hub.inbox")).toBe(0);
  expect(await value(db, "select trans_hub.enqueue(null)")).toEqual({ accepted: 0, rejected: [] });
  expect(await value(db, "select trans_hub.request(null)")).toMatchObject({ registered: 0, rejected: [] });
  expect(await value(db, "select trans_hub.get_translations(null, 'fr')")).toEqual([]);
  // The null of JSON is a value, and of the wrong kind.
  await expect(value(db, "select trans_hub.enqueue('null')")).rejects.toMatchObject({ code: "TH001" });
});
