/**
 * The connection budget of operations.md, kept by real workers that start together and are replaced one by one.
 *
 * The server itself enforces the count: each worker has a role of its own, whose connection limit is the budget. One
 * connection more, at any moment, shows as a fault in the worker's log.
 */

import { type Commands, type Running, testOnDatabase as test } from "@trans-hub/test-support/command";
import type { TestDatabase } from "@trans-hub/test-support/database";
import type pg from "pg";
import { expect } from "vitest";

/** A real fleet's twenty are heavy for a small machine; set `TH_TEST_FLEET=20` by hand. */
const WORKERS = Number(process.env.TH_TEST_FLEET || 6);
const TEXTS = 100 * WORKERS;
const FLEET = { TH_CONCURRENCY: "2", TH_BATCH_SIZE: "20" };
const PATIENCE = 60_000 + WORKERS * 10_000;

async function roleWithLimit(db: pg.Pool, connections: number): Promise<string> {
  const role = `fleet_${Math.random().toString(36).slice(2)}`;
  // A superuser is not subject to the limit, a member of its role is.
  await db.query(`create role ${role} login password '${role}' connection limit ${connections}`);
  await db.query(`grant postgres to ${role}`);
  return role;
}

function urlFor({ url }: TestDatabase, role: string): string {
  const theirs = new URL(url);
  theirs.username = role;
  theirs.password = role;
  return theirs.href;
}

async function request(db: pg.Pool, prefix: string): Promise<void> {
  await db.query(
    `select trans_hub.request(
       (select jsonb_agg(jsonb_build_object('text', $1 || ' text ' || n)) from generate_series(1, $2::int) as n),
       '{"sourceLocale": "en", "targetLocales": ["fr", "de", "es"]}')`,
    [prefix, TEXTS],
  );
}

const translated = async (db: pg.Pool) =>
  (await db.query("select count(*)::int as n from trans_hub.translation where status = 'translated'")).rows[0].n;

const faults = (worker: Running) =>
  worker.stderr.split("\n").filter((line) => /"event":"(worker\.fault|store\.waiting)"/.test(line));

/** Counts connections repeatedly; returns the highest count seen. */
function watch(db: pg.Pool, roles: readonly string[]): { stop(): Promise<number> } {
  let isOver = false;
  const watching = (async () => {
    let peak = 0;
    while (!isOver) {
      const { rows } = await db.query("select count(*)::int as n from pg_stat_activity where usename = any ($1)", [
        roles,
      ]);
      peak = Math.max(peak, rows[0].n);
    }
    return peak;
  })();
  return {
    stop() {
      isOver = true;
      return watching;
    },
  };
}

interface Fixtures {
  commands: Commands;
  database: TestDatabase;
  db: pg.Pool;
}

/** @returns The highest number of connections of the whole fleet at one moment. */
async function peakOfAFleet(
  { commands, database, db }: Fixtures,
  budget: number,
  env: (url: string) => Record<string, string>,
): Promise<number> {
  const roles = await Promise.all(Array.from({ length: WORKERS }, () => roleWithLimit(db, budget)));
  const start = (role: string) => commands.start(["worker"], { env: { ...FLEET, ...env(urlFor(database, role)) } });
  const sampled = watch(db, roles);
  try {
    await request(db, "first");
    const fleet = roles.map(start);
    await Promise.all(fleet.map((worker) => worker.says(/"event":"worker.ready"/)));
    await expect.poll(() => translated(db), { timeout: PATIENCE }).toBe(3 * TEXTS);

    await request(db, "second");
    const successors: Running[] = [];
    for (const [at, role] of roles.entries()) {
      fleet[at]?.kill("SIGTERM");
      expect(await fleet[at]?.ended()).toMatchObject({ code: 0 });
      const successor = start(role);
      await successor.says(/"event":"worker.ready"/);
      successors.push(successor);
    }
    await expect.poll(() => translated(db), { timeout: PATIENCE }).toBe(6 * TEXTS);
    for (const worker of successors) worker.kill("SIGTERM");
    for (const worker of successors) expect(await worker.ended()).toMatchObject({ code: 0 });
    expect([...fleet, ...successors].flatMap(faults)).toEqual([]);
    const peak = await sampled.stop();
    expect(peak).toBeGreaterThanOrEqual(WORKERS);
    return peak;
  } finally {
    await sampled.stop();
    await db.query(`drop role ${roles.join(", ")}`);
  }
}

test("workers that start together, and are replaced one by one, stay within TH_MAX_CONNECTIONS each", {
  timeout: 3 * PATIENCE,
}, async ({ commands, database, db, annotate }) => {
  const peak = await peakOfAFleet({ commands, database, db }, 3, (url) => ({
    TH_DATABASE_URL: url,
    TH_MAX_CONNECTIONS: "3",
  }));
  await annotate(`${WORKERS} workers with 3 connections each had ${peak} at once`);
});

test("with a direct URL and a single connection through the pooler, two connections bypass it", {
  timeout: 3 * PATIENCE,
}, async ({ commands, database, db, annotate }) => {
  const peak = await peakOfAFleet({ commands, database, db }, 1 + 2, (url) => ({
    TH_DATABASE_URL: url,
    TH_DIRECT_URL: `${url}?direct=yes`,
    TH_MAX_CONNECTIONS: "1",
  }));
  await annotate(`${WORKERS} workers with 1 + 2 connections each had ${peak} at once`);
});
