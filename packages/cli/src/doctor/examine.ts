/**
 * Gathers the rules' input and lists their findings. Does not stop at a missing right, and changes nothing, except that it
 * closes the circuit of an engine that takes calls again.
 */

import { type ApiToken, type StoreStatus, TransHubError, type Webhook, type WorkerStatus } from "@trans-hub/core";
import type { Engine } from "@trans-hub/core/engine";
import { migrationStatus, readServerFacts, readStandbyFacts, type ServerFacts } from "@trans-hub/core/operations";
import { type PersistenceHandler, tryStoppedEngines } from "@trans-hub/core/store";
import { secretNow } from "@trans-hub/engines/registry";
import type { CommandContext } from "../command-context.ts";
import { type ChosenDatabase, CONNECT_TIMEOUT_MS } from "../database.ts";
import { estimateTrial, type Sent, type TrialOptions } from "../quality/trial.ts";
import { openStore } from "../session.ts";
import { loadEnvironment } from "../settings/environment.ts";
import type { Settings } from "../settings/settings.ts";
import { type Check, fail, ok, warn } from "./check.ts";
import { checkEngine } from "./engine-check.ts";
import { checkEmbedded, checkLog, checkPrices, checkSecrets, checkSettings } from "./environment-checks.ts";
import { checkServer, checkTokens, checkWebhooks } from "./http-checks.ts";
import {
  checkArchive,
  checkBackup,
  checkBloat,
  checkHorizon,
  checkLetters,
  checkLocks,
  checkReviewers,
  checkStandby,
} from "./keeping-checks.ts";
import { checkProbes, PROBES, type ProbeReport, runProbes } from "./probes.ts";
import {
  checkBacklog,
  checkBudgets,
  checkCircuits,
  checkCollection,
  checkInbox,
  checkPauses,
  checkReleases,
  checkWorkers,
} from "./queue-checks.ts";
import {
  checkClock,
  checkConnections,
  checkDurability,
  checkEncryption,
  checkPrivileges,
  checkSession,
  checkVersion,
} from "./server-checks.ts";

export interface Examination {
  settings: Settings;
  surroundings: Pick<CommandContext, "env" | "cwd">;
  database: ChosenDatabase;
  makeEngines(): Promise<Engine[]>;
  /** Whether engines may be called. */
  callsEngine: boolean;
}

export async function examine(examination: Examination): Promise<Check[]> {
  const { settings, surroundings, makeEngines, callsEngine } = examination;
  const env = loadEnvironment(surroundings);
  const engine = checkEngine(makeEngines, settings, callsEngine);
  return [
    checkSettings(settings),
    checkPrices(settings, Date.now()),
    checkLog(settings),
    checkSecrets(env, surroundings.cwd),
    ...(await examineDatabase(examination, env)),
    ...(await checkServer(settings.server)),
    await engine,
  ];
}

export interface EngineExamination extends Pick<Examination, "settings" | "surroundings" | "makeEngines"> {
  targetLocale: string;
  signal: AbortSignal;
  /** Called before the first paid call. */
  onEstimate(engine: Engine, estimate: Sent): void;
  progress(done: number): void;
}

/** Examines one engine by probes; contacts no database. `report` is absent where the engine cannot be asked at all. */
export async function examineEngine(
  examination: EngineExamination,
): Promise<{ checks: Check[]; report?: ProbeReport }> {
  const { settings, surroundings, makeEngines, targetLocale, signal, onEstimate, progress } = examination;
  const checks = [
    checkSettings(settings),
    checkPrices(settings, Date.now()),
    checkSecrets(loadEnvironment(surroundings), surroundings.cwd),
    await checkEngine(makeEngines, settings, true),
  ];
  if (checks.some(({ status }) => status === "fail")) return { checks };
  const [engine] = await makeEngines();
  if (engine === undefined) return { checks };
  try {
    const options: TrialOptions = {
      ...{ engine, sourceLocale: "en", targetLocale, batchSize: 1, signal, progress },
      ...{ timeoutMs: settings.engineTimeoutSeconds * 1_000, limits: settings.engineLimits },
    };
    const estimate = await estimateTrial(PROBES, options);
    onEstimate(engine, estimate);
    const report = await runProbes(options, estimate);
    return { checks: [...checks, checkProbes(report)], report };
  } catch (error) {
    if (!(error instanceof TransHubError)) throw error;
    const others = checks.filter(({ name }) => name !== "engine");
    return { checks: [...others, fail("engine", error.message, error.hint ?? "Check the settings of the engine.")] };
  } finally {
    await engine.close?.();
  }
}

async function examineDatabase(
  examination: Examination,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Check[]> {
  const { database, settings } = examination;
  const checks: Check[] = [];
  try {
    await database.prepare();
    const facts = await readServerFacts({
      databaseUrl: database.directUrl ?? database.databaseUrl,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
    });
    checks.push(database.kind === "embedded" ? checkEmbedded(env) : ok("database", "set, and answers"));
    checks.push(...examineServer(facts, database));
    if (!facts.isStandby) checks.push(...(await examineStandby(database)));
    const schema = await examineSchema(database);
    checks.push(schema);
    if (schema.status === "fail") return checks;
    const { status, closed, tokens, webhooks } = await readStatus(examination, facts);
    checks.push(checkConnections(facts, status?.workers.length, settings.maxConnections));
    checks.push(checkBackup(facts, Date.now()), checkArchive(facts), checkLetters(facts), ...checkReviewers(facts));
    checks.push(checkBloat(facts), checkLocks(facts), checkHorizon(facts), ...checkTokens(tokens, Date.now()));
    checks.push(...checkWebhooks(webhooks, Date.now()));
    if (status === undefined) {
      const cure = "Run doctor with the role of a worker or a reader.";
      return [...checks, warn("worker", "this role may not read the fleet, its work and its collections", cure)];
    }
    return [...checks, ...examineQueue(status, closed, database, settings)];
  } catch (error) {
    if (!(error instanceof TransHubError)) throw error;
    const name = checks.length === 0 ? "database" : "schema";
    return [...checks, fail(name, error.message, error.hint ?? "Check TH_DATABASE_URL.")];
  }
}

/** Skips the checks that do not apply to the embedded server: it has one user, and listens on this machine only. */
function examineServer(facts: ServerFacts, { kind, databaseUrl, directUrl }: ChosenDatabase): Check[] {
  return [
    checkVersion(facts),
    ...(kind === "embedded" ? [] : [checkEncryption(facts, databaseUrl), checkPrivileges(facts)]),
    checkSession(facts, directUrl !== undefined && directUrl !== databaseUrl),
    checkDurability(facts),
    checkClock(facts),
  ];
}

/** No line where no standby is set. */
async function examineStandby({ databaseUrl, directUrl, rotating }: ChosenDatabase): Promise<Check[]> {
  if (rotating.readUrl === undefined) return [];
  const readUrl = secretNow(rotating.readUrl);
  try {
    const primary = directUrl ?? databaseUrl;
    return [
      checkStandby(await readStandbyFacts({ databaseUrl: primary, readUrl, connectTimeoutMs: CONNECT_TIMEOUT_MS })),
    ];
  } catch (error) {
    if (!(error instanceof TransHubError)) throw error;
    return [fail("standby", `TH_READ_URL: ${error.message}`, "Check TH_READ_URL: until then the primary is read.")];
  }
}

function examineQueue(
  status: StoreStatus,
  closed: readonly string[],
  { kind }: ChosenDatabase,
  { gcCron }: Settings,
): Check[] {
  return [
    checkWorkers(status, kind),
    checkReleases(status),
    checkBacklog(status),
    checkCollection(status, gcCron, Date.now()),
    ...checkInbox(status),
    ...checkPauses(status),
    ...checkBudgets(status),
    ...checkCircuits(status, closed),
  ];
}

async function examineSchema({ databaseUrl, directUrl }: ChosenDatabase): Promise<Check> {
  try {
    const { pending, version } = await migrationStatus({
      databaseUrl,
      directUrl,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
    });
    if (pending.length === 0) return ok("schema", `at ${version}`);
    return fail(
      "schema",
      `${pending.length === 1 ? "one migration is" : `${pending.length} migrations are`} missing`,
      "Run trans-hub migrate.",
    );
  } catch (error) {
    if (!(error instanceof TransHubError)) throw error;
    // This role may not read the list of migrations; the store itself reports whether the schema fits.
    if (error.code === "TH_DATABASE_REFUSED")
      return ok("schema", "fits this release (this role may not read the version)");
    return fail("schema", error.message, error.hint ?? "Run trans-hub migrate.");
  }
}

/**
 * The status with the workers that are alive: the row of the last worker to die stays in the table. Undefined: this
 * role may not read it. `closed`: engines that take calls again, whose circuits were closed.
 */
async function readStatus(
  examination: Examination,
  { role }: Pick<ServerFacts, "role">,
): Promise<{ status: StoreStatus | undefined; closed: string[]; tokens: ApiToken[]; webhooks: Webhook[] }> {
  const { database, settings } = examination;
  const handler = await openStore(database, settings, "doctor");
  try {
    const tokens = await orNone(() => handler.tokens.list());
    const webhooks = await orNone(() => handler.listWebhooks());
    if (!role.mayRead) return { status: undefined, closed: [], tokens, webhooks };
    const closed = await closeCircuits(handler, examination);
    const status = await handler.status();
    const isAlive = (worker: WorkerStatus) => worker.beatSecondsAgo <= settings.rescueAfterSeconds;
    return { status: { ...status, workers: status.workers.filter(isAlive) }, closed, tokens, webhooks };
  } finally {
    await handler.close();
  }
}

/** None, also where this role may not read them: only the owner and a server may. */
async function orNone<Entry>(list: () => Promise<Entry[]>): Promise<Entry[]> {
  try {
    return await list();
  } catch (error) {
    if (error instanceof TransHubError && error.code === "TH_DATABASE_REFUSED") return [];
    throw error;
  }
}

async function closeCircuits(
  { engineGate }: PersistenceHandler,
  { makeEngines, callsEngine }: Examination,
): Promise<string[]> {
  // The check of the engines reports one that cannot be made.
  const engines = callsEngine ? await makeEngines().catch(() => []) : [];
  try {
    return (await tryStoppedEngines(engineGate, engines, new AbortController().signal)).closed;
  } finally {
    await Promise.all(engines.map((engine) => engine.close?.()));
  }
}
