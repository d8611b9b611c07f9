/** Point-in-time recovery as described in docs/operations.md: a base backup, the archived WAL, and another server. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StoreStatus } from "@trans-hub/core";
import { createRoles } from "@trans-hub/core/operations";
import { test } from "@trans-hub/test-support/command";
import { startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { startPostgres } from "@trans-hub/test-support/postgres";
import { findPostgres } from "@trans-hub/test-support/postgres-programs";
import pg from "pg";
import { expect } from "vitest";
import type { Check } from "../../packages/cli/src/doctor/check.ts";

const programs = findPostgres();
const MISSING = "no PostgreSQL server with pg_basebackup beside it is installed here: apt-get install postgresql";
if (programs === undefined) console.warn(MISSING); // some reports do not show the reason of a skip

test("a server is recovered to the moment before a mistake, and the unfinished work of that moment goes on", async ({
  commands,
  onTestFinished,
  skip,
}) => {
  if (programs === undefined) return skip(MISSING);
  const folder = mkdtempSync(join(tmpdir(), "trans-hub-recovery-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const archive = join(folder, "wal");
  mkdirSync(archive);
  for (const path of [folder, archive]) chmodSync(path, 0o777); // the server has an account of its own
  const archived = (segment: string) => join(archive, segment);
  const archiving = [
    "fsync=on",
    "archive_mode=on",
    `archive_command=test ! -e ${archived("%f")} && cp %p ${archived("%f")}.part && mv ${archived("%f")}.part ${archived("%f")}`,
  ];

  const here = await startPostgres(archiving, { TH_TEST_POSTGRES: programs });
  onTestFinished(() => here.stop());
  const engine = await startOpenaiServer();
  onTestFinished(() => engine.close());
  await ask(here.url, "create database app encoding 'UTF8' template template0");
  await createRoles({ databaseUrl: urlOf(here.url, "postgres"), migrate: true, passwords: { worker: "w" } });
  const env = {
    TH_DATABASE_URL: urlOf(here.url, "worker"),
    TH_ENGINES: "openai",
    TH_OPENAI_ENDPOINT: engine.url,
    TH_RESCUE_AFTER_SECONDS: "1.5",
  };
  const run = async (...args: string[]) => expect(await commands.run(args, { env })).toMatchObject({ code: 0 });
  const texts = ["--from", "en", "--to", "fr"];
  await run("request", "Kept", "Forgotten before", ...texts);
  await run("worker", "--once");

  const base = join(folder, "base");
  const { hostname, port, password } = new URL(here.url);
  const args = ["--host", hostname, "--port", port, "--username", "postgres", "--pgdata", base, "--checkpoint=fast"];
  const backedUp = spawnSync(join(programs, "bin/pg_basebackup"), args, {
    env: { ...process.env, PGPASSWORD: password },
    encoding: "utf8",
  });
  expect(backedUp).toMatchObject({ status: 0, stderr: "" });

  await run("forget", "Forgotten before", "--from", "en", "--yes");
  await run("request", "In hand", ...texts);
  engine.misbehave("hang");
  const called = new Promise((resolve) => engine.events.once("call", resolve));
  const worker = commands.start(["worker"], { env });
  await called;
  const [{ moment } = { moment: "" }] = await ask(
    urlOf(here.url, "postgres"),
    "select clock_timestamp()::text as moment",
  );
  const state = async () => {
    const { translations, locales, jobs } = await commands.json<StoreStatus & Record<string, unknown>>(["status"], {
      env,
    });
    return { translations, locales, jobs };
  };
  const before = await state();
  expect(before).toMatchObject({ translations: { pending: 1, translated: 1 }, jobs: { running: 1 } });

  // The mistake, and later changes.
  await run("cancel", "--to", "fr", "--yes");
  await run("forget", "Kept", "--from", "en", "--yes");
  await run("request", "Later", ...texts);
  worker.kill("SIGKILL");
  await worker.ended();
  const [{ segment } = { segment: "" }] = await ask(here.url, "select pg_walfile_name(pg_switch_wal()) as segment");
  await expect.poll(() => existsSync(archived(segment))).toBe(true);
  await here.stop();

  writeFileSync(join(base, "recovery.signal"), "");
  const recovery = [
    `restore_command=cp ${archived("%f")} %p`,
    `recovery_target_time=${moment}`,
    "recovery_target_action=promote",
  ];
  const there = await startPostgres([...archiving, ...recovery], {
    TH_TEST_POSTGRES: programs,
    TH_TEST_BASE_BACKUP: base,
  });
  onTestFinished(() => there.stop());
  env.TH_DATABASE_URL = urlOf(there.url, "worker"); // roles come with the server, and their passwords too

  expect(await state()).toEqual(before);
  const { checks } = await commands.json<{ checks: Check[] }>(["doctor"], { env, code: 1 });
  expect(checks.filter(({ status }) => status === "fail")).toMatchObject([{ name: "worker" }]);

  engine.behave();
  commands.start(["worker"], { env });
  await expect.poll(async () => (await state()).translations).toMatchObject({ pending: 0, translated: 2, failed: 0 });
  const shown = async (text: string) => (await commands.run(["get", text, ...texts], { env })).stdout.trim();
  expect(await shown("Kept")).toBe("[fr] Kept");
  expect(await shown("In hand")).toBe("[fr] In hand");
  for (const text of ["Forgotten before", "Later"]) expect(await shown(text)).not.toContain("[fr]");
});

function urlOf(server: string, role: "postgres" | "worker"): string {
  const url = new URL(server);
  url.pathname = "/app";
  if (role === "worker") {
    url.username = "trans_hub_worker";
    url.password = "w";
  }
  return url.href;
}

async function ask(connectionString: string, statement: string): Promise<Record<string, string>[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}
