import { migrationStatus, type Settings, type StoreStatus, TransHubError } from "@trans-hub/core";
import type { Command } from "commander";
import type { CommandContext, GlobalOptions } from "../command-context.ts";
import { type ChosenDatabase, CONNECT_TIMEOUT_MS, openDatabase } from "../database.ts";
import {
  type Check,
  checkCircuits,
  checkCollection,
  checkInbox,
  checkPauses,
  checkWorkers,
  ok,
} from "../doctor/checks.ts";
import { enginesToTranslateWith } from "../engines.ts";
import { examples } from "../options.ts";
import type { Output } from "../output.ts";
import { EXIT } from "../report-error.ts";
import { openStore, readSettings } from "../session.ts";

export function define(command: Command, context: CommandContext): void {
  command.action(() => doctor(command, context));
  examples(command, "doctor", "doctor --json");
}

async function doctor(command: Command, context: CommandContext): Promise<void> {
  const settings = readSettings(context);
  const globals = command.optsWithGlobals<GlobalOptions>();
  const engine = checkEngine(settings, context, globals);
  const database = await openDatabase(context, settings, globals);
  try {
    const checks = [...(await checkDatabase(database, settings)), engine];
    if (checks.some(({ status }) => status === "fail")) context.exitCode = EXIT.failed;
    await context.output.result({ checks }, () => describe(checks, context.output));
  } finally {
    await database.close();
  }
}

/** Each check stands on the one before; what could not be looked at any more is not listed. */
async function checkDatabase(database: ChosenDatabase, settings: Settings): Promise<Check[]> {
  const checks: Check[] = [];
  try {
    await database.prepare();
    const { pending, version } = await migrationStatus({ ...database, connectTimeoutMs: CONNECT_TIMEOUT_MS });
    checks.push(ok("database", `${database.kind}, it answers`));
    checks.push(checkSchema(pending, version));
    if (pending.length > 0) return checks;
    const status = await readStatus(database, settings);
    checks.push(checkWorkers(status, database.kind));
    checks.push(checkCollection(status, settings.gcCron, Date.now()));
    checks.push(...checkInbox(status), ...checkPauses(status), ...checkCircuits(status));
  } catch (error) {
    if (!(error instanceof TransHubError)) throw error;
    const name = checks.length === 0 ? "database" : "schema";
    checks.push({ name, status: "fail", detail: error.message, cure: error.hint ?? "Check TH_DATABASE_URL." });
  }
  return checks;
}

function checkSchema(pending: readonly string[], version: string | null): Check {
  if (pending.length === 0) return ok("schema", `at ${version}`);
  return {
    name: "schema",
    status: "fail",
    detail: `${pending.length} migrations are missing`,
    cure: "Run trans-hub migrate.",
  };
}

async function readStatus(database: ChosenDatabase, settings: Settings): Promise<StoreStatus> {
  const handler = await openStore(database, settings, "doctor");
  try {
    return await handler.status();
  } finally {
    await handler.close();
  }
}

/** Whether the engines could be made: names known, keys set. Nothing is contacted and nothing is spent. */
function checkEngine(settings: Settings, context: CommandContext, globals: GlobalOptions): Check {
  try {
    const names = enginesToTranslateWith(settings, context, globals).map(({ name }) => name);
    if (settings.engines.length > 0) return ok("engine", `${names.join(", ")}: set up`);
    const cure = "Set TH_ENGINES for real translations.";
    return { name: "engine", status: "warn", detail: "pseudo stands in, since none is set", cure };
  } catch (error) {
    const { message, hint } = error as Error & { hint?: string };
    return { name: "engine", status: "fail", detail: message, cure: hint ?? "Set TH_ENGINES." };
  }
}

function describe(checks: readonly Check[], output: Output): string {
  const { green, yellow, red } = output.colors;
  const mark = { ok: green("ok  "), warn: yellow("warn"), fail: red("fail") };
  return checks
    .flatMap(({ name, status, detail, cure }) => [
      `${mark[status]}  ${name}: ${detail}`,
      ...(cure === null ? [] : [`      ${cure}`]),
    ])
    .join("\n");
}
