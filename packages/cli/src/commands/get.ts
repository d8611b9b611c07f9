import type { Outdated, Prefer, Translation } from "@trans-hub/core";
import type { TextFormat } from "@trans-hub/core/engine";
import { type Command, Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { textOf } from "../input/text-argument.ts";
import {
  contextOption,
  examples,
  formatOption,
  fromOption,
  preferOption,
  projectOption,
  required,
  toOption,
} from "../options.ts";
import { printable } from "../output.ts";
import { EXIT } from "../report-error.ts";
import { withSession } from "../session.ts";
import { sourceLocaleHint } from "../source-locale.ts";
import { UsageError } from "../usage-error.ts";

interface GetOptions {
  to?: string;
  from?: string;
  businessId?: string;
  context?: string;
  format?: TextFormat;
  project?: string;
  fallback?: boolean;
  prefer?: Prefer;
  outdated?: Outdated;
}

export function define(command: Command, context: CommandContext): void {
  command
    .argument("[text]", "the text exactly as registered; - reads it from stdin")
    .addOption(toOption())
    .addOption(fromOption())
    .option("--business-id <id>", "instead of the text: the id under which it was registered")
    .addOption(contextOption())
    .addOption(formatOption())
    .option("--fallback", "if the locale has no text, use its fallback locale: fr-CA, then fr")
    .addOption(preferOption())
    .addOption(
      new Option(
        "--outdated <which>",
        "old: while the new text of a --business-id waits, the translation of the text before",
      ).choices(["old", "none"]),
    )
    .addOption(projectOption())
    .action((text: string | undefined, options: GetOptions) => get(command, context, text, options));
  examples(
    command,
    'get "Add to cart" --from en --to fr',
    "get --business-id shop.cart.add --to fr --json",
    'get "Add to cart" --from en --to fr-CA --fallback',
    "get --business-id shop.cart.add --to fr --prefer approved",
  );
}

async function get(
  command: Command,
  context: CommandContext,
  argument: string | undefined,
  { to, from, businessId, fallback, prefer, outdated, ...options }: GetOptions,
): Promise<void> {
  if ((argument === undefined) === (businessId === undefined)) {
    throw new UsageError("give either the text or --business-id");
  }
  const targetLocale = required(to, "--to");
  const text = argument === undefined ? undefined : await textOf(argument, context);
  await withSession(command, context, { project: options.project, sourceLocale: from }, async ({ hub, settings }) => {
    const translation = await hub.getTranslation({
      ...(text === undefined ? { businessId } : { text }),
      targetLocale,
      fallback,
      prefer,
      outdated,
      context: options.context,
      format: options.format,
    });
    if (translation?.text == null) context.exitCode = EXIT.nothing;
    await context.output.result(translation ?? { status: "missing" }, () =>
      context.output.forStdout(translation?.text ?? ""),
    );
    if (
      !context.output.json &&
      translation !== undefined &&
      translation.text !== null &&
      translation.flags.length > 0
    ) {
      context.output.note(`stored with a warning: ${printable(translation.flags.join(", "))}`);
    }
    if (!context.output.json && translation?.outdated) {
      context.output.note("outdated: the source changed, and its new text has no translation yet");
    }
    if (context.output.json || translation?.text != null) return;
    context.output.note(whyNothing(translation, prefer));
    const hint = text === undefined ? undefined : sourceLocaleHint(from, settings);
    if (translation === undefined && hint !== undefined) context.output.note(hint);
  });
}

function whyNothing(translation: Translation | undefined, prefer: Prefer | undefined): string {
  if (translation === undefined) return "missing: never requested in this project, with this source locale and context";
  const { status, error } = translation;
  if (status === "queued") return "queued: it waits to be registered";
  if (status === "translated" && prefer === "approved") return "translated, and not approved by a person";
  return error === undefined ? status : `${status}: ${error.code} ${printable(error.message)}`;
}
