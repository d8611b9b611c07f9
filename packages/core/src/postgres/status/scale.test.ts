/** The queries of a scaler, and the number of workers that result from the answers. */

import { drain, item, test, value } from "@trans-hub/test-support/store";
import pg from "pg";
import { expect } from "vitest";

const readyTexts = (db: pg.Pool) => value(db, "select trans_hub.ready_texts()::int");
const oldestSeconds = (db: pg.Pool) => value(db, "select trans_hub.oldest_ready_seconds()");

/** KEDA's activation from zero, then the horizontal autoscaler's formula for an average value. */
function wantedReplicas(texts: number, { perReplica = 200, most = 10 } = {}): number {
  return texts > 0 ? Math.min(most, Math.max(1, Math.ceil(texts / perReplica))) : 0;
}

test("a burst brings workers from zero, and they go again after it", async ({ store, db }) => {
  const seen: number[] = [];
  const look = async () => seen.push(wantedReplicas(await readyTexts(db)));
  await look();
  for (const size of [1, 199, 300, 1_600]) {
    const texts = Array.from({ length: size }, (_, at) => item(`Text ${size}/${at}`));
    await store.register(texts);
    await look();
  }
  for (let left = 2_100; left > 0; left -= 700) {
    await store.work({ until: "ready", concurrency: 1, maxItems: 50, limit: 700 }, async ({ items }) => ({
      outcomes: items.map(({ text }) => ({ kind: "translated", text, engine: "test", model: null })),
      calls: [],
    }));
    await look();
  }
  await drain(store);
  await look();
  expect(seen).toEqual([0, 1, 1, 3, 10, 7, 4, 0, 0]);
  expect(await oldestSeconds(db)).toBe(0);
});

test("running work counts, so that a fleet is not scaled away while it works", async ({ store, db }) => {
  await store.register([item("Slow")]);
  let during = -1;
  await store.work({ until: "ready", concurrency: 1, maxItems: 10 }, async ({ items }) => {
    during = await readyTexts(db);
    return {
      outcomes: items.map(({ text }) => ({ kind: "translated", text, engine: "test", model: null })),
      calls: [],
    };
  });
  expect(during).toBe(1);
  expect(await readyTexts(db)).toBe(0);
});

test("delayed or paused work needs no worker until it is due", async ({ store, db }) => {
  await store.register([item("Later"), item("Paused", { project: "shop" })]);
  await db.query("update trans_hub.batch set run_at = now() + interval '1 hour' where project = 'default'");
  await store.pause({ project: "shop" });
  expect(await readyTexts(db)).toBe(0);
  expect(await oldestSeconds(db)).toBe(0);
  // Like work that was running at the moment of the pause.
  await db.query("update trans_hub.batch set run_at = now() where project = 'shop'");
  expect(await readyTexts(db)).toBe(0);
  await store.resume({});
  await db.query("update trans_hub.batch set run_at = now() - interval '1 minute'");
  await db.query("update trans_hub.batch set created_at = now() - interval '1 hour'");
  expect(await readyTexts(db)).toBe(2);
  expect(await oldestSeconds(db)).toBeGreaterThan(55);
  expect(await oldestSeconds(db)).toBeLessThan(120);
});

test("an item requested in a transaction brings a worker even when there is none", async ({ db }) => {
  await db.query(`select trans_hub.enqueue('[{"text": "A"}, {"text": "B"}]', '{"targetLocales": ["fr"]}')`);
  expect(await readyTexts(db)).toBe(2);
  await db.query("update trans_hub.inbox set refused = 'TH_ITEM_TEXT'");
  expect(await readyTexts(db)).toBe(0);
});

test("a role needs EXECUTE on the two functions and nothing else", async ({ db, database }) => {
  const role = `scaler_${Math.random().toString(36).slice(2)}`;
  await db.query(`create role ${role} login password '${role}'`);
  const url = new URL(database.url);
  url.username = role;
  url.password = role;
  const scaler = new pg.Pool({ connectionString: url.href, max: 1 });
  try {
    await expect(scaler.query("select trans_hub.ready_texts()")).rejects.toThrow(/permission denied/);
    await db.query(`grant execute on function trans_hub.ready_texts(), trans_hub.oldest_ready_seconds() to ${role}`);
    const { rows } = await scaler.query(
      "select trans_hub.ready_texts() as texts, trans_hub.oldest_ready_seconds() as age",
    );
    expect(rows).toEqual([{ texts: "0", age: 0 }]);
    await expect(scaler.query("select * from trans_hub.due_lanes()")).rejects.toThrow(/permission denied/);
    await expect(scaler.query("select from trans_hub.batch")).rejects.toThrow(/permission denied/);
  } finally {
    await scaler.end();
    await db.query(`drop owned by ${role}; drop role ${role}`);
  }
});
