/** Writes the target files of a run, or shows what they would hold. */
import { existsSync } from "node:fs";
import type { Catalog, FormattedFile } from "../catalog/catalog.ts";
import { type Lock, readLockFile, writeLockFile } from "../catalog/lock-file.ts";
import { writeFileByRename } from "../catalog/write-file.ts";
import type { StoredText } from "../store/catalog-store.ts";
import { businessIdOf } from "./business-id.ts";
import { type BrokenFile, Faults } from "./faults.ts";
import { noticesOf, ONLY_PSEUDO, strayNotice } from "./notices.ts";
import type { Row } from "./own-rows.ts";
import { isUnknown, lockEntries, type PlannedFile, valuesOf, withEdits } from "./plan.ts";
import { formatOfTarget, nameInLock, parseTarget, readTargetAndLock, withUnreviewed } from "./read-files.ts";
import { refuseManyRemovals, removableKeys } from "./removals.ts";
import { LISTED_MAX, type TranslateReport } from "./report.ts";
import { isUsable, type RunResult } from "./run.ts";
import { strayTargets } from "./strays.ts";
import type { TargetFile } from "./target-files.ts";

export interface WriteOptions {
  result: RunResult;
  /** Files that the run left out. */
  broken: readonly BrokenFile[];
  lockFile: string;
  /** Names of the engines that were named for this run. */
  engines: readonly string[];
  force: boolean;
  /** Whether values go that the source has not, and the sections of the lock that belong to no target. */
  prune: boolean;
  /** All targets of the configuration; undefined: there is none. */
  configured: readonly TargetFile[] | undefined;
  cwd: string;
}

/** Writes the changed target files, then the lock, and counts. An edit that was made during the run stays. */
export async function writeFiles(options: WriteOptions): Promise<TranslateReport> {
  const { result, lockFile } = options;
  const report = emptyReport(options);
  const entries: Lock = new Map();
  const { lock, damage } = await readLockFile(lockFile);
  if (damage !== undefined) report.lockDamage = damage;
  const faults = new Faults(options.broken);
  try {
    for (const [path, planned] of Map.groupBy(result.files, ({ target }) => target.path)) {
      const [first] = planned;
      if (first === undefined) continue;
      await faults.of(first.target, async () => {
        const locales = await formattedLocales(planned, lock, options, report);
        const bytes = locales.at(-1)?.bytes ?? new Uint8Array();
        const before = locales[0]?.file.existing;
        // A file of several locales is planned as a copy of its source before it exists.
        const isChanged = before === undefined || !existsSync(path) || Buffer.compare(bytes, before.bytes) !== 0;
        const outcomes = await outcomesOf(locales, isChanged ? bytes : undefined);
        if (isChanged) {
          if (!options.prune) refuseManyRemovals(path, outcomes);
          await writeFileByRename(path, bytes);
          report.written.push(path);
        }
        for (const each of outcomes) {
          const { file, values, written, stale } = each;
          for (const notice of noticesOf({ ...each, force: options.force })) report.notices.push(notice);
          entries.set(nameInLock(lockFile, file.target, file.source), lockEntries(file, values, { written, stale }));
        }
      });
    }
  } finally {
    // Read anew: another run may have written the entries of its own files meanwhile.
    const after: Lock = new Map([...(await readLockFile(lockFile)).lock, ...entries]);
    for (const stray of strayTargets(after, lockFile, options)) {
      if (options.prune) after.delete(stray.name);
      if (stray.isThere) report.notices.push(strayNotice(stray.file));
    }
    await writeLockFile(lockFile, after);
  }
  const noticesCount = report.notices.length;
  report.broken = faults.broken;
  report.failures = report.failures.slice(0, LISTED_MAX);
  report.notices = report.notices.slice(0, LISTED_MAX);
  return { ...report, ...(noticesCount > LISTED_MAX && { noticesCount }) };
}

function emptyReport({ result, engines }: Pick<WriteOptions, "result" | "engines">): TranslateReport {
  return {
    files: [...new Set(result.files.map(({ target }) => target.path))],
    written: [],
    engines: [...engines],
    translated: 0,
    reused: 0,
    kept: 0,
    copied: 0,
    unknown: 0,
    failed: 0,
    unsupported: 0,
    pending: 0,
    failures: [],
    broken: [],
    notices: [],
  };
}

interface FormattedLocale extends FormattedFile {
  file: PlannedFile;
  values: ReadonlyMap<string, string>;
  missing: ReadonlyMap<string, string>;
}

/** A target file as a run would leave it, with the texts that the store has by now. */
export interface FilePreview {
  path: string;
  /** Empty: there is no such file. */
  before: Uint8Array;
  after: Uint8Array;
  /** The values that need an engine, or cannot be made: the run's reason, by locale and key. */
  missing: { locale: string; key: string; reason: string }[];
}

/** Puts the texts of the store into the files, and writes none. */
export async function previewFiles(options: WriteOptions): Promise<FilePreview[]> {
  const { lock } = await readLockFile(options.lockFile);
  const previews: FilePreview[] = [];
  for (const [path, planned] of Map.groupBy(options.result.files, ({ target }) => target.path)) {
    const locales = await formattedLocales(planned, lock, options, emptyReport(options));
    const before = existsSync(path) ? (locales[0]?.file.existing?.bytes ?? new Uint8Array()) : new Uint8Array();
    const missing = locales.flatMap(({ file, missing: reasons }) =>
      [...reasons].map(([key, reason]) => ({ locale: file.target.locale, key, reason })),
    );
    previews.push({ path, before, after: locales.at(-1)?.bytes ?? before, missing });
  }
  return previews;
}

/** The locales of a file with their content after the run. */
async function outcomesOf(
  locales: readonly FormattedLocale[],
  bytes: Uint8Array | undefined,
): Promise<(FormattedLocale & { after: Catalog })[]> {
  const outcomes: (FormattedLocale & { after: Catalog })[] = [];
  for (const each of locales) {
    const { file, values } = each;
    const isOwn = (key: string, value: string) => values.get(key) === value;
    const after =
      bytes === undefined ? file.existing : withUnreviewed(await parseTarget(file.target, file.source, bytes), isOwn);
    if (after !== undefined) outcomes.push({ ...each, after });
  }
  return outcomes;
}

/** The locales of one target file, which is most often one. Each is put into the bytes that hold those before it. */
async function formattedLocales(
  planned: readonly PlannedFile[],
  lock: Lock,
  options: WriteOptions,
  report: TranslateReport,
): Promise<FormattedLocale[]> {
  const formatted: FormattedLocale[] = [];
  for (const each of planned) {
    const file = await asItIsNow(each, lock, options);
    const { target, source } = file;
    const { texts, missing, unreviewed } = collectTexts(file, options, report);
    const values = valuesOf(file, texts);
    const format = formatOfTarget(target);
    const before = formatted.at(-1)?.bytes;
    const existing = before === undefined ? file.existing : await parseTarget(target, source, before);
    const output = format.format(source, values, {
      ...{ existing, managed: removableKeys(file, options), locale: target.locale, unreviewed },
      ...(!options.prune && { displaced: file.displaced }),
    });
    formatted.push({ ...output, file, values, missing });
  }
  return formatted;
}

/** The plan of a file, with the edits that were made since it was planned: engines may have taken minutes. */
async function asItIsNow(
  planned: PlannedFile,
  lock: Lock,
  { result: { rows }, engines, force, lockFile }: WriteOptions,
): Promise<PlannedFile> {
  const { target, source } = planned;
  const { existing, locked } = await readTargetAndLock(target, source, { lock, lockFile });
  if (isSame(existing, planned.existing)) return planned;
  const now = { existing, locked, force };
  const storedText = (row: Row) => rows.get(target.locale, row);
  return withEdits(planned, now, storedText, { allowsPseudo: engines.includes("pseudo") });
}

function isSame(one: Catalog | undefined, other: Catalog | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return Buffer.compare(one.bytes, other.bytes) === 0;
}

interface StoredTexts {
  /** By message key. */
  texts: Map<string, string>;
  /** The reasons for messages without a text, by message key. */
  missing: Map<string, string>;
  /** The keys whose value a person has still to look at, as the configuration says. */
  unreviewed: Set<string>;
}

/** The stored texts of one file; counts them. */
function collectTexts(
  { target, messages, existing }: PlannedFile,
  { result: { rows, before, rejected }, engines, cwd }: WriteOptions,
  report: TranslateReport,
): StoredTexts {
  const texts = new Map<string, string>();
  const missing = new Map<string, string>();
  const unreviewed = new Set<string>();
  const marks = target.rules?.review === true;
  for (const message of messages) {
    const { key, decision, isAside } = message;
    if (isAside === true) {
      if (marks && existing?.unreviewed?.has(key)) unreviewed.add(key);
      continue;
    }
    if (decision !== "translate") {
      report[decision === "copy" ? "copied" : "kept"] += 1;
      if (isUnknown(message)) report.unknown += 1;
      if (marks && decision === "keep" && existing?.unreviewed?.has(key)) unreviewed.add(key);
      continue;
    }
    const translation = rows.get(target.locale, message);
    const usable = isUsable(translation, engines.includes("pseudo"));
    const failure = rejected.get(businessIdOf(target, key, cwd)) ?? (usable ? undefined : failureOf(translation));
    if (usable && failure === undefined) {
      report[before.has(target.locale, message) ? "reused" : "translated"] += 1;
      texts.set(key, translation?.text ?? "");
      if (marks && translation?.status !== "approved") unreviewed.add(key);
    } else if (failure !== undefined) {
      report.failed += 1;
      report.failures.push({ file: target.path, locale: target.locale, key, ...failure });
      missing.set(key, `failed: ${failure.code}`);
    } else {
      report.pending += 1;
      missing.set(key, isOnlyPseudo(translation) ? ONLY_PSEUDO : NOT_YET);
    }
  }
  return { texts, missing, unreviewed };
}

export const NOT_YET = "not translated yet";

function isOnlyPseudo(translation: StoredText | undefined): boolean {
  return translation?.engine === "pseudo" && translation.status === "translated";
}

function failureOf(translation: StoredText | undefined): { code: string; message: string } | undefined {
  // A text by pseudo stays in the store after the failure of another engine.
  const { status, error } = translation ?? {};
  if (status !== "failed") return status === "translated" || status === "approved" ? error : undefined;
  return error ?? { code: "TH_UNEXPECTED", message: "failed" };
}
