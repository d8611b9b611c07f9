import type { Translation } from "@trans-hub/core";
import type { TextFormat } from "@trans-hub/core/engine";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { textOf } from "../input/text-argument.ts";
import { contextOption, examples, formatOption, fromOption, projectOption, required, toOption } from "../options.ts";
import { printable } from "../output.ts";
import { EXIT } from "../report-error.ts";
import { withSession } from "../session.ts";
import { UsageError } from "../usage-error.ts";

interface GetOptions {
  to?: string;
  from?: string;
  businessId?: string;
  context?: string;
  format?: TextFormat;
  project?: string;
  fallback?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .argument("[text]", "the text as it was registered; - reads it from stdin")
    .addOption(toOption())
    .addOption(fromOption())
    .option("--business-id <id>", "in place of the text: the id it was registered under")
    .addOption(contextOption())
    .addOption(formatOption())
    .option("--fallback", "where the locale has no text, take the one it falls back to: fr-CA, then fr")
    .addOption(projectOption())
    .action((text: string | undefined, options: GetOptions) => get(command, context, text, options));
  examples(
    command,
    'get "Add to cart" --from en --to fr',
    "get --business-id shop.cart.add --to fr --json",
    'get "Add to cart" --from en --to fr-CA --fallback',
  );
}

async function get(
  command: Command,
  context: CommandContext,
  argument: string | undefined,
  { to, from, businessId, fallback, ...options }: GetOptions,
): Promise<void> {
  if ((argument === undefined) === (businessId === undefined)) {
    throw new UsageError("name the translation by its text or by --business-id, by one of them");
  }
  const targetLocale = required(to, "--to");
  const text = argument === undefined ? undefined : await textOf(argument, context);
  await withSession(command, context, { project: options.project, sourceLocale: from }, async ({ hub }) => {
    const translation = await hub.getTranslation({
      ...(text === undefined ? { businessId } : { text }),
      targetLocale,
      fallback,
      context: options.context,
      format: options.format,
    });
    if (translation?.text == null) context.exitCode = EXIT.nothing;
    await context.output.result(translation ?? { status: "missing" }, () =>
      context.output.forStdout(translation?.text ?? ""),
    );
    if (!context.output.json && translation?.text == null) context.output.note(whyNothing(translation));
  });
}

function whyNothing(translation: Translation | undefined): string {
  if (translation === undefined) return "missing: it was never requested";
  const { status, error } = translation;
  return error === undefined ? status : `${status}: ${error.code} ${printable(error.message)}`;
}
