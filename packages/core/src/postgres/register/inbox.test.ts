/** The inbox: items that were requested inside callers' transactions. */
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { count } from "@trans-hub/test-support/register";
import { drain, echo, item, test, value } from "@trans-hub/test-support/store";
import type pg from "pg";
import { describe, expect } from "vitest";

describe("the inbox", () => {
  async function append(db: pg.Pool, appended: unknown[], defaults = {}) {
    await db.query("select trans_hub.append_to_inbox($1, $2)", [JSON.stringify(appended), JSON.stringify(defaults)]);
  }
  const entry = (text: string, given = {}) => ({ text, sourceLocale: "en", targetLocales: ["fr"], ...given });

  test("keeps what the database refuses, and registers its neighbours", async ({ db, store }) => {
    await append(db, [entry("Before")]);
    await append(db, [entry("Beside"), entry("Bad", { targetLocales: ["english"] }), entry("Beside too")]);
    // Of a kind that only a change of rules between two releases could let in.
    await db.query("alter table trans_hub.content add check (text <> 'Worse')");
    await append(db, [entry("Next to it"), entry("Worse"), entry("And to it")]);
    await append(db, [entry("After")], { project: "shop" });
    const summary = await store.work({ until: "empty", concurrency: 2, maxItems: 50 }, echo);
    expect(summary).toEqual({ translated: 6, failed: 0, retrying: 0 });
    const { rows } = await db.query("select items -> 0 ->> 'text' as text, refused from trans_hub.inbox order by id");
    expect(rows.toSorted((a, b) => a.text.localeCompare(b.text))).toEqual([
      { text: "Bad", refused: "TH_LOCALE" },
      { text: "Worse", refused: "23514" },
    ]);
    expect(await store.status()).toMatchObject({ inbox: 0, refused: { TH_LOCALE: 1, "23514": 1 } });
    await expectInvariants(db);
  });

  test("takes texts of the length that its producer allows", async ({ db, store }) => {
    const client = await db.connect();
    await client.query("begin");
    await store.enqueue(client, [{ ...item("x"), text: "long ".repeat(300_000) }]);
    await client.query("commit");
    client.release();
    expect(await drain(store)).toMatchObject({ translated: 1, failed: 0 });
    expect(await count(db, "trans_hub.inbox")).toBe(0);
    await expectInvariants(db);
  });

  test.for<[string, string]>([
    ['"x"', "{}"],
    ["{}", "{}"],
    ["5", "{}"],
    ["null", "{}"],
    ["[]", "{}"],
    ['["x"]', "{}"],
    ["[null]", "{}"],
    ['[{"text": "x"}]', "[]"],
    ['[{"text": "x"}]', '"x"'],
  ])("refuses items %s with defaults %s, by an error that names the argument", async ([items, defaults], { db }) => {
    await expect(db.query("select trans_hub.append_to_inbox($1, $2)", [items, defaults])).rejects.toMatchObject({
      code: "TH001",
      message: expect.stringMatching(/^(items|each of the items|defaults) must be/),
    });
    await expect(db.query("select trans_hub.append_to_inbox(null, $1)", [defaults])).rejects.toMatchObject({
      code: "TH001",
    });
    expect(await count(db, "trans_hub.inbox")).toBe(0);
  });

  test("has no row of a wrong shape, whoever writes it", async ({ db }) => {
    for (const values of [`'"x"', '{}'`, `'{}', '{}'`, `'[]', '{}'`, `'[{}]', '[]'`]) {
      await expect(
        db.query(`insert into trans_hub.inbox (items, defaults) values (${values})`),
        values,
      ).rejects.toMatchObject({ code: "23514", constraint: expect.stringMatching(/^inbox_/) });
    }
  });

  test("names a row of a wrong shape and goes past it, where one is there all the same", async ({ db, store }) => {
    await db.query(
      "alter table trans_hub.inbox drop constraint inbox_items_are_a_list, drop constraint inbox_defaults_are_an_object",
    );
    await append(db, [entry("Before")]);
    for (const [items, defaults] of [
      ['"x"', "{}"],
      ["{}", "{}"],
      ["[5, null]", "{}"],
      ["[]", "{}"],
      ["[{}]", '"x"'],
      ["7", "[]"],
      ['"x"', '{"expiresAfterSeconds": 60}'],
    ]) {
      await db.query("insert into trans_hub.inbox (items, defaults) values ($1, $2)", [items, defaults]);
    }
    await append(db, [entry("After")], { priority: "normal" });
    expect(await store.status()).toMatchObject({ inbox: 9 });
    await store.measure();
    expect(await value(db, "select trans_hub.ready_texts()::int")).toBe(9);
    const other = { project: "default", text: "Else", sourceLocale: "en" };
    expect(await store.forget(other, { dryRun: true })).toMatchObject({ forgotten: 0 });
    expect(await store.forget(other)).toMatchObject({ forgotten: 0 });
    expect(await store.read([{ ...other, targetLocale: "fr", context: null, format: "auto" }])).toEqual([undefined]);
    expect(await value(db, "select trans_hub.cancel_in_inbox('default', 'it', null)::int")).toBe(0);
    const refused: string[] = [];
    const observer = { refused: ({ code }: { code: string }) => refused.push(code) };
    const summary = await store.work({ until: "empty", concurrency: 2, maxItems: 50, observer }, echo);
    expect(summary).toEqual({ translated: 2, failed: 0, retrying: 0 });
    expect(refused).toEqual(Array(7).fill("TH_ITEM_SHAPE"));
    expect(await store.status()).toMatchObject({ inbox: 0, refused: { TH_ITEM_SHAPE: 7 } });
    expect(await store.measure()).toMatchObject({ refused: { TH_ITEM_SHAPE: 7 } });
    await expectInvariants(db);
  });

  test("goes past a row that fails for a reason of an unknown kind, and reports the reason", async ({ db, store }) => {
    await db.query(`
      create function fail_for_one() returns trigger language plpgsql as $$
      begin
        if new.text = 'Bad' then raise exception using errcode = 'XX000', message = 'out of order'; end if;
        return new;
      end $$;
      create trigger fail_for_one before insert on trans_hub.content for each row execute function fail_for_one()`);
    await append(db, [entry("Before"), entry("Bad"), entry("Beside")]);
    await append(db, [entry("After")]);
    const faults: string[] = [];
    const observer = { fault: (error: Error) => faults.push((error as Error & { code: string }).code) };
    expect(await store.work({ until: "ready", concurrency: 2, maxItems: 50, observer }, echo)).toMatchObject({
      translated: 3,
    });
    expect(faults).toContain("XX000");
    expect(await value(db, "select string_agg(items -> 0 ->> 'text', ' ') from trans_hub.inbox")).toBe("Bad");
    await expectInvariants(db);
  });

  test("takes a call that is announced to nobody, for a transaction that is to be prepared", async ({ db, store }) => {
    const notify = { notify: false, sourceLocale: "en", targetLocales: ["fr"] };
    await db.query("select trans_hub.enqueue($1, $2)", [JSON.stringify([{ text: "Pay" }]), JSON.stringify(notify)]);
    expect(await value(db, "select count(*)::int from graphile_worker.jobs")).toBe(0);
    expect(await drain(store)).toMatchObject({ translated: 1 });
    await expectInvariants(db);
  });
});

describe("16,000 refused items", () => {
  /** Milliseconds for so many refused items. */
  type Act = (db: pg.Pool, items: unknown[]) => Promise<unknown>;
  const call = (name: string, db: pg.Pool, items: unknown[], defaults: unknown) =>
    db.query(`select trans_hub.${name}($1, $2)`, [JSON.stringify(items), JSON.stringify(defaults)]);
  const locales = { sourceLocale: "en", targetLocales: ["fr"] };

  test.for<[string, Act]>([
    ["request", (db, items) => call("request", db, items, locales)],
    ["enqueue", (db, items) => call("enqueue", db, items, locales)],
    [
      "the inbox",
      async (db, items) => {
        await call("append_to_inbox", db, items, locales);
        const { rows } = await db.query("select trans_hub.register_inbox(array(select id from trans_hub.inbox))");
        await db.query("delete from trans_hub.inbox");
        return rows;
      },
    ],
  ])("take %s eight times as long as 2,000, and not sixty-four", { timeout: 120_000 }, async ([, act], { db }) => {
    const items = (n: number) => Array.from({ length: n }, (_, at) => ({ text: at % 3 === 0 ? 5 : "" }));
    const elapsed = async (n: number) => {
      const startedAt = performance.now();
      await act(db, items(n));
      return performance.now() - startedAt;
    };
    await elapsed(100);
    const few = Math.min(await elapsed(2_000), await elapsed(2_000), await elapsed(2_000));
    const many = Math.min(await elapsed(16_000), await elapsed(16_000));
    expect(many / few).toBeLessThan(24);
  });
});
