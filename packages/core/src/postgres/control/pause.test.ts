import { expectInvariants } from "@trans-hub/test-support/invariants";
import { drain, echo, item, reference, test, translated, value } from "@trans-hub/test-support/store";
import type pg from "pg";
import { describe, expect, onTestFinished } from "vitest";
import { ConnectionPool } from "../database/pool.ts";
import type { StatementConfig } from "../database/statement.ts";
import { Voice, WorkVoice } from "../settle/voice.ts";
import { ForeignProjects } from "../work/claim/foreign-projects.ts";
import { Intake } from "../work/claim/intake.ts";
import { Rests } from "../work/claim/rests.ts";
import { FleetView } from "../work/fleet/fleet-view.ts";
import { Gatherer } from "../work/gather/gatherer.ts";
import { endPause, parkBatches } from "./control.sql.ts";

const claimable = (db: pg.Pool) =>
  value<string>(
    db,
    `select count(*) from graphile_worker.jobs where task_identifier like 'translate:%' and run_at < 'infinity'`,
  );
const parked = (db: pg.Pool) => value<string>(db, "select count(*) from trans_hub.batch where run_at = 'infinity'");

/** So many batches of one text. */
const batches = (count: number, given: Parameters<typeof item>[1] = {}) =>
  Array.from({ length: count }, (_, at) => item(`Text number ${at}`, given));

describe("a pause", () => {
  test("parks a backlog at once, so that no worker claims it to find it paused", async ({ db, openStore }) => {
    const store = await openStore({ batchSize: 1 });
    await store.register(batches(1_200, { priority: "interactive" }));
    await store.register([item("Other", { project: "other" })]);
    await store.pause({ project: "default" });
    expect(await parked(db)).toBe("1200");
    expect(await claimable(db)).toBe("1");
    expect(await drain(store)).toMatchObject({ translated: 1 });
    await store.resume({ project: "default" });
    expect(await parked(db)).toBe("0");
    expect(await claimable(db)).toBe("1200");
    await expectInvariants(db);
  });

  test("parks later requests once, and does not look at them again", async ({ db, openStore }) => {
    const [store, worker] = await Promise.all([openStore({ batchSize: 1 }), openStore({ heartbeatSeconds: 0.1 })]);
    await store.pause({ targetLocale: "fr" });
    const stop = new AbortController();
    const working = worker.work({ until: "stopped", concurrency: 2, maxItems: 10, signal: stop.signal }, echo);
    await store.register(batches(100));
    const revisions = "select sum(revision) from trans_hub.translation where target_locale = 'fr'";
    const registered = await value<string>(db, revisions);
    await expect.poll(() => parked(db)).toBe("100");
    // Nothing is left that a worker could claim: neither spins nor holds up others.
    await expect.poll(() => claimable(db)).toBe("0");
    await store.register([item("Into another locale", { targetLocales: ["de"] })]);
    await expect
      .poll(async () => (await store.read([reference("Into another locale", "de")]))[0]?.status)
      .toBe("translated");
    expect(await value<string>(db, revisions)).toBe(registered);
    await expectInvariants(db);
    stop.abort();
    await working;
  });

  test("that ends lets waiting work go on at once, however rarely workers look for work", async ({
    store,
    openStore,
  }) => {
    const worker = await openStore({ pollSeconds: 600 });
    await store.register([item("Save")]);
    await store.pause({});
    const stop = new AbortController();
    const settled = Promise.withResolvers<void>();
    const ready = Promise.withResolvers<void>();
    const working = worker.work(
      {
        until: "stopped",
        concurrency: 2,
        maxItems: 10,
        signal: stop.signal,
        observer: { ready: (isReady) => isReady && ready.resolve(), settled: () => settled.resolve() },
      },
      echo,
    );
    await ready.promise;
    await store.resume({});
    await settled.promise;
    stop.abort();
    await working;
  });

  test("parks nothing behind a resume that runs at the same time", async ({ db, store, openStore }) => {
    const workers = await Promise.all([openStore({ heartbeatSeconds: 0.1 }), openStore({ heartbeatSeconds: 0.3 })]);
    const stop = new AbortController();
    const working = workers.map((worker) =>
      worker.work(
        { until: "stopped", concurrency: 3, maxItems: 3, signal: stop.signal },
        async ({ items, isEnginePaused }) => ({
          outcomes: items.map(({ text }) => (isEnginePaused?.("test") ? { kind: "paused" } : translated(text))),
          calls: [],
        }),
      ),
    );
    for (let round = 0; round < 12; round += 1) {
      const target = [{}, { project: "default" }, { targetLocale: "fr" }, { engine: "test" }][round % 4] ?? {};
      const registering = store.register(batches(30, { context: `round ${round}` }));
      await store.pause(target);
      await registering;
      await store.resume(target);
    }
    await expect
      .poll(async () => (await store.status()).translations, { interval: 100 })
      .toMatchObject({ pending: 0, translated: 360 });
    expect(await parked(db)).toBe("0");
    await expectInvariants(db);
    stop.abort();
    await Promise.all(working);
  });

  test("that ends before its worker learns of the parking leaves no batch without work", async ({
    database,
    db,
    store,
  }) => {
    const parkedNow = Promise.withResolvers<void>();
    const hears = Promise.withResolvers<void>();
    class LatePool extends ConnectionPool {
      override async query<Row extends pg.QueryResultRow>(config: StatementConfig): Promise<pg.QueryResult<Row>> {
        const answer = await super.query<Row>(config);
        if (config.name !== parkBatches.name) return answer;
        parkedNow.resolve();
        await hears.promise;
        return answer;
      }
    }
    const pool = new LatePool({ databaseUrl: database.url });
    onTestFinished(() => pool.end());
    const view = new FleetView(pool, false);
    view.entered("worker");
    const gatherer = new Gatherer({
      ...{ pool, view, translate: echo, concurrency: 1, maxItems: 10, onFault: () => undefined },
      intake: new Intake({ slots: 1, maxItems: 10 }),
      foreign: new ForeignProjects(undefined),
      rests: new Rests(() => ({})),
      voice: new WorkVoice({ voice: new Voice(), observer: {}, onEnough: () => undefined }),
    });
    await store.register([item("Save")]);
    const batchId = await value<string>(db, "select batch_id::text from trans_hub.batch");
    await store.pause({});
    const first = gatherer.take(batchId, 0);
    await parkedNow.promise;
    await store.resume({});
    const second = gatherer.take(batchId, 0);
    hears.resolve();
    await Promise.all([first, second]);
    expect(await store.read([reference("Save")])).toMatchObject([{ status: "translated" }]);
  });

  test("is completed by the fleet after a resume that was cut off", async ({ db, store }) => {
    await store.register([item("Save")]);
    await store.pause({ project: "default" });
    await db.query(endPause.text, ["project", "default"]);
    expect(await parked(db)).toBe("1");
    expect(await drain(store)).toMatchObject({ translated: 1 });
    await expectInvariants(db);
  });

  test("leaves no job of texts that are cancelled or forgotten meanwhile", async ({ db, store }) => {
    await store.register([item("Secret"), item("Cancelled", { targetLocales: ["de"] })]);
    await store.pause({});
    await store.forget({ project: "default", text: "Secret", sourceLocale: "en" });
    await store.cancel({ project: "default" });
    expect(await value<string>(db, "select count(*) from graphile_worker.jobs")).toBe("0");
    await expectInvariants(db);
  });
});
