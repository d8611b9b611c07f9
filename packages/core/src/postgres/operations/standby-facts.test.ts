import { applyMigrations, readStandbyFacts } from "@trans-hub/core/operations";
import { startPostgresWithStandby } from "@trans-hub/test-support/standby";
import pg from "pg";
import { expect, onTestFinished, test } from "vitest";

test("a standby is in recovery and current, is behind while it gets nothing, and has a schema once it is migrated", {
  timeout: 120_000,
}, async () => {
  const server = await startPostgresWithStandby({ isSynchronous: false });
  onTestFinished(() => server.stop());
  const facts = () => readStandbyFacts({ databaseUrl: server.url, readUrl: server.standby.url });
  await expect.poll(facts).toEqual({ isStandby: true, hasSchema: false, secondsBehind: 0 });
  await applyMigrations({ databaseUrl: server.url });
  await expect.poll(facts).toEqual({ isStandby: true, hasSchema: true, secondsBehind: 0 });
  server.replication.cut();
  const client = new pg.Client({ connectionString: server.url });
  onTestFinished(() => client.end());
  await client.connect();
  await client.query("create table later ()");
  expect((await facts()).secondsBehind).toBeGreaterThan(0);
  server.replication.mend();
  await expect.poll(facts).toMatchObject({ secondsBehind: 0 });
  expect(await readStandbyFacts({ databaseUrl: server.url, readUrl: server.url })).toMatchObject({ isStandby: false });
});
