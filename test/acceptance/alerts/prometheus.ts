/** A real Prometheus with Trans-Hub's rules. Their times are shortened, so that minutes pass in seconds. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { until } from "./scene.ts";

const RULES = resolve(import.meta.dirname, "../../../deploy/prometheus/alerts.yaml");

/**
 * The replacement of every `for` and every window; a call counts as slow after one second. All other thresholds are the
 * rules' own.
 */
const SHORT_FOR = "2s";
const SHORT_WINDOW = "20s";

export interface Prometheus {
  /** Names of the alerts that fire now. */
  firing(): Promise<Set<string>>;
  /** The present values of an expression, one for each series. */
  query(expression: string): Promise<number[]>;
  stop(): Promise<void>;
}

export async function startPrometheus(
  folder: string,
  port: number,
  jobs: Readonly<Record<string, readonly number[]>>,
): Promise<Prometheus> {
  const rules = (await readFile(RULES, "utf8"))
    .replaceAll(/\bfor: \w+/g, `for: ${SHORT_FOR}`)
    .replaceAll(/\[\d+[mh]\]/g, `[${SHORT_WINDOW}]`)
    .replace("[20s]))) > 30", "[20s]))) > 1");
  await writeFile(join(folder, "alerts.yaml"), rules);
  const scrapes = Object.entries(jobs).map(([job, ports]) => {
    const targets = ports.map((each) => `127.0.0.1:${each}`).join(", ");
    return `  - job_name: ${job}\n    static_configs: [{ targets: [${targets}] }]\n`;
  });
  await writeFile(
    join(folder, "prometheus.yaml"),
    `global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }\nrule_files: [alerts.yaml]\nscrape_configs:\n${scrapes.join("")}`,
  );
  const child: ChildProcess = spawn(
    "prometheus",
    [
      `--config.file=${join(folder, "prometheus.yaml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=error",
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  const ended = once(child, "exit");
  const isReady = async () => (await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => undefined))?.ok === true;
  if ((await until(isReady)) === undefined) throw new Error("Prometheus does not become ready");
  return {
    async firing() {
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/alerts`);
      if (!response.ok) throw new Error(`Prometheus answered ${response.status}`);
      const { data } = (await response.json()) as {
        data: { alerts: { state: string; labels: { alertname: string } }[] };
      };
      return new Set(data.alerts.filter(({ state }) => state === "firing").map(({ labels }) => labels.alertname));
    },
    async query(expression) {
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expression)}`);
      const { data, error } = (await response.json()) as {
        data?: { result: { value: [number, string] }[] };
        error?: string;
      };
      if (data === undefined) throw new Error(`Prometheus refused ${expression}: ${error}`);
      return data.result.map(({ value }) => Number(value[1]));
    },
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
