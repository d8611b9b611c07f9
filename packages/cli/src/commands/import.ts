import { InvalidItemError } from "@trans-hub/core";
import { type Contribution, type ContributionOutcome, parseItem, parseName } from "@trans-hub/core/store";
import type { Command } from "commander";
import { readLockFile } from "../catalog/lock-file.ts";
import type { CommandContext } from "../command-context.ts";
import { examples, projectOption } from "../options.ts";
import { countOf, firstOf, printable } from "../output.ts";
import { Progress } from "../progress.ts";
import { EXIT } from "../report-error.ts";
import { readSettings } from "../session.ts";
import type { CatalogStore } from "../store/catalog-store.ts";
import { openService, type ServerOptions, withServerOptions } from "../store/open-service.ts";
import { type JobOptions, readJob, withJobOptions } from "../translate/job.ts";
import { type OnlyKeys, parseOnlyKeys } from "../translate/only-keys.ts";
import { nameOf, OwnRows } from "../translate/own-rows.ts";
import { PeoplesValues, type RefusedValue, type RowValues, type ValuePlace } from "../translate/peoples-values.ts";
import { standingTargets } from "../translate/standing-targets.ts";

interface ImportOptions extends JobOptions, ServerOptions {
  approved?: boolean;
  by?: string;
  all?: boolean;
  only?: OnlyKeys;
  dryRun?: boolean;
}

interface ImportReport {
  dryRun: boolean;
  /** Values whose text the store has got. */
  imported: number;
  /** Those of them that are approved. */
  approved: number;
  /** Values whose text the store had already. */
  unchanged: number;
  /** Values that were not imported. */
  skipped: RefusedValue[];
  /** Rows for which files have several texts: the places of each. */
  differing: { locale: string; places: ValuePlace[] }[];
}

export function define(command: Command, context: CommandContext): void {
  command.description("Store the texts that people wrote in target catalogs: the store then has them as translations.");
  withServerOptions(withJobOptions(command))
    .option("--approved", "as approved: no machine overwrites them (default: as translated)")
    .option("--by <name>", "name of the approving person, for the record (default: USER)")
    .option(
      "--all",
      "also the values that Trans-Hub wrote (default: those that the lock does not know as written by it)",
    )
    .option("--only <keys>", "only these keys, comma-separated, such as 'cart.*,title'", parseOnlyKeys)
    .option("--dry-run", "count, and store nothing")
    .addOption(projectOption())
    .action((files: string[], options: ImportOptions) => importValues(command, context, files, options));
  examples(
    command,
    "import --approved --by mia",
    "import locales/en.json --from en --to fr --out 'locales/{locale}.json' --approved --dry-run --json",
  );
  command.addHelpText(
    "after",
    `
A text has one translation, whatever the number of its keys. Where the files have several for one text, none is stored, and
their keys are listed: name them under distinct in the configuration, and each has a translation of its own.
A value that loses a variable or markup, that equals its source, or whose source has changed since is listed and not stored.
No text that a person approved is replaced.`,
  );
}

async function importValues(
  command: Command,
  context: CommandContext,
  files: string[],
  { approved = false, all = false, only, dryRun = false, ...options }: ImportOptions,
): Promise<void> {
  const { cwd, output, signal } = context;
  const job = await readJob(files, options, cwd);
  const settings = readSettings(context);
  const sourceLocale = job.from ?? settings.sourceLocale;
  const project = job.project ?? settings.project;
  const { by = context.env.USER } = options;
  const person = by === undefined || by === "" ? undefined : parseName(by, "by", "TH_ITEM_SHAPE");
  const service = await openService({ command, context, settings, project, options, engines: "none" });
  const { lock } = await readLockFile(job.lockFile);
  const gathered = new PeoplesValues({ sourceLocale, cwd, all, only: only?.matches });
  const { targets, lockFile } = job;
  for await (const found of standingTargets({ targets, sourceLocale, lockFile, lock })) {
    signal.throwIfAborted();
    if (!("error" in found)) gathered.add(found);
    else {
      context.exitCode = EXIT.failed;
      output.warn(printable([found.error.message, found.error.hint].filter(Boolean).join(". ")));
    }
  }
  const report: ImportReport = {
    ...{ dryRun, imported: 0, approved: 0, unchanged: 0 },
    skipped: [...gathered.refused, ...gathered.unstorable],
    differing: gathered.differing.map(({ locale, values }) => ({ locale, places: values.map(({ place }) => place) })),
  };
  await service.withStore({ project, sourceLocale: job.from }, async (store) => {
    const outcomes = new Outcomes();
    const facts: ContributionFacts = { ...{ sourceLocale, project, approved, person }, limits: service };
    const entries = gathered.agreed.flatMap((row): Entry[] => {
      const contributions = contributionsOf(row, facts, outcomes);
      return contributions.length === 0 ? [] : [{ row, contributions }];
    });
    const progress = new Progress(output, "importing");
    try {
      const total = entries.length;
      for (let from = 0; from < total; from += ROWS_AT_ONCE) {
        signal.throwIfAborted();
        const chunk = entries.slice(from, from + ROWS_AT_ONCE);
        const found = dryRun ? await foreseen(chunk, store, approved) : await contribute(chunk, store);
        for (const [at, entry] of chunk.entries()) outcomes.add(entry, found[at] ?? "kept");
        progress.set(Math.min(total, from + ROWS_AT_ONCE), total);
      }
    } finally {
      progress.stop();
    }
    outcomes.countIn(report, approved);
  });
  for (const line of firstOf(report.skipped.map(skippedLine), TOLD_MAX)) output.note(printable(line));
  for (const line of firstOf(report.differing.map(differingLine), TOLD_MAX)) output.note(printable(line));
  if (report.differing.length > 0) output.note(DISTINCT);
  await output.result(report, () => sentence(report));
}

/** Rows of one call; their values are in memory already. */
const ROWS_AT_ONCE = 500;

/** Most lines of one kind. With `--json`, the report lists them all. */
const TOLD_MAX = 20;

const DISTINCT =
  "Name keys whose text has another meaning under distinct in the configuration, or give them one value.";

interface Entry {
  row: RowValues;
  /** One a key, with the value that it is made of. */
  contributions: { place: ValuePlace; contribution: Contribution }[];
}

interface ContributionFacts {
  sourceLocale: string;
  project: string;
  approved: boolean;
  person: string | undefined;
  limits: { maxTextBytes: number };
}

/** One contribution a key, so that each key is a use of the text. A value that the store would refuse is reported. */
function contributionsOf(
  { row, locale, values }: RowValues,
  { sourceLocale, project, approved, person, limits }: ContributionFacts,
  outcomes: Outcomes,
): Entry["contributions"] {
  return values.flatMap(({ text: translation, businessId, place }): Entry["contributions"] => {
    try {
      const named = { ...nameOf(row), businessId, targetLocales: [locale], priority: "bulk" };
      const item = parseItem(named, { sourceLocale, project }, limits);
      // The same limits hold for a translation as for a text.
      parseItem({ text: translation, targetLocales: [locale] }, { sourceLocale, project }, limits);
      const status = approved ? "approved" : "translated";
      return [{ place, contribution: { item, translation, status, by: person } }];
    } catch (error) {
      if (!(error instanceof InvalidItemError)) throw error;
      outcomes.refuse(place, error.message);
      return [];
    }
  });
}

async function contribute(chunk: readonly Entry[], store: CatalogStore): Promise<ContributionOutcome[]> {
  const all = chunk.flatMap(({ contributions }) => contributions.map(({ contribution }) => contribution));
  const outcomes = await store.contribute(all);
  let at = 0;
  return chunk.map(({ contributions }) => {
    const first = outcomes[at] ?? "kept";
    at += contributions.length;
    return first;
  });
}

async function foreseen(
  chunk: readonly Entry[],
  store: CatalogStore,
  approved: boolean,
): Promise<ContributionOutcome[]> {
  const rows = new OwnRows(store);
  for (const { row } of chunk) rows.add(row.locale, row.row);
  await rows.readAll();
  return chunk.map(({ row, contributions: [first] }): ContributionOutcome => {
    const found = rows.get(row.locale, row.row);
    const isSame = found?.text === first?.contribution.translation;
    if (found?.status === "approved") return isSame ? "unchanged" : "kept";
    return isSame && found?.status === "translated" && found.engine !== "pseudo" && !approved ? "unchanged" : "stored";
  });
}

/** The outcome of each value of a file. The forms of a value between pipes are rows of their own: it may have several. */
class Outcomes {
  readonly #byPlace = new Map<ValuePlace, { outcomes: Set<ContributionOutcome>; reason?: string }>();

  refuse(place: ValuePlace, reason: string): void {
    this.#of(place).reason ??= reason;
  }

  add({ contributions }: Entry, outcome: ContributionOutcome): void {
    for (const { place } of contributions) this.#of(place).outcomes.add(outcome);
  }

  #of(place: ValuePlace): { outcomes: Set<ContributionOutcome>; reason?: string } {
    const known = this.#byPlace.get(place) ?? { outcomes: new Set() };
    this.#byPlace.set(place, known);
    return known;
  }

  /** Counts each value once. One of which the store refused or kept a form is skipped, although other forms may be stored. */
  countIn(report: ImportReport, approved: boolean): void {
    for (const [place, { outcomes, reason = outcomes.has("kept") ? OTHER : undefined }] of this.#byPlace) {
      if (reason !== undefined) report.skipped.push({ ...place, reason });
      else if (!outcomes.has("stored")) report.unchanged += 1;
      else {
        report.imported += 1;
        if (approved) report.approved += 1;
      }
    }
  }
}

const OTHER = "a person approved another text in the store; translate --take says which one holds";

function skippedLine({ file, locale, key, reason }: RefusedValue): string {
  return `${file}: ${key} (${locale}) is not imported: ${reason}`;
}

function differingLine({ locale, places }: ImportReport["differing"][number]): string {
  const shown = places.slice(0, 5).map(({ file, key }) => `${file}: ${key}`);
  const more = places.length > shown.length ? `, and ${places.length - shown.length} more` : "";
  return `one text has several values in ${locale}: ${shown.join(", ")}${more}`;
}

function sentence({ dryRun, imported, approved, unchanged, skipped, differing }: ImportReport): string {
  const counts = { approved, unchanged, skipped: skipped.length, differing: differing.length };
  const others = Object.entries(counts).filter(([, each]) => each > 0);
  const done = `${countOf(imported, "value")} ${dryRun ? "would be " : ""}imported`;
  return [done, ...others.map(([name, each]) => `${each} ${name}`)].join(", ");
}
