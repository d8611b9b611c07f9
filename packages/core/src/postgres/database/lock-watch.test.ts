/** What waits for a lock of another session says so. */
import type { LockWait } from "@trans-hub/core/store";
import { drain, echo, item, test } from "@trans-hub/test-support/store";
import type pg from "pg";
import { expect } from "vitest";

const pidOf = (client: pg.PoolClient) =>
  client.query<{ pid: number }>("select pg_backend_pid() as pid").then(({ rows }) => rows[0]?.pid as number);

test("a worker whose every connection is busy or behind a lock names the lock and the process in the way", async ({
  db,
  openStore,
}) => {
  const waits: LockWait[] = [];
  const store = await openStore({ maxConnections: 2, onLockWait: (wait) => void waits.push(wait) });
  await store.register([item("A text that no log may hold")]);
  const holder = await db.connect();
  const stopping = new AbortController();
  try {
    await holder.query("set application_name = 'a forgotten session'");
    await holder.query("begin; lock table trans_hub.reconciling in share update exclusive mode");
    const working = store.work({ until: "stopped", concurrency: 1, maxItems: 1, signal: stopping.signal }, echo);
    await expect
      .poll(() => waits)
      .toMatchObject(
        [
          {
            lock: "trans_hub.reconciling",
            seconds: expect.any(Number),
            blockedBy: [await pidOf(holder)],
            holder: "a forgotten session, active",
          },
        ].map((wait) => ({
          ...wait,
          holder: expect.stringMatching(/^a forgotten session, (active|idle in transaction)$/),
        })),
      );
    expect(waits[0]?.seconds).toBeGreaterThanOrEqual(3);
    expect(JSON.stringify(waits)).not.toContain("A text");
    await holder.query("rollback");
    stopping.abort();
    await working;
  } finally {
    stopping.abort();
    await holder.query("rollback; reset application_name");
    holder.release();
  }
});

test("a command that waits for a row names its table, and one that waits for nobody says nothing", async ({
  db,
  openStore,
}) => {
  const waits: LockWait[] = [];
  const store = await openStore({ onLockWait: (wait) => void waits.push(wait) });
  await store.register([item("Save")]);
  await drain(store);
  const holder = await db.connect();
  try {
    await holder.query("begin; select from trans_hub.content for update");
    const forgetting = store.forget({ project: "default", text: "Save", sourceLocale: "en" } as never);
    await expect.poll(() => waits).toMatchObject([{ lock: "trans_hub.content", blockedBy: [await pidOf(holder)] }]);
    await holder.query("rollback");
    await forgetting;
    // A statement that is only slow.
    await db.query("select 1");
    expect(waits).toHaveLength(1);
  } finally {
    holder.release();
  }
});
