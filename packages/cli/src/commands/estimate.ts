import { formatAmount, type TextToEstimate } from "@trans-hub/core/store";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { examples, maxCostOption, parseLocales, projectOption } from "../options.ts";
import { readSettings } from "../session.ts";
import type { CatalogStore, EstimatedCalls } from "../store/catalog-store.ts";
import { openService, type ServerOptions, withServerOptions } from "../store/open-service.ts";
import { refuseCost } from "../translate/cost-guard.ts";
import { together } from "../translate/estimate.ts";

interface EstimateOptions extends ServerOptions {
  project?: string;
  to?: string[];
  maxCost?: bigint;
}

interface Report {
  /** Waiting texts × locales. */
  texts: number;
  calls: number;
  inputTokens: number;
  outputTokens: number;
  characters: number;
  /** A decimal number. Null: it is not known. */
  cost: string | null;
  currency: string | null;
  pricesAsOf: string | null;
  /** Engines that would be asked, and have no price. */
  unpriced: readonly string[];
}

export function define(command: Command, context: CommandContext): void {
  withServerOptions(command)
    .option("--to <locales>", "only these target locales, comma-separated (default: all)", parseLocales)
    .addOption(projectOption())
    .addOption(maxCostOption())
    .action((options: EstimateOptions) => estimate(command, context, options));
  examples(command, "estimate", "estimate --project shop --to fr,de --json", "estimate --max-cost 2.50");
  command.addHelpText(
    "after",
    `
Estimates the first try of each waiting text by the engines of TH_ENGINES, in calls as a worker makes them. Nothing is sent or
written. Exit code 1: the cost is above --max-cost. For catalog files: \`trans-hub translate --estimate\`.`,
  );
}

async function estimate(command: Command, context: CommandContext, options: EstimateOptions): Promise<void> {
  const settings = readSettings(context);
  const project = options.project ?? settings.project;
  const service = await openService({ command, context, settings, project, options, engines: "texts" });
  await service.withStore({ project, sourceLocale: undefined }, async (store) => {
    const waiting = Object.entries(await store.counts()).flatMap(([locale, { pending }]) =>
      pending > 0 ? locale : [],
    );
    const calls: EstimatedCalls[] = [];
    let texts = 0;
    for (const targetLocale of waiting.filter((each) => options.to?.includes(each) ?? true)) {
      for (const [sourceLocale, own] of await textsOf(store, targetLocale, context.signal)) {
        texts += own.length;
        const made = await service.estimate({ project, sourceLocale, targetLocale, texts: own });
        if (made !== undefined) calls.push(made);
      }
    }
    const { cost, prompts } = together(calls, service.prices);
    const sum = (count: (estimate: EstimatedCalls["estimate"]) => number) =>
      calls.reduce((total, each) => total + count(each.estimate), 0);
    const report: Report = {
      texts,
      calls: sum((each) => each.calls),
      inputTokens: sum(({ inputTokens }) => inputTokens),
      outputTokens: sum(({ outputTokens }) => outputTokens),
      characters: sum(({ characters }) => characters),
      cost: cost.amount === undefined ? null : formatAmount(cost.amount),
      currency: cost.currency,
      pricesAsOf: service.prices?.asOf ?? null,
      unpriced: cost.unpriced,
    };
    refuseCost(cost, prompts, { maxCost: options.maxCost, allowsLargePrompts: true });
    await context.output.result(report, () => sentence(report));
  });
}

/** The waiting texts of a locale, by their source locale. */
async function textsOf(
  store: CatalogStore,
  targetLocale: string,
  signal: AbortSignal,
): Promise<Map<string, TextToEstimate[]>> {
  const texts = new Map<string, TextToEstimate[]>();
  for await (const { sourceLocale, sourceText, context } of store.list({ targetLocale, status: "pending" })) {
    signal.throwIfAborted();
    const own = texts.get(sourceLocale) ?? [];
    texts.set(sourceLocale, own);
    own.push({ text: sourceText, context, format: "auto" });
  }
  return texts;
}

function sentence({ texts, calls, inputTokens, outputTokens, characters, cost, ...money }: Report): string {
  const { currency, pricesAsOf, unpriced } = money;
  const parts = [`${texts} texts wait, in ${calls} calls, about ${inputTokens} tokens in and ${outputTokens} out`];
  if (characters > 0) parts.push(`${characters} characters`);
  if (cost !== null) parts.push(`${cost} ${currency}, by prices of ${pricesAsOf}`);
  else if (unpriced.length > 0 && pricesAsOf !== null) parts.push(`no price is known of ${unpriced.join(", ")}`);
  else parts.push("no cost is known: name your prices with TH_PRICES_FILE");
  return parts.join(", ");
}
