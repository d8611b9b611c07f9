/** Reads `deploy/docker/Dockerfile` and `.dockerignore`, and carries them out without a container engine. */
import { execFile } from "node:child_process";
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";

const call = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");

export interface Dockerfile {
  /** The default of the build argument: every stage's base. */
  base: string;
  /** The commands of the first stage; they still call the folder that is copied from it `/image`. */
  build: string;
  /** Environment of the image. */
  env: Record<string, string>;
  uid: number;
  gid: number;
  workdir: string;
  entrypoint: string[];
  command: string[];
}

/** @throws {Error} A required instruction is missing or has an unknown form. */
export async function readDockerfile(): Promise<Dockerfile> {
  const text = (await readFile(join(root, "deploy/docker/Dockerfile"), "utf8"))
    .replaceAll(/^#.*\n/gm, "")
    .replaceAll(/\\\n\s*/g, " ");
  const [first = "", last = ""] = text.split(/^FROM /m).slice(-2);
  const one = (stage: string, pattern: RegExp): string[] => {
    const [found, ...rest] = [...stage.matchAll(new RegExp(pattern, "gm"))];
    if (found === undefined || rest.length > 0) throw new Error(`the Dockerfile's stage has not one ${pattern}`);
    return found.slice(1);
  };
  const [uid = "", gid = ""] = one(last, /^USER (\d+):(\d+)$/);
  const [env = ""] = one(last, /^ENV (.*)$/);
  return {
    base: one(text, /^ARG NODE_IMAGE=(\S+)$/)[0] ?? "",
    build: (one(first, /^RUN (.*)$/)[0] ?? "").replaceAll(/--mount=\S+ +/g, ""),
    env: Object.fromEntries(env.split(" ").map((pair) => pair.split("=") as [string, string])),
    uid: Number(uid),
    gid: Number(gid),
    workdir: one(last, /^WORKDIR (.*)$/)[0] ?? "",
    entrypoint: JSON.parse(one(last, /^ENTRYPOINT (\[.*\])$/)[0] ?? ""),
    command: JSON.parse(one(last, /^CMD (\[.*\])$/)[0] ?? ""),
  };
}

/** Copies a builder's context: the files that `.dockerignore` admits and that git tracks or would add. */
async function copyContext(target: string): Promise<void> {
  const lines = (await readFile(join(root, ".dockerignore"), "utf8")).split("\n");
  const taken = lines.filter((line) => line.startsWith("!")).map((line) => line.slice(1));
  const { stdout } = await call("git", ["ls-files", "-z", "-co", "--exclude-standard", "--", ...taken], { cwd: root });
  for (const file of stdout.split("\0")) {
    if (file === "" || file.endsWith(".test.ts")) continue;
    await mkdir(dirname(join(target, file)), { recursive: true });
    await copyFile(join(root, file), join(target, file));
  }
}

/**
 * Runs the first stage's command in a copy of the context; its content of `/image` ends up in `image`.
 *
 * @returns The printed text.
 */
export async function buildImageRoot(context: string, image: string): Promise<string> {
  const { build } = await readDockerfile();
  if (!build.includes(" /image")) throw new Error(`the first stage makes no /image: ${build}`);
  await copyContext(context);
  const { stdout, stderr } = await call("sh", ["-euc", build.replace(" /image", ` ${image}`)], {
    cwd: context,
    maxBuffer: 2 ** 26,
  });
  return stdout + stderr;
}
