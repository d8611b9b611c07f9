/**
 * Tests each alert in a real Prometheus (Debian's package `prometheus`) over a running fleet: its fault is planted
 * until the alert fires, then the steps of its section in docs/alerts.md are followed until the alert is resolved.
 *
 *     npm run alerts [-- --only TransHubRescues,TransHubWorkerDown] [-- --json]
 *
 * The rules' times are shortened (`prometheus.ts`). Takes some ten minutes, most of them waiting; exit code 1 when an
 * alert did not fire or was not resolved.
 */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { FAULTS, tidyUp } from "./faults.ts";
import { startPrometheus } from "./prometheus.ts";
import { freePort, openScene, until } from "./scene.ts";

const { values: options } = parseArgs({
  options: { only: { type: "string" }, json: { type: "boolean", default: false } },
});
const only = options.only?.split(",");
if (spawnSync("prometheus", ["--version"]).status !== 0) {
  process.stderr.write("prometheus is not installed: apt-get install --no-install-recommends prometheus\n");
  process.exit(2);
}

const folder = await mkdtemp(join(tmpdir(), "trans-hub-alerts-"));
const scene = await openScene();
const results: { alert: string; firedAfter?: number | undefined; resolvedAfter?: number | undefined; also: string }[] =
  [];
try {
  await scene.command("trans-hub gc");
  const prometheus = await startPrometheus(folder, await freePort(), scene.jobs);
  try {
    for (const [alert, { plant, cure, mostSeconds = 60 }] of Object.entries(FAULTS)) {
      if (only !== undefined && !only.includes(alert)) continue;
      // No alert fires before the fault, or at least not the alert under test, so that it is caused by this fault.
      await until(async () => (await prometheus.firing()).size === 0, 60);
      const before = await prometheus.firing();
      process.stderr.write(`${alert}${before.size > 0 ? ` (still: ${[...before].join(", ")})` : ""}\n`);
      await plant(scene);
      const firedAfter = await until(async () => (await prometheus.firing()).has(alert), mostSeconds);
      const also = [...(await prometheus.firing())].filter((name) => name !== alert).join(", ");
      await cure(scene);
      const resolvedAfter = await until(async () => !(await prometheus.firing()).has(alert), mostSeconds);
      tidyUp();
      results.push({ alert, firedAfter: before.has(alert) ? undefined : firedAfter, resolvedAfter, also });
      process.stderr.write(
        `  fired after ${firedAfter} s, resolved after ${resolvedAfter} s; also fired: ${also || "none"}\n`,
      );
    }
  } finally {
    await prometheus.stop();
  }
} finally {
  tidyUp();
  await scene.close();
  await rm(folder, { recursive: true, force: true });
}
if (options.json) process.stdout.write(`${JSON.stringify(results)}\n`);
else console.table(results);
const failed = results.filter(
  ({ firedAfter, resolvedAfter }) => firedAfter === undefined || resolvedAfter === undefined,
);
process.exitCode = failed.length > 0 ? 1 : 0;
