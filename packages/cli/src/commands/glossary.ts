import { readFile } from "node:fs/promises";
import type { GlossaryEdited, GlossaryTerm, StaleTranslation, TermCase, TermKind } from "@trans-hub/core";
import { type Command, Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { csvOfTerms, termsOfCsv } from "../glossary/csv.ts";
import { textOf } from "../input/text-argument.ts";
import { examples, parseOneLocale, parseWhole, projectOption, required } from "../options.ts";
import { type Output, printable } from "../output.ts";
import { EXIT } from "../report-error.ts";
import { readSettings, withSession } from "../session.ts";
import { tableOf } from "../table.ts";

interface TermOptions {
  project?: string;
  from?: string;
  to?: string;
  as?: string;
  kind?: TermKind;
  case?: TermCase;
  forms?: string[];
  note?: string;
  by?: string;
  revision?: number;
}

const KINDS = ["translate", "keep", "forbid"];

export function define(command: Command, context: CommandContext): void {
  command.description("The glossary of a project: words that its translations keep to, leave as they are, or avoid.");
  const set = command
    .command("set")
    .description("Add a term, or change it. Texts that a worker takes up from now on are translated with it.")
    .argument("<term>", "the term in the source language")
    .addOption(toLocale("the target locale; with --kind keep, left out: each"))
    .option("--as <words>", "its translation; with --kind forbid the words that must not be used")
    .addOption(new Option("--kind <kind>", "the rule").choices(KINDS).default("translate"))
    .addOption(new Option("--case <case>", "the letter case in which it is found").choices(["any", "exact", "first"]))
    .addOption(new Option("--forms <forms>", "other forms of the term, with | between them").argParser(formsOf))
    .option("--note <note>", "the sense that is meant, for engines and people")
    .addOption(fromLocale())
    .addOption(projectOption())
    .addOption(revisionOption())
    .option("--by <name>", "who sets it")
    .action((term: string, options: TermOptions) => setTerm(set, context, term, options));
  const remove = command
    .command("remove")
    .description("Remove a term.")
    .argument("<term>", "the term in the source language")
    .addOption(new Option("--kind <kind>", "the rule").choices(KINDS).default("translate"))
    .addOption(fromLocale())
    .addOption(projectOption())
    .addOption(revisionOption())
    .option("--by <name>", "who removes it")
    .action((term: string, options: TermOptions) => removeTerm(remove, context, term, options));
  const list = command
    .command("list")
    .description("List the terms.")
    .addOption(projectOption())
    .addOption(toLocale("only terms for this target locale"))
    .action((options: TermOptions) => listTerms(list, context, options));
  const importing = command
    .command("import")
    .description("Add the terms of a CSV file, whose headings are locales: the first is the source.")
    .argument("<file>", "such as glossary.csv; - reads stdin")
    .option("--replace", "make the file the whole glossary: remove every other term")
    .addOption(projectOption())
    .addOption(revisionOption())
    .option("--by <name>", "who imports it")
    .action((file: string, options: TermOptions & { replace?: boolean }) =>
      importTerms(importing, context, file, options),
    );
  const exporting = command
    .command("export")
    .description("Print the terms as CSV.")
    .addOption(fromLocale())
    .addOption(projectOption())
    .action((options: TermOptions) => exportTerms(exporting, context, options));
  const stale = command
    .command("stale")
    .description("List the translations that were made before a term of their text was changed.")
    .addOption(toLocale("the target locale (required)"))
    .option("--retranslate", "have them translated anew; approved ones stay as they are")
    .option("--limit <n>", "the most to list", parseWhole(1, 1_000), 100)
    .option("--cursor <cursor>", "the end of the page before")
    .addOption(projectOption())
    .action((options: StaleOptions) => listStale(stale, context, options));
  examples(
    command,
    "glossary set board --to de --as Brett --note 'of a game' --by mia",
    "glossary set Trans-Hub --kind keep --case exact",
    "glossary set board --to de --as Tafel --kind forbid",
    "glossary import terms.csv --by mia",
    "glossary stale --to de --retranslate",
  );
}

function toLocale(description: string): Option {
  return new Option("--to <locale>", description).argParser((value) => parseOneLocale(value));
}

function fromLocale(): Option {
  return new Option("--from <locale>", "the source locale (default: TH_SOURCE_LOCALE, else en)").argParser((value) =>
    parseOneLocale(value),
  );
}

function revisionOption(): Option {
  return new Option("--revision <n>", "the revision of the glossary that was read (default: any)").argParser(
    parseWhole(0),
  );
}

function formsOf(value: string): string[] {
  return value
    .split("|")
    .map((form) => form.trim())
    .filter((form) => form !== "");
}

/** Settings say `und` where the language is to be detected; a term is of a language. */
function sourceOf(options: TermOptions, configured: string | undefined): string {
  return options.from ?? (configured === undefined || configured === "und" ? "en" : configured);
}

async function setTerm(command: Command, context: CommandContext, term: string, options: TermOptions): Promise<void> {
  const { kind = "translate", to, as, forms, note, by, revision } = options;
  const targets =
    kind === "keep" && to === undefined
      ? {}
      : { [required(to, "--to")]: { as: kind === "keep" ? term : required(as, "--as") } };
  const settings = readSettings(context);
  const { project = settings.project } = options;
  await withSession(command, context, { settings }, async ({ hub }) => {
    const sourceLocale = sourceOf(options, settings.sourceLocale);
    const { terms, revision: read } = await hub.glossary({ project });
    const before = terms.find((each) => each.term === term && each.kind === kind && each.sourceLocale === sourceLocale);
    const set = [
      {
        ...{ term, sourceLocale, kind, targets, case: options.case ?? before?.case },
        ...{ forms: forms ?? before?.forms, note: note ?? before?.note ?? undefined },
      },
    ];
    await tell(context, await hub.editGlossary({ project, set, by, revision: revision ?? read }));
  });
}

async function removeTerm(
  command: Command,
  context: CommandContext,
  term: string,
  options: TermOptions,
): Promise<void> {
  const settings = readSettings(context);
  const { project = settings.project, kind, by, revision } = options;
  await withSession(command, context, { settings }, async ({ hub }) => {
    const remove = [{ term, sourceLocale: sourceOf(options, settings.sourceLocale), kind }];
    const edited = await hub.editGlossary({ project, remove, by, revision });
    await tell(context, edited);
    if (edited.removed === 0) context.exitCode = EXIT.failed;
  });
}

async function importTerms(
  command: Command,
  context: CommandContext,
  file: string,
  { project: given, replace, by, revision }: TermOptions & { replace?: boolean },
): Promise<void> {
  const text = file === "-" ? await textOf(file, context) : await readFile(file, "utf8");
  const set = termsOfCsv(text, file);
  const settings = readSettings(context);
  await withSession(command, context, { settings }, async ({ hub }) => {
    await tell(context, await hub.editGlossary({ project: given ?? settings.project, set, replace, by, revision }));
  });
}

function tell(context: CommandContext, edited: GlossaryEdited): Promise<void> {
  const { revision, added, changed, removed } = edited;
  return context.output.result(
    edited,
    () => `${added} added, ${changed} changed, ${removed} removed; revision ${revision}`,
  );
}

async function listTerms(command: Command, context: CommandContext, options: TermOptions): Promise<void> {
  const settings = readSettings(context);
  await withSession(command, context, { settings }, async ({ hub }) => {
    const { project = settings.project, to } = options;
    const { revision, terms } = await hub.glossary({ project });
    const shown =
      to === undefined ? terms : terms.filter((term) => term.targets[to] !== undefined || term.kind === "keep");
    await context.output.result({ revision, terms: shown }, () => describe(context.output, shown));
  });
}

function describe(output: Output, terms: readonly GlossaryTerm[]): string {
  if (terms.length === 0) return "no terms";
  return tableOf(
    output,
    ["term", "from", "kind", "as", "note"],
    terms.map(({ term, sourceLocale, kind, targets, note }) => [
      printable(term),
      sourceLocale,
      kind,
      Object.entries(targets)
        .map(([locale, { as }]) => `${locale}: ${printable(as)}`)
        .join(", ") || "everywhere",
      printable(note ?? ""),
    ]),
  );
}

async function exportTerms(command: Command, context: CommandContext, options: TermOptions): Promise<void> {
  const settings = readSettings(context);
  await withSession(command, context, { settings }, async ({ hub }) => {
    const { revision, terms } = await hub.glossary({ project: options.project ?? settings.project });
    const csv = csvOfTerms(terms, sourceOf(options, settings.sourceLocale));
    await context.output.result({ revision, csv }, () => csv.trimEnd());
  });
}

interface StaleOptions {
  project?: string;
  to?: string;
  retranslate?: boolean;
  limit?: number;
  cursor?: string;
}

async function listStale(command: Command, context: CommandContext, options: StaleOptions): Promise<void> {
  const targetLocale = required(options.to, "--to");
  const settings = readSettings(context);
  const { project = settings.project, limit, cursor } = options;
  await withSession(command, context, { settings }, async ({ hub }) => {
    if (options.retranslate) {
      const report = await hub.retranslateStale({ project, targetLocale });
      const { requested, approved } = report;
      await context.output.result(report, () => `${requested} asked for anew; ${approved} approved ones stay`);
      return;
    }
    const page = await hub.listStale({ project, targetLocale }, { limit, cursor });
    await context.output.result(page, () => describeStale(context.output, page.items));
    if (page.nextCursor !== null) context.output.note(`There are more: --cursor ${page.nextCursor}`);
  });
}

function describeStale(output: Output, items: readonly StaleTranslation[]): string {
  if (items.length === 0) return "nothing is stale";
  return tableOf(
    output,
    ["id", "term", "status", "source", "text"],
    items.map(({ translation: { id, businessIds, status, sourceText, text }, term }) => [
      printable(businessIds[0] ?? id ?? ""),
      printable(term),
      status,
      printable(sourceText.slice(0, 40)),
      printable((text ?? "").slice(0, 40)),
    ]),
  );
}
