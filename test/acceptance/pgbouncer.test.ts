/** The whole way behind a transaction-mode pooler, whose few server connections all clients share. */
import { applyMigrations, Coordinator, type StoreStatus } from "@trans-hub/core";
import { test as base } from "@trans-hub/test-support/command";
import { hasPgBouncer, type PgBouncer, startPgBouncer } from "@trans-hub/test-support/pgbouncer";
import pg from "pg";
import { expect, inject } from "vitest";

const MISSING = "Not tried behind PgBouncer, which is not installed here: apt-get install pgbouncer";

const test = base.extend("pooler", async ({ task: _ }, { onCleanup }): Promise<PgBouncer | undefined> => {
  if (!hasPgBouncer()) {
    console.warn(MISSING); // some reports do not show the reason of a skip
    return undefined;
  }
  const pooler = await startPgBouncer(inject("testServer").url);
  onCleanup(() => pooler.stop());
  return pooler;
});

test("producers and workers go through the pooler; LISTEN and migrations bypass it", async ({
  commands,
  emptyDatabase,
  pooler,
  skip,
}) => {
  if (pooler === undefined) return skip(MISSING);
  const databaseUrl = pooler.urlOf(emptyDatabase.url);
  const directUrl = emptyDatabase.url;
  const env = { TH_DATABASE_URL: databaseUrl, TH_DIRECT_URL: directUrl, TH_ENGINES: "pseudo" };
  expect(await commands.json(["migrate"], { env })).toMatchObject({ pending: [] });

  // The workers start before there is any work, so they learn of it by notification.
  const workers = [1, 2].map(() => commands.start(["worker"], { env }));
  await Promise.all(workers.map((worker) => worker.says(/"event":"worker.ready"/)));
  const hub = await Coordinator.connect({ databaseUrl, directUrl, sourceLocale: "en", maxConnections: 10 });
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const texts = Array.from({ length: 500 }, (_, at) => ({ text: `Text ${at}`, businessId: `id.${at}` }));
    const receipts = await Promise.all(texts.map((text) => hub.request([text], { targetLocales: ["fr", "de"] })));
    expect(receipts.reduce((sum, { registered }) => sum + registered, 0)).toBe(1_000);

    await client.query("begin");
    expect(await hub.request("In a transaction", { targetLocales: ["fr"], client })).toMatchObject({ accepted: 1 });
    await client.query("commit");
    const [last] = await hub.waitFor({ text: "In a transaction", targetLocales: ["fr"], timeoutMs: 60_000 });
    expect(last).toMatchObject({ status: "translated", engine: "pseudo" });
    await hub.waitFor({ text: "Text 499", targetLocales: ["fr", "de"], timeoutMs: 60_000 });
    expect(await hub.getTranslations(texts.slice(0, 3), { targetLocale: "fr" })).toHaveLength(3);

    const status = async () => (await commands.json<StoreStatus>(["status"], { env })).translations;
    await expect.poll(status).toMatchObject({ pending: 0, translated: 1_001, failed: 0 });
    expect(await commands.json(["gc", "--dry-run"], { env })).toMatchObject({ dryRun: true, contents: 0 });
    const { checks } = await commands.json<{ checks: { name: string; status: string }[] }>(["doctor"], {
      env,
      code: 1, // the test server runs without fsync
    });
    expect(checks).toContainEqual(expect.objectContaining({ name: "worker", status: "ok" }));
  } finally {
    await client.end();
    await hub.close();
  }
  for (const worker of workers) worker.kill("SIGTERM");
  for (const worker of workers) {
    const { code, stderr } = await worker.ended();
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.not.stringMatching(/worker\.fault|store\.waiting/),
    });
  }
});

test("a worker with a single connection through the pooler works too", async ({
  commands,
  emptyDatabase,
  pooler,
  skip,
}) => {
  if (pooler === undefined) return skip(MISSING);
  const env = {
    TH_DATABASE_URL: pooler.urlOf(emptyDatabase.url),
    TH_DIRECT_URL: emptyDatabase.url,
    TH_ENGINES: "pseudo",
    TH_MAX_CONNECTIONS: "1",
  };
  await applyMigrations({ databaseUrl: emptyDatabase.url });
  await commands.json(["request", "Add to cart", "--from", "en", "--to", "fr,de"], { env });
  expect(await commands.json(["worker", "--until-empty"], { env })).toEqual({ translated: 2, failed: 0, retrying: 0 });
});
