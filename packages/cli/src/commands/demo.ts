import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Translation } from "@trans-hub/core";
import type { PersistenceHandler, WorkSummary } from "@trans-hub/core/store";
import type { Command } from "commander";
import type { CommandContext, GlobalOptions } from "../command-context.ts";
import { openEmbeddedDatabase } from "../database.ts";
import { BUDGET_PROJECT, demoBudget } from "../demo/budget-demo.ts";
import {
  readSample,
  readTranslations,
  registerSample,
  SAMPLE_LOCALE,
  SAMPLE_TARGETS,
  type Sample,
  SHOWN_KEYS,
  writeCatalogs,
} from "../demo/sample.ts";
import { DEMO_BATCH_SIZE, WorkerProcess } from "../demo/worker-process.ts";
import { makeOne } from "../engines.ts";
import { examples } from "../options.ts";
import type { Output } from "../output.ts";
import { Progress } from "../progress.ts";
import { openCoordinator, openStore, readSettings } from "../session.ts";
import type { Settings } from "../settings/settings.ts";
import { tableOf } from "../table.ts";

interface DemoReport {
  translated: number;
  failed: number;
  /** Seconds since the command began. */
  seconds: number;
  engine: string;
  workers: (WorkSummary & { pid: number })[];
  /** Texts without anything to translate (a number, placeholders alone): stored unchanged at registration. */
  verbatim: number;
  /** Paths of the written catalogs. */
  files: string[];
}

const PROJECT = "demo";
const WORKERS = 2;
const LOOK_EVERY_MS = 100;
const START_TIMEOUT_MS = 30_000;

export function define(command: Command, context: CommandContext): void {
  command
    .description("Translate a web shop's catalog into three languages with two workers, on the embedded PostgreSQL.")
    .option("--budget", "under a budget, in front of a local server that bills; shows both bills")
    .action(({ budget = false }: { budget?: boolean }) => demo(command, context, budget));
  examples(command, "demo", "demo --json", "demo --budget");
  command.addHelpText(
    "after",
    `
If TH_OPENAI_API_KEY or TH_OPENAI_ENDPOINT is set, the engine openai translates; otherwise the engine pseudo. A second
run translates again.`,
  );
}

async function demo(command: Command, context: CommandContext, isUnderBudget: boolean): Promise<void> {
  const { output } = context;
  const settings = readSettings(context);
  if (isUnderBudget) return demoUnderBudget(command, context, settings);
  const engine = engineOf(settings);
  // Before the database, so that a bad setting stops the demo at once.
  const { name } = await makeOne(engine, settings, context);
  output.note(`Translating with ${name}${engine === "pseudo" ? " (set TH_OPENAI_API_KEY for real translations)" : ""}`);
  // Time for the workers to hand back the work that they hold.
  context.graceMs = 5_000;

  const database = await openEmbeddedDatabase(context, settings, command.optsWithGlobals<GlobalOptions>());
  try {
    await database.prepare();
    const handler = await openStore(database, { ...settings, batchSize: DEMO_BATCH_SIZE }, "demo");
    const hub = openCoordinator(handler, settings, { project: PROJECT, sourceLocale: SAMPLE_LOCALE });
    try {
      const sample = await readSample();
      const workers = await withWorkers(context, { databaseUrl: database.databaseUrl, engine }, handler, async () => {
        const registered = await registerSample(hub, sample);
        output.note(
          `Registered ${registered} translations: ${sample.catalog.messages.length} messages in ${SAMPLE_TARGETS.join(", ")}; equal texts count once`,
        );
        return registered;
      });
      const translations = await readTranslations(hub, sample);
      const files = await writeCatalogs(sample, translations, (locale) =>
        join(database.dataDir ?? context.cwd, "demo", `${locale}.json`),
      );
      const report: DemoReport = {
        translated: sum(workers, "translated"),
        failed: sum(workers, "failed"),
        seconds: Math.round(performance.now() / 100) / 10,
        engine: name,
        workers,
        verbatim: countVerbatim(translations),
        files,
      };
      await output.result(report, () => describe(report, sample, translations, output));
    } finally {
      await hub.close();
      await handler.close();
    }
  } finally {
    await database.close();
  }
}

async function demoUnderBudget(command: Command, context: CommandContext, settings: Settings): Promise<void> {
  const { output } = context;
  context.graceMs = 5_000;
  const database = await openEmbeddedDatabase(context, settings, command.optsWithGlobals<GlobalOptions>());
  try {
    await database.prepare();
    const handler = await openStore(database, { ...settings, batchSize: DEMO_BATCH_SIZE }, "demo");
    const hub = openCoordinator(handler, settings, { project: BUDGET_PROJECT, sourceLocale: SAMPLE_LOCALE });
    try {
      const sample = await readSample();
      const report = await demoBudget(hub, async (env) => {
        const own = { databaseUrl: database.databaseUrl, engine: "openai", project: BUDGET_PROJECT };
        const inEnv = { ...context, env: { ...context.env, ...env } };
        const workers = await withWorkers(inEnv, own, handler, () => registerSample(hub, sample));
        return { translated: sum(workers, "translated") };
      });
      const { budget, currency, calls, serverBill, ledger, waiting, translated } = report;
      await output.result(report, () =>
        [
          `the server's bill: ${serverBill} ${currency} for ${calls} calls`,
          `the ledger:        ${ledger} ${currency}`,
          `the budget:        ${budget} ${currency}`,
          `${translated} translated; ${waiting} texts would wait for the next day, or for a greater budget`,
        ].join("\n"),
      );
    } finally {
      await hub.close();
      await handler.close();
    }
  } finally {
    await database.close();
  }
}

function engineOf({ engines: [active], openai }: Settings): string {
  return active ?? (openai.apiKey !== undefined || openai.endpoint !== undefined ? "openai" : "pseudo");
}

/**
 * Starts the workers, registers through `register`, waits until all is translated, and stops the workers; returns each
 * worker's summary.
 */
async function withWorkers(
  { env, output, signal }: CommandContext,
  own: { databaseUrl: string; engine: string; project?: string },
  handler: PersistenceHandler,
  register: () => Promise<number>,
): Promise<DemoReport["workers"]> {
  const { project = PROJECT } = own;
  const workers = Array.from({ length: WORKERS }, () => new WorkerProcess({ env, project, ...own }));
  let progress: Progress | undefined;
  try {
    // All workers must be up before anything is registered, or the first one would take all the work.
    await untilTrue(
      workers,
      signal,
      async () => {
        const alive = new Set((await handler.status(project)).workers.map(({ pid }) => pid));
        return workers.every(({ pid }) => pid !== undefined && alive.has(pid));
      },
      START_TIMEOUT_MS,
    );
    const total = await register();
    const bar = new Progress(output, "translating");
    progress = bar;
    await untilTrue(workers, signal, async () => {
      const { translations, budgets } = await handler.status(project);
      const waiting = Math.max(0, ...budgets.map((budget) => budget.waiting));
      bar.set(Math.max(0, total - translations.pending), total);
      return translations.pending <= waiting;
    });
    bar.stop();
    const summaries = await Promise.all(workers.map((worker) => worker.stop()));
    return workers.map(({ pid = 0 }, at) => ({ pid, ...(summaries[at] ?? { translated: 0, failed: 0, retrying: 0 }) }));
  } finally {
    progress?.stop();
    await Promise.all(workers.map((worker) => worker.stop().catch(() => undefined)));
    for (const { log } of workers) if (log !== "") output.note(log);
  }
}

/** Repeats a check until it is true; fails when no worker is left. */
async function untilTrue(
  workers: readonly WorkerProcess[],
  signal: AbortSignal,
  look: () => Promise<boolean>,
  timeoutMs = Number.POSITIVE_INFINITY,
): Promise<void> {
  const startedAt = performance.now();
  while (!(await look())) {
    if (!workers.some(({ isRunning }) => isRunning)) throw new Error("the workers ended before the work was done");
    if (performance.now() - startedAt > timeoutMs) throw new Error("the workers did not start in time");
    await delay(LOOK_EVERY_MS, undefined, { signal });
  }
}

function sum(workers: DemoReport["workers"], field: "translated" | "failed"): number {
  return workers.reduce((total, worker) => total + worker[field], 0);
}

/** Counts equal texts once, as registration does. */
function countVerbatim(translations: ReadonlyMap<string, ReadonlyMap<string, Translation>>): number {
  const texts = (byKey: ReadonlyMap<string, Translation>) =>
    new Set([...byKey.values()].filter(({ engine }) => engine === "none").map(({ sourceText }) => sourceText));
  return [...translations.values()].reduce((total, byKey) => total + texts(byKey).size, 0);
}

function describe(
  report: DemoReport,
  { catalog }: Sample,
  translations: ReadonlyMap<string, ReadonlyMap<string, Translation>>,
  output: Output,
): string {
  const { texts } = catalog;
  const shown = SHOWN_KEYS.filter((key) => texts.has(key));
  return [
    tableOf(
      output,
      ["worker", "translated", "failed"],
      report.workers.map(({ pid, translated, failed }) => [`process ${pid}`, translated, failed]),
    ),
    tableOf(
      output,
      [SAMPLE_LOCALE, ...SAMPLE_TARGETS],
      shown.map((key) => [
        texts.get(key) ?? "",
        ...SAMPLE_TARGETS.map((locale) => translations.get(locale)?.get(key)?.text ?? ""),
      ]),
    ),
    ...report.files.map((file) => `wrote ${file}`),
    `${report.verbatim} translations equal their source texts, which have nothing to translate`,
    `${report.translated} translated, ${report.failed} failed, in ${report.seconds} s`,
  ].join("\n");
}
