/** Renders the Kubernetes manifests, and validates each object against its schema. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { parseAllDocuments } from "yaml";

const root = resolve(import.meta.dirname, "../..");

/** The fields that the tests read; the schemas check all of them. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
  // biome-ignore lint/suspicious/noExplicitAny: each kind has its own, checked by its schema
  spec?: any;
  data?: Record<string, string>;
  stringData?: Record<string, string>;
}

/** The reason why nothing can be rendered here; undefined: it can. */
export function whyNoKustomize(): string | undefined {
  const { error, stdout } = spawnSync("kubectl", ["version", "--client", "-o", "json"], { encoding: "utf8" });
  if (error) return "needs kubectl";
  const { kustomizeVersion = "" } = JSON.parse(stdout) as { kustomizeVersion?: string };
  return Number(/^v(\d+)/.exec(kustomizeVersion)?.[1] ?? 0) >= 5 ? undefined : "needs kubectl 1.27 or newer";
}

/** The objects of a kustomization, by its path in `deploy/kubernetes/`. */
export function render(path: string): Manifest[] {
  const folder = join(root, "deploy/kubernetes", path);
  return parseManifests(execFileSync("kubectl", ["kustomize", folder], { encoding: "utf8" }));
}

/** The objects of the base with these components. */
export function renderWith(components: readonly string[]): Manifest[] {
  const at = (path: string) => join(root, "deploy/kubernetes", path);
  const paths = components.map((name) => at(`components/${name}`));
  return renderExample({ namespace: "trans-hub", resources: [at("base")], components: paths }, {});
}

interface Kustomization {
  resources: string[];
  components: string[];
  [field: string]: unknown;
}

/**
 * The objects of an overlay in another repository, with files beside it. Its bases on the network are taken from this
 * repository.
 */
export function renderExample(kustomization: Kustomization, files: Readonly<Record<string, string>>): Manifest[] {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "trans-hub-overlay-")));
  const here = (paths: readonly string[]) =>
    paths.map((path) => relative(folder, path.replace(/^https:\/\/[^?]*?\/\/([^?]*)\?ref=.*$/, join(root, "$1"))));
  try {
    const { resources, components } = kustomization;
    const local = { ...kustomization, resources: here(resources), components: here(components) };
    writeFileSync(join(folder, "kustomization.yaml"), JSON.stringify(local));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return parseManifests(execFileSync("kubectl", ["kustomize", folder], { encoding: "utf8" }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function parseManifests(text: string): Manifest[] {
  // Kubernetes reads YAML 1.1, in which 0440 is an octal number.
  return parseAllDocuments(text, { version: "1.1" }).map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.toJS() as Manifest;
  });
}

const SCHEMAS: Record<string, () => Promise<object>> = {
  v1: () => import("kubernetes-models/v1"),
  "autoscaling/v2": () => import("kubernetes-models/autoscaling/v2"),
  "external-secrets.io/v1": () => import("@kubernetes-models/external-secrets/external-secrets.io/v1"),
  "apps/v1": () => import("kubernetes-models/apps/v1"),
  "batch/v1": () => import("kubernetes-models/batch/v1"),
  "networking.k8s.io/v1": () => import("kubernetes-models/networking.k8s.io/v1"),
  "policy/v1": () => import("kubernetes-models/policy/v1"),
  "keda.sh/v1alpha1": () => import("@kubernetes-models/keda/keda.sh/v1alpha1"),
  "monitoring.coreos.com/v1": () => import("@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1"),
};

/**
 * The faults that a strict server would find: values that the schema refuses, and unknown fields.
 *
 * The compiled schemas ignore unknown fields, and a mistyped field is the likeliest mistake. They read every field that
 * they know, so a field that was never read is unknown to them.
 */
export async function faultsOf(manifest: Manifest): Promise<string[]> {
  const { apiVersion, kind } = manifest;
  const models = (await SCHEMAS[apiVersion]?.()) as Record<string, { prototype: { validate(): void } }> | undefined;
  const model = models?.[kind];
  if (model === undefined) return [`there is no ${kind} in ${apiVersion}`];
  const unseen = new Set<string>();
  try {
    model.prototype.validate.call(watched(manifest, "", unseen));
  } catch (error) {
    return [String(error)];
  }
  return [...unseen].map((path) => `${path} is unknown`);
}

/** The value, wrapped so that each field leaves `unseen` when it is read. */
function watched<T extends object>(value: T, path: string, unseen: Set<string>): T {
  const isList = Array.isArray(value);
  if (!isList) for (const key of Object.keys(value)) unseen.add(`${path}/${key}`);
  const children = new Map<PropertyKey, unknown>();
  return new Proxy(value, {
    get(target, key) {
      const child = Reflect.get(target, key);
      if (typeof key === "symbol") return child;
      const childPath = `${path}/${key}`;
      unseen.delete(childPath);
      if (typeof child !== "object" || child === null) return child;
      if (!children.has(key)) children.set(key, watched(child, childPath, unseen));
      return children.get(key);
    },
  });
}
