/** A worker behind a network link of its own, which is cut. */
import { execFileSync } from "node:child_process";
import { appendFile } from "node:fs/promises";
import type { Scene } from "../scene.ts";
import type { Cell } from "./cell.ts";

const NAMESPACE = `th-chaos-${process.pid}`;
/** A subnet of four addresses for each process: another run may be active, or have been killed and left its links. */
const address = (second: number, last: number) => {
  const host = (process.pid % 16_384) * 4 + last;
  return `10.${second}.${host >> 8}.${host % 256}`;
};
/**
 * Two links, one to the database and one to the engine: a worker that still reaches the engine is the dangerous one.
 */
const WIRES = {
  database: { outside: `thd${process.pid}`, address: address(231, 1), inside: address(231, 2) },
  engine: { outside: `the${process.pid}`, address: address(232, 1), inside: address(232, 2) },
} as const;

const ip = (...args: string[]) => execFileSync("ip", args, { stdio: "pipe" });

function lay(): void {
  ip("netns", "add", NAMESPACE);
  ip("-n", NAMESPACE, "link", "set", "lo", "up");
  for (const { outside, address, inside } of Object.values(WIRES)) {
    ip("link", "add", outside, "type", "veth", "peer", "name", `${outside}i`, "netns", NAMESPACE);
    ip("addr", "add", `${address}/30`, "dev", outside);
    ip("link", "set", outside, "up");
    ip("-n", NAMESPACE, "addr", "add", `${inside}/30`, "dev", `${outside}i`);
    ip("-n", NAMESPACE, "link", "set", `${outside}i`, "up");
  }
}

function remove(): void {
  for (const { outside } of Object.values(WIRES)) {
    try {
      ip("link", "del", outside);
    } catch {
      // The link was never made.
    }
  }
  ip("netns", "del", NAMESPACE);
}

function through(url: string, address: string): string {
  const there = new URL(url);
  there.hostname = address;
  return there.href;
}

async function startBehindTheWires(scene: Scene) {
  const { rows } = await scene.db.query<{ hba_file: string }>("show hba_file");
  await appendFile(rows[0]?.hba_file ?? "", `\nhost all all ${WIRES.database.inside}/32 password\n`);
  await scene.db.query("select pg_reload_conf()");
  const worker = scene.fleet.start({
    wrap: ["ip", "netns", "exec", NAMESPACE],
    env: {
      TH_DATABASE_URL: through(scene.postgres.url, WIRES.database.address),
      TH_OPENAI_ENDPOINT: through(scene.engine.url, WIRES.engine.address),
    },
  });
  await worker.ready;
  return worker;
}

export const network: Cell = {
  name: "network",
  what: "a worker in a network namespace is cut off from the database, and half the time from the engine, for longer than a rescue takes",
  cannotRun: () => {
    if (process.platform !== "linux" || process.getuid?.() !== 0) return "network namespaces need root on Linux";
    try {
      lay();
      return undefined;
    } catch (error) {
      return `a network namespace could not be made: ${error instanceof Error ? error.message.split("\n")[0] : error}`;
    } finally {
      try {
        remove();
      } catch {
        // There is no link.
      }
    }
  },
  async prepare() {
    lay();
    return {
      scene: { workers: 3, engineHost: "0.0.0.0", engineMs: 400, postgres: { settings: ["listen_addresses=*"] } },
      async undo() {
        remove();
      },
    };
  },
  async trouble(scene) {
    const worker = await startBehindTheWires(scene);
    const longer = scene.options.rescueAfterSeconds * 1_000 + 3_000;
    for (let cuts = 0; scene.isLoaded; cuts += 1) {
      await scene.pass(scene.between(2_000, 4_000));
      const wires = cuts % 2 === 0 ? [WIRES.database] : [WIRES.database, WIRES.engine];
      await scene.strike(
        wires.length === 1 ? "database unreachable" : "cut off",
        { workers: [worker], endsCalls: true },
        async () => {
          for (const { outside } of wires) ip("link", "set", outside, "down");
          await scene.until("the fleet gives the worker up", 30, async () => {
            const { rows } = await scene.db.query<{ n: number }>(
              "select count(*)::int as n from trans_hub.worker_node",
            );
            return (rows[0]?.n ?? 0) <= 3;
          });
          await scene.pass(longer / 4);
          for (const { outside } of wires) ip("link", "set", outside, "up");
          // Until then it goes on with its claimed work, which others have taken over: its answers are discarded.
          await scene.until("the worker is back in the fleet", 30, async () => {
            const { rows } = await scene.db.query<{ n: number }>(
              "select count(*)::int as n from trans_hub.worker_node",
            );
            return (rows[0]?.n ?? 0) >= 4;
          });
        },
      );
    }
    if (!worker.isAlive) scene.violations.push(`the worker behind the wire ended:\n${worker.log.slice(-1_000)}`);
  },
};
