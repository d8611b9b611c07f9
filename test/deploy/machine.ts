/** systemd as PID 1 of new namespaces, with units to test: `machine.sh`. */
import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { vi } from "vitest";

const call = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");
const SYSTEMD = "/usr/lib/systemd/systemd";

/** The reason why no such machine can run here; undefined: it can. */
export function whyNoMachine(): string | undefined {
  if (process.getuid?.() !== 0) return "needs root, to make namespaces";
  if (!existsSync(SYSTEMD)) return "needs systemd";
  const mounts =
    "mount -t tmpfs tmpfs /mnt && mkdir /mnt/c && mount -t cgroup2 cgroup2 /mnt/c && mkdir /mnt/c/x && rmdir /mnt/c/x";
  const tried = spawnSync("unshare", ["--mount", "--pid", "--cgroup", "--fork", "sh", "-c", mounts]);
  return tried.status === 0 ? undefined : "unshare, mount and cgroups are not permitted here";
}

export interface Machine {
  systemctl(...args: string[]): Promise<string>;
  /** Runs a command to its end; never rejects. */
  run(command: readonly string[], input?: string): Promise<{ code: number; stdout: string; stderr: string }>;
  /** The unit's log, one message per line. */
  log(unit: string): Promise<string[]>;
  /** Ends it with all its processes. */
  halt(): Promise<void>;
}

/**
 * Starts systemd up to `basic.target`; none of Trans-Hub's units is started or enabled.
 *
 * @param mountPoint An empty folder.
 * @param configuration Becomes `/etc/trans-hub`.
 * @param units Is copied into `/etc/systemd/system`.
 */
export async function startMachine(mountPoint: string, configuration: string, units: string): Promise<Machine> {
  const namespaces = ["--mount", "--pid", "--cgroup", "--ipc", "--uts", "--fork", "--kill-child"];
  const script = resolve(import.meta.dirname, "machine.sh");
  const folders = [mountPoint, process.execPath, root, units, configuration];
  // systemd takes over the control group that it starts in, so it gets one of its own.
  const group = `trans-hub-test-${process.pid}-${Date.now()}`;
  const enter = `mount -t cgroup2 cgroup2 "$0" && mkdir "$0/${group}" && echo $$ > "$0/${group}/cgroup.procs" && umount "$0" && exec "$@"`;
  const machine = ["unshare", ...namespaces, "sh", script, ...folders];
  const child = spawn("unshare", ["--mount", "sh", "-c", enter, mountPoint, ...machine], { stdio: "ignore" });
  const inside = async (...command: string[]) => {
    const { stdout } = await call("nsenter", ["--target", String(mainProcess(child)), "--all", ...command]);
    return stdout;
  };
  return {
    systemctl: (...args) => inside("systemctl", ...args),
    run: async (command, input = "") => {
      const within = ["--target", String(mainProcess(child)), "--all", ...command];
      const running = spawn("nsenter", within, { env: { PATH: "/usr/sbin:/usr/bin" } });
      // A command that refuses its arguments does not wait for its input.
      running.stdin.on("error", () => undefined).end(input);
      const said = Promise.all([running.stdout.toArray(), running.stderr.toArray()]);
      const [code] = await once(running, "close");
      const [stdout, stderr] = (await said).map((chunks) => Buffer.concat(chunks).toString());
      return { code: Number(code), stdout: stdout ?? "", stderr: stderr ?? "" };
    },
    log: async (unit) =>
      (await inside("journalctl", "--no-pager", "--output=cat", `--unit=${unit}`)).trimEnd().split("\n"),
    halt: async () => {
      const ended = child.exitCode === null && child.signalCode === null ? once(child, "exit") : undefined;
      child.kill("SIGKILL");
      await ended;
      const remove = `mount -t cgroup2 cgroup2 "$0" && find "$0/${group}" -depth -type d -exec rmdir {} +`;
      await vi.waitUntil(() => spawnSync("unshare", ["--mount", "sh", "-c", remove, mountPoint]).status === 0);
    },
  };
}

function mainProcess({ pid }: ChildProcess): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0]);
}
