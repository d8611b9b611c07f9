import type { RegisterItem } from "@trans-hub/core/store";
import { gateOn } from "@trans-hub/test-support/gate";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import {
  drain,
  echo,
  failed,
  item,
  reference,
  revisionOf,
  test,
  translated,
  value,
  workOf,
} from "@trans-hub/test-support/store";
import type pg from "pg";
import { describe, expect, onTestFinished, vi } from "vitest";
import type { ItemReceipt } from "../../contract/register.ts";
import { ConnectionPool } from "../database/pool.ts";
import { registerItems } from "./register.sql.ts";

const items = (count: number, given = {}) => Array.from({ length: count }, (_, at) => item(`Text ${at}`, given));

function sum(receipts: readonly ItemReceipt[]) {
  return receipts.reduce(
    (total, { registered, existing, failed }) => ({
      registered: total.registered + registered,
      existing: total.existing + existing,
      failed: total.failed + failed,
    }),
    { registered: 0, existing: 0, failed: 0 },
  );
}

const count = (db: pg.Pool, table: string) => value(db, `select count(*)::int from ${table}`);

describe("counts", () => {
  test("a row is registered by the first of the call that names it, existing by all others", async ({ db, store }) => {
    expect(
      await store.register([
        item("Pay", { targetLocales: ["fr", "de"] }),
        item("Pay", { targetLocales: ["de", "ja"], businessId: "pay" }),
        item("Pay", { targetLocales: ["fr"], project: "other" }),
        item("Pay", { targetLocales: ["fr"], context: { at: "till" } }),
        item("Pay", { targetLocales: ["fr"], sourceLocale: "de" }),
      ]),
    ).toEqual([
      { registered: 2, existing: 0, failed: 0 },
      { registered: 1, existing: 1, failed: 0 },
      { registered: 1, existing: 0, failed: 0 },
      { registered: 1, existing: 0, failed: 0 },
      { registered: 1, existing: 0, failed: 0 },
    ]);
    await expectInvariants(db);
  });

  test("what says the same is one context, whatever its spelling", async ({ db, store }) => {
    const same = [
      [{ a: 1, b: "é" }, { b: "é", a: 1.0 }, '{"b":"\\u00e9","a":1e0}'],
      [{ n: 0.1 }, '{"n":0.10}'],
      [{ n: 0 }, { n: -0 }],
      [
        { "\u{1f600}": 1, "\ufb33": 2 },
        { "\ufb33": 2, "\u{1f600}": 1 },
      ],
      ["x", { note: "x" }],
      [{ n: "0.1" }],
      [{ é: 1 }],
      [{ "e\u0301": 1 }],
    ];
    for (const spellings of same) {
      const receipts = await store.register(spellings.map((context) => item("Pay", { context })));
      expect(sum(receipts)).toEqual({ registered: 1, existing: spellings.length - 1, failed: 0 });
    }
    expect(await count(db, "trans_hub.context")).toBe(same.length);
    await expectInvariants(db);
  });

  test("a text with nothing to translate is stored as it is, without a job", async ({ db, store }) => {
    expect(
      await store.register([item(" \n"), item("42 %"), item("{name}"), item("Pay", { targetLocales: ["en", "fr"] })]),
    ).toMatchObject([{ registered: 1 }, { registered: 1 }, { registered: 1 }, { registered: 2 }]);
    expect(await store.read([reference("{name}"), reference("Pay", "en")])).toMatchObject([
      { status: "translated", text: "{name}", engine: "none" },
      { status: "translated", text: "Pay", engine: "none" },
    ]);
    expect(await count(db, "trans_hub.batch")).toBe(1);
    expect(await value(db, "select sum(delta)::int from trans_hub.count_delta")).toBe(4);
    await expectInvariants(db);
  });

  test("failed ones are told, and not tried again", async ({ db, store }) => {
    await store.register([item("Pay")]);
    await drain(
      store,
      workOf(() => failed()),
    );
    expect(await store.register([item("Pay"), item("Pay")])).toEqual([
      { registered: 0, existing: 1, failed: 1 },
      { registered: 0, existing: 1, failed: 1 },
    ]);
    expect(await count(db, "trans_hub.batch")).toBe(0);
    await expectInvariants(db);
  });
});

describe("batches", () => {
  test("hold at most the batch size and the byte budget, of one lane", async ({ db, openStore }) => {
    const store = await openStore({ batchSize: 7, batchBytes: 1_000 });
    await store.register([
      ...items(30, { targetLocales: ["fr", "de"] }),
      ...Array.from({ length: 10 }, (_, at) => item(`${at} ${"long ".repeat(60)}`)),
      item(`huge ${"x".repeat(5_000)}`),
      item("Other project", { project: "other" }),
      item("Autre", { sourceLocale: "fr", targetLocales: ["de"] }),
      item("Soon", { priority: "interactive" }),
    ]);
    const { rows: batches } = await db.query<{ items: number; bytes: number; largest: number }>(`
      select cardinality(b.content_nos) as items, sum(octet_length(c.text))::int as bytes, max(octet_length(c.text)) as largest
      from trans_hub.batch b cross join lateral unnest(b.content_nos) as e (content_no) join trans_hub.content c using (content_no)
      group by b.batch_id`);
    for (const { items: size, bytes, largest } of batches) {
      expect(size).toBeLessThanOrEqual(7);
      expect(bytes === largest || bytes <= 1_000 + largest, `${bytes} bytes`).toBe(true);
    }
    expect(batches.some(({ bytes }) => bytes > 5_000)).toBe(true);
    await expectInvariants(db);
  });

  test("hold texts in the order in which they are given, also when some were there before or are given twice", async ({
    db,
    openStore,
  }) => {
    const store = await openStore({ batchSize: 10 });
    await store.register([item("Text 7", { targetLocales: ["de"] })]);
    const texts = Array.from({ length: 40 }, (_, at) => `Text ${at}`);
    await store.register([...texts, "Text 3"].map((text) => item(text)));
    const { rows } = await db.query<{ texts: string[] }>(`
      select array_agg(c.text order by e.ord) as texts
      from trans_hub.batch as b
      cross join lateral unnest(b.content_nos) with ordinality as e (content_no, ord)
      join trans_hub.content as c using (content_no)
      where b.target_locale = 'fr'
      group by b.batch_id`);
    const inOrder = rows
      .map((batch) => batch.texts)
      .sort(([one = ""], [other = ""]) => numberOf(one) - numberOf(other));
    expect(inOrder).toEqual([0, 10, 20, 30].map((from) => texts.slice(from, from + 10)));
  });

  const alike = { sourceLocale: "de", targetLocales: ["fr", "de", "ja"], priority: "bulk" } as const;
  test.for<[string, number, RegisterItem[]]>([
    [
      "all kinds",
      21,
      [
        ...items(5, { targetLocales: ["fr", "de"] }),
        item("42", { targetLocales: ["fr", "de"], expiresAfterSeconds: 60 }),
        item("long ".repeat(12)),
        item("Pay", { businessId: "pay", context: { at: "till" }, expiresAfterSeconds: 60 }),
        item("Bezahlen", { sourceLocale: "de", targetLocales: ["de", "fr"], priority: "bulk" }),
        item("Leave", { format: "icu", force: true }),
        ...items(7, { targetLocales: ["fr", "de"] }).slice(5),
      ],
    ],
    ["one kind", 24, [...items(4, alike), item("42", alike), ...items(7, alike).slice(4)]],
  ])(
    "and rows of a catalog of %s that is new are those of one that is known",
    async ([, rows, catalog], { db, openStore }) => {
      const store = await openStore({ batchSize: 3, batchBytes: 100 });
      const stored = async (project: string) => ({
        rows: await value(
          db,
          `select json_agg(r order by r.text, r.target_locale) from (
           select c.source_locale, c.text, t.target_locale, x.canonical, x.format, t.status, t.priority, t.text as stored,
             t.engine, t.expires_at is not null as expires, s.business_id
           from trans_hub.translation as t
           join trans_hub.content as c using (content_no)
           join trans_hub.source as s using (content_no, context_no, project)
           left join trans_hub.context as x using (context_no)
           where project = '${project}'
         ) as r`,
        ),
        batches: await value(
          db,
          `select json_agg(b order by b::text) from (
           select b.source_locale, b.target_locale, b.priority, b.texts, j.priority < 1000 as is_soon
           from (
             select b.*, array(
               select c.text from unnest(b.content_nos) with ordinality as n (content_no, ord)
               join trans_hub.content as c using (content_no) order by n.ord
             ) as texts
             from trans_hub.batch as b where b.project = '${project}'
           ) as b
           join graphile_worker.jobs as j on j.key = b.batch_id::text
         ) as b`,
        ),
        counted: await value(
          db,
          `select json_agg(d order by d::text) from (
           select target_locale, sum(delta) as n from trans_hub.count_delta where project = '${project}' group by 1
         ) as d`,
        ),
      });
      const register = (project: string) => store.register(catalog.map((each) => ({ ...each, project })));
      const receipts = await register("first");
      const asNew = await stored("first");
      expect(sum(receipts)).toEqual({ registered: rows, existing: 0, failed: 0 });
      // Of the second, every text is known.
      expect(await register("second")).toEqual(receipts);
      expect(await stored("second")).toEqual(asNew);
      await expectInvariants(db);
    },
  );

  test("of a lane with little waiting go ahead of those of a lane with much, within their level", async ({
    db,
    openStore,
  }) => {
    const store = await openStore({ batchSize: 1 });
    await store.register(items(100));
    await store.register([item("Late")]);
    await store.register([item("Late", { project: "small" })]);
    await store.register([item("Now", { priority: "interactive" })]);
    await store.register([item("Whenever", { priority: "bulk", project: "other" })]);
    const { rows } = await db.query<{ text: string; priority: number }>(`
      select b.project || ' ' || c.text as text, j.priority
      from graphile_worker.jobs j join trans_hub.batch b on b.batch_id::text = j.key
      join trans_hub.content c on c.content_no = b.content_nos[1]
      where c.text !~ '^Text' order by j.priority`);
    expect(rows.map(({ text }) => text)).toEqual(["default Now", "small Late", "default Late", "other Whenever"]);
    expect(rows.map(({ priority }) => priority)).toEqual([-988, 0, 12, 1_000]);
    await expectInvariants(db);
  });

  test("of a lane with very much waiting go behind those of one with much, by a sample", async ({ db, openStore }) => {
    const store = await openStore({ batchSize: 1 });
    for (let chunk = 0; chunk < 3; chunk += 1) {
      await store.register(Array.from({ length: 1_000 }, (_, at) => item(`Number ${chunk}.${at}`)));
    }
    await store.register(items(200, { project: "other" }));
    const waiting = async (project: string) =>
      8 * (await value<number>(db, "select trans_hub.job_priority(0::smallint, $1, 'fr')", [project]));
    // Of 3,000 and 200, one in 16 is 188 and 13 on average.
    expect(await waiting("default")).toBeGreaterThan(1_500);
    expect(await waiting("default")).toBeLessThan(6_000);
    expect(await waiting("other")).toBeGreaterThanOrEqual(128);
    expect(await waiting("other")).toBeLessThan(1_000);
  });
});

describe("one bad item", () => {
  test("does not take its neighbours along, and is told by its own error", async ({ db, store }) => {
    const chunk: RegisterItem[] = items(1_000);
    chunk[17] = { ...item("x"), text: "secret\0" };
    chunk[500] = { ...item("Long id"), businessId: "x".repeat(256) };
    chunk[501] = { ...item("Not JSON"), context: "{secret" };
    chunk[999] = { ...item("Level"), priority: 7 as 1 };
    const receipts = await store.register(chunk);
    expect(sum(receipts)).toEqual({ registered: 996, existing: 0, failed: 0 });
    for (const at of [17, 500, 501, 999]) {
      expect(receipts[at]).toMatchObject({ registered: 0, existing: 0, error: { retryable: false } });
      expect(receipts[at]?.error?.code).toMatch(/^TH_/);
      expect(receipts[at]?.error?.message).not.toMatch(/secret|xxx/);
    }
    expect(receipts.filter(({ error }) => error !== undefined)).toHaveLength(4);
    expect(await count(db, "trans_hub.translation")).toBe(996);
    await expectInvariants(db);
  });
});

test("an unchanged catalog registered again writes nothing", async ({ db, store }) => {
  const catalog = [
    ...items(500, { targetLocales: ["fr", "de"] }),
    ...Array.from({ length: 300 }, (_, at) => item(`With ${at}`, { context: { at: at % 7 }, businessId: `id.${at}` })),
    item("24/7"),
  ];
  await store.register(catalog);
  await drain(store);
  await store.register(catalog); // warms the caches, which may set hint bits
  const state = `select
    (select sum(hashtext(xmin::text || ctid::text || t::text)) from trans_hub.translation t)::text || '/' ||
    (select sum(hashtext(xmin::text || ctid::text || s::text)) from trans_hub.source s)::text || '/' ||
    (select sum(hashtext(xmin::text || ctid::text)) from trans_hub.content c)::text || '/' ||
    (select sum(hashtext(xmin::text || ctid::text)) from trans_hub.context x)::text || '/' ||
    (select count(*) from trans_hub.count_delta)::text`;
  const before = await value<string>(db, state);
  const bytesOfLog = async () => {
    const wal = await value<string>(db, "select pg_current_wal_insert_lsn()");
    expect(sum(await store.register(catalog))).toEqual({ registered: 0, existing: 1_301, failed: 0 });
    return value<number>(db, "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), $1)::int", [wal]);
  };
  // The key-share locks on the contents, which keep a collection away; nothing that grows with the length of a text. The log is the
  // server's, which other tests write too: at some moment they do not.
  await expect.poll(bytesOfLog, { timeout: 20_000 }).toBeLessThan(801 * 150);
  expect(await value<string>(db, state)).toBe(before);
  expect(await count(db, "graphile_worker.jobs")).toBe(0);
  await expectInvariants(db);
});

test("a waiting request is prolonged where it is, and one without an expiry is not written", async ({ db, store }) => {
  await store.register([item("Expires", { expiresAfterSeconds: 60 }), item("Stays")]);
  const state = "select xmin::text || ctid::text from trans_hub.translation where expires_at is null";
  const [untouched, batches] = [
    await value<string>(db, state),
    await value<string>(db, "select array_agg(batch_id) from trans_hub.batch"),
  ];
  const revisions = "select string_agg(revision::text, ',' order by content_no) from trans_hub.translation";
  const before = await value<string>(db, revisions);
  const again = { expiresAfterSeconds: 3_600 };
  const existing = { registered: 0, existing: 2, failed: 0 };
  expect(sum(await store.register([item("Expires", again), item("Stays", again)]))).toEqual(existing);
  expect(await value<string>(db, state)).toBe(untouched);
  const isLater =
    "select expires_at > now() + interval '30 minutes' from trans_hub.translation where expires_at is not null";
  expect(await value<boolean>(db, isLater)).toBe(true);
  expect(await value<string>(db, revisions)).toBe(before);
  expect(await value<string>(db, "select array_agg(batch_id) from trans_hub.batch")).toEqual(batches);
  // For less, nothing is written; for ever is for longer than anything.
  const prolonged = await value<string>(db, "select string_agg(xmin::text, ',') from trans_hub.translation");
  await store.register([item("Expires", { expiresAfterSeconds: 60 })]);
  expect(await value<string>(db, "select string_agg(xmin::text, ',') from trans_hub.translation")).toBe(prolonged);
  await store.register([item("Expires")]);
  expect(await value(db, "select count(expires_at)::int from trans_hub.translation")).toBe(0);
  await expectInvariants(db);
});

describe("producers at once", () => {
  test("register the same texts in different orders, each row once, and none fails", async ({ db, openStore }) => {
    const catalog = Array.from({ length: 2_000 }, (_, at) =>
      item(`Text ${at}`, { targetLocales: ["fr", "de"], ...(at % 3 === 0 && { context: { group: at % 50 } }) }),
    );
    const orders = [
      catalog,
      catalog.toReversed(),
      catalog.toSorted((a, b) => a.text.localeCompare(b.text)),
      [...catalog.slice(1_000), ...catalog.slice(0, 1_000)],
    ];
    const receipts = await Promise.all(
      orders.map(async (order) => {
        const store = await openStore({ maxConnections: 2 });
        const all: ItemReceipt[] = [];
        for (let at = 0; at < order.length; at += 500) all.push(...(await store.register(order.slice(at, at + 500))));
        return sum(all);
      }),
    );
    // Whoever met another's lock for long left those texts to the inbox.
    const [first] = await Promise.all([openStore()]);
    await drain(first, echo);
    expect(receipts.every(({ registered, existing }) => registered + existing === 4_000)).toBe(true);
    expect(await count(db, "trans_hub.translation")).toBe(4_000);
    expect(await count(db, "trans_hub.inbox")).toBe(0);
    const registered = receipts.reduce((total, receipt) => total + receipt.registered, 0);
    expect(registered).toBe(4_000);
    await expectInvariants(db);
  });
});

describe("a stranger's open transaction", () => {
  for (const end of ["commit", "rollback"]) {
    test(`over one text delays the others little and loses nothing when it ends with ${end}`, async ({
      db,
      openStore,
    }) => {
      const store = await openStore({ heartbeatSeconds: 0.2 });
      const stranger = await db.connect();
      try {
        await stranger.query("begin");
        await stranger.query(
          `select trans_hub.request('{"text": "Text 0", "sourceLocale": "en", "targetLocales": ["fr"]}')`,
        );
        let othersMs = 0;
        const startedAt = performance.now();
        const registering = store.register(items(1_000));
        await expect
          .poll(() => count(db, "trans_hub.translation"), { interval: 20, timeout: 10_000 })
          .toBeGreaterThanOrEqual(999);
        othersMs = performance.now() - startedAt;
        const receipts = await registering;
        expect(performance.now() - startedAt).toBeLessThan(5_000);
        expect(othersMs).toBeLessThan(4_000);
        expect(sum(receipts.slice(1))).toEqual({ registered: 999, existing: 0, failed: 0 });
        expect(receipts[0]).toEqual({ registered: 0, existing: 1, failed: 0 });
        // What is ready is worked on while the stranger dawdles, and the work ends.
        expect((await drain(store)).translated).toBe(999);
        expect(await count(db, "trans_hub.inbox")).toBe(1);
        await stranger.query(end);
      } finally {
        stranger.release(true);
      }
      const summary = await store.work({ until: "empty", concurrency: 2, maxItems: 50 }, echo);
      expect(summary).toMatchObject({ failed: 0, retrying: 0 });
      expect(await store.read([reference("Text 0")])).toMatchObject([{ status: "translated", text: "[fr] Text 0" }]);
      expect(await value(db, "select count(*)::int from trans_hub.translation where status = 'translated'")).toBe(
        1_000,
      );
      expect(await count(db, "trans_hub.inbox")).toBe(0);
      await expectInvariants(db);
    });
  }

  test("over a locale's very first text delays nobody's", async ({ db, store }) => {
    const stranger = await db.connect();
    try {
      await stranger.query("begin");
      await stranger.query(`select trans_hub.request('{"text": "A", "sourceLocale": "en", "targetLocales": ["fr"]}')`);
      const startedAt = performance.now();
      expect(sum(await store.register([item("B"), item("C")]))).toEqual({ registered: 2, existing: 0, failed: 0 });
      expect(performance.now() - startedAt).toBeLessThan(1_000);
      expect((await drain(store)).translated).toBe(2);
      await stranger.query("commit");
    } finally {
      stranger.release(true);
    }
    expect((await drain(store)).translated).toBe(1);
    await expectInvariants(db);
  });

  test("in which a new locale's lane is opened leaves no batch of a request made meanwhile without a job", async ({
    db,
    store,
  }) => {
    const stranger = await db.connect();
    try {
      await stranger.query("begin");
      await stranger.query("lock table graphile_worker._private_jobs in share row exclusive mode");
      // Has seen that there is no lane yet, and waits to make jobs.
      const requesting = db.query(
        `select trans_hub.request('{"text": "A", "sourceLocale": "en", "targetLocales": ["fr"]}')`,
      );
      requesting.catch(() => undefined);
      const waiting =
        "select count(*)::int from pg_locks where not granted and relation = 'graphile_worker._private_jobs'::regclass";
      await expect.poll(() => value(db, waiting)).toBe(1);
      await stranger.query("select trans_hub.open_lanes(array['fr'])");
      await stranger.query("commit");
      await requesting;
    } finally {
      stranger.release(true);
    }
    // Its own, or that of the task which gives one to each batch that has none.
    const jobs = `select count(*)::int from graphile_worker.jobs
      where task_identifier = 'open_lanes' or key in (select batch_id::text from trans_hub.batch)`;
    expect(await value(db, jobs)).toBe(1);
    expect(await drain(store)).toMatchObject({ translated: 1 });
    await expectInvariants(db);
  });

  test("over every text of a chunk is waited for not much longer than over one", async ({ db, openStore }) => {
    const store = await openStore({ heartbeatSeconds: 0.2 });
    const all = JSON.stringify(Array.from({ length: 300 }, (_, at) => ({ text: `Text ${at}` })));
    const stranger = await db.connect();
    try {
      await stranger.query("begin");
      await stranger.query(`select trans_hub.request($1, '{"sourceLocale": "en", "targetLocales": ["fr"]}')`, [all]);
      const asked = vi.spyOn(ConnectionPool.prototype, "query");
      onTestFinished(() => asked.mockRestore());
      const { registered, existing } = sum(await store.register(items(301)));
      expect(registered + existing).toBe(301);
      // How long each try would wait for a lock, and most of them had to.
      const waits = asked.mock.calls
        .filter(([{ name }]) => name === "register.items")
        .map(([{ values }]) => values?.[17]);
      expect(waits.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(3_000);
      await stranger.query("rollback");
    } finally {
      stranger.release(true);
    }
    await store.work({ until: "empty", concurrency: 2, maxItems: 50 }, echo);
    expect(await value(db, "select count(*)::int from trans_hub.translation where status = 'translated'")).toBe(301);
    await expectInvariants(db);
  });
});

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
});

describe("force", () => {
  test("puts a text back to work at the next revision, and readers keep the old one until then", async ({
    db,
    store,
  }) => {
    await store.register([item("Pay")]);
    await drain(store);
    const first = await revisionOf(store, "Pay");
    expect(await store.register([item("Pay", { force: true }), item("Pay")])).toEqual([
      { registered: 1, existing: 0, failed: 0 },
      { registered: 0, existing: 1, failed: 0 },
    ]);
    expect(await store.read([reference("Pay")])).toMatchObject([
      { status: "pending", text: "[fr] Pay", engine: "test", revision: first + 1 },
    ]);
    await expectInvariants(db);
    await drain(
      store,
      workOf(() => translated("Payer", "other")),
    );
    expect(await store.read([reference("Pay")])).toMatchObject([
      { status: "translated", text: "Payer", engine: "other", revision: first + 1 },
    ]);
    expect((await store.status()).translations).toEqual({ pending: 0, translated: 1, failed: 0, approved: 0 });
    await expectInvariants(db);
  });

  test("that fails goes back to the old text and writes a dead letter, which the next success closes", async ({
    db,
    store,
  }) => {
    await store.register([item("Pay")]);
    await drain(store);
    await store.register([item("Pay", { force: true })]);
    await drain(
      store,
      workOf(() => failed("Never")),
    );
    expect(await store.read([reference("Pay")])).toMatchObject([
      { status: "translated", text: "[fr] Pay", error: { code: "TH_ENGINE_REFUSED", message: "Never" } },
    ]);
    expect((await store.listDeadLetters({})).items).toHaveLength(1);
    expect((await store.status()).translations).toEqual({ pending: 0, translated: 1, failed: 0, approved: 0 });
    await expectInvariants(db);
    await store.register([item("Pay", { force: true })]);
    await drain(
      store,
      workOf(() => translated("Payer")),
    );
    expect((await store.read([reference("Pay")]))[0]).not.toHaveProperty("error");
    expect((await store.listDeadLetters({})).items).toHaveLength(0);
    await expectInvariants(db);
  });

  test("revives a failed text, leaves an approved and a verbatim one, and counts a waiting one as existing", async ({
    db,
    store,
  }) => {
    await store.register([item("Failed"), item("Approved")]);
    await drain(
      store,
      workOf(() => failed()),
    );
    await store.approve({ reference: reference("Approved"), text: "Mine", by: "me" });
    await store.register([item("Waiting"), item("24/7")]);
    const [failedAt, waitingAt, verbatimAt] = await Promise.all(
      ["Failed", "Waiting", "24/7"].map((text) => revisionOf(store, text)),
    );
    const forced = ["Failed", "Approved", "Waiting", "24/7"].map((text) => item(text, { force: true }));
    expect(await store.register(forced)).toEqual([
      { registered: 1, existing: 0, failed: 0 },
      { registered: 0, existing: 1, failed: 0 },
      { registered: 0, existing: 1, failed: 0 },
      { registered: 0, existing: 1, failed: 0 },
    ]);
    await expectInvariants(db);
    await drain(store);
    expect(await store.read(forced.map(({ text }) => reference(text)))).toMatchObject([
      { status: "translated", text: "[fr] Failed", revision: (failedAt ?? 0) + 1 },
      { status: "approved", text: "Mine", engine: "human" },
      { status: "translated", text: "[fr] Waiting", revision: waitingAt },
      { status: "translated", text: "24/7", engine: "none", revision: verbatimAt },
    ]);
    expect((await store.status()).translations).toEqual({ pending: 0, translated: 3, failed: 0, approved: 1 });
    await expectInvariants(db);
  });
});

describe("what was there", () => {
  test("by pseudo is missing for every other engine, and served meanwhile", async ({ db, store }) => {
    await store.register([item("Pay"), item("Back")]);
    await drain(
      store,
      workOf(({ text }) => translated(`⟦${text}⟧`, text === "Pay" ? "pseudo" : "other")),
    );
    for (const engine of [undefined, "pseudo"]) {
      expect(sum(await store.register([item("Pay"), item("Back")], { engine }))).toMatchObject({ registered: 0 });
    }
    expect(await store.register([item("Pay"), item("Back")], { engine: "openai" })).toMatchObject([
      { registered: 1 },
      { registered: 0, existing: 1 },
    ]);
    expect(await store.read([reference("Pay")])).toMatchObject([
      { status: "pending", text: "⟦Pay⟧", engine: "pseudo" },
    ]);
    await drain(store);
    expect(await store.read([reference("Pay")])).toMatchObject([{ text: "[fr] Pay", engine: "test" }]);
    expect((await store.status()).translations).toEqual({ pending: 0, translated: 2, failed: 0, approved: 0 });
    await expectInvariants(db);
  });

  test("and waits is hastened by a request at a better level, never delayed by a worse", async ({ db, store }) => {
    await store.register(items(60, { priority: "bulk" }));
    const [third, fourth] = [await revisionOf(store, "Text 3"), await revisionOf(store, "Text 4")];
    expect(await store.register([item("Text 3", { priority: "interactive" })])).toEqual([
      { registered: 0, existing: 1, failed: 0 },
    ]);
    await store.register([item("Text 3"), item("Text 4", { priority: "bulk" })]);
    await expectInvariants(db);
    const order: string[] = [];
    await store.work({ until: "ready", concurrency: 1, maxItems: 10 }, async (batch, signal) => {
      order.push(...batch.items.map(({ text }) => text));
      return echo(batch, signal);
    });
    expect(order[0]).toBe("Text 3");
    expect(order.toSorted()).toEqual(
      items(60)
        .map(({ text }) => text)
        .toSorted(),
    );
    expect(await store.read([reference("Text 3"), reference("Text 4")])).toMatchObject([
      { status: "translated", revision: third + 1 },
      { status: "translated", revision: fourth },
    ]);
    await expectInvariants(db);
  });

  test("and is handed over at that moment is hastened all the same", async ({ db, store }) => {
    await store.register([item("Pay", { priority: "bulk" })]);
    const error = { at: "2026-01-01T00:00:00.000Z", engine: "test", code: "TH_ENGINE_TRANSIENT", message: "Later" };
    const atRow = await gateOn(db, "trans_hub.translation", "after statement");
    const atHandOver = await gateOn(db, "trans_hub.batch");
    // As the store registers, but that it waits for a lock for as long as it takes.
    const one = [["Pay"], null, null, null, null, null, null, ["default"], ["en"], [-1], [false], [1], ["fr"]];
    const values = [...one, 50, 32_768, 86_400, null, 30_000, null];
    const registering = db.query({ text: registerItems.text, values });
    await atRow.reached();
    const working = drain(
      store,
      workOf(() => ({ kind: "retry", error, delayMs: 3_600_000, split: false })),
    );
    await atHandOver.reached();
    await atRow.open();
    await atHandOver.behind(1);
    await atHandOver.open();
    expect((await registering).rows).toEqual([{ registered: [0], existing: [1], failed: null, refused: null }]);
    await working;
    expect(await value(db, "select priority from trans_hub.translation")).toBe(-1);
    await expectInvariants(db);
  });
});

function numberOf(text: string): number {
  return Number(text.split(" ")[1]);
}
