import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import pg from "pg";
import { describe, expect } from "vitest";
import {
  ask,
  keeperPid,
  keeperPids,
  kill,
  killKeeper,
  lives,
  postmasterPid,
  processesIn,
  processesWith,
  startClient,
  test,
  untilAnswering,
  untilStopped,
} from "../test/harness.ts";
import { openEmbedded, stopEmbedded } from "./index.ts";

describe("a killed keeper", () => {
  test("leaves the server to the next client, which starts a new keeper", async ({ usedDir: dataDir }) => {
    const first = await openEmbedded({ dataDir });
    const server = postmasterPid(dataDir);
    await killKeeper(dataDir, first.databaseUrl);
    expect(await ask(first.databaseUrl, "select 1 as one")).toEqual([{ one: 1 }]);

    const second = await openEmbedded({ dataDir });
    expect(second.databaseUrl).toBe(first.databaseUrl);
    expect(postmasterPid(dataDir)).toBe(server);
    expect(await keeperPid(dataDir)).toBeGreaterThan(0);

    await first.close();
    await second.close();
    await untilStopped(dataDir);
    await expect.poll(() => keeperPids(dataDir).filter(lives)).toEqual([]);
  });

  test("is replaced by the last client on leaving, or the server would run for ever", async ({ usedDir: dataDir }) => {
    const database = await openEmbedded({ dataDir });
    await killKeeper(dataDir, database.databaseUrl);
    await database.close();
    await untilStopped(dataDir);
  });
});

describe("a killed server", () => {
  test("is started again on the same port for the client that is still open", async ({ usedDir: dataDir }) => {
    const database = await openEmbedded({ dataDir });
    await ask(database.databaseUrl, "create table kept as select 42 as answer");
    const killed = postmasterPid(dataDir);
    await kill(killed ?? 0);
    await untilAnswering(database.databaseUrl);
    expect(await ask(database.databaseUrl, "select answer from kept")).toEqual([{ answer: 42 }]);
    expect(postmasterPid(dataDir)).not.toBe(killed);
    await database.close();
    await untilStopped(dataDir);
  });

  test("is not started again while its orphaned backend is still busy", async ({ usedDir: dataDir }) => {
    const database = await openEmbedded({ dataDir });
    const busy = new pg.Client(database.databaseUrl);
    busy.on("error", () => undefined);
    await busy.connect();
    // While computing, the backend does not notice that its postmaster is gone.
    const query = busy
      .query("select count(*) from generate_series(1, 15000000) a where a % 7 = 3")
      .catch(() => undefined);
    await expect
      .poll(() =>
        ask(
          database.databaseUrl,
          "select from pg_stat_activity where query like '%generate_series%' and state = 'active' and pid <> pg_backend_pid()",
        ),
      )
      .toHaveLength(1);
    await kill(postmasterPid(dataDir) ?? 0);
    await untilAnswering(database.databaseUrl);
    await query;
    await database.close();
  });

  test("is started with all its data by the next command when its processes and its keeper are all gone", async ({
    usedDir: dataDir,
  }) => {
    const client = startClient(dataDir);
    const { databaseUrl } = await client.said;
    await ask(databaseUrl, "create table kept as select 42 as answer");
    const pgData = join(dataDir, "cluster/postgres");
    await kill(await keeperPid(dataDir), client.process.pid ?? 0, ...processesIn(pgData));
    expect(postmasterPid(dataDir)).toBeDefined(); // the stale file

    const database = await openEmbedded({ dataDir });
    expect(await ask(database.databaseUrl, "select answer from kept")).toEqual([{ answer: 42 }]);
    await database.close();
  });

  test.for([
    ["empty", ""],
    ["full of zeros", "\0".repeat(100)],
    ["somebody else's", "not a pid\n"],
  ])(
    "whose postmaster.pid is %s after a power loss is started all the same",
    async ([, content], { usedDir: dataDir }) => {
      const pidFile = join(dataDir, "cluster/postgres/postmaster.pid");
      writeFileSync(pidFile, content as string);
      // Two at once: neither removes the other's good file.
      const [database, another] = await Promise.all([openEmbedded({ dataDir }), openEmbedded({ dataDir })]);
      expect(another.databaseUrl).toBe(database.databaseUrl);
      expect(await ask(database.databaseUrl, "select 1 as one")).toEqual([{ one: 1 }]);
      expect(postmasterPid(dataDir)).toBeGreaterThan(0);
      expect(
        readdirSync(join(dataDir, "cluster/postgres")).filter((name) => name.startsWith("postmaster.pid")),
      ).toEqual(["postmaster.pid"]);
      await database.close();
      await another.close();
    },
  );

  test("keeps serving when only its postmaster.pid became unreadable, and no second one is started", async ({
    usedDir: dataDir,
  }) => {
    const first = await openEmbedded({ dataDir });
    const pgData = join(dataDir, "cluster/postgres");
    const pidFile = join(pgData, "postmaster.pid");
    const right = readFileSync(pidFile, "utf8");
    await killKeeper(dataDir, first.databaseUrl);
    writeFileSync(pidFile, "");
    const servers = processesIn(pgData);
    const refused = openEmbedded({ dataDir, timeoutMs: 3_000 });
    await expect(refused).rejects.toThrow("was not ready");
    expect(readFileSync(pidFile, "utf8")).toBe("");
    expect(processesIn(pgData)).toEqual(expect.arrayContaining(servers.slice(0, 1)));
    expect(await ask(first.databaseUrl, "select 1 as one")).toEqual([{ one: 1 }]);
    writeFileSync(pidFile, right);
    await first.close();
  });

  test("is started although its pid went to another living program", async ({ usedDir: dataDir }) => {
    await (await openEmbedded({ dataDir })).close();
    const pidFile = join(dataDir, "cluster/postgres/postmaster.pid");
    const lines = readFileSync(pidFile, "utf8").split("\n");
    await stopEmbedded({ dataDir });
    writeFileSync(pidFile, [process.pid, ...lines.slice(1)].join("\n"));
    const database = await openEmbedded({ dataDir });
    expect(await ask(database.databaseUrl, "select 1 as one")).toEqual([{ one: 1 }]);
    expect(postmasterPid(dataDir)).not.toBe(process.pid);
    await database.close();
  });
});

describe("a first start killed half-way", () => {
  test("is repeated by the next command, and its remains are removed", async ({ dataDir }) => {
    const killed = startClient(dataDir);
    killed.said.catch(() => undefined);
    await expect.poll(() => processesWith(join(dataDir, "cluster.new")).length, { interval: 5 }).toBeGreaterThan(0);
    killed.process.kill("SIGKILL");
    await kill(...processesWith(dataDir));
    expect(readdirSync(dataDir)).toContain("cluster.new");
    expect(readdirSync(dataDir)).not.toContain("cluster");

    const database = await openEmbedded({ dataDir });
    expect(await ask(database.databaseUrl, "select 1 as one")).toEqual([{ one: 1 }]);
    await expect.poll(() => readdirSync(dataDir).filter((name) => /^cluster\./.test(name))).toEqual([]);
    await database.close();
  });

  test("is repeated within the same command when only initdb was lost", async ({ dataDir }) => {
    const opening = openEmbedded({ dataDir });
    await expect.poll(() => processesWith(`--pwfile=${dataDir}`).length, { interval: 5 }).toBeGreaterThan(0);
    await kill(...processesWith(`--pwfile=${dataDir}`));
    const database = await opening;
    expect(await ask(database.databaseUrl, "select 1 as one")).toEqual([{ one: 1 }]);
    await database.close();
  });
});

describe("a stale port or trans-hub.json", () => {
  test("is replaced when another program has taken the port", async ({ usedDir: dataDir }) => {
    const first = await openEmbedded({ dataDir });
    await first.close();
    await stopEmbedded({ dataDir });
    const port = Number(new URL(first.databaseUrl).port);
    const stranger = await listen(port);

    const second = await openEmbedded({ dataDir });
    expect(Number(new URL(second.databaseUrl).port)).not.toBe(port);
    expect(await ask(second.databaseUrl, "select 1 as one")).toEqual([{ one: 1 }]);
    await second.close();
    stranger.close();
  });

  test("is written again when it is lost, broken or stale while the server runs", async ({ usedDir: dataDir }) => {
    const first = await openEmbedded({ dataDir });
    const file = join(dataDir, "trans-hub.json");
    const right = readFileSync(file, "utf8");
    const spoilt = [undefined, '{"port":', JSON.stringify({ ...JSON.parse(right), port: 1 })];
    for (const content of spoilt) {
      rmSync(file);
      if (content !== undefined) writeFileSync(file, content);
      const next = await openEmbedded({ dataDir });
      expect(next.databaseUrl).toBe(first.databaseUrl);
      expect(readFileSync(file, "utf8")).toBe(right);
      await next.close();
    }
    await first.close();
  });

  test("a copy of the folder of a running server gets a server of its own", async ({ usedDir: dataDir }) => {
    const original = await openEmbedded({ dataDir });
    await ask(original.databaseUrl, "create table kept as select 42 as answer");
    await ask(original.databaseUrl, "checkpoint");
    const copyDir = join(dataDir, "..", "copy");
    execFileSync("cp", ["-a", dataDir, copyDir]);
    try {
      const copy = await openEmbedded({ dataDir: copyDir });
      expect(copy.databaseUrl).not.toBe(original.databaseUrl);
      await ask(copy.databaseUrl, "update kept set answer = 0");
      expect(await ask(original.databaseUrl, "select answer from kept")).toEqual([{ answer: 42 }]);
      await copy.close();
    } finally {
      await stopEmbedded({ dataDir: copyDir });
    }
    await original.close();
  });
});

async function listen(port: number): Promise<Server> {
  const server = createServer((socket) => socket.destroy()).listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}
