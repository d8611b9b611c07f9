/** Every query of the Grafana dashboard and of prometheus-adapter, answered by a real Prometheus over a running fleet. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type Prometheus, startPrometheus } from "./alerts/prometheus.ts";
import { freePort, openScene, type Scene } from "./alerts/scene.ts";

const root = resolve(import.meta.dirname, "../..");

interface Panel {
  title: string;
  targets?: { expr: string }[];
  panels?: Panel[];
}

const { panels } = JSON.parse(readFileSync(join(root, "deploy/grafana/trans-hub.json"), "utf8")) as {
  panels: Panel[];
};
const QUERIES = panels
  .flatMap((panel) => [panel, ...(panel.panels ?? [])])
  .flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const));

const adapter = parse(readFileSync(join(root, "deploy/prometheus/adapter.yaml"), "utf8")) as {
  rules: { external: { name: { as: string }; seriesQuery: string; metricsQuery: string }[] };
};

const why = spawnSync("prometheus", ["--version"]).error ? ": needs Debian's package prometheus" : "";

describe.skipIf(why !== "")(`a real Prometheus${why}`, () => {
  let folder: string;
  let scene: Scene;
  let prometheus: Prometheus;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "trans-hub-dashboard-"));
    scene = await openScene();
    // A limit, so that slots wait for it; a refused item, a dead letter and a pause, so that no panel is empty.
    await scene.restart([], { TH_OPENAI_RPM: "120" });
    await scene.db.query(
      `select trans_hub.append_to_inbox('[{"text": "A", "sourceLocale": "en", "targetLocales": ["english"]}]', '{}')`,
    );
    scene.engine.misbehave({ fault: { kind: "content_filter" }, times: 3 });
    await scene.request(3, "fr", "Refused");
    prometheus = await startPrometheus(folder, await freePort(), scene.jobs);
  }, 120_000);

  afterAll(async () => {
    await prometheus?.stop();
    await scene?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test("answers every query of the dashboard with numbers, over a worker's and an application's scrapes", async () => {
    expect(QUERIES.length).toBeGreaterThan(15);
    let asked = 0;
    const reading = setInterval(() => {
      asked += 1;
      scene.hub
        .getTranslation({ text: "A text that somebody wrote, number 1", targetLocale: "fr" })
        .catch(() => undefined);
    }, 100);
    try {
      const unanswered = async () => {
        const answers = await Promise.all(
          QUERIES.map(async ([title, expr]) => {
            const values = await prometheus.query(expr.replaceAll("$__rate_interval", "20s"));
            return values.length > 0 && values.every(Number.isFinite) ? [] : [`${title}: ${expr}`];
          }),
        );
        return answers.flat();
      };
      await expect.poll(unanswered, { interval: 1_000 }).toEqual([]);
      expect(asked).toBeGreaterThan(0);
    } finally {
      clearInterval(reading);
    }
  }, 90_000);

  test("gives prometheus-adapter the figures that KEDA would get from the database", async () => {
    const { external } = adapter.rules;
    const measure = async (name: string) => {
      const { metricsQuery = "" } = external.find((rule) => rule.name.as === name) ?? {};
      const query = metricsQuery.replaceAll("<<.LabelMatchers>>", 'job="trans-hub-worker"');
      return (await prometheus.query(query))[0];
    };
    await scene.command("trans-hub pause");
    await scene.request(40, "de", "Waiting");
    const paused = async () => Math.round((await measure("trans_hub_ready_texts")) ?? -1);
    await expect.poll(paused).toBe(0);
    expect(await measure("trans_hub_oldest_ready_seconds")).toBe(0);
    // Without workers that translate, the resumed texts stay due.
    await scene.restart(["--locales", "it"], {});
    await scene.command("trans-hub resume");
    const ours = async () => {
      const { rows } = await scene.db.query("select trans_hub.ready_texts()::int as texts");
      return [
        rows[0].texts >= 40,
        (await paused()) >= 40,
        ((await measure("trans_hub_oldest_ready_seconds")) ?? 0) > 0,
      ];
    };
    await expect.poll(ours).toEqual([true, true, true]);
  }, 90_000);
});
