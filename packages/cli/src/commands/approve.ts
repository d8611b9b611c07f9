import { TranslationNotFoundError } from "@trans-hub/core";
import type { TextFormat } from "@trans-hub/core/engine";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { textOf } from "../input/text-argument.ts";
import {
  contextOption,
  examples,
  formatOption,
  fromOption,
  parseWhole,
  projectOption,
  required,
  toOption,
} from "../options.ts";
import { printable } from "../output.ts";
import { withSession } from "../session.ts";
import { sourceLocaleHint } from "../source-locale.ts";
import { UsageError } from "../usage-error.ts";

interface ApproveOptions {
  to?: string;
  from?: string;
  businessId?: string;
  context?: string;
  format?: TextFormat;
  project?: string;
  text?: string;
  revision?: number;
  by?: string;
}

export function define(command: Command, context: CommandContext): void {
  command
    .argument("[text]", "the source text; - reads it from stdin")
    .addOption(toOption())
    .addOption(fromOption())
    .option("--business-id <id>", "instead of the source text: the id under which it was registered")
    .option("--text <translation>", "approve this text (default: the stored one)")
    .option("--revision <number>", "the revision that was read; fail if the translation has another", parseWhole(0))
    .option("--by <name>", "name of the approving person, for the record (default: USER)")
    .addOption(contextOption())
    .addOption(formatOption())
    .addOption(projectOption())
    .action((text: string | undefined, options: ApproveOptions) => approve(command, context, text, options));
  examples(
    command,
    'approve "Add to cart" --from en --to fr',
    'approve --business-id shop.cart.add --to fr --text "Ajouter au panier" --revision 2',
  );
}

async function approve(
  command: Command,
  context: CommandContext,
  argument: string | undefined,
  { to, from, businessId, project, text: approvedText, by = context.env.USER, ...options }: ApproveOptions,
): Promise<void> {
  if ((argument === undefined) === (businessId === undefined)) {
    throw new UsageError("give either the source text or --business-id");
  }
  const targetLocale = required(to, "--to");
  const text = argument === undefined ? undefined : await textOf(argument, context);
  await withSession(command, context, { project, sourceLocale: from }, async ({ hub, settings }) => {
    const approval = {
      ...(text === undefined ? { businessId } : { text }),
      targetLocale,
      ...(approvedText !== undefined && { approvedText }),
      ...(by !== undefined && by !== "" && { by }),
      ...options,
    };
    const approved = await hub.approve(approval).catch((error: unknown) => {
      const hint = text === undefined ? undefined : sourceLocaleHint(from, settings);
      if (!(error instanceof TranslationNotFoundError) || hint === undefined) throw error;
      throw new TranslationNotFoundError(error.message, { hint, cause: error });
    });
    for (const { message } of approved.warnings) {
      context.output.warn(`the approved text is not like its source: ${message}`);
    }
    await context.output.result(approved, () => `approved: ${printable(approved.text ?? "")}`);
  });
}
