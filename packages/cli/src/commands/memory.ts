import { type Command, InvalidArgumentError, Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { textOf } from "../input/text-argument.ts";
import { exportMemory } from "../memory/export-memory.ts";
import { importMemory } from "../memory/import-memory.ts";
import { examples, fromOption, onlyToOption, parseWhole, projectOption, required, toOption } from "../options.ts";
import { countOf, firstOf, printable } from "../output.ts";
import { withSession } from "../session.ts";
import { tableOf } from "../table.ts";

interface SearchOptions {
  to?: string;
  from?: string;
  project?: string;
  limit?: number;
}

interface ImportOptions {
  from?: string;
  project?: string;
}

interface ExportOptions {
  to?: string;
  project?: string;
  out?: string;
}

export function define(command: Command, context: CommandContext): void {
  command.description("Search, import and export the translation memory: the pairs that people approved or imported.");
  const search = command
    .command("search")
    .description("Find the pairs whose sources are like a text.")
    .argument("<text>", "the text; - reads it from stdin")
    .addOption(toOption())
    .addOption(fromOption())
    .addOption(new Option("--limit <number>", "the most pairs (default: 10)").argParser(parseWhole(1, 100)))
    .addOption(projectOption())
    .action((text: string, options: SearchOptions) => searchMemory(search, context, text, options));
  const importing = command
    .command("import")
    .description("Import the pairs of a TMX file, of any size. Those that are there already stay as they are.")
    .argument("<file>", "the TMX file, such as memory.tmx; - reads it from stdin")
    .addOption(fromOption())
    .addOption(projectOption())
    .action((file: string, options: ImportOptions) => importFile(importing, context, file, options));
  const exporting = command
    .command("export")
    .description("Write the pairs as TMX 1.4b; with --json and without --out, as JSON lines.")
    .addOption(onlyToOption())
    .addOption(projectOption())
    .addOption(new Option("--out <file>", "the file to write (default: stdout)").argParser(parsePath))
    .action((options: ExportOptions) => exportFile(exporting, context, options));
  examples(
    command,
    'memory search "Add to cart" --to fr',
    "memory import legacy.tmx --from en --json",
    "memory export --to fr --out fr.tmx",
  );
}

function parsePath(value: string): string {
  if (value === "") throw new InvalidArgumentError("Name a file.");
  return value;
}

async function searchMemory(
  command: Command,
  context: CommandContext,
  argument: string,
  { to, from, project, limit }: SearchOptions,
): Promise<void> {
  const targetLocale = required(to, "--to");
  const text = await textOf(argument, context);
  await withSession(command, context, { project, sourceLocale: from }, async ({ hub }) => {
    const items = await hub.searchMemory({ text, targetLocale, ...(limit !== undefined && { limit }) });
    await context.output.result({ items }, () =>
      items.length === 0
        ? "no similar pair"
        : tableOf(
            context.output,
            ["score", "source", "translation", "origin"],
            items.map(({ score, source, target, origin }) => [score.toFixed(2), source, target, origin]),
          ),
    );
  });
}

async function importFile(
  command: Command,
  context: CommandContext,
  file: string,
  { from, project }: ImportOptions,
): Promise<void> {
  await withSession(command, context, { project, sourceLocale: from }, async ({ hub, settings }) => {
    const report = await importMemory(context, hub, { file, sourceLocale: from ?? settings.sourceLocale });
    const { imported, existing, skipped, skippedCount, lost } = report;
    if (!context.output.json) {
      const reasons = skipped.map(
        ({ line, locale, message }) => `line ${line}${locale ? ` (${locale})` : ""}: ${message}`,
      );
      for (const reason of firstOf(reasons)) context.output.warn(printable(reason));
      const parts = lost.map(({ what, count }) => `${what} (${count})`);
      if (parts.length > 0)
        context.output.note(`Left out, because a pair of texts has no place for it: ${printable(parts.join(", "))}`);
    }
    await context.output.result(
      report,
      () => `${countOf(imported, "pair")} imported, ${existing} there already, ${skippedCount} skipped`,
    );
  });
}

async function exportFile(command: Command, context: CommandContext, options: ExportOptions): Promise<void> {
  const { to, project, out } = options;
  await withSession(command, context, { project }, async ({ hub }) => {
    const pairs = hub.listMemory(to === undefined ? {} : { targetLocale: to });
    if (context.output.json && out === undefined) {
      for await (const pair of pairs) {
        context.signal.throwIfAborted();
        await context.output.line(JSON.stringify(pair));
      }
      return;
    }
    const report = await exportMemory(context, pairs, out);
    for (const { problem } of report.skipped) context.output.warn(`a pair was left out: ${problem}`);
    if (out !== undefined) await context.output.result(report, () => `${countOf(report.exported, "pair")} written`);
  });
}
