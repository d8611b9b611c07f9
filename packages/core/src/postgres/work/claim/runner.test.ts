import { drain, echo, item, reference, test, value } from "@trans-hub/test-support/store";
import { expect, onTestFinished, vi } from "vitest";
import { Intake } from "./intake.ts";

test("a connection that ends while the tasks are looked up stops no worker from claiming", async ({
  db,
  store,
  openStore,
}) => {
  const fleet = await openStore({ applicationName: "worker", heartbeatSeconds: 0.1, pollSeconds: 0.1 });
  const stopping = new AbortController();
  const working = fleet.work({ until: "stopped", concurrency: 1, maxItems: 10, signal: stopping.signal }, echo);
  const translated = (text: string, locale: string) => async () =>
    (await store.read([reference(text, locale)]))[0]?.status;
  await store.register([item("Save")]);
  await expect.poll(translated("Save", "fr")).toBe("translated");

  const stranger = await db.connect();
  try {
    await stranger.query("begin");
    await stranger.query("lock table graphile_worker._private_tasks in share mode");
    // A name that is new to the worker has it look all of them up.
    await db.query("insert into trans_hub.target_locale (locale) values ('de')");
    await expect
      .poll(() =>
        value(
          db,
          `select count(pg_terminate_backend(pid))::int from pg_stat_activity
           where datname = current_database() and application_name = 'worker' and wait_event_type = 'Lock'
             and query like 'insert into%_private_tasks as tasks%'`,
        ),
      )
      .toBe(1);
    await stranger.query("commit");
  } finally {
    stranger.release(true);
  }
  await store.register([item("Open"), item("Open", { targetLocales: ["de"] })]);
  await expect.poll(translated("Open", "fr")).toBe("translated");
  await expect.poll(translated("Open", "de")).toBe("translated");
  stopping.abort();
  await working;
});

test("a job that was announced while no worker listened does not wait for the next poll", async ({
  db,
  store,
  openStore,
}) => {
  // Its lane is known from the start: a new one is learnt with the beat.
  await store.register([item("Save")]);
  await drain(store);
  const fleet = await openStore({ applicationName: "worker", pollSeconds: 3_600 });
  const stopping = new AbortController();
  const working = fleet.work({ until: "stopped", concurrency: 1, maxItems: 10, signal: stopping.signal }, echo);
  const listening = `from pg_stat_activity
    where datname = current_database() and application_name = 'worker' and query ~ '^LISTEN|^select 1$'`;
  await expect.poll(() => value(db, `select count(*)::int ${listening}`)).toBe(1);
  await db.query(`select pg_terminate_backend(pid) ${listening}`);
  await store.register([item("Open")]);
  await expect.poll(async () => (await store.read([reference("Open", "fr")]))[0]?.status).toBe("translated");
  stopping.abort();
  await working;
});

test("a look that was answered in full is followed by the next, although the intake allows more by then", async ({
  store,
  openStore,
}) => {
  await store.register(Array.from({ length: 300 }, (_, at) => item(`Text ${at}`)));
  // So few that the waiting runners take them all; and each time another number.
  const jobsAhead = vi.spyOn(Intake.prototype, "jobsAhead", "get");
  onTestFinished(() => jobsAhead.mockRestore());
  let reads = 0;
  jobsAhead.mockImplementation(() => {
    reads += 1;
    return 2 - (reads % 2);
  });
  const fleet = await openStore({ pollSeconds: 3_600 });
  const stopping = new AbortController();
  const working = fleet.work({ until: "stopped", concurrency: 4, maxItems: 50, signal: stopping.signal }, echo);
  const pending = async () => (await store.status()).translations.pending;
  await expect.poll(pending).toBe(0);
  stopping.abort();
  await working;
});
