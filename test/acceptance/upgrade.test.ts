/** An upgrade as described in docs/operations.md, and back again, under running producers and workers. */
import { setTimeout as wait } from "node:timers/promises";
import { Coordinator } from "@trans-hub/core";
import { type Running, testOnDatabase } from "@trans-hub/test-support/command";
import { addingNotes, type NextProgram, nextProgram } from "@trans-hub/test-support/next-release";
import { type OpenaiServer, startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { value } from "@trans-hub/test-support/store";
import type pg from "pg";
import { expect } from "vitest";
import { NEWEST_MIGRATION } from "../../packages/core/src/postgres/database/schema-version.ts";

const NEXT = addingNotes(["translation", "batch", "content", "worker_node"], NEWEST_MIGRATION);
const REPLACED = "select count(*)::int from pg_proc where prosrc like '%-- replaced%'";
const LOCALES = ["fr", "de"];

const test = testOnDatabase
  .extend("next", async ({ commands: _ }, { onCleanup }): Promise<NextProgram> => {
    const program = await nextProgram(
      NEXT,
      Object.fromEntries(
        ["read/find_row", "read/read_by_text", "queue/add_batch_jobs"].map((path) => [
          path,
          (text: string) => text.replace(/^(begin\n)/m, "$1  -- replaced\n"),
        ]),
      ),
    );
    onCleanup(() => program.remove());
    return program;
  })
  .extend("engine", async ({ commands: _ }, { onCleanup }): Promise<OpenaiServer> => {
    const server = await startOpenaiServer();
    // Ensures that a call is always in progress.
    server.misbehave({ fault: { kind: "slow", ms: 100 } });
    onCleanup(() => server.close());
    return server;
  });

/** Registers and reads continuously; records every failure. */
function produce(databaseUrl: string) {
  const failures: unknown[] = [];
  let registered = 0;
  let isStopping = false;
  const run = async () => {
    const hub = await Coordinator.connect({ databaseUrl, sourceLocale: "en", maxConnections: 2, cacheSize: 0 });
    for (let chunk = 0; !isStopping; chunk += 1) {
      const texts = Array.from({ length: 5 }, (_, at) => `Text ${chunk} ${at}`);
      try {
        registered += (await hub.request(texts, { targetLocales: LOCALES })).registered;
        await hub.getTranslations(texts, { targetLocale: "fr" });
      } catch (error) {
        failures.push(error);
      }
      await wait(20); // a steady load, below the machine's capacity
    }
    await hub.close();
  };
  const running = run();
  return {
    failures,
    get registered() {
      return registered;
    },
    async stop() {
      isStopping = true;
      await running;
    },
  };
}

/** Waits until more texts are translated than now, by any worker. */
async function goesOn(db: pg.Pool): Promise<void> {
  const translated = "select count(*)::int from trans_hub.translation where status = 'translated'";
  const now = await value(db, translated);
  await expect.poll(() => value(db, translated)).toBeGreaterThan(now + 20);
}

async function leaves(worker: Running): Promise<void> {
  worker.kill("SIGTERM");
  const { code, stderr } = await worker.ended();
  expect({ code, stderr }).toMatchObject({
    code: 0,
    stderr: expect.not.stringMatching(/worker\.(fault|forced|overdue)/),
  });
}

test("no request fails or is lost while a fleet is migrated, replaced one by one, and taken back", async ({
  commands,
  database,
  db,
  engine,
  next,
}) => {
  const env = { TH_ENGINES: "openai", TH_OPENAI_ENDPOINT: engine.url, TH_BATCH_SIZE: "10" };
  const start = async (bin?: string) => {
    const worker = commands.start(["worker"], { env, ...(bin && { bin }) });
    await worker.says(/"event":"worker.ready"/);
    return worker;
  };
  const versions = async () =>
    (await db.query("select version from trans_hub.worker_node order by 1")).rows.map((row) => row.version);
  const old = await Promise.all([start(), start()]);
  const producer = produce(database.url);
  try {
    await goesOn(db);

    // 1: migrate, with the command of the next release. 2: replace workers, one after another.
    expect(await commands.json(["migrate"], { bin: next.bin })).toMatchObject({
      applied: [...Object.keys(NEXT), next.newest],
      version: next.newest,
    });
    await goesOn(db);
    // An old node that migrates as it starts changes nothing.
    expect(await commands.json(["migrate"])).toMatchObject({ applied: [], version: next.newest });
    expect(await value(db, REPLACED)).toBe(3);
    const young: Running[] = [];
    for (const worker of old) {
      young.push(await start(next.bin));
      await leaves(worker);
      await goesOn(db);
    }
    expect(await versions()).toEqual(["9.0.0", "9.0.0"]);

    // Back: this release again, on the schema of the next; then the next schema is removed, by the command that has its
    // migrations.
    const again: Running[] = [];
    for (const worker of young) {
      again.push(await start());
      await leaves(worker);
      await goesOn(db);
    }
    expect(await commands.json(["migrate", "down", "--yes"], { code: 1 })).toMatchObject({
      error: { code: "TH_SCHEMA_NEWER" },
    });
    for (const version of [...Object.keys(NEXT).reverse(), NEWEST_MIGRATION]) {
      expect(await commands.json(["migrate", "down", "--yes"], { bin: next.bin })).toMatchObject({ version });
    }
    expect(await value(db, REPLACED)).toBe(0);
    await goesOn(db);
    // The next release's worker now waits for its schema, without harm.
    const waiting = commands.start(["worker"], { env, bin: next.bin });
    await waiting.says(/TH_SCHEMA_MISSING.*"event":"store.waiting"/);
    await producer.stop();
    await expect
      .poll(() => value(db, "select count(*)::int from trans_hub.translation where status = 'pending'"))
      .toBe(0);
    for (const worker of [...again, waiting]) await leaves(worker);
  } finally {
    await producer.stop();
  }
  expect(producer.failures).toEqual([]);
  const counts = await db.query("select status::text, count(*)::int as n from trans_hub.translation group by 1");
  expect(counts.rows).toEqual([{ status: "translated", n: producer.registered }]);
  expect(await value(db, "select count(*)::int from trans_hub.dead_letter")).toBe(0);
});
