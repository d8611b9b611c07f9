import { testOnSharedDatabase as test } from "@trans-hub/test-support/database";
import { expect } from "vitest";
import { ConnectionPool } from "./pool.ts";
import type { Database } from "./statement.ts";

const limits = async (db: Database) => {
  const { rows } = await db.query<Record<string, string>>({
    text: "select current_setting('statement_timeout') as statement, current_setting('idle_in_transaction_session_timeout') as idle",
  });
  return rows[0];
};

test("statements end after a minute, except the ones that may take any time", async ({ database }) => {
  const pool = new ConnectionPool({ databaseUrl: database.url });
  try {
    expect(await limits(pool)).toEqual({ statement: "54s", idle: "1min" });
    expect(await pool.unhurried(limits)).toMatchObject({ statement: "0" });
    expect(await limits(pool)).toMatchObject({ statement: "54s" });
  } finally {
    await pool.end();
  }
});

test("a connection behind a pooler has no start-up options", async ({ database }) => {
  const pool = new ConnectionPool({ databaseUrl: database.url, directUrl: `${database.url}?pooler=none` });
  try {
    expect(await limits(pool)).toEqual({ statement: "0", idle: "0" });
  } finally {
    await pool.end();
  }
});

test("a statement past its limit is reported as unavailable", async ({ database }) => {
  const pool = new ConnectionPool({ databaseUrl: database.url });
  try {
    const slow = pool.transaction(async (db) => {
      await db.query({ text: "set local statement_timeout = 1" });
      await db.query({ text: "select pg_sleep(10)" });
    });
    await expect(slow).rejects.toMatchObject({ code: "TH_DATABASE_UNAVAILABLE", retryable: true });
  } finally {
    await pool.end();
  }
});

test("a connection that an ending pool does not give can be released", async ({ database }) => {
  const pool = new ConnectionPool({ databaseUrl: database.url });
  await pool.end();
  const given = Promise.withResolvers<{ error: Error | undefined; release: () => void }>();
  pool.raw.connect((error, _, release) => given.resolve({ error, release }));
  const { error, release } = await given.promise;
  expect(error).toBeInstanceOf(Error);
  // As graphile-worker does with its listener's when it stops while the database is away: the worker would exit 1.
  expect(release).not.toThrow();
});

test("a connection that is released twice is released once", async ({ database }) => {
  const pool = new ConnectionPool({ databaseUrl: database.url });
  const given = Promise.withResolvers<() => void>();
  try {
    pool.raw.connect((error, _, release) => (error === undefined ? given.resolve(release) : given.reject(error)));
    const release = await given.promise;
    release();
    expect(release).not.toThrow();
    expect(pool.raw.idleCount).toBe(1);
  } finally {
    await pool.end();
  }
});

test("each new connection asks for its URL, so that a changed one is used without a restart", async ({ database }) => {
  const names = ["first", "second"];
  let asked = 0;
  const url = () => {
    asked += 1;
    return `${database.url}?application_name=${names.shift() ?? "later"}`;
  };
  const pool = new ConnectionPool({ databaseUrl: url, maxConnections: 1 });
  const name = async () => {
    const { rows } = await pool.query<{ name: string }>({ text: "select current_setting('application_name') as name" });
    return rows[0]?.name;
  };
  try {
    expect(asked).toBe(0);
    expect(await name()).toBe("first");
    expect(await name()).toBe("first");
    const client = await pool.raw.connect();
    client.release(true);
    expect(await name()).toBe("second");
    expect(asked).toBe(2);
  } finally {
    await pool.end();
  }
});
