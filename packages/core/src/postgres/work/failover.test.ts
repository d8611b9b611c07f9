import { startPostgresWithStandby } from "@trans-hub/test-support/standby";
import pg from "pg";
import { expect, test, vi } from "vitest";
import { HeldTranslator, item, readOne, Translator, translated, until, work } from "../../testing/conformance/kit.ts";
import { applyMigrations } from "../database/migrate.ts";
import { PostgresPersistenceHandler } from "../postgres-persistence-handler.ts";

test("a batch whose settlement only the dead primary knew is translated again by the worker that claims it there", {
  timeout: 180_000,
}, async () => {
  await using server = await startPostgresWithStandby({ isSynchronous: false });
  await applyMigrations({ databaseUrl: server.url });
  const handler = await PostgresPersistenceHandler.connect({
    databaseUrl: server.url,
    pollSeconds: 0.2,
    heartbeatSeconds: 0.2,
    rescueAfterSeconds: 30,
  });
  const stop = new AbortController();
  try {
    await handler.register([item()]);
    const held = new HeldTranslator("lost");
    const again = new Translator(() => translated("again"));
    let calls = 0;
    const working = work(
      handler,
      (batch, signal) => {
        calls += 1;
        return (calls === 1 ? held : again).translate(batch, signal);
      },
      { until: "stopped", signal: stop.signal },
    );
    await held.started;
    await server.failOver(async () => {
      held.letGo();
      await until(async () => (await readOne(handler))?.text === "lost");
    });
    await until(async () => (await readOne(handler).catch(() => undefined))?.text === "again");
    stop.abort();
    expect(await working).toMatchObject({ failed: 0 });
  } finally {
    stop.abort();
    await handler.close();
  }
});

test("a worker whose pool has ended begins no waiting batch before the batch's job has gone back", {
  timeout: 180_000,
}, async () => {
  await using server = await startPostgresWithStandby({ isSynchronous: true });
  await applyMigrations({ databaseUrl: server.url });
  const handler = await PostgresPersistenceHandler.connect({
    databaseUrl: server.url,
    batchSize: 1,
    pollSeconds: 0.2,
    heartbeatSeconds: 0.2,
    rescueAfterSeconds: 30,
  });
  const db = new pg.Pool({ connectionString: server.url });
  db.on("error", () => undefined);
  const stop = new AbortController();
  try {
    // No node leaves the fleet while the gate is shut: an ended pool keeps its jobs.
    await db.query(`
      create table gate (is_open boolean);
      create function await_gate() returns trigger language plpgsql as $$
      begin
        if not exists (select from public.gate) then raise exception 'the gate is shut'; end if;
        return old;
      end $$;
      create trigger await_gate before delete on trans_hub.worker_node for each row execute function await_gate()`);
    await handler.register([item({ text: "First" }), item({ text: "Second" })]);
    const held = new HeldTranslator("held");
    const sent: string[] = [];
    const fault = vi.fn<(error: Error) => void>();
    const working = work(
      handler,
      (batch, signal) => {
        sent.push(...batch.items.map(({ text }) => text));
        return sent.length === 1
          ? held.translate(batch, signal)
          : new Translator(() => translated("x")).translate(batch, signal);
      },
      { until: "stopped", signal: stop.signal, concurrency: 1, maxItems: 1, observer: { fault } },
    );
    await held.started;
    const claimed = "select count(*)::int as n from graphile_worker.jobs where locked_by is not null";
    await until(async () => (await db.query(claimed)).rows[0].n === 2);
    await server.failOver(async () => undefined);
    const refusals = () => fault.mock.calls.filter(([{ message }]) => /gate is shut/.test(message)).length;
    await until(async () => refusals() > 0);
    held.letGo();
    const stored = "select count(*)::int as n from trans_hub.translation where status = 'translated'";
    await until(async () => (await db.query(stored)).rows[0].n > 0);

    const before = refusals();
    await until(async () => refusals() > before);
    expect(sent).toHaveLength(1);
    await db.query("insert into gate values (true)");
    await until(async () => (await db.query(stored)).rows[0].n === 2);
    expect(sent.toSorted()).toEqual(["First", "Second"]);
    stop.abort();
    expect(await working).toMatchObject({ failed: 0 });
  } finally {
    stop.abort();
    await db.end();
    await handler.close();
  }
});
