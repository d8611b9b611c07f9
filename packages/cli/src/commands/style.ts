import type { Glossary } from "@trans-hub/core";
import { type Command, Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { examples, parseOneLocale, projectOption } from "../options.ts";
import { type Output, printable } from "../output.ts";
import { EXIT } from "../report-error.ts";
import { readSettings, withSession } from "../session.ts";
import { tableOf } from "../table.ts";
import { UsageError } from "../usage-error.ts";

interface StyleOptions {
  project?: string;
  to?: string;
  instructions?: string;
  formality?: "more" | "less";
  also?: string;
  by?: string;
}

export function define(command: Command, context: CommandContext): void {
  command.description(
    "The style of a project: instructions, form of address and a second language, for a locale or for all.",
  );
  const set = command
    .command("set")
    .description("Set the style. It takes the place of the one before.")
    .addOption(toLocale())
    .option("--instructions <text>", "for engines that follow instructions, at most 4 KiB")
    .addOption(new Option("--formality <formality>", "the form of address").choices(["more", "less"]))
    .addOption(
      new Option("--also <locale>", "a second language that the team trusts: its translation goes along").argParser(
        (value) => parseOneLocale(value),
      ),
    )
    .addOption(projectOption())
    .option("--by <name>", "who sets it")
    .action((options: StyleOptions) => setStyle(set, context, options));
  const show = command
    .command("show")
    .description("Show the styles.")
    .addOption(projectOption())
    .action((options: StyleOptions) => showStyles(show, context, options));
  const remove = command
    .command("remove")
    .description("Remove the style.")
    .addOption(toLocale())
    .addOption(projectOption())
    .action((options: StyleOptions) => removeStyle(remove, context, options));
  examples(
    command,
    "style set --instructions 'Short sentences.'",
    "style set --to de --formality more --also fr --by mia",
    "style show --json",
  );
}

function toLocale(): Option {
  return new Option("--to <locale>", "the target locale (default: each)").argParser((value) => parseOneLocale(value));
}

async function setStyle(command: Command, context: CommandContext, options: StyleOptions): Promise<void> {
  const { to, instructions, formality, also, by } = options;
  if (instructions === undefined && formality === undefined && also === undefined) {
    throw new UsageError(
      "a style says something",
      "Add --instructions, --formality or --also; `style remove` removes one.",
    );
  }
  const settings = readSettings(context);
  const { project = settings.project } = options;
  await withSession(command, context, { settings }, async ({ hub }) => {
    const glossary = await hub.setStyle({ project, targetLocale: to ?? null, instructions, formality, also, by });
    await context.output.result(stylesOf(glossary), () => describe(context.output, glossary));
  });
}

async function showStyles(command: Command, context: CommandContext, options: StyleOptions): Promise<void> {
  const settings = readSettings(context);
  await withSession(command, context, { settings }, async ({ hub }) => {
    const glossary = await hub.glossary({ project: options.project ?? settings.project });
    await context.output.result(stylesOf(glossary), () => describe(context.output, glossary));
  });
}

async function removeStyle(command: Command, context: CommandContext, options: StyleOptions): Promise<void> {
  const settings = readSettings(context);
  const { project = settings.project, to } = options;
  await withSession(command, context, { settings }, async ({ hub }) => {
    const removed = await hub.removeStyle({ project, targetLocale: to ?? null });
    await context.output.result({ removed }, () => (removed ? "removed" : "there was none"));
    if (!removed) context.exitCode = EXIT.failed;
  });
}

function stylesOf({ revision, styles }: Glossary) {
  return { revision, styles };
}

function describe(output: Output, { styles }: Glossary): string {
  if (styles.length === 0) return "no styles";
  return tableOf(
    output,
    ["locale", "formality", "also", "instructions"],
    styles.map(({ targetLocale, formality, also, instructions }) => [
      targetLocale ?? "each",
      formality ?? "-",
      also ?? "-",
      printable(instructions ?? "-"),
    ]),
  );
}
