/** The image's entry without an engine: PID 1 of a namespace, on a read-only root, as the image's user. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Running } from "@trans-hub/test-support/command";
import type { Dockerfile } from "./dockerfile.ts";

const SCRIPT = resolve(import.meta.dirname, "container.sh");

/** The reason why no container can run here; undefined: it can. */
export function whyNoContainer(): string | undefined {
  if (process.getuid?.() !== 0) return "needs root, to make namespaces";
  if (spawnSync("setpriv", ["--version"]).error) return "needs setpriv (util-linux)";
  const tried = spawnSync("unshare", ["--mount", "--pid", "--fork", "sh", "-c", "mount -t tmpfs tmpfs /mnt"]);
  return tried.status === 0 ? undefined : "unshare and mount are not permitted here";
}

export interface ContainerOptions {
  image: Dockerfile;
  /** The folder that becomes `/app` in the image. */
  app: string;
  /** An empty folder to mount the root on; visible to this container only. */
  mountPoint: string;
  env: Record<string, string>;
  /** Replaces the image's CMD. */
  command?: readonly string[];
}

/** Like `docker run --read-only --tmpfs /tmp`, on the host's network. */
export class Container extends Running {
  constructor({ image, app, mountPoint, env, command = image.command }: ContainerOptions) {
    const { uid, gid, workdir, entrypoint } = image;
    const surroundings = [mountPoint, app, process.execPath, String(uid), String(gid), workdir];
    super(
      [
        "unshare",
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        "sh",
        SCRIPT,
        ...surroundings,
        ...entrypoint,
        ...command,
      ],
      { env: { ...image.env, ...env } },
    );
  }

  /** Signals the process itself, which is the only child of `unshare`, like a container engine. */
  override kill(signal: NodeJS.Signals): void {
    const { pid } = this.child;
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const [main] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
    if (main) process.kill(Number(main), signal);
    else super.kill("SIGKILL");
  }
}
