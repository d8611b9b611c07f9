/**
 * Makes the files that Kubernetes needs a second time, each from its one source:
 *
 *     npm run chart             # after a change in deploy/kubernetes, deploy/prometheus, deploy/grafana or deploy/backup
 *
 * - the templates of the Helm chart, from the manifests for kustomize: values take the place of the figures in them;
 * - the chart's copies of the alert rules, the dashboard and the backup script, which Helm cannot read outside the chart;
 * - the PrometheusRule, from the alert rules.
 *
 * Written by hand are the chart's `values.yaml`, its schema, `_helpers.tpl` and `settings.yaml`. A test holds the files to
 * their sources, and the rendered chart to the rendered overlays.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const KUBERNETES = "deploy/kubernetes";
const CHART = "deploy/helm/trans-hub";

/** A text of a manifest that is there at least once, and its place in the template. */
type Replacement = readonly [from: string | RegExp, to: string];

interface Template {
  /** Path in `deploy/kubernetes`. */
  from: string;
  /** Helm's condition. Default: always. */
  when?: string;
  replace?: readonly Replacement[];
}

const WORKER_SECRET: Replacement = ["secretName: trans-hub-worker", "secretName: {{ .Values.secrets.worker }}"];
const IMAGE: Replacement = ["image: trans-hub\n", 'image: {{ include "trans-hub.image" . | quote }}\n'];
const GRACE: Replacement = [
  /terminationGracePeriodSeconds: 30/g,
  'terminationGracePeriodSeconds: {{ include "trans-hub.gracePeriod" . }}',
];
/** A Job cannot be changed, so each revision has its own, and Helm removes the last one. */
const REVISION = "-{{ .Release.Revision }}";
const SIZE: Replacement = ["storage: 20Gi", "storage: {{ .Values.backup.size }}"];

const TEMPLATES: Readonly<Record<string, Template>> = {
  "worker.yaml": {
    from: "base/worker.yaml",
    replace: [
      IMAGE,
      GRACE,
      WORKER_SECRET,
      [
        "  replicas: 2\n",
        '  {{- if eq .Values.autoscaling.kind "none" }}\n  replicas: {{ .Values.replicas }}\n  {{- end }}\n',
      ],
      [
        "  template:\n    metadata:\n",
        `  template:
    metadata:
      annotations:
        checksum/settings: {{ include "trans-hub.settings" . | sha256sum }}
        checksum/secrets: {{ include "trans-hub.secretsChecksum" . }}
        {{- with .Values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
`,
      ],
      [
        / {10}resources:\n(?: {12}.*\n)+/,
        "          resources:\n            {{- toYaml .Values.resources | nindent 12 }}\n",
      ],
    ],
  },
  "server.yaml": {
    from: "components/server/deployment.yaml",
    when: ".Values.server.enabled",
    replace: [
      IMAGE,
      ["secretName: trans-hub-server", "secretName: {{ .Values.secrets.server }}"],
      [
        "terminationGracePeriodSeconds: 35",
        "terminationGracePeriodSeconds: {{ add (int (.Values.server.settings.TH_DRAIN_SECONDS | default 20)) 15 }}",
      ],
      ["  replicas: 2\n", "  replicas: {{ .Values.server.replicas }}\n"],
      [
        "  template:\n    metadata:\n",
        `  template:
    metadata:
      annotations:
        checksum/settings: {{ include "trans-hub.serverSettings" . | sha256sum }}
        checksum/secrets: {{ include "trans-hub.serverSecretsChecksum" . }}
        {{- with .Values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
`,
      ],
      [
        / {10}resources:\n(?: {12}.*\n)+/,
        "          resources:\n            {{- toYaml .Values.server.resources | nindent 12 }}\n",
      ],
    ],
  },
  "server-service.yaml": { from: "components/server/service.yaml", when: ".Values.server.enabled" },
  "server-disruption-budget.yaml": {
    from: "components/server/disruption-budget.yaml",
    when: ".Values.server.enabled",
  },
  "server-network-policy.yaml": {
    from: "components/server/network-policy.yaml",
    when: "and .Values.server.enabled .Values.networkPolicy.enabled",
    replace: [["name: ingress-nginx", "name: {{ .Values.networkPolicy.ingressNamespace }}"]],
  },
  "server-ingress.yaml": {
    from: "components/server-ingress/ingress.yaml",
    when: "and .Values.server.enabled .Values.server.ingress.enabled",
    replace: [
      [/translations\.example\.com/g, "{{ .Values.server.ingress.host }}"],
      ["secretName: trans-hub-server-tls", "secretName: {{ .Values.server.ingress.tlsSecret }}"],
      ["ingressClassName: nginx", "ingressClassName: {{ .Values.server.ingress.className }}"],
      [
        / {2}annotations:\n(?: {4}.*\n)+/,
        "  annotations:\n    {{- toYaml .Values.server.ingress.annotations | nindent 4 }}\n",
      ],
    ],
  },
  "migrate.yaml": {
    from: "base/migrate.yaml",
    replace: [
      IMAGE,
      ["name: trans-hub-migrate\n", `name: trans-hub-migrate${REVISION}\n`],
      ["secretName: trans-hub-migrator", "secretName: {{ .Values.secrets.migrator }}"],
    ],
  },
  "disruption-budget.yaml": { from: "base/disruption-budget.yaml" },
  "network-policy.yaml": {
    from: "base/network-policy.yaml",
    when: ".Values.networkPolicy.enabled",
    replace: [["name: monitoring", "name: {{ .Values.networkPolicy.monitoringNamespace }}"]],
  },
  "scaled-object.yaml": {
    from: "components/autoscaling/scaled-object.yaml",
    when: 'eq .Values.autoscaling.kind "keda"',
    replace: [
      ["minReplicaCount: 2", "minReplicaCount: {{ .Values.autoscaling.min }}"],
      ["maxReplicaCount: 10", "maxReplicaCount: {{ .Values.autoscaling.max }}"],
      ["    replicas: 2\n", "    replicas: {{ max 1 (int .Values.autoscaling.min) }}\n"],
      [/name: trans-hub-reader\n(?= {6}key:)/g, "name: {{ .Values.secrets.reader }}\n"],
    ],
  },
  "horizontal-pod-autoscaler.yaml": {
    from: "components/autoscaling-hpa/horizontal-pod-autoscaler.yaml",
    when: 'eq .Values.autoscaling.kind "hpa"',
    replace: [
      ["minReplicas: 2", "minReplicas: {{ .Values.autoscaling.min }}"],
      ["maxReplicas: 10", "maxReplicas: {{ .Values.autoscaling.max }}"],
    ],
  },
  "upkeep.yaml": {
    from: "components/upkeep/cron-jobs.yaml",
    when: ".Values.upkeep.enabled",
    replace: [IMAGE, GRACE, WORKER_SECRET],
  },
  "doctor.yaml": {
    from: "components/doctor/cron-job.yaml",
    when: ".Values.doctor.enabled",
    replace: [IMAGE, GRACE, WORKER_SECRET],
  },
  "roles.yaml": {
    from: "components/roles/job.yaml",
    when: ".Values.roles.enabled",
    replace: [
      IMAGE,
      ["name: trans-hub-roles\n", `name: trans-hub-roles${REVISION}\n`],
      ["secretName: trans-hub-admin", "secretName: {{ .Values.secrets.admin }}"],
      ["secretName: trans-hub-roles", "secretName: {{ .Values.secrets.passwords }}"],
    ],
  },
  "external-secrets.yaml": {
    from: "components/external-secrets/external-secrets.yaml",
    when: ".Values.externalSecrets.enabled",
    replace: [
      [
        /(secretStoreRef:\n {4}name: )trans-hub\n( {4}kind: )SecretStore/g,
        "$1{{ .Values.externalSecrets.store.name }}\n$2{{ .Values.externalSecrets.store.kind }}",
      ],
      ...(["migrator", "worker", "server", "reader"] as const).map(
        (name): Replacement => [`name: trans-hub-${name}\n`, `name: {{ .Values.secrets.${name} }}\n`],
      ),
    ],
  },
  "pod-monitor.yaml": { from: "components/pod-monitor/pod-monitor.yaml", when: ".Values.podMonitor.enabled" },
  "backup-volume.yaml": {
    from: "components/backup/cron-job.yaml",
    when: 'eq .Values.backup.kind "volume"',
    replace: [["secretName: trans-hub-migrator", "secretName: {{ .Values.secrets.migrator }}"], SIZE],
  },
  "backup-object-storage.yaml": {
    from: "components/backup-object-storage/cron-job.yaml",
    when: 'eq .Values.backup.kind "objectStorage"',
    replace: [
      ["secretName: trans-hub-migrator", "secretName: {{ .Values.secrets.migrator }}"],
      ["secretName: trans-hub-backup-storage", "secretName: {{ .Values.secrets.storage }}"],
      SIZE,
    ],
  },
};

/** A line of each pod, after which the values' pull secrets go; with kustomize, a patch adds them. */
const POD = /^( +)automountServiceAccountToken: false\n/gm;

const COPIES = {
  "alerts.yaml": "deploy/prometheus/alerts.yaml",
  "trans-hub.json": "deploy/grafana/trans-hub.json",
  "backup.sh": "deploy/backup/backup.sh",
} as const;

/** ConfigMaps and rules whose content is a file of the chart. */
const WRITTEN: Readonly<Record<string, string>> = {
  "alerts.yaml": `{{- if .Values.alerts.enabled }}
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: trans-hub
spec:
{{ .Files.Get "files/alerts.yaml" | indent 2 }}
{{- end }}
`,
  "dashboard.yaml": `{{- if .Values.dashboard.enabled }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: trans-hub-dashboard
  labels:
    grafana_dashboard: "1"
data:
  trans-hub.json: |
{{ .Files.Get "files/trans-hub.json" | indent 4 }}
{{- end }}
`,
  "backup-script.yaml": `{{- if ne .Values.backup.kind "none" }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: trans-hub-backup
data:
  backup.sh: |
{{ .Files.Get "files/backup.sh" | indent 4 }}
{{- end }}
`,
};

const MADE = "made by `npm run chart`";

/** Every made file by its path in the repository. */
export function madeFiles(): Map<string, string> {
  const made = new Map<string, string>();
  for (const [name, template] of Object.entries(TEMPLATES))
    made.set(`${CHART}/templates/${name}`, templateOf(template));
  for (const [name, text] of Object.entries(WRITTEN)) made.set(`${CHART}/templates/${name}`, text);
  for (const [name, source] of Object.entries(COPIES)) made.set(`${CHART}/files/${name}`, read(source));
  made.set(`${KUBERNETES}/components/alerts/prometheus-rule.yaml`, prometheusRule());
  return made;
}

function templateOf({ from, when, replace = [] }: Template): string {
  let text = read(`${KUBERNETES}/${from}`);
  // A trailing comment of a manifest stays: it explains the figure beside it to readers of the chart too.
  for (const [pattern, to] of replace) {
    const next = typeof pattern === "string" ? text.replaceAll(pattern, to) : text.replace(pattern, to);
    if (next === text) throw new Error(`${from} does not contain ${pattern}`);
    text = next;
  }
  text = text.replace(POD, (line, indent: string) => {
    const include = `{{- include "trans-hub.pullSecrets" . | trim | nindent ${indent.length} }}`;
    return `${line}${indent}{{- if .Values.image.pullSecrets }}\n${indent}${include}\n${indent}{{- end }}\n`;
  });
  const head = `{{- /* ${MADE} from ${KUBERNETES}/${from} */ -}}\n`;
  return when === undefined ? `${head}${text}` : `${head}{{- if ${when} }}\n${text.trimEnd()}\n{{- end }}\n`;
}

function prometheusRule(): string {
  const rules = read(COPIES["alerts.yaml"]);
  const groups = rules.slice(rules.indexOf("groups:\n"));
  const indented = groups.replaceAll(/^(?=.)/gm, "  ");
  return `# ${MADE[0]?.toUpperCase()}${MADE.slice(1)} from ${COPIES["alerts.yaml"]}.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: trans-hub
spec:
${indented}`;
}

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

if (import.meta.main) {
  for (const [path, text] of madeFiles()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}
