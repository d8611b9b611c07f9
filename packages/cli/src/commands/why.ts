import { TranslationNotFoundError, type Why } from "@trans-hub/core";
import type { TextFormat } from "@trans-hub/core/engine";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { textOf } from "../input/text-argument.ts";
import { contextOption, examples, formatOption, fromOption, projectOption, required, toOption } from "../options.ts";
import { withSession } from "../session.ts";
import { sourceLocaleHint } from "../source-locale.ts";
import { UsageError } from "../usage-error.ts";
import { costOf } from "../why/cost.ts";
import { storyOf } from "../why/story.ts";

interface WhyOptions {
  to?: string;
  from?: string;
  id?: string;
  businessId?: string;
  context?: string;
  format?: TextFormat;
  project?: string;
}

export function define(command: Command, context: CommandContext): void {
  command
    .argument("[text]", "the text exactly as registered; - reads it from stdin")
    .addOption(toOption())
    .addOption(fromOption())
    .option("--id <id>", "instead of the text: the id of the translation, as `review list` prints it")
    .option("--business-id <id>", "instead of the text: the id under which it was registered")
    .addOption(contextOption())
    .addOption(formatOption())
    .addOption(projectOption())
    .action((text: string | undefined, options: WhyOptions) => why(command, context, text, options));
  examples(
    command,
    'why "Add to cart" --from en --to fr',
    "why --business-id shop.cart.add --to fr",
    "why --id 17-0 --to fr --json",
  );
}

async function why(
  command: Command,
  context: CommandContext,
  argument: string | undefined,
  { to, from, id, businessId, project, ...options }: WhyOptions,
): Promise<void> {
  if ([argument, id, businessId].filter((each) => each !== undefined).length !== 1) {
    throw new UsageError("give either the text, --id or --business-id");
  }
  const targetLocale = required(to, "--to");
  const text = argument === undefined ? undefined : await textOf(argument, context);
  const name = text === undefined ? (id === undefined ? { businessId } : { id }) : { text, ...options };
  await withSession(command, context, { project, sourceLocale: from }, async ({ hub, settings }) => {
    const story: Why = await hub.why({ ...name, targetLocale }).catch((error: unknown) => {
      const hint = text === undefined ? undefined : sourceLocaleHint(from, settings);
      if (!(error instanceof TranslationNotFoundError) || hint === undefined) throw error;
      throw new TranslationNotFoundError(error.message, { hint, cause: error });
    });
    const told = { ...story, sections: [...story.sections, ...(await costOf(hub, story.translation))] };
    await context.output.result(told, () => context.output.forStdout(storyOf(told).join("\n")));
  });
}
