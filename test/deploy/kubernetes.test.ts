/** The Kubernetes manifests: rendered, then checked against the schemas and against the code that they run. */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { describeSettings, parseSettings } from "../../packages/cli/src/settings/settings.ts";
import { startHealthServer } from "../../packages/metrics/src/health.ts";
import { readDockerfile } from "./dockerfile.ts";
import {
  faultsOf,
  type Manifest,
  parseManifests,
  render,
  renderExample,
  renderWith,
  whyNoKustomize,
} from "./manifests.ts";

const root = resolve(import.meta.dirname, "../..");
const folder = join(root, "deploy/kubernetes");
const OVERLAYS = readdirSync(join(folder, "overlays"));
/** The other components together; `backup` and `autoscaling` exclude one of them. */
const REST = "components that no overlay has";
const OTHER_COMPONENTS = [
  ...["autoscaling-hpa", "backup-object-storage", "external-secrets", "roles", "doctor"],
  ...["server", "server-ingress"],
];
const SECRETS = parseManifests(readFileSync(join(folder, "secrets.example.yaml"), "utf8"));
const why = whyNoKustomize();

interface PodTemplate {
  metadata: { labels: Record<string, string> };
  // biome-ignore lint/suspicious/noExplicitAny: checked by its schema
  spec: any;
}

function podsOf(objects: readonly Manifest[]): Map<string, PodTemplate> {
  const pods = objects.flatMap(({ metadata, spec }) => {
    const template: PodTemplate | undefined = spec?.jobTemplate?.spec.template ?? spec?.template;
    return template === undefined ? [] : [[metadata.name, template] as const];
  });
  return new Map(pods);
}

function containersOf(spec: PodTemplate["spec"]) {
  return [...(spec.initContainers ?? []), ...spec.containers];
}

/** Whether a policy's selector finds the labels. */
function selects(
  {
    matchLabels,
    matchExpressions = [],
  }: { matchLabels: object; matchExpressions?: { key: string; values: string[] }[] },
  labels: Record<string, string>,
): boolean {
  const isIn = ({ key, values }: { key: string; values: string[] }) => values.includes(labels[key] ?? "");
  return Object.entries(matchLabels).every(([key, value]) => labels[key] === value) && matchExpressions.every(isIn);
}

function find(objects: readonly Manifest[], kind: string): Manifest | undefined {
  return objects.find((object) => object.kind === kind);
}

/** The environment of the pod's first container. */
function environmentOf(objects: readonly Manifest[], { spec }: PodTemplate): Record<string, string> {
  const [container] = containersOf(spec);
  const maps = (container.envFrom ?? []).map(
    ({ configMapRef }: { configMapRef: { name: string } }) =>
      objects.find(({ kind, metadata }) => kind === "ConfigMap" && metadata.name === configMapRef.name)?.data,
  );
  const own = container.env.map(({ name, value }: { name: string; value: string }) => [name, value]);
  return Object.assign({}, ...maps, Object.fromEntries(own));
}

test("a mistyped field, a wrong type and an unknown kind are found", async () => {
  const pdb = { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { name: "x" } };
  expect(await faultsOf({ ...pdb, spec: { maxUnavailable: 1, selector: { matchLabels: { a: "b" } } } })).toEqual([]);
  expect(await faultsOf({ ...pdb, spec: { maxUnavailabel: 1 } })).toEqual(["/spec/maxUnavailabel is unknown"]);
  expect(await faultsOf({ ...pdb, spec: { maxUnavailable: {} } })).toHaveLength(1);
  expect(await faultsOf({ ...pdb, kind: "DisruptionBudget" })).toHaveLength(1);
  const scaled = { apiVersion: "keda.sh/v1alpha1", kind: "ScaledObject", metadata: { name: "x" } };
  expect(await faultsOf({ ...scaled, spec: { scaleTargetRef: { name: "y" }, triggers: [{ type: "cpu" }] } })).toEqual([
    expect.stringContaining("metadata"),
  ]);
});

test("the example of the secrets fits its schema, and holds placeholders only", async () => {
  for (const secret of SECRETS) {
    expect(await faultsOf(secret)).toEqual([]);
    const { stringData = {} } = secret;
    for (const key of ["database-url", "openai-api-key", "password"]) {
      if (key in stringData) expect(stringData[key]).toContain("CHANGE-ME");
    }
  }
});

test("every component is in an overlay, or tested beside them", () => {
  const named = OVERLAYS.map((overlay) =>
    readFileSync(join(folder, "overlays", overlay, "kustomization.yaml"), "utf8"),
  );
  const used = [...named.join().matchAll(/components\/([\w-]+)/g)].map(([, name]) => name);
  expect([...new Set([...used, ...OTHER_COMPONENTS])].sort()).toEqual(readdirSync(join(folder, "components")).sort());
});

describe.skipIf(why !== undefined).each([...OVERLAYS, REST])(`%s${why ? `: ${why}` : ""}`, (overlay) => {
  const rendered = () => (overlay === REST ? renderWith(OTHER_COMPONENTS) : render(`overlays/${overlay}`));
  const objects = why === undefined ? rendered() : [];
  const pods = podsOf(objects);
  const worker = () => {
    const pod = pods.get("trans-hub-worker");
    if (pod === undefined) throw new Error("there is no trans-hub-worker");
    return { pod, container: pod.spec.containers[0], environment: environmentOf(objects, pod) };
  };

  test("every object fits its schema, is in the namespace, and no secret is among them", async () => {
    for (const object of objects) {
      expect(await faultsOf(object), `${object.kind} ${object.metadata.name}`).toEqual([]);
      expect(object.metadata.namespace).toBe("trans-hub");
      expect(object.kind).not.toBe("Secret");
    }
  });

  test("every pod keeps the restricted standard, on a read-only root, without a token or injected variables", () => {
    expect(pods.size).toBeGreaterThanOrEqual(3);
    for (const [name, { spec }] of pods) {
      expect(spec, name).toMatchObject({
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      });
      expect(spec.securityContext.runAsUser).toBeGreaterThan(0);
      expect(spec.hostNetwork ?? spec.hostPID ?? spec.hostIPC, name).toBeUndefined();
      for (const container of containersOf(spec)) {
        expect(container, name).toMatchObject({
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
          resources: {
            requests: { cpu: expect.any(String), memory: expect.any(String) },
            limits: { memory: expect.any(String) },
          },
        });
      }
    }
  });

  test("every reference of a pod exists: settings, scripts, volumes, and secrets by the names of the example", () => {
    const names = new Set([...objects, ...SECRETS].map(({ kind, metadata }) => `${kind}/${metadata.name}`));
    for (const { spec } of pods.values()) {
      const referred: string[] = [];
      for (const volume of spec.volumes) {
        if (volume.secret) referred.push(`Secret/${volume.secret.secretName}`);
        if (volume.configMap) referred.push(`ConfigMap/${volume.configMap.name}`);
        if (volume.persistentVolumeClaim)
          referred.push(`PersistentVolumeClaim/${volume.persistentVolumeClaim.claimName}`);
      }
      for (const container of containersOf(spec)) {
        for (const { configMapRef } of container.envFrom ?? []) referred.push(`ConfigMap/${configMapRef.name}`);
        for (const mount of container.volumeMounts) {
          expect(spec.volumes.map(({ name }: { name: string }) => name)).toContain(mount.name);
        }
      }
      expect(referred.filter((name) => !names.has(name))).toEqual([]);
    }
    const authentication = find(objects, "TriggerAuthentication")?.spec.secretTargetRef ?? [];
    for (const { name, key } of authentication) {
      expect(SECRETS.find(({ metadata }) => metadata.name === name)?.stringData).toHaveProperty(key);
    }
  });

  test("files of secrets are mounted where the settings look for them, under the keys of the example", () => {
    for (const [name, pod] of pods) {
      for (const [key, path] of Object.entries(environmentOf(objects, pod))) {
        if (!key.endsWith("_FILE")) continue;
        const mount = containersOf(pod.spec)[0].volumeMounts.find(({ mountPath }: { mountPath: string }) =>
          path.startsWith(`${mountPath}/`),
        );
        const volume = pod.spec.volumes.find((volume: { name: string }) => volume.name === mount?.name);
        const secret = SECRETS.find(({ metadata }) => metadata.name === volume?.secret?.secretName);
        expect(secret?.stringData, `${name}: ${key}`).toHaveProperty(path.slice(mount.mountPath.length + 1));
      }
    }
  });

  test("every TH_ setting exists and is accepted", () => {
    const known = new Set(describeSettings().map(({ key }) => key));
    for (const pod of pods.values()) {
      const given = Object.entries(environmentOf(objects, pod)).filter(([key]) => key.startsWith("TH_"));
      expect(given.map(([key]) => key.replace(/_FILE$/, "")).filter((key) => !known.has(key))).toEqual([]);
      const values = given.filter(([key]) => !/_FILE$|_URL$/.test(key));
      expect(parseSettings(Object.fromEntries(values)).warnings).toEqual([]);
    }
  });

  test("the probes call a worker's endpoints, on its port", async () => {
    const { container, environment } = worker();
    const { metricsPort } = parseSettings({ TH_METRICS_PORT: environment.TH_METRICS_PORT });
    expect(container.ports).toEqual([{ name: "metrics", containerPort: metricsPort }]);
    const health = await startHealthServer(0);
    try {
      health.ready();
      for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe]) {
        expect(probe.httpGet.port).toBe("metrics");
        expect((await fetch(`http://127.0.0.1:${health.port}${probe.httpGet.path}`)).status).toBe(200);
      }
      health.notReady("the database is away");
      expect((await fetch(`http://127.0.0.1:${health.port}${container.livenessProbe.httpGet.path}`)).status).toBe(200);
      expect((await fetch(`http://127.0.0.1:${health.port}${container.readinessProbe.httpGet.path}`)).status).toBe(503);
    } finally {
      await health.close();
    }
  });

  test("a stopped worker has its drain time and ten seconds more, and no hook that shortens it", () => {
    for (const name of ["trans-hub-worker", "trans-hub-sweep", "trans-hub-gc", "trans-hub-doctor"]) {
      const pod = pods.get(name);
      if (pod === undefined) continue;
      const { TH_DRAIN_SECONDS } = environmentOf(objects, pod);
      const { drainSeconds } = parseSettings({ TH_DRAIN_SECONDS });
      expect(pod.spec.terminationGracePeriodSeconds).toBe(drainSeconds + 10);
      expect(pod.spec.containers[0].lifecycle).toBeUndefined();
    }
  });

  test("all containers of ours use one image, run as its user with arguments only", async () => {
    const { uid, gid } = await readDockerfile();
    const ours = [...pods].filter(([name]) => name !== "trans-hub-backup");
    expect(new Set(ours.map(([, { spec }]) => spec.containers[0].image)).size).toBe(1);
    for (const [, { spec }] of ours) {
      expect(spec.securityContext).toMatchObject({ runAsUser: uid, runAsGroup: gid, fsGroup: gid });
      expect(spec.containers[0].command).toBeUndefined();
    }
  });

  test("every selector finds its pods, and no others", () => {
    for (const { kind, metadata, spec } of objects) {
      if (!/^(Deployment|PodDisruptionBudget|PodMonitor|Service)$/.test(kind)) continue;
      const { matchLabels = spec.selector } = spec.selector;
      const found = [...pods].filter(([, pod]) => selects({ matchLabels }, pod.metadata.labels)).map(([name]) => name);
      const isWithoutServer = metadata.name === "trans-hub-server" && !pods.has("trans-hub-server");
      expect(found, `${kind} ${metadata.name}`).toEqual(isWithoutServer ? [] : [metadata.name]);
    }
    const policies = objects.filter(({ kind }) => kind === "NetworkPolicy");
    for (const {
      metadata: { labels: podLabels },
    } of pods.values()) {
      expect(podLabels).toMatchObject(policies[0]?.spec.podSelector.matchLabels);
    }
  });

  test("a rollout removes no old worker before a new one is ready, and an eviction removes one at a time", () => {
    for (const { spec } of objects.filter(({ kind }) => kind === "Deployment")) {
      expect(spec.strategy.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 });
    }
    for (const { spec } of objects.filter(({ kind }) => kind === "PodDisruptionBudget")) {
      expect(spec).toMatchObject({ maxUnavailable: 1 });
    }
  });

  test.skipIf(overlay === REST)("the fleet's connections stay within the page's number", () => {
    const { environment } = worker();
    const { spec } = objects.find(({ kind }) => kind === "Deployment") ?? {};
    const scaled = find(objects, "ScaledObject")?.spec;
    expect(scaled === undefined).toBe(spec.replicas !== undefined);
    const most = (scaled?.maxReplicaCount ?? spec.replicas) + spec.strategy.rollingUpdate.maxSurge;
    const ours = ["trans-hub-sweep", "trans-hub-gc", "trans-hub-doctor"].filter((name) => pods.has(name)).length;
    const connections = (most + ours) * Number(environment.TH_MAX_CONNECTIONS);
    const page = readFileSync(join(root, "docs/deploy.md"), "utf8");
    const [, said] = new RegExp(`^\\| \`${overlay}\` \\|.*\\| (\\d+) \\|$`, "m").exec(page) ?? [];
    // `migrate`, the backup, and KEDA's pool.
    expect(Number(said)).toBe(connections + 3 + 1 + (scaled === undefined ? 0 : 4));
  });

  test("CronJobs do the workers' upkeep where the fleet may be empty", () => {
    const fewest = find(objects, "ScaledObject")?.spec.minReplicaCount ?? 1;
    const jobs = objects.filter(({ kind }) => kind === "CronJob");
    const does = (args: string[]) =>
      jobs.some(({ spec }) => `${spec.jobTemplate.spec.template.spec.containers[0].args}` === `${args}`);
    expect(does(["worker", "--once"])).toBe(fewest === 0);
    expect(does(["gc"])).toBe(fewest === 0);
  });

  test("every pod reaches the database and DNS, through a node-local cache too, and only pods that call engines or webhooks the rest", () => {
    const policies = objects.filter(({ kind }) => kind === "NetworkPolicy").map(({ spec }) => spec);
    for (const [name, { metadata, spec }] of pods) {
      const rules = policies
        .filter(({ podSelector }) => selects(podSelector, metadata.labels))
        .flatMap(({ egress }) => egress);
      const ports = (to: (peers: unknown) => boolean) =>
        rules.filter((rule) => to(rule.to)).flatMap((rule) => rule.ports.map(({ port }: { port: number }) => port));
      const dns = (peers: unknown) => /kube-dns.*169\.254\.20\.10\/32/.test(JSON.stringify(peers) ?? "");
      expect(ports(dns), name).toEqual([53, 53]);
      expect(
        ports((peers) => peers === undefined),
        name,
      ).toContain(5432);
      // A server calls webhooks.
      const calls =
        /worker|sweep|doctor|server/.test(name) || containersOf(spec).some(({ name: each }) => each === "upload");
      expect(
        rules.flatMap((rule) => rule.ports).some(({ port }: { port: number }) => port === 443),
        name,
      ).toBe(calls);
    }
  });
});

describe.skipIf(why !== undefined)(`the components${why ? `: ${why}` : ""}`, () => {
  test("autoscaling and autoscaling-hpa have the same limits, behaviour and figures", () => {
    const keda = renderWith(["autoscaling"]).find(({ kind }) => kind === "ScaledObject")?.spec;
    const hpa = renderWith(["autoscaling-hpa"]).find(({ kind }) => kind === "HorizontalPodAutoscaler")?.spec;
    expect(hpa.scaleTargetRef.name).toBe(keda.scaleTargetRef.name);
    expect([hpa.minReplicas, hpa.maxReplicas]).toEqual([keda.minReplicaCount, keda.maxReplicaCount]);
    expect(hpa.behavior).toEqual(keda.advanced.horizontalPodAutoscalerConfig.behavior);
    const figures = (metrics: { external: { metric: { name: string }; target: { averageValue: string } } }[]) =>
      metrics.map(({ external }) => [external.metric.name, external.target.averageValue]);
    expect(figures(hpa.metrics)).toEqual(
      keda.triggers.map(({ metadata }: { metadata: { query: string; targetQueryValue: string } }) => [
        metadata.query.replace("select trans_hub.", "trans_hub_").replace("()", ""),
        metadata.targetQueryValue,
      ]),
    );
    const adapter = parse(readFileSync(join(root, "deploy/prometheus/adapter.yaml"), "utf8"));
    const made = adapter.rules.external.map(({ name }: { name: { as: string } }) => name.as);
    expect(made).toEqual(figures(hpa.metrics).map(([name]) => name));
  });

  test("the backup to object storage dumps as the backup onto a volume does, then uploads", () => {
    const [volume, storage] = ["backup", "backup-object-storage"].map(
      (name) => podsOf(renderWith([name])).get("trans-hub-backup")?.spec,
    );
    expect(storage.initContainers).toEqual(volume.containers);
    expect(storage.containers.map(({ args }: { args: string[] }) => args[0])).toEqual(["copy"]);
  });

  test("external secrets have the names of the example's, except those that are deleted after their use", () => {
    const made = renderWith(["external-secrets"]).filter(({ kind }) => kind === "ExternalSecret");
    const names = SECRETS.map(({ metadata }) => metadata.name).filter(
      (name) => !/-(admin|roles|backup-storage)$/.test(name),
    );
    expect(made.map(({ spec }) => spec.target.name).sort()).toEqual(names.sort());
  });

  test("the server's ports are one in settings, pod, Service, policy and Ingress, and only the API is behind the Ingress", () => {
    const objects = renderWith(["server", "server-ingress"]);
    const pod = podsOf(objects).get("trans-hub-server");
    if (pod === undefined) throw new Error("there is no trans-hub-server");
    const [container] = pod.spec.containers;
    const { TH_HTTP_PORT, TH_METRICS_PORT } = environmentOf(objects, pod);
    expect(container.ports).toEqual([
      { name: "http", containerPort: Number(TH_HTTP_PORT) },
      { name: "metrics", containerPort: Number(TH_METRICS_PORT) },
    ]);
    for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe]) {
      expect(probe.httpGet).toEqual({ path: expect.stringMatching(/^\/(livez|readyz)$/), port: "metrics" });
    }
    const [port] = find(objects, "Service")?.spec.ports ?? [];
    expect(port).toMatchObject({ name: "http", targetPort: "http" });
    const policy = objects.find(
      ({ kind, metadata }) => kind === "NetworkPolicy" && metadata.name === "trans-hub-server",
    );
    expect(policy?.spec.ingress.map(({ ports }: { ports: object }) => ports)).toEqual([[{ port: "http" }]]);
    const [{ http, host }] = find(objects, "Ingress")?.spec.rules ?? [{}];
    expect(find(objects, "Ingress")?.spec.tls).toEqual([{ hosts: [host], secretName: expect.any(String) }]);
    expect(http.paths).toEqual([
      { path: "/v1", pathType: "Prefix", backend: { service: { name: "trans-hub-server", port: { name: "http" } } } },
    ]);
  });

  test("a server that ends is out of the Service first, and has time for its open requests then", () => {
    const objects = renderWith(["server"]);
    const pod = podsOf(objects).get("trans-hub-server");
    if (pod === undefined) throw new Error("there is no trans-hub-server");
    const { spec } = pod;
    const [container] = spec.containers;
    const { TH_DRAIN_SECONDS } = environmentOf(objects, pod);
    const { drainSeconds } = parseSettings({ TH_DRAIN_SECONDS });
    const [program, flag, script] = container.lifecycle.preStop.exec.command;
    const [, waitMs] = /setTimeout\(\(\) => undefined, (\d+)\)/.exec(script) ?? [];
    expect([program, flag]).toEqual(["/usr/local/bin/node", "--eval"]);
    expect(Number(waitMs)).toBeGreaterThanOrEqual(5_000);
    expect(spec.terminationGracePeriodSeconds).toBe(Number(waitMs) / 1_000 + drainSeconds + 10);
  });

  test("a secret that kustomize makes rolls the workers when it changes", async () => {
    const page = readFileSync(join(root, "docs/deploy.md"), "utf8");
    const [, example = ""] = /```yaml\n# kustomization\.yaml[^\n]*\n([\s\S]*?)```/.exec(page) ?? [];
    const kustomization = parse(example);
    expect(kustomization.resources).toHaveLength(1);
    const named = (password: string) =>
      renderExample(kustomization, {
        "worker/database-url": `postgres://u:${password}@h/d`,
        "worker/openai-api-key": "k",
        "migrator/database-url": "postgres://m@h/d",
      });
    const secretOf = (objects: readonly Manifest[]) =>
      podsOf(objects).get("trans-hub-worker")?.spec.volumes[0].secret.secretName;
    const [before, same, after] = [named("one"), named("one"), named("two")];
    expect(secretOf(before)).toMatch(/^trans-hub-worker-\w{10}$/);
    expect(secretOf(same)).toBe(secretOf(before));
    expect(secretOf(after)).not.toBe(secretOf(before));
    for (const object of after) expect(await faultsOf(object), object.kind).toEqual([]);
    const worker = after.find(({ kind }) => kind === "Deployment");
    expect(JSON.stringify(worker)).toContain("registry.example.com/trans-hub:0.1.0");
  });
});
