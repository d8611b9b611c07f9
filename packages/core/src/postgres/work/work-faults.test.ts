import { within } from "@trans-hub/test-support/load";
import { test as base, drain, echo, item, reference, translated, value, workOf } from "@trans-hub/test-support/store";
import { startTcpProxy, type TcpProxy } from "@trans-hub/test-support/tcp-proxy";
import { describe, expect, onTestFinished } from "vitest";
import { DatabaseUnavailableError, SchemaMissingError } from "../../contract/errors.ts";
import type { FailedJob, WorkOutcome } from "../../contract/work.ts";

/** `wire`: the way to the database, which can be made to hang. */
const test = base.extend("wire", async ({ database }, { onCleanup }): Promise<TcpProxy> => {
  const wire = await startTcpProxy(database.url);
  onCleanup(() => wire.close());
  return wire;
});

/** Unhandled rejections until the end of the test, which would end a process. */
function unheardRejections(): unknown[] {
  const unheard: unknown[] = [];
  const onUnheard = (error: unknown) => unheard.push(error);
  process.on("unhandledRejection", onUnheard);
  onTestFinished(() => void process.off("unhandledRejection", onUnheard));
  return unheard;
}

describe("work that fails", () => {
  test("fails once and to its caller, and its running batches still end", async ({ db, store }) => {
    const unheard = unheardRejections();
    await store.register([item("Save"), item("Cancel")]);
    const later: WorkOutcome = { kind: "postponed", delayMs: 60_000 };
    const working = store.work(
      {
        until: "empty",
        concurrency: 1,
        maxItems: 50,
        observer: { settled: () => void db.query("alter table trans_hub.batch rename to elsewhere") },
      },
      workOf(() => later),
    );
    await expect(working).rejects.toThrow(SchemaMissingError);
    await store.close();
    expect(unheard).toEqual([]);
  });

  test("over a single connection, is refused at once: graphile-worker takes that one for good", async ({
    openStore,
  }) => {
    const store = await openStore({ maxConnections: 1 });
    await expect(drain(store)).rejects.toThrow("must be at least 2");
  });

  test("with an invalid crontab, is refused at once", async ({ store }) => {
    const upkeep = { gcCron: "every day", retentionDays: 90 };
    await expect(store.work({ until: "stopped", concurrency: 1, maxItems: 10, upkeep }, echo)).rejects.toThrow(
      "every day",
    );
  });

  test("has ended when its caller hears of it: no query follows", async ({ db, store }) => {
    const unheard = unheardRejections();
    await store.register([item("Save")]);
    await db.query("alter table trans_hub.worker_node rename to elsewhere");
    await expect(drain(store)).rejects.toThrow(SchemaMissingError);
    await store.close();
    // Whoever still asked would be refused by the closed pool, unheard.
    const sessions =
      "select count(*)::int from pg_stat_activity where application_name = 'trans-hub' and datname = current_database()";
    await expect.poll(() => value(db, sessions)).toBe(0);
    expect(unheard).toEqual([]);
  });
});

describe("texts that PostgreSQL cannot store", () => {
  test("one of them harms none of its neighbours", async ({ db, store }) => {
    // Each a batch of its own, which one call takes together.
    for (const text of ["One", "Two", "Three"]) await store.register([item(text)]);
    const batches: number[] = [];
    await drain(store, async (batch, signal) => {
      batches.push(batch.items.length);
      const { outcomes, calls } = await echo(batch, signal);
      return {
        outcomes: outcomes.map((each, at) => (batch.items[at]?.text === "Two" ? translated("\0") : each)),
        calls,
      };
    });
    expect(batches).toEqual([3]);
    const found = await store.read(["One", "Two", "Three"].map((text) => reference(text)));
    expect(found.map((each) => each?.status)).toEqual(["translated", "failed", "translated"]);
    expect(await value(db, "select count(*)::int from trans_hub.batch")).toBe(0);
  });
});

describe("a batch that cannot be loaded", () => {
  test.for<[string, string]>([
    [
      "has a history of an unknown form",
      `alter table trans_hub.batch drop constraint batch_history_is_a_list;
       update trans_hub.batch as b set history = '{"not": "a list"}' from trans_hub.content as c
       where c.text = 'Two' and c.content_no = any (b.content_nos)`,
    ],
    [
      "has a context that is no JSON",
      `alter table trans_hub.context drop constraint context_is_an_object;
       update trans_hub.context set canonical = '{"broken'`,
    ],
  ])("because it %s, fails alone, and its job is reported", async ([, harm], { db, store }) => {
    for (const text of ["One", "Two", "Three"]) {
      await store.register([item(text, text === "Two" ? { context: { at: "till" } } : {})]);
    }
    await db.query(harm);
    const ending = new AbortController();
    const failed: FailedJob[] = [];
    const stored: string[] = [];
    const endWhenDone = () => {
      if (failed.length > 0 && stored.length === 2) ending.abort();
    };
    await store.work(
      {
        until: "stopped",
        concurrency: 1,
        maxItems: 50,
        signal: ending.signal,
        observer: {
          jobFailed: (job) => {
            failed.push(job);
            endWhenDone();
          },
          settled: ({ batch }) => {
            stored.push(...batch.items.map(({ text }) => text));
            endWhenDone();
          },
        },
      },
      echo,
    );
    expect(stored.sort()).toEqual(["One", "Three"]);
    expect(failed).toMatchObject([
      { task: "translate:fr", batch: await value(db, "select batch_id::text from trans_hub.batch") },
    ]);
  });
});

test("a store that is closed as its work begins waits for it, and may be closed twice", async ({
  openStore,
  database,
}) => {
  const store = await openStore({ databaseUrl: database.url, directUrl: `${database.url}?` });
  const working = drain(store);
  await Promise.all([store.close(), store.close()]);
  expect(await working).toEqual({ translated: 0, failed: 0, retrying: 0 });
});

test("a member that is not in the fleet claims no batch, in its second life either", async ({ db, openStore }) => {
  const store = await openStore({ heartbeatSeconds: 0.1, pollSeconds: 0.1 });
  // Nobody gets in while there are jobs to be had.
  await db.query(`
    create function await_gate() returns trigger language plpgsql as $$
    begin
      perform pg_advisory_xact_lock(1);
      return new;
    end $$;
    create trigger await_gate before insert on trans_hub.worker_node for each row execute function await_gate()`);
  const gate = await db.connect();
  const ready: boolean[] = [];
  const ending = new AbortController();
  const observer = { ready: (isReady: boolean) => void ready.push(isReady) };
  const options = { concurrency: 1, maxItems: 10, signal: ending.signal, observer };
  await store.register([item("Save")]);
  const working = store.work({ ...options, until: "stopped" }, echo);
  try {
    const count = (from: string) => value(db, `select count(*)::int from ${from}`);
    await expect.poll(() => count("trans_hub.translation where status = 'translated'")).toBe(1);
    await gate.query("select pg_advisory_lock(1)");
    // Declared dead, it starts afresh.
    await db.query("delete from trans_hub.worker_node");
    await expect
      .poll(() => count("pg_stat_activity where datname = current_database() and wait_event = 'advisory'"))
      .toBe(1);
    await store.register([item("Cancel")]);
    // Its new pool does take jobs: those of the inbox.
    await store.enqueue(gate, [item("Help", { targetLocales: ["de"] })]);
    await expect.poll(() => count("trans_hub.batch where target_locale = 'de'")).toBe(1);
    expect(await count("trans_hub.translation where status = 'translated'")).toBe(1);
    await gate.query("select pg_advisory_unlock(1)");
    await expect.poll(() => count("trans_hub.translation where status = 'translated'")).toBe(3);
  } finally {
    gate.release(true);
    ending.abort();
    await working;
  }
});

test("an inbox that another session keeps locked takes one connection of a member, and not its beats", async ({
  db,
  openStore,
}) => {
  const store = await openStore({ heartbeatSeconds: 0.05, maxConnections: 5, connectTimeoutMs: 500 });
  const stranger = await db.connect();
  await stranger.query("begin");
  await stranger.query("lock table trans_hub.inbox");
  const faults: Error[] = [];
  const ending = new AbortController();
  const working = store.work(
    {
      until: "stopped",
      concurrency: 1,
      maxItems: 10,
      signal: ending.signal,
      observer: { fault: (error) => faults.push(error) },
    },
    echo,
  );
  try {
    const beats = "select coalesce(max(beat), 0)::int from trans_hub.worker_node";
    await within(10_000, () => expect.poll(() => value(db, beats)).toBeGreaterThan(20));
    const waiting = `select count(*)::int from pg_locks
      where not granted and database = (select oid from pg_database where datname = current_database())`;
    expect(await value(db, waiting)).toBe(1);
  } finally {
    await stranger.query("rollback");
    stranger.release();
    ending.abort();
    await working;
  }
  expect(faults).toEqual([]);
});

describe("a database that hangs", () => {
  test("is reported as unavailable, and asked again over new connections", async ({ wire, openStore }) => {
    const store = await openStore({ databaseUrl: wire.url, answerTimeoutMs: 300, connectTimeoutMs: 300 });
    await store.register([item("Save")]);
    wire.hang();
    await expect(store.read([reference("Save")])).rejects.toThrow(DatabaseUnavailableError);
    await expect(store.register([item("Cancel")])).rejects.toThrow(DatabaseUnavailableError);
    wire.mend();
    expect(await store.read([reference("Save")])).toMatchObject([{ status: "pending" }]);
  });

  test("costs one wait, for any number of connections", async ({ wire, openStore }) => {
    const store = await openStore({ databaseUrl: wire.url, answerTimeoutMs: 1_000, maxConnections: 8 });
    await store.register([item("Save")]);
    await Promise.all(Array.from({ length: 8 }, () => store.read([reference("Save")])));
    wire.hang();
    await expect(store.read([reference("Save")])).rejects.toThrow(DatabaseUnavailableError);
    // The old connections stay as dead as they are.
    wire.mend();
    for (let tries = 0; tries < 8; tries += 1) {
      expect(await store.read([reference("Save")])).toMatchObject([{ status: "pending" }]);
    }
  });

  test("makes a member report that it is not ready, for no longer than the database hangs", async ({
    wire,
    openStore,
    db,
  }) => {
    const store = await openStore({
      databaseUrl: wire.url,
      answerTimeoutMs: 1_000,
      connectTimeoutMs: 300,
      heartbeatSeconds: 0.1,
      rescueAfterSeconds: 0.3,
      pollSeconds: 0.1,
    });
    const ready: boolean[] = [];
    const ending = new AbortController();
    const observer = { ready: (isReady: boolean) => void ready.push(isReady) };
    const working = store.work(
      { until: "stopped", concurrency: 1, maxItems: 10, signal: ending.signal, observer },
      echo,
    );
    await expect.poll(() => ready).toEqual([true]);
    wire.hang();
    await expect.poll(() => ready).toEqual([true, false]);
    wire.mend();
    await (await openStore()).register([item("Save")]);
    const translations = "select count(*)::int from trans_hub.translation where status = 'translated'";
    await expect.poll(() => value(db, translations)).toBe(1);
    expect(ready.at(-1)).toBe(true);
    ending.abort();
    await working;
  });

  test("does not keep work from ending", async ({ wire, db, openStore }) => {
    const store = await openStore({ databaseUrl: wire.url });
    await store.register([item("Save")]);
    const ending = new AbortController();
    const working = store.work(
      { until: "stopped", concurrency: 1, maxItems: 10, drainMs: 100, signal: ending.signal },
      async (batch, signal) => {
        wire.hang();
        ending.abort();
        return echo(batch, signal);
      },
    );
    expect(await working).toEqual({ translated: 0, failed: 0, retrying: 0 });
    expect(await value(db, "select count(*)::int from trans_hub.batch")).toBe(1);
    wire.cut();
    await store.close();
  });
});
