/** The Helm chart: made from the manifests for kustomize, rendered by a real Helm, and equal to the overlays. */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { madeFiles } from "../../scripts/chart.ts";
import { CHART, type Helm, openHelm, whyNoHelm } from "./helm.ts";
import { faultsOf, type Manifest, render, renderWith, whyNoKustomize } from "./manifests.ts";

const root = resolve(import.meta.dirname, "../..");
const why = whyNoHelm() ?? whyNoKustomize();

test("the chart and the PrometheusRule are the made ones (`npm run chart` makes them)", () => {
  for (const [path, text] of madeFiles()) expect(readFileSync(join(root, path), "utf8"), path).toBe(text);
  const made = new Set([...madeFiles().keys()].map((path) => path.replace("deploy/helm/trans-hub/", "")));
  const byHand = ["templates/_helpers.tpl", "templates/settings.yaml"];
  const found = ["templates", "files"].flatMap((folder) =>
    readdirSync(join(CHART, folder)).map((name) => `${folder}/${name}`),
  );
  expect(found.filter((path) => !made.has(path)).sort()).toEqual(byHand);
});

test("the chart has the version of the packages, and the settings of the kustomize base", () => {
  const { version } = JSON.parse(readFileSync(join(root, "packages/cli/package.json"), "utf8"));
  expect(parse(readFileSync(join(CHART, "Chart.yaml"), "utf8"))).toMatchObject({ version, appVersion: version });
  const lines = readFileSync(join(root, "deploy/kubernetes/base/settings.env"), "utf8").match(/^TH_.*$/gm) ?? [];
  const base = Object.fromEntries(lines.map((line) => line.split("=") as [string, string]));
  const { settings } = parse(readFileSync(join(CHART, "values.yaml"), "utf8"));
  const own = Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, String(value)]));
  expect({ ...own, TH_METRICS_PORT: "9464" }).toEqual(base);
  const component = readFileSync(join(root, "deploy/kubernetes/components/server/server.env"), "utf8");
  const server = Object.entries(parse(readFileSync(join(CHART, "values.yaml"), "utf8")).server.settings);
  const ports = ["TH_HTTP_PORT=8080", "TH_METRICS_PORT=9464"];
  expect([...server.map(([key, value]) => `${key}=${value}`), ...ports].sort()).toEqual(
    component.match(/^TH_.*$/gm)?.sort(),
  );
});

/** The chart's values that give an overlay's objects. */
const OVERLAYS: Readonly<Record<string, object>> = {
  small: { replicas: 1 },
  production: {
    autoscaling: { kind: "keda" },
    podMonitor: { enabled: true },
    alerts: { enabled: true },
    dashboard: { enabled: true },
    doctor: { enabled: true },
  },
  "scale-to-zero": { autoscaling: { kind: "keda", min: 0, max: 5 }, upkeep: { enabled: true } },
};

/** The chart's values that give the objects of `small` with these components. */
const WITH_SERVER = { replicas: 2, server: { enabled: true, ingress: { enabled: true } } };

/** Everything that the chart can make, in two sets, because some of it excludes other parts. */
const ALL: readonly object[] = [
  {
    image: { tag: "9.9.9", pullSecrets: [{ name: "registry" }] },
    externalSecrets: { enabled: true, store: { name: "vault", kind: "ClusterSecretStore" } },
    roles: { enabled: true },
    autoscaling: { kind: "hpa", min: 3, max: 4 },
    podMonitor: { enabled: true },
    alerts: { enabled: true },
    dashboard: { enabled: true },
    doctor: { enabled: true },
    backup: { kind: "objectStorage", size: "5Gi" },
    server: {
      ...{ enabled: true, replicas: 5, settings: { TH_MAX_CONNECTIONS: 3, TH_DRAIN_SECONDS: 45 } },
      ...{ resources: { requests: { cpu: "2", memory: "1Gi" }, limits: { memory: "3Gi" } } },
      ingress: {
        ...{ enabled: true, className: "traefik", host: "th.example.org", tlsSecret: "cert" },
        annotations: { "example.org/timeout": "75" },
      },
    },
    podAnnotations: { team: "shop" },
    resources: { requests: { cpu: "1", memory: "1Gi" }, limits: { memory: "2Gi" } },
    settings: { TH_DRAIN_SECONDS: 40, TH_PROJECT: "a: b" },
    networkPolicy: { monitoringNamespace: "watch", ingressNamespace: "edge" },
    secrets: { worker: "w", server: "h", migrator: "m", admin: "a", passwords: "p", storage: "s", reader: "r" },
  },
  {
    backup: { kind: "none" },
    networkPolicy: { enabled: false },
    autoscaling: { kind: "keda" },
    secrets: { reader: "r" },
  },
];

function appVersion(): string {
  return parse(readFileSync(join(CHART, "Chart.yaml"), "utf8")).appVersion;
}

/** The object without the parts in which the two tools differ on purpose: namespace, names by hash or revision, checksums. */
function comparable(object: Manifest): Manifest {
  const text = JSON.stringify(object)
    .replaceAll(/(trans-hub-(?:settings|server-settings|backup))-[0-9a-z]{10}"/g, '$1"')
    .replaceAll(/"trans-hub-(migrate|roles)-1"/g, '"trans-hub-$1"');
  const copy = JSON.parse(text) as Manifest & { metadata: { namespace?: string } };
  delete copy.metadata.namespace;
  const { template } = copy.spec ?? {};
  if (copy.kind === "Deployment") delete template.metadata.annotations;
  return copy;
}

const byName = (objects: readonly Manifest[]) =>
  Object.fromEntries(objects.map(comparable).map((object) => [`${object.kind} ${object.metadata.name}`, object]));

describe.skipIf(why !== undefined)(`a real Helm${why ? `: ${why}` : ""}`, () => {
  let helm: Helm;
  beforeAll(() => {
    helm = openHelm();
  });
  afterAll(() => helm.remove());

  const podOf = (objects: readonly Manifest[], kind: string, name: string) => {
    const { spec } = objects.find((object) => object.kind === kind && object.metadata.name === name) ?? {};
    return (spec?.jobTemplate?.spec ?? spec)?.template;
  };

  test("finds no fault in the chart", () => {
    const { status, stdout } = helm.run("lint", "--strict", CHART);
    expect(status, stdout).toBe(0);
  });

  test.each(Object.keys(OVERLAYS))("gives the objects of the overlay %s", (overlay) => {
    expect(byName(helm.template(OVERLAYS[overlay]))).toEqual(byName(render(`overlays/${overlay}`)));
  });

  test("gives the objects of the server and its Ingress", () => {
    const rendered = byName(renderWith(["backup", "server", "server-ingress"]));
    expect(byName(helm.template(WITH_SERVER, "--set", "image.repository=trans-hub"))).toEqual(
      JSON.parse(JSON.stringify(rendered).replaceAll('"image":"trans-hub"', `"image":"trans-hub:${appVersion()}"`)),
    );
  });

  test("gives the objects of two overlays with the page's own commands", () => {
    const page = readFileSync(join(root, "docs/deploy.md"), "utf8").replaceAll(/ \\\n\s*/g, " ");
    const flagsOf = (verb: string) =>
      (new RegExp(`^helm ${verb} .*$`, "m").exec(page)?.[0] ?? "")
        .match(/--set \S+/g)
        ?.flatMap((flag) => flag.split(" ")) ?? [];
    const [install, upgrade] = [flagsOf("install"), flagsOf("upgrade")];
    expect(byName(helm.template({}, ...install))).toEqual(byName(render("overlays/small")));
    expect(byName(helm.template({}, ...install, ...upgrade))).toEqual(byName(render("overlays/production")));
  });

  test("has values for every overlay", () => {
    expect(Object.keys(OVERLAYS).sort()).toEqual(readdirSync(join(root, "deploy/kubernetes/overlays")).sort());
  });

  test.each([0, 1])("makes only objects that fit their schemas, with set %i of all values", async (at) => {
    for (const object of helm.template(ALL[at])) {
      expect(await faultsOf(object), `${object.kind} ${object.metadata.name}`).toEqual([]);
      expect(object.kind).not.toBe("Secret");
    }
  });

  test("puts each value into its place", () => {
    const objects = helm.template(ALL[0], "--is-upgrade");
    const worker = podOf(objects, "Deployment", "trans-hub-worker");
    expect(worker.metadata.annotations).toMatchObject({ team: "shop" });
    expect(worker.spec).toMatchObject({
      terminationGracePeriodSeconds: 50,
      imagePullSecrets: [{ name: "registry" }],
      containers: [
        {
          image: "registry.example.com/trans-hub:9.9.9",
          resources: { requests: { cpu: "1", memory: "1Gi" }, limits: { memory: "2Gi" } },
        },
      ],
      volumes: [{ secret: { secretName: "w" } }, {}],
    });
    expect(podOf(objects, "CronJob", "trans-hub-doctor").spec).toMatchObject({ terminationGracePeriodSeconds: 50 });
    expect(podOf(objects, "Job", "trans-hub-migrate-1").spec.volumes).toMatchObject([{ secret: { secretName: "m" } }]);
    expect(podOf(objects, "Job", "trans-hub-roles-1").spec.volumes).toMatchObject([
      { secret: { secretName: "a" } },
      { secret: { secretName: "p" } },
    ]);
    const found = (kind: string, name: string) =>
      objects.find((object) => object.kind === kind && object.metadata.name === name);
    expect(found("ConfigMap", "trans-hub-settings")?.data).toMatchObject({
      TH_DRAIN_SECONDS: "40",
      TH_PROJECT: "a: b",
      TH_METRICS_PORT: "9464",
    });
    expect(found("HorizontalPodAutoscaler", "trans-hub-worker")?.spec).toMatchObject({
      minReplicas: 3,
      maxReplicas: 4,
    });
    expect(found("Deployment", "trans-hub-worker")?.spec).not.toHaveProperty("replicas");
    expect(
      objects
        .filter(({ kind }) => kind === "ExternalSecret")
        .map(({ spec }) => [spec.target.name, spec.secretStoreRef]),
    ).toEqual(["m", "w", "h", "r"].map((name) => [name, { name: "vault", kind: "ClusterSecretStore" }]));
    expect(JSON.stringify(found("NetworkPolicy", "trans-hub"))).toContain('"watch"');
    expect(podOf(objects, "Deployment", "trans-hub-server")).toMatchObject({
      metadata: { annotations: { team: "shop" } },
      spec: {
        ...{ terminationGracePeriodSeconds: 60, imagePullSecrets: [{ name: "registry" }] },
        containers: [{ resources: { requests: { cpu: "2" }, limits: { memory: "3Gi" } } }],
        volumes: [{ secret: { secretName: "h" } }, {}],
      },
    });
    expect(found("Deployment", "trans-hub-server")?.spec.replicas).toBe(5);
    expect(found("ConfigMap", "trans-hub-server-settings")?.data).toMatchObject({
      ...{ TH_MAX_CONNECTIONS: "3", TH_HTTP_PORT: "8080", TH_METRICS_PORT: "9464" },
    });
    expect(JSON.stringify(found("NetworkPolicy", "trans-hub-server"))).toContain('"edge"');
    expect(found("Ingress", "trans-hub-server")).toMatchObject({
      metadata: { annotations: { "example.org/timeout": "75" } },
      spec: {
        ...{ ingressClassName: "traefik", tls: [{ hosts: ["th.example.org"], secretName: "cert" }] },
        rules: [{ host: "th.example.org" }],
      },
    });
    const keda = helm.template(ALL[1]);
    expect(keda.some(({ kind }) => kind === "NetworkPolicy" || kind === "CronJob")).toBe(false);
    expect(keda.find(({ kind }) => kind === "TriggerAuthentication")?.spec.secretTargetRef).toContainEqual({
      parameter: "host",
      name: "r",
      key: "host",
    });
  });

  test("rolls the workers at a changed setting, and not at a changed number of them", () => {
    const annotations = (values: object) =>
      podOf(helm.template(values), "Deployment", "trans-hub-worker").metadata.annotations;
    const before = annotations({});
    expect(annotations({ replicas: 7, doctor: { enabled: true } })).toEqual(before);
    const after = annotations({ settings: { TH_CONCURRENCY: 8 } });
    expect(after["checksum/settings"]).not.toBe(before["checksum/settings"]);
  });

  test("rolls the workers at a changed secret, which it asks the cluster for, and shows none of it", async () => {
    const checksum = async (password: string) => {
      const data = { "database-url": Buffer.from(password).toString("base64") };
      const objects = await helm.templateWith({ "trans-hub-worker": data, "trans-hub-reader": { password } });
      expect(JSON.stringify(objects)).not.toContain(data["database-url"]);
      return podOf(objects, "Deployment", "trans-hub-worker").metadata.annotations["checksum/secrets"];
    };
    const before = await checksum("postgres://u:one@h/d");
    expect(before).toMatch(/^[0-9a-f]{64}$/);
    expect(await checksum("postgres://u:one@h/d")).toBe(before);
    expect(await checksum("postgres://u:two@h/d")).not.toBe(before);
  });

  test("refuses mistyped values, and a fleet that may be empty without upkeep", () => {
    expect(() => helm.template({ autoscaling: { knid: "keda" } })).toThrow(/knid/);
    expect(() => helm.template({ backup: { kind: "tape" } })).toThrow(/kind/);
    expect(() => helm.template({ settings: { TH_METRICS_PORT: 1 } })).toThrow(/TH_METRICS_PORT/);
    expect(() => helm.template({ autoscaling: { kind: "keda", min: 0 } })).toThrow(/upkeep/);
    expect(() => helm.template({ autoscaling: { kind: "hpa", min: 0 }, upkeep: { enabled: true } })).toThrow(/keda/);
  });
});
