import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readlinkSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect } from "vitest";
import { ask, IDLE_MS, postmasterPid, startClient, test, untilStopped } from "../test/harness.ts";
import { openEmbedded, stopEmbedded } from "./index.ts";

/** A user without rights that has a name: initdb requires one. */
const NOBODY = 65534;
const asNobody = [
  "setpriv",
  `--reuid=${NOBODY}`,
  `--regid=${NOBODY}`,
  "--clear-groups",
  "env",
  "-i",
  `PATH=${process.env.PATH}`,
  `TRANS_HUB_EMBEDDED_IDLE_MS=${IDLE_MS}`,
];

const root = process.getuid?.() === 0;
const nobodyCanRunUs =
  root && spawnSync("setpriv", [...asNobody.slice(1, 4), "test", "-r", fileURLToPath(import.meta.url)]).status === 0;

describe.runIf(root)("root, which may not run PostgreSQL itself,", () => {
  test("gets a server run by an ordinary user, who owns the data folder", async ({ dataDir }) => {
    const database = await openEmbedded({ dataDir });
    const { uid } = statSync(`/proc/${postmasterPid(dataDir)}`);
    expect(uid).not.toBe(0);
    expect(statSync(dataDir)).toMatchObject({ uid });
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    await database.close();
  });

  test("gets the data of a folder closed to others in a reachable folder, the same each time", async ({ dataDir }) => {
    const closed = join(dirname(dataDir), "closed");
    mkdirSync(closed, { mode: 0o700 });
    const asked = join(closed, ".trans-hub");
    const first = await openEmbedded({ dataDir: asked });
    try {
      await ask(first.databaseUrl, "create table kept as select 42 as answer");
      expect(dirname(first.dataDir)).toBe("/var/lib/trans-hub");
      expect(basename(first.dataDir)).toMatch(/^closed-[0-9a-f]+$/);
      expect(readlinkSync(join(asked, "elsewhere"))).toBe(first.dataDir);
      expect(statSync(asked)).toMatchObject({ uid: 0 });
      await first.close();
      expect(await stopEmbedded({ dataDir: asked })).toBe(true);

      const second = await openEmbedded({ dataDir: asked });
      expect(await ask(second.databaseUrl, "select answer from kept")).toEqual([{ answer: 42 }]);
      await second.close();
      await stopEmbedded({ dataDir: asked });
    } finally {
      rmSync(first.dataDir, { recursive: true });
    }
    // The data is gone, and an empty database in its place would hide the loss.
    await expect(openEmbedded({ dataDir: asked })).rejects.toMatchObject({
      code: "TH_EMBEDDED_DATABASE",
      message: expect.stringContaining(`was in ${first.dataDir}, which no longer exists`),
    });
  });

  test("uses the person behind sudo, who can go on alone", async ({ dataDir }) => {
    process.env.SUDO_UID = process.env.SUDO_GID = String(NOBODY);
    const database = await openEmbedded({ dataDir }).finally(() => {
      delete process.env.SUDO_UID;
      delete process.env.SUDO_GID;
    });
    expect(statSync(dataDir)).toMatchObject({ uid: NOBODY });
    expect(statSync(join(dataDir, "server.log"))).toMatchObject({ uid: NOBODY });
    if (nobodyCanRunUs) {
      const alone = startClient(dataDir, { as: asNobody });
      expect(await alone.said).toMatchObject({ databaseUrl: database.databaseUrl });
      await alone.finish();
    }
    await database.close();
    await untilStopped(dataDir);
    giveBack(dataDir);
  });

  test("refuses a folder that another user put in the way", async ({ dataDir }) => {
    mkdirSync(dataDir);
    chownSync(dataDir, 12_345, 12_345);
    await expect(openEmbedded({ dataDir })).rejects.toMatchObject({
      code: "TH_EMBEDDED_DATABASE",
      message: `The data folder ${dataDir} belongs to another user (uid 12345)`,
      hint: expect.stringContaining("TH_DATA_DIR"),
    });
    giveBack(dataDir);
  });
});

describe.runIf(nobodyCanRunUs)("an ordinary user", () => {
  test("runs the server in an empty environment, and it stops after its last client", async ({ dataDir }) => {
    chmodSync(dirname(dataDir), 0o777);
    const client = startClient(dataDir, { as: asNobody });
    expect((await client.said).error).toBeUndefined();
    expect(statSync(dataDir)).toMatchObject({ uid: NOBODY });
    expect(statSync(`/proc/${postmasterPid(dataDir)}`)).toMatchObject({ uid: NOBODY });
    expect(await client.finish()).toBe(0);
    await untilStopped(dataDir);
    giveBack(dataDir);
  });

  test("has no access to another user's database", async ({ usedDir: dataDir }) => {
    const database = await openEmbedded({ dataDir });
    const stranger = startClient(dataDir, { as: asNobody });
    expect((await stranger.said).error).toMatchObject({
      code: "TH_EMBEDDED_DATABASE",
      message: expect.stringContaining("belongs to another user"),
    });
    const reading = spawnSync("setpriv", [...asNobody.slice(1, 4), "ls", dataDir], { encoding: "utf8" });
    expect(reading.stderr).toContain("Permission denied");
    await database.close();
  });

  test("without write permission beside the project gets an error with the folder and the remedy", async ({
    dataDir,
  }) => {
    const client = startClient(dataDir, { as: asNobody });
    expect((await client.said).error).toMatchObject({
      code: "TH_EMBEDDED_DATABASE",
      message: `The data folder ${dataDir} cannot be made`,
      hint: expect.stringContaining("TH_DATA_DIR"),
    });
    expect(existsSync(dataDir)).toBe(false);
  });
});

/** The clean-up runs as root, which refuses other users' folders like every command. */
function giveBack(dataDir: string): void {
  chownSync(dataDir, 0, 0);
}
