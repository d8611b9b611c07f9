/** Clocks that jump: of workers and producers, and of the server. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Cell } from "./cell.ts";

/** Where the packages of Debian and Fedora install it. */
const LIBRARY = [
  `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu/faketime/libfaketime.so.1`,
  "/usr/lib64/faketime/libfaketime.so.1",
].find((path) => existsSync(path));

const cannotRun = () =>
  LIBRARY === undefined ? "libfaketime is not installed (Debian: apt-get install faketime)" : undefined;

let folder = "";
let workerEnv: Record<string, string> = {};
const skewFile = () => join(folder, "skew");
const setSkew = (seconds: number) => writeFileSync(skewFile(), `${seconds < 0 ? "" : "+"}${seconds}\n`);

function prepareClock(): Record<string, string> {
  folder = mkdtempSync(join(tmpdir(), "trans-hub-clock-"));
  setSkew(0);
  return {
    LD_PRELOAD: LIBRARY ?? "",
    FAKETIME_TIMESTAMP_FILE: skewFile(),
    FAKETIME_CACHE_DURATION: "1",
    // The monotonic clock does not jump in reality, so it is not faked.
    DONT_FAKE_MONOTONIC: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
  };
}

const undo = async () => rmSync(folder, { recursive: true, force: true });

/** An hour, a day and some seconds, forwards and backwards. */
const JUMPS = [3_600, 0, -3_600, 0, 86_400, -20, 20, 0];

export const clock: Cell = {
  name: "clock",
  what: "the clock of half the workers jumps by up to a day, forwards and backwards",
  cannotRun,
  async prepare() {
    workerEnv = prepareClock();
    return { scene: { workers: 2 }, undo };
  },
  async trouble(scene) {
    const env = workerEnv;
    await Promise.all([scene.fleet.start({ env }).ready, scene.fleet.start({ env }).ready]);
    for (let at = 0; scene.isLoaded; at += 1) {
      await scene.pass(Math.min(4_000, (scene.options.seconds * 1_000) / JUMPS.length));
      const skew = JUMPS[at % JUMPS.length] ?? 0;
      await scene.strike(`workers' clock ${skew} s`, { workers: [] }, async () => setSkew(skew));
    }
  },
};

export const serverClock: Cell = {
  name: "server-clock",
  what: "the clock of PostgreSQL jumps by up to a day, forwards and backwards",
  cannotRun,
  async prepare() {
    return { scene: { postgres: { env: prepareClock() } }, undo };
  },
  async trouble(scene) {
    for (let at = 0; scene.isLoaded; at += 1) {
      await scene.pass(Math.min(8_000, (scene.options.seconds * 1_000) / JUMPS.length));
      const skew = JUMPS[at % JUMPS.length] ?? 0;
      await scene.strike(`the server's clock ${skew} s`, {}, async () => {
        scene.skews.push({ from: Date.now(), ms: skew * 1_000 });
        setSkew(skew);
      });
    }
  },
};
