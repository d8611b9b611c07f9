/**
 * The command, bundled (`command-bundle.ts`), and one PostgreSQL server for the whole test run: the server named by `TH_TEST_DATABASE_URL` (a superuser's URL,
 * PostgreSQL 14 to 18; everything that the run made there is dropped at its end), otherwise a server of its own
 * (`postgres.ts`).
 */
import pg from "pg";
import type { TestProject } from "vitest/node";
import { bundleCommand } from "./command-bundle.ts";
import { startPostgres } from "./postgres.ts";

declare module "vitest" {
  interface ProvidedContext {
    testServer: {
      /** A superuser's URL of a database that always exists. */
      url: string;
      /** Prefix of the names of all databases of this run. */
      prefix: string;
    };
    /** The file that starts the command `trans-hub`. */
    commandBin: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [command, server] = await Promise.all([bundleCommand(), provideServer(project)]);
  project.provide("commandBin", command.bin);
  return async () => {
    await Promise.all([command.remove(), server.remove()]);
  };
}

async function provideServer(project: TestProject): Promise<{ remove(): Promise<void> }> {
  const given = process.env.TH_TEST_DATABASE_URL;
  const prefix = `th_test_${process.pid}_${Date.now().toString(36)}_`;
  if (given !== undefined && given !== "") {
    project.provide("testServer", { url: given, prefix });
    return { remove: () => dropDatabases(given, prefix) };
  }
  const server = await startPostgres();
  project.provide("testServer", { url: server.url, prefix });
  return { remove: () => server.stop() };
}

/** Drops also the databases of tests that failed before they could drop them, and the templates. */
async function dropDatabases(url: string, prefix: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const left = await client.query<{ datname: string }>(
      "select datname from pg_database where starts_with(datname, $1)",
      [prefix],
    );
    for (const { datname } of left.rows) await client.query(`drop database if exists "${datname}" with (force)`);
  } finally {
    await client.end();
  }
}
