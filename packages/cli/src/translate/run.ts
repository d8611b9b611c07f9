/** A run of `translate`: plan, register, work, write. */
import { hash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { type Coordinator, InvalidItemError, type Item, type TransHubError, type Translation } from "@trans-hub/core";
import type { Engine } from "@trans-hub/core/engine";
import { EnginesStoppedError } from "@trans-hub/core/operations";
import { type PersistenceHandler, parseItem } from "@trans-hub/core/store";
import type { Catalog } from "../catalog/catalog.ts";
import { catalogFormat } from "../catalog/formats.ts";
import { type Lock, readLockFile, targetName, writeLockFile } from "../catalog/lock-file.ts";
import { writableTarget, writeFileByRename } from "../catalog/write-file.ts";
import type { Settings } from "../settings/settings.ts";
import { UsageError } from "../usage-error.ts";
import { type Notice, noticesOf } from "./notices.ts";
import { nameOf, OwnRows, type Row, rowId, rowsOf } from "./own-rows.ts";
import { lockEntries, type PlannedFile, planFile, replan, valuesOf, withEdits, writtenKeys } from "./plan.ts";
import { fileName, type TargetFile } from "./target-files.ts";
import { workOwn } from "./work-own.ts";

export interface Failure {
  file: string;
  locale: string;
  key: string;
  code: string;
  message: string;
}

/** Counts of values: messages × locales. */
export interface TranslateReport {
  /** Paths of the target files. */
  files: string[];
  /** Those of them that changed. */
  written: string[];
  /** Names of the engines that translate: in this process, or the fleet's as far as they are named here. */
  engines: string[];
  /** Values made by this run. */
  translated: number;
  /** Values that were already in the store. */
  reused: number;
  /** Values that were already in the target file. */
  kept: number;
  failed: number;
  /** Values of a syntax that is left out. Always 0: every syntax is translated. */
  unsupported: 0;
  /** Values left to the fleet. */
  pending: number;
  /** The first {@link LISTED_MAX}; `failed` counts all. */
  failures: Failure[];
  /** Every value that was left out, replaced, removed, or kept though stale; the first {@link LISTED_MAX}. */
  notices: Notice[];
  /** The number of all notices, when the list holds only the first of them. */
  noticesCount?: number;
}

/** Most entries in a list of the report: a catalog of 24,000 messages in 10 locales may have as many failures. */
const LISTED_MAX = 10_000;

export interface PlanOptions {
  targets: readonly TargetFile[];
  lockFile: string;
  force: boolean;
  /** BCP 47, or `und`. */
  sourceLocale: string;
}

/** @throws {CatalogError | UsageError} A file cannot be read. */
export async function planFiles({ targets, lockFile, force, sourceLocale }: PlanOptions): Promise<PlannedFile[]> {
  await refuseTargets(targets, lockFile);
  const lock = await readLockFile(lockFile);
  const sources = new Map<string, Catalog>();
  const files: PlannedFile[] = [];
  for (const target of targets) {
    const format = catalogFormat(target.source);
    const read = sources.get(target.source) ?? (await format.read(target.source));
    if (read === undefined) throw new UsageError(`${target.source} does not exist`);
    sources.set(target.source, read);
    const existing = await format.read(target.path);
    const source = format.shapedFor(read, { sourceLocale, targetLocale: target.locale }, existing);
    files.push(
      planFile({
        target,
        source,
        existing,
        locked: lock.get(targetName(lockFile, target.path)) ?? new Map(),
        force,
      }),
    );
  }
  return files;
}

/**
 * Refuses files that could not be written, before any text is registered or paid.
 *
 * @throws {CatalogError | UsageError} A target is no regular file, or is one of the sources behind a link.
 */
async function refuseTargets(targets: readonly TargetFile[], lockFile: string): Promise<void> {
  await writableTarget(lockFile);
  const sources = new Map<string, string>();
  for (const { source } of targets) sources.set(await realpath(source).catch(() => source), source);
  for (const { path } of targets) {
    const source = sources.get((await writableTarget(path)) ?? "");
    if (source !== undefined) throw new UsageError(`--out: ${path} is the source file ${source}`);
  }
}

export interface RunOptions {
  files: readonly PlannedFile[];
  hub: Coordinator;
  handler: PersistenceHandler;
  /** Empty: the work is left to the fleet. */
  engines: readonly Engine[];
  /** Name of the engine that translates, in this process or in the fleet; undefined: not known here. */
  activeEngine: string | undefined;
  settings: Settings;
  project: string;
  cwd: string;
  /** Retries values that failed before for any reason, and not only those that no engine answered. */
  force: boolean;
  signal: AbortSignal;
  /** Called with the number of settled rows and the number of all rows. */
  progress(settled: number, total: number): void;
  /** Tells a person the reason for a wait, in one line. */
  tell(line: string): void;
}

/** The state of each message in the store at the end of the run. */
export interface RunResult {
  /** The plan, with the texts of the store taken into account. */
  files: readonly PlannedFile[];
  rows: OwnRows;
  /** Rows that already had a text. */
  before: { has(locale: string, row: Row): boolean };
  /** Reasons for messages that were never registered, by business id. */
  rejected: ReadonlyMap<string, { code: string; message: string }>;
  /** Why the run ended before all rows were settled. */
  stopped: TransHubError | undefined;
}

/** Registers the planned texts and, with engines, works until all of them are settled. */
export async function translateFiles(given: RunOptions): Promise<RunResult> {
  const { hub, engines, signal } = given;
  const rejected = refusals(given);
  const files = await planWithStore(given, rejected);
  const options = { ...given, files };
  const rows = new OwnRows(hub);
  for (const { target, ...message } of toTranslate(files)) {
    if (!rejected.has(businessIdOf(target, message.key, options.cwd))) rows.add(target.locale, message);
  }
  await rows.readAll();
  const before = new Set<string>();
  for (const { target, ...message } of toTranslate(files)) {
    const translation = rows.get(target.locale, message);
    if (isUsable(translation, options.activeEngine === "pseudo")) before.add(`${target.locale}\n${rowId(message)}`);
  }

  await register(options, rejected, () => true, false);
  await rows.readAll();
  const isRetried = (locale: string, row: Row) => {
    const { status, error } = rows.get(locale, row) ?? {};
    return status === "failed" && (options.force || (engines.length > 0 && error?.code === UNANSWERED));
  };
  if ([...toTranslate(files)].some(({ target, ...message }) => isRetried(target.locale, message))) {
    await register(options, rejected, isRetried, true);
    await rows.readAll();
  }
  let stopped: TransHubError | undefined;
  if (engines.length > 0) {
    const total = rows.size;
    stopped = await workOwn({
      ...options,
      locales: [...new Set(files.map(({ target }) => target.locale))],
      remaining: async () => {
        const left = await rows.readOpen();
        options.progress(total - left, total);
        return left;
      },
    });
    signal.throwIfAborted();
    if (stopped !== undefined) {
      // Calls that were under way at the stop have settled since the last look, and a look reads only some rows.
      await rows.readAll();
      if ((await rows.readOpen()) === 0) stopped = undefined;
    }
  }
  return { files, rows, before: { has: (locale, row) => before.has(`${locale}\n${rowId(row)}`) }, rejected, stopped };
}

/** An engine that did not answer is no fault of the text: the next run asks again. */
const UNANSWERED = "TH_ENGINE_TRANSIENT";

/** The error of a run whose only failures are texts that no engine answered. Undefined: there is none, or another one. */
export function unanswered({
  failed,
  failures,
}: Pick<TranslateReport, "failed" | "failures">): TransHubError | undefined {
  const [first] = failures;
  if (first === undefined || failures.some(({ code }) => code !== UNANSWERED)) return undefined;
  return new EnginesStoppedError(
    `${failed === 1 ? "One value has" : `${failed} values have`} no translation yet: ${first.message}`,
    { hint: "Check the engine and the network to it, then run the same command again." },
  );
}

function* toTranslate(files: readonly PlannedFile[]) {
  for (const { target, messages } of files) {
    for (const message of messages) if (message.decision === "translate") yield { target, ...message };
  }
}

/**
 * Plans the kept values again, with the store's texts. Reading counts as use: a text that lives in a catalog is not
 * collected.
 */
async function planWithStore({ files, hub, cwd, settings }: RunOptions, rejected: Refusals): Promise<PlannedFile[]> {
  const kept = new OwnRows(hub);
  for (const { target, messages } of files) {
    for (const message of messages) {
      const isRefused = rejected.has(businessIdOf(target, message.key, cwd));
      if (message.decision !== "translate" && !isRefused) kept.add(target.locale, message);
    }
  }
  await kept.readAll();
  const allowsPseudo = settings.engines.includes("pseudo");
  return files.map((file) => ({
    ...file,
    messages: file.messages.map((message) => replan(message, kept.get(file.target.locale, message), { allowsPseudo })),
  }));
}

/** A text by `pseudo` is no translation: it gets into files only on request. One that is too long to be shown is none either. */
function isUsable(translation: Translation | undefined, allowsPseudo: boolean): boolean {
  if (translation?.text == null) return false;
  if (translation.status === "approved") return true;
  return translation.status === "translated" && (allowsPseudo || translation.engine !== "pseudo");
}

type Refusals = Map<string, { code: string; message: string }>;

/**
 * Messages that the store would refuse, by business id. They are found before anything is registered, so that they do
 * not harm the others.
 */
function refusals({ files, cwd, project, settings }: RunOptions): Refusals {
  const refused: Refusals = new Map();
  for (const { target, messages } of files) {
    for (const message of messages) {
      const businessId = businessIdOf(target, message.key, cwd);
      try {
        for (const row of rowsOf(message)) {
          parseItem({ ...nameOf(row), businessId, targetLocales: [target.locale], project }, {}, settings);
        }
      } catch (error) {
        if (!(error instanceof InvalidItemError)) throw error;
        refused.set(businessId, { code: error.code, message: error.message });
      }
    }
  }
  return refused;
}

/** In bytes of UTF-8, as the store limits it. */
const LONGEST_BUSINESS_ID = 255;
const KEPT_OF_LONG_KEY = 150;

/** A key may be a whole text. A long one is cut, and told from others by its hash. */
function businessIdOf({ source }: TargetFile, key: string, cwd: string): string {
  const whole = `${fileName(source, cwd)}#${key}`;
  if (Buffer.byteLength(whole) <= LONGEST_BUSINESS_ID) return whole;
  const start = Buffer.from(key)
    .subarray(0, KEPT_OF_LONG_KEY)
    .toString()
    .replace(/\uFFFD+$/, "");
  return `${fileName(source, cwd)}#${start}~${hash("sha256", key, "hex").slice(0, 16)}`;
}

function isSame(one: Catalog | undefined, other: Catalog | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return Buffer.compare(one.bytes, other.bytes) === 0;
}

const REGISTER_SIZE = 500;

async function register(
  { files, hub, cwd, signal }: RunOptions,
  rejected: Refusals,
  chosen: (locale: string, row: Row) => boolean,
  force: boolean,
): Promise<void> {
  const items = new Map<string, Item & { targetLocales: string[]; businessId: string }>();
  for (const { target, ...message } of toTranslate(files)) {
    const businessId = businessIdOf(target, message.key, cwd);
    if (rejected.has(businessId) || !chosen(target.locale, message)) continue;
    for (const row of rowsOf(message)) {
      // One key may be made from different forms of the source: `one` of Russian needs the number that `one` of German leaves out.
      const id = `${businessId}\0${rowId(row)}`;
      const item = items.get(id);
      if (item === undefined) items.set(id, { ...nameOf(row), businessId, targetLocales: [target.locale], force });
      else item.targetLocales.push(target.locale);
    }
  }
  const all = [...items.values()];
  for (let from = 0; from < all.length; from += REGISTER_SIZE) {
    signal.throwIfAborted();
    const chunk = all.slice(from, from + REGISTER_SIZE);
    const receipt = await hub.request(chunk, { priority: "interactive" });
    for (const { index, code, message } of receipt.rejected) {
      const item = chunk[index];
      if (item !== undefined) rejected.set(item.businessId, { code, message });
    }
  }
}

export interface WriteOptions {
  result: RunResult;
  lockFile: string;
  /** Names of the engines that were named for this run. */
  engines: readonly string[];
  force: boolean;
  cwd: string;
}

/** Writes the changed target files, then the lock, and counts. An edit that was made during the run stays. */
export async function writeFiles(options: WriteOptions): Promise<TranslateReport> {
  const { result, lockFile, engines, force } = options;
  const report: TranslateReport = {
    files: result.files.map(({ target }) => target.path),
    written: [],
    engines: [...engines],
    translated: 0,
    reused: 0,
    kept: 0,
    failed: 0,
    unsupported: 0,
    pending: 0,
    failures: [],
    notices: [],
  };
  const notices: Notice[] = [];
  const entries: Lock = new Map();
  const lock = await readLockFile(lockFile);
  try {
    for (const planned of result.files) {
      const file = await asItIsNow(planned, lock, options);
      const { texts, missing } = collectTexts(file, options, report);
      const { target, source, existing } = file;
      const values = valuesOf(file, texts);
      const format = catalogFormat(target.source);
      const orphaned = format.orphanedKeys(existing, source, target.locale, (key) => file.locked.has(key));
      const formatted = format.format(source, values, {
        ...{ existing, managed: writtenKeys(file).union(orphaned), locale: target.locale },
      });
      const isChanged = existing === undefined || Buffer.compare(formatted.bytes, existing.bytes) !== 0;
      if (isChanged) {
        await writeFileByRename(target.path, formatted.bytes);
        report.written.push(target.path);
      }
      const after = isChanged ? await format.parse(target.path, formatted.bytes) : existing;
      for (const notice of noticesOf({ file, after, missing, force })) notices.push(notice);
      entries.set(targetName(lockFile, target.path), lockEntries(file, values, formatted));
    }
  } finally {
    // Read anew: another run may have written the entries of its own files meanwhile.
    await writeLockFile(lockFile, new Map([...(await readLockFile(lockFile)), ...entries]));
  }
  report.failures = report.failures.slice(0, LISTED_MAX);
  report.notices = notices.slice(0, LISTED_MAX);
  return { ...report, ...(notices.length > LISTED_MAX && { noticesCount: notices.length }) };
}

/** The plan of a file, with the edits that were made since it was planned: engines may have taken minutes. */
async function asItIsNow(
  planned: PlannedFile,
  lock: Lock,
  { result: { rows }, engines, force, lockFile }: WriteOptions,
): Promise<PlannedFile> {
  const { target } = planned;
  const format = catalogFormat(target.source);
  const existing = await format.read(target.path);
  if (isSame(existing, planned.existing)) return planned;
  const locked = lock.get(targetName(lockFile, target.path)) ?? new Map();
  const now = { existing, locked, force };
  const storedText = (row: Row) => rows.get(target.locale, row);
  return withEdits(planned, now, storedText, { allowsPseudo: engines.includes("pseudo") });
}

interface StoredTexts {
  /** By message key. */
  texts: Map<string, string>;
  /** The reasons for messages without a text, by message key. */
  missing: Map<string, string>;
}

/** The stored texts of one file; counts them. */
function collectTexts(
  { target, messages }: PlannedFile,
  { result: { rows, before, rejected }, engines, cwd }: WriteOptions,
  report: TranslateReport,
): StoredTexts {
  const texts = new Map<string, string>();
  const missing = new Map<string, string>();
  for (const message of messages) {
    const { key, decision } = message;
    if (decision !== "translate") {
      report.kept += 1;
      continue;
    }
    const translation = rows.get(target.locale, message);
    const usable = isUsable(translation, engines.includes("pseudo"));
    const failure = rejected.get(businessIdOf(target, key, cwd)) ?? (usable ? undefined : failureOf(translation));
    if (usable && failure === undefined) {
      report[before.has(target.locale, message) ? "reused" : "translated"] += 1;
      texts.set(key, translation?.text ?? "");
    } else if (failure !== undefined) {
      report.failed += 1;
      report.failures.push({ file: target.path, locale: target.locale, key, ...failure });
      missing.set(key, `failed: ${failure.code}`);
    } else {
      report.pending += 1;
      missing.set(key, translation?.engine === "pseudo" ? ONLY_PSEUDO : "not translated yet");
    }
  }
  return { texts, missing };
}

const ONLY_PSEUDO = "the store has only a text by pseudo; --engine pseudo writes it";

function failureOf(translation: Translation | undefined): { code: string; message: string } | undefined {
  // A text by pseudo stays in the store after the failure of another engine.
  const { status, error } = translation ?? {};
  if (status !== "failed") return status === "translated" || status === "approved" ? error : undefined;
  return error ?? { code: "TH_UNEXPECTED", message: "failed" };
}
