/** Migrating under running producers and workers, and running on the schema of a next release. */

import { addingNotes, type NextRelease, nextRelease } from "@trans-hub/test-support/next-release";
import { test as base, drain, echo, item, reference, value } from "@trans-hub/test-support/store";
import pg from "pg";
import { describe, expect } from "vitest";
import { PostgresPersistenceHandler } from "../postgres-persistence-handler.ts";
import { applyMigrations, migrationStatus, revertMigration } from "./migrate.ts";
import { NEWEST_MIGRATION } from "./schema-version.ts";

const TABLES = ["content", "context", "source", "translation", "batch", "dead_letter", "inbox", "worker_node"];

/** Like any additive migrations: each locks its table for a moment, and existing data is not touched. */
const ADDITIVE = addingNotes(TABLES, NEWEST_MIGRATION);
const NAMES = Object.keys(ADDITIVE);

const test = base
  .extend("additive", async ({ task: _ }, { onCleanup }): Promise<NextRelease> => {
    const release = await nextRelease(ADDITIVE);
    onCleanup(() => release.remove());
    return release;
  })
  .extend("holder", async ({ database }, { onCleanup }): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: database.url, application_name: "a long import" });
    client.on("error", () => undefined);
    await client.connect();
    onCleanup(() => client.end());
    return client;
  });

/** Migrates, and records its messages about waiting. */
function migrateAloud(options: Parameters<typeof applyMigrations>[0]) {
  const said: string[] = [];
  const migrating = applyMigrations({ ...options, onWaiting: (what) => void said.push(what) });
  migrating.catch(() => undefined);
  return { said, migrating };
}

const waitingForALock = (db: pg.Pool) =>
  value(
    db,
    `select count(*)::int from pg_stat_activity
     where datname = current_database() and application_name = 'trans-hub migrate' and wait_event_type = 'Lock'`,
  );

describe("a migration that finds a table locked", () => {
  test("lets producers and workers go on, names the sessions it waits for, and finishes once they are over", async ({
    database,
    db,
    store,
    additive,
    holder,
  }) => {
    await holder.query("begin");
    await holder.query("lock table trans_hub.content in row exclusive mode");
    const { said, migrating } = migrateAloud({
      databaseUrl: database.url,
      folder: additive.folder,
      lockTimeoutMs: 300,
      lockAttempts: 10_000,
    });
    await expect.poll(() => said.length).toBeGreaterThan(0);
    await expect.poll(() => waitingForALock(db), { interval: 5 }).toBe(1);
    // This waits behind the migration, which waits behind the import.
    expect(await store.register([item("Save"), item("Open")])).toMatchObject([{ registered: 1 }, { registered: 1 }]);
    expect(await drain(store)).toMatchObject({ translated: 2 });
    expect(await migrationStatus({ databaseUrl: database.url })).toMatchObject({ version: NEWEST_MIGRATION });

    await holder.query("commit");
    expect(await migrating).toMatchObject({ applied: NAMES, version: NAMES.at(-1) });
    expect(said[0]).toMatch(/process \d+ \(a long import, idle in transaction, .*\d+ s, on trans_hub\.content\)/);
  });

  test("gives up with a clear error when the lock outlasts it, and leaves everything unchanged", async ({
    database,
    store,
    additive,
    holder,
  }) => {
    await holder.query("begin");
    await holder.query("lock table trans_hub.content in row exclusive mode");
    const { said, migrating } = migrateAloud({
      databaseUrl: database.url,
      folder: additive.folder,
      lockTimeoutMs: 50,
      lockAttempts: 3,
    });
    await expect(migrating).rejects.toMatchObject({
      code: "TH_MIGRATION",
      message: expect.stringMatching(/3 times .*a long import.* on trans_hub\.content/),
      hint: expect.stringContaining("half done"),
    });
    expect(said).toHaveLength(2);
    expect(await migrationStatus({ databaseUrl: database.url })).toMatchObject({
      version: NEWEST_MIGRATION,
      pending: [],
    });
    expect(await store.register([item("Save")])).toMatchObject([{ registered: 1 }]);
    await holder.query("commit");
    expect(await applyMigrations({ databaseUrl: database.url, folder: additive.folder })).toMatchObject({
      applied: NAMES,
    });
  });

  test("gives up in the same way over graphile-worker's tables", async ({ database, db, additive, holder }) => {
    await db.query(
      "delete from graphile_worker.migrations where id = (select max(id) from graphile_worker.migrations)",
    );
    await holder.query("begin");
    await holder.query("lock table graphile_worker.migrations in access exclusive mode");
    const { migrating } = migrateAloud({
      databaseUrl: database.url,
      folder: additive.folder,
      lockTimeoutMs: 50,
      lockAttempts: 2,
    });
    await expect(migrating).rejects.toMatchObject({
      code: "TH_MIGRATION",
      message: expect.stringContaining("on graphile_worker.migrations"),
    });
    await holder.query("rollback");
  });
});

test("a node that finds another one migrating reports so, and goes on when that one ends", async ({
  database,
  holder,
}) => {
  await holder.query("begin; lock table trans_hub.migrating in share update exclusive mode");
  const { said, migrating } = migrateAloud({ databaseUrl: database.url });
  await expect.poll(() => said).toHaveLength(1);
  expect(said[0]).toMatch(/^another node that migrates: server process \d+ \(a long import\)$/);
  await holder.end();
  expect(await migrating).toMatchObject({ applied: [], pending: [] });
});

test("nothing is lost while tables are altered under producers and a worker", async ({
  database,
  db,
  openStore,
  additive,
}) => {
  const [producer, worker] = [await openStore(), await openStore()];
  const faults: Error[] = [];
  const stopping = new AbortController();
  const working = worker.work(
    {
      until: "stopped",
      concurrency: 2,
      maxItems: 20,
      signal: stopping.signal,
      observer: { fault: (error) => void faults.push(error) },
    },
    echo,
  );
  let isMigrated = false;
  let registered = 0;
  // Some before the migration, some during it, and some after.
  const producing = Promise.all(
    [1, 2, 3].map(async (lane) => {
      for (let rounds = 0, after = 0; after < 5; rounds += 1) {
        if (isMigrated) after += 1;
        const texts = Array.from({ length: 10 }, (_, at) => item(`${lane} ${rounds} ${at}`, { context: { lane, at } }));
        for (const { error } of await producer.register(texts)) expect(error).toBeUndefined();
        registered += texts.length;
        await producer.read([reference(`${lane} 0 0`)]);
      }
    }),
  );
  await expect
    .poll(() => value<number>(db, "select count(*)::int from trans_hub.translation where status = 'translated'"))
    .toBeGreaterThan(50);
  const report = await applyMigrations({ databaseUrl: database.url, folder: additive.folder, lockAttempts: 1_000 });
  isMigrated = true;
  expect(report.applied).toEqual(NAMES);
  await producing;
  const translated = "select count(*)::int from trans_hub.translation where status = 'translated'";
  await expect.poll(() => value(db, translated)).toBe(registered);
  stopping.abort();
  await working;
  expect(faults).toEqual([]);
  expect(await value(db, "select count(*)::int from trans_hub.dead_letter")).toBe(0);
});

describe("on the schema of a next release", () => {
  test("that permits this one beside it, everything goes on, and migrating does nothing", async ({
    database,
    additive,
  }) => {
    const { url } = database;
    await applyMigrations({ databaseUrl: url, folder: additive.folder });
    const store = await PostgresPersistenceHandler.connect({ databaseUrl: url });
    try {
      await store.register([item("Save")]);
      expect(await drain(store)).toMatchObject({ translated: 1 });
      expect(await store.read([reference("Save")])).toMatchObject([{ text: "[fr] Save" }]);
      expect(await migrationStatus({ databaseUrl: url })).toMatchObject({ pending: [], version: NAMES.at(-1) });
      expect(await applyMigrations({ databaseUrl: url })).toEqual({ applied: [], pending: [], version: NAMES.at(-1) });
      await expect(revertMigration({ databaseUrl: url })).rejects.toMatchObject({ code: "TH_SCHEMA_NEWER" });
    } finally {
      await store.close();
    }
  });

  for (const name of ["9001_removes", "9001_removes.beside-9000"]) {
    test(`that does not (${name}), stores and migrations refuse to start`, async ({ database }) => {
      const removing = await nextRelease({ [name]: "alter table trans_hub.translation drop column text;" });
      try {
        await applyMigrations({ databaseUrl: database.url, folder: removing.folder });
      } finally {
        await removing.remove();
      }
      for (const act of [PostgresPersistenceHandler.connect, applyMigrations, migrationStatus, revertMigration]) {
        await expect(act({ databaseUrl: database.url })).rejects.toMatchObject({
          code: "TH_SCHEMA_NEWER",
          message: expect.stringContaining(name),
        });
      }
    });
  }
});

test("a store on a schema that lacks this release's newest migration names the remedy", async ({ database }) => {
  await revertMigration({ databaseUrl: database.url });
  await expect(PostgresPersistenceHandler.connect({ databaseUrl: database.url })).rejects.toMatchObject({
    code: "TH_SCHEMA_MISSING",
    hint: expect.stringContaining("migrate"),
  });
});

test("a store on a newer, incompatible graphile-worker is refused", async ({ database, db }) => {
  await db.query("insert into graphile_worker.migrations (id, ts, breaking) values (999999, now(), true)");
  await expect(PostgresPersistenceHandler.connect({ databaseUrl: database.url })).rejects.toMatchObject({
    code: "TH_SCHEMA_NEWER",
  });
});
