/** A server that crashes, drops connections, has no room left, or cannot clean up. */
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";
import type { Cell } from "./cell.ts";

/**
 * A worker that loses its connections hands its jobs back while its calls go on: others may send the same texts again.
 */
const LOST = { endsCalls: true };

export const crash: Cell = {
  name: "crash",
  what: "PostgreSQL is killed as in a power cut and started again every 5 to 10 s",
  async trouble(scene) {
    while (scene.isLoaded) {
      await scene.pass(Math.min(scene.options.seconds * 400, scene.between(5_000, 10_000)));
      await scene.strike("PostgreSQL crash", LOST, () => scene.postgres.restart("crash"));
    }
  },
};

export const terminate: Cell = {
  name: "terminate",
  what: "pg_terminate_backend on a random connection of workers and producers, some 10 a second",
  async trouble(scene) {
    let ended = 0;
    while (scene.isLoaded) {
      await scene.pass(scene.between(20, 180));
      await scene.strike("pg_terminate_backend", LOST, async () => {
        const { rowCount } = await scene.db.query(`
          select pg_terminate_backend(pid) from (
            select pid from pg_stat_activity
            where backend_type = 'client backend' and pid <> pg_backend_pid() and application_name <> ''
            order by random() limit 1
          ) as victim`);
        ended += rowCount ?? 0;
      });
    }
    scene.notes.push(`${ended} connections ended`);
  },
};

let mounted = "";

export const disk: Cell = {
  name: "disk",
  what: "the file system of PostgreSQL (a tmpfs) is full for some seconds, again and again",
  cannotRun: () => {
    if (process.platform !== "linux" || process.getuid?.() !== 0) return "mounting a tmpfs needs root on Linux";
    const folder = mkdtempSync(join(tmpdir(), "trans-hub-disk-"));
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], { stdio: "pipe" });
      execFileSync("umount", [folder]);
      return undefined;
    } catch {
      return "mounting a tmpfs is not permitted";
    } finally {
      rmdirSync(folder);
    }
  },
  async prepare() {
    mounted = mkdtempSync(join(tmpdir(), "trans-hub-disk-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=640m,mode=0755", "tmpfs", mounted]);
    return {
      scene: { postgres: { env: { TMPDIR: mounted }, settings: ["max_wal_size=128MB", "min_wal_size=32MB"] } },
      async undo() {
        execFileSync("umount", ["-l", mounted]);
        rmdirSync(mounted);
      },
    };
  },
  async trouble(scene) {
    const filler = join(mounted, "filler");
    let crashes = 0;
    while (scene.isLoaded) {
      await scene.pass(Math.min(scene.options.seconds * 300, scene.between(2_000, 4_000)));
      await scene.strike("disk full", LOST, async () => {
        fill(filler);
        await wait(Math.min(scene.options.seconds * 300, scene.between(2_000, 6_000)));
        rmSync(filler);
        // Without room for its log PostgreSQL shuts down; an operator has to start it again.
        const isThere = await scene.db.query("select pg_switch_wal()").then(
          () => true,
          () => false,
        );
        if (isThere) return;
        crashes += 1;
        await scene.postgres.restart("crash");
      });
    }
    scene.notes.push(`PostgreSQL stopped and was started again ${crashes} times`);
  },
};

/** Fills the disk to the last block. */
function fill(path: string): void {
  for (let block = Buffer.alloc(2 ** 20); block.length >= 512; block = block.subarray(0, block.length / 2)) {
    try {
      for (;;) appendFileSync(path, block);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    }
  }
}

export const snapshot: Cell = {
  name: "snapshot",
  what: "a transaction with an old snapshot stays open, so that vacuum cannot remove dead rows",
  needsTime: "in some seconds there are no dead rows",
  async trouble(scene) {
    const idle = new pg.Client({ connectionString: scene.postgres.url, application_name: "" });
    await idle.connect();
    await idle.query("begin isolation level repeatable read");
    await idle.query("select count(*) from trans_hub.translation");
    await scene.pass(Number.POSITIVE_INFINITY);
    const { rows } = await scene.db.query<{ relname: string; dead: number }>(`
      select relname, n_dead_tup::int as dead from pg_stat_user_tables order by n_dead_tup desc limit 3`);
    scene.notes.push(`dead rows at the end: ${rows.map(({ relname, dead }) => `${relname} ${dead}`).join(", ")}`);
    await idle.query("rollback");
    await idle.end();
  },
};
