/** Real `trans-hub` processes, and the kernel's figures of them. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Fleet } from "../chaos/fleet.ts";

/** The command as run in this repository: from its sources. */
export const BIN = fileURLToPath(new URL("../../packages/cli/src/bin.js", import.meta.url));

export interface Ran {
  stdout: string;
  /** Peak over the whole life, in bytes; 0 where the kernel does not report it. */
  peakRss: number;
  ms: number;
}

/** Runs the command to its end. Throws when it does not end well. */
export async function runCommand(args: readonly string[], env: Record<string, string>): Promise<Ran> {
  const startedAt = performance.now();
  const child = start(args, env);
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-2_000);
  });
  const rss = watchRss(child);
  const [code] = (await once(child, "close")) as [number | null];
  const ms = performance.now() - startedAt;
  if (code !== 0) throw new Error(`trans-hub ${args[0]} ended with ${code}:\n${stderr}`);
  return { stdout, peakRss: rss.stop(), ms };
}

function start(args: readonly string[], env: Record<string, string>): ChildProcess {
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(process.execPath, [BIN, ...args], {
    env: { PATH, HOME, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
  return child;
}

/** Starts workers that end with this process; otherwise they would outlive it. */
export function openFleet(env: Record<string, string>): Fleet {
  const fleet = new Fleet({ env });
  process.once("exit", () => fleet.kill());
  return fleet;
}

/** Watches the highest resident size of a process; the kernel keeps the peak, so values between two looks count too. */
export function watchRss(child: ChildProcess): { stop(): number } {
  let peak = 0;
  const look = () => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      peak = Math.max(peak, Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1_024);
    } catch {
      // Gone, or not Linux.
    }
  };
  const timer = setInterval(look, 50);
  return {
    stop() {
      look();
      clearInterval(timer);
      return peak;
    },
  };
}
