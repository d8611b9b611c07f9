import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import pg from "pg";
import { describe, expect } from "vitest";
import {
  ask,
  keeperPid,
  keeperPids,
  lives,
  postmasterPid,
  processesWith,
  serverLog,
  startClient,
  test,
  untilStopped,
} from "../test/harness.ts";
import { openEmbedded, stopEmbedded } from "./index.ts";

describe("the first command", () => {
  test("gets a working database in UTF-8, whose folder is closed to others and ignored by git", async ({ dataDir }) => {
    const database = await openEmbedded({ dataDir });
    const [row] = await ask(
      database.databaseUrl,
      `select current_database() as name, lower('ÄÖŁЖ') as lower, current_setting('server_encoding') as encoding,
              current_setting('fsync') as fsync`,
    );
    expect(row).toEqual({ name: "trans_hub", lower: "äöłж", encoding: "UTF8", fsync: "on" });
    expect(database.dataDir).toBe(dataDir);
    expect(readFileSync(join(dataDir, ".gitignore"), "utf8")).toBe("*\n");
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    for (const file of ["cluster/password", "trans-hub.json", "server.log"]) {
      expect(statSync(join(dataDir, file)).mode & 0o777, file).toBe(0o600);
    }
    await database.close();
  });

  test("leaves a server that requires the password from every client, and listens on this machine only", async ({
    usedDir: dataDir,
  }) => {
    const database = await openEmbedded({ dataDir });
    const wrong = new URL(database.databaseUrl);
    wrong.password = "postgres";
    await expect(ask(wrong.href, "select 1")).rejects.toMatchObject({ code: "28P01" });
    const [row] = await ask(
      database.databaseUrl,
      `select current_setting('listen_addresses') as addresses, current_setting('unix_socket_directories') as sockets,
              (select array_agg(distinct auth_method) from pg_hba_file_rules)::text as methods`,
    );
    expect(row).toEqual({ addresses: "127.0.0.1", sockets: "", methods: "{scram-sha-256}" });
    await database.close();
  });

  test("leaves a server that logs no text of a failed statement", async ({ usedDir: dataDir }) => {
    const database = await openEmbedded({ dataDir });
    const secret = "a text of somebody";
    await ask(database.databaseUrl, "create table content (text text primary key check (length(text) < 99))");
    await ask(database.databaseUrl, `insert into content values ('${secret}')`);
    for (const statement of [
      `insert into content values ('${secret}')`,
      `insert into content values (repeat('${secret}', 9))`,
      `select '${secret}'::uuid`,
    ]) {
      await expect(ask(database.databaseUrl, statement)).rejects.toThrow();
    }
    await database.close();
    expect(serverLog(dataDir)).not.toContain(secret);
  });
});

describe("commands that run at the same time", () => {
  test("share one server after ten first starts, and leave no half-made files", async ({ dataDir }) => {
    const clients = Array.from({ length: 10 }, () => startClient(dataDir));
    const said = await Promise.all(clients.map((client) => client.said));
    expect(said.map(({ error }) => error?.message)).toEqual(Array(10).fill(undefined));
    expect(new Set(said.map(({ databaseUrl }) => databaseUrl)).size).toBe(1);
    expect(await keeperPid(dataDir)).toBeGreaterThan(0); // and there is only one
    await expect
      .poll(() => readdirSync(dataDir).sort())
      .toEqual([".gitignore", "cluster", "server.log", "trans-hub.json"]);
    const codes = await Promise.all(clients.map((client) => client.finish()));
    expect(codes).toEqual(Array(10).fill(0));
    await untilStopped(dataDir);
  });

  test("share the server within one process too, and closing one leaves it to the other", async ({
    usedDir: dataDir,
  }) => {
    const [first, second] = await Promise.all([openEmbedded({ dataDir }), openEmbedded({ dataDir })]);
    expect(second.databaseUrl).toBe(first.databaseUrl);
    await first.close();
    await first.close(); // idempotent
    expect(await ask(second.databaseUrl, "select 1 as one")).toEqual([{ one: 1 }]);
    await second.close();
  });
});

describe("the end of the embedded database", () => {
  test("comes after its last client, keeper included, and its data is there the next time", async ({
    usedDir: dataDir,
  }) => {
    const first = await openEmbedded({ dataDir });
    await ask(first.databaseUrl, "create table kept as select 42 as answer");
    await first.close();
    await untilStopped(dataDir);
    await expect.poll(() => keeperPids(dataDir).filter(lives)).toEqual([]);

    const second = await openEmbedded({ dataDir });
    expect(second.databaseUrl).toBe(first.databaseUrl); // the same port, because no other program took it
    expect(await ask(second.databaseUrl, "select answer from kept")).toEqual([{ answer: 42 }]);
    await second.close();
  });

  test("is put off by any open session, such as psql's", async ({ usedDir: dataDir }) => {
    const database = await openEmbedded({ dataDir });
    const other = new pg.Client(database.databaseUrl);
    await other.connect();
    await database.close();
    // Three sleeps of the server are measured by its own clock, each longer than the idle time.
    for (let nap = 0; nap < 3; nap++) await other.query("select pg_sleep(0.5)");
    expect(postmasterPid(dataDir)).toBeDefined();
    await other.end();
    await untilStopped(dataDir);
  });

  test("comes also after a command that forgets to close, which is not kept running by it", async ({
    usedDir: dataDir,
  }) => {
    const client = startClient(dataDir, { how: "forget" });
    const { databaseUrl } = await client.said;
    expect(databaseUrl).toMatch(/^postgres:/);
    expect(await client.finish()).toBe(0);
    await untilStopped(dataDir);
  });

  test("is not caused by Ctrl-C in a command's terminal", async ({ usedDir: dataDir }) => {
    const client = startClient(dataDir);
    const { databaseUrl } = await client.said;
    const witness = new pg.Client(databaseUrl);
    await witness.connect();
    process.kill(-(client.process.pid ?? 0), "SIGINT"); // the whole process group, as a terminal does
    await client.finish();
    expect(client.process.signalCode).toBe("SIGINT");
    expect((await witness.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    expect(await keeperPid(dataDir)).toBeGreaterThan(0);
    await witness.end();
  });

  test("is forced by stopEmbedded, which reports whether a server ran; it stays stopped", async ({
    usedDir: dataDir,
  }) => {
    expect(await stopEmbedded({ dataDir })).toBe(false);
    const database = await openEmbedded({ dataDir });
    expect(await stopEmbedded({ dataDir })).toBe(true);
    expect(postmasterPid(dataDir)).toBeUndefined();
    expect(await stopEmbedded({ dataDir })).toBe(false);
    await expect.poll(() => processesWith(dataDir)).toEqual([]); // no keeper came back for the open client
    await database.close();
  });
});

describe("one clear error describes", () => {
  test("a folder with other content, which is neither closed nor written to", async ({ dataDir }) => {
    const project = join(dirname(dataDir), "project");
    mkdirSync(project, { mode: 0o755 });
    writeFileSync(join(project, "package.json"), "{}");
    await expect(openEmbedded({ dataDir: project })).rejects.toMatchObject({
      code: "TH_EMBEDDED_DATABASE",
      message: expect.stringContaining(`${project} contains other files already, such as package.json`),
      hint: expect.stringContaining("TH_DATA_DIR"),
    });
    expect(statSync(project).mode & 0o777).toBe(0o755);
    expect(readdirSync(project)).toEqual(["package.json"]);
  });

  test("a file in the place of the folder", async ({ dataDir }) => {
    writeFileSync(dataDir, "");
    await expect(openEmbedded({ dataDir })).rejects.toMatchObject({
      code: "TH_EMBEDDED_DATABASE",
      message: expect.stringContaining(`${dataDir} is not a folder`),
    });
    rmSync(dataDir);
  });

  test("data of another PostgreSQL version", async ({ dataDir }) => {
    mkdirSync(join(dataDir, "cluster/postgres"), { recursive: true });
    writeFileSync(join(dataDir, "cluster/postgres/PG_VERSION"), "12\n");
    await expect(openEmbedded({ dataDir })).rejects.toMatchObject({
      code: "TH_EMBEDDED_DATABASE",
      message: expect.stringMatching(/was made by PostgreSQL 12; the installed one is \d+/),
    });
  });

  test("a server that does not start, with the last lines of its log as the cause", async ({ usedDir: dataDir }) => {
    writeFileSync(join(dataDir, "cluster/postgres/postgresql.auto.conf"), "no_such_setting = on\n");
    const failure: Error = await openEmbedded({ dataDir }).catch((error) => error);
    expect(failure).toMatchObject({ code: "TH_EMBEDDED_DATABASE", hint: expect.stringContaining("server.log") });
    expect(failure.message).toContain(`${dataDir} does not start`);
    expect((failure.cause as Error).message).toContain("no_such_setting");
  });

  test("a server that is not ready in time", async ({ dataDir }) => {
    await expect(openEmbedded({ dataDir, timeoutMs: 1 })).rejects.toMatchObject({
      code: "TH_EMBEDDED_DATABASE",
      message: expect.stringContaining(`${dataDir} was not ready within 0.001 s`),
    });
    // The starting keeper is not wasted: the next command uses its server, or it stops by itself.
    await (await openEmbedded({ dataDir })).close();
  });

  test("an abort ends the wait at once", async ({ dataDir }) => {
    const reason = new Error("Ctrl-C");
    const aborted = openEmbedded({ dataDir, signal: AbortSignal.abort(reason) });
    await expect(aborted).rejects.toMatchObject({ code: "TH_CANCELLED", cause: reason });
  });
});
