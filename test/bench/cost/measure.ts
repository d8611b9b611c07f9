/** The bill of a run of the product, beside that of one call a string, on a server that bills by a tokenizer. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CountedTokens, OpenaiBill, type TokenPrices, tokensIn } from "@trans-hub/test-support/openai-bill";
import { startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { runCommand } from "../process.ts";
import { plausible } from "./plausible.ts";

export interface CostText {
  text: string;
  context?: unknown;
}

export interface CostConditions {
  /** Whether the server caches prefixes. */
  caches: boolean;
  /** `TH_INSTRUCTIONS`, on both sides. Default: none. */
  instructions?: string | undefined;
}

export interface CostStage {
  /** For files. */
  folder: string;
  locales: readonly string[];
  /** A new migrated database. */
  openDatabase(): Promise<string>;
  /** The number of strings that both comparisons are measured on. */
  sample: number;
}

export interface CostFigures {
  strings: number;
  /** Strings without repetitions of the same text and context. */
  distinct: number;
  /** The product, with its defaults. */
  ours: CountedTokens;
  /** Calls that the estimate names. */
  estimatedCalls: number;
  ledgerIsBill: boolean;
  estimateOfBill: number;
  /** Tokens of the translations for one of their texts. */
  growth: number;
  /** Calls and amount of the second run. */
  again: { calls: number; cost: bigint };
  /** The product with one text in each call, on `sampled` distinct strings in each locale. */
  single: CountedTokens;
  /** Calls of two sentences, one text and nothing else, and answers of the translation alone, for the same strings. */
  bare: CountedTokens;
  sampled: { strings: number; distinct: number };
}

/** A public list for gpt-4o-mini, in USD per million tokens. */
const PRICE = { inputPerMillion: "0.15", cachedPerMillion: "0.075", outputPerMillion: "0.6" };
export const PRICES: TokenPrices = { input: 150_000n, cached: 75_000n, output: 600_000n };
const MODEL = "gpt-4o-mini";
const TARGETS: Readonly<Record<string, string>> = { de: "German", fr: "French", ja: "Japanese" };

export async function measureCost(
  texts: readonly CostText[],
  { caches, instructions }: CostConditions,
  stage: CostStage,
): Promise<CostFigures> {
  const translators = new Map(stage.locales.map((locale) => [locale, plausible(locale)]));
  const growth = { source: 0, target: 0 };
  const translate = (text: string, locale: string, keep?: readonly string[]) => {
    const translation = translators.get(locale)?.(text, keep) ?? text;
    growth.source += tokensIn(text);
    growth.target += tokensIn(translation);
    return translation;
  };
  let bill = new OpenaiBill({ caches });
  const server = await startOpenaiServer({
    translate: ({ text, keep }, _source, target) => translate(text, target, keep),
    count: (messages, content) => bill.count(messages, content),
  });
  try {
    const prices = join(stage.folder, "prices.json");
    const asOf = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    await writeFile(prices, JSON.stringify({ currency: "USD", asOf, engines: { openai: { [MODEL]: PRICE } } }));
    const settings = {
      TH_ENGINES: "openai",
      TH_OPENAI_ENDPOINT: server.url,
      TH_OPENAI_MODEL: MODEL,
      TH_PRICES_FILE: prices,
      TH_LOG_LEVEL: "warn",
      ...(instructions !== undefined && { TH_INSTRUCTIONS: instructions }),
    };
    const run = async (asked: readonly CostText[], env: Record<string, string>) => {
      const file = join(stage.folder, "texts.jsonl");
      await writeFile(file, asked.map((text) => `${JSON.stringify(text)}\n`).join(""));
      await json(["request", "--file", file, "--from", "en", "--to", stage.locales.join(",")], env);
      const estimate = await json<{ calls: number; cost: string; texts: number }>(["estimate"], env);
      const worked = await json<{ translated: number; failed: number }>(["worker", "--until-empty"], env);
      if (worked.failed > 0) throw new Error(`${worked.failed} texts have no translation: the bill is not comparable`);
      const { total } = await json<{ total: string }>(["usage"], env);
      return { estimate, total };
    };

    const env = { ...settings, TH_DATABASE_URL: await stage.openDatabase() };
    const { estimate, total } = await run(texts, env);
    const ours = bill.tokens;
    const amount = bill.amount(PRICES);
    const ourGrowth = growth.target / growth.source;
    const again = await run(texts, env);
    const againCalls = bill.tokens.calls - ours.calls;

    bill = new OpenaiBill({ caches });
    const sampled = sampleOf(texts, stage.sample);
    await run(sampled, { ...settings, TH_BATCH_SIZE: "1", TH_DATABASE_URL: await stage.openDatabase() });
    const single = bill.tokens;

    const bare = new OpenaiBill({ caches });
    for (const locale of stage.locales) {
      const system = `Translate the user's text from English to ${TARGETS[locale]}. Answer with the translation alone.`;
      for (const { text } of sampled) {
        const messages = [
          { role: "system", content: system },
          { role: "user", content: text },
        ];
        bare.count(messages, translate(text, locale));
      }
    }
    return {
      strings: texts.length,
      distinct: distinctOf(texts),
      ours,
      estimatedCalls: estimate.calls,
      ledgerIsBill: units(total) === amount,
      estimateOfBill: Number(units(estimate.cost)) / Number(amount),
      growth: ourGrowth,
      again: { calls: againCalls, cost: units(again.total) - units(total) },
      single,
      bare: bare.tokens,
      sampled: { strings: sampled.length, distinct: distinctOf(sampled) },
    };
  } finally {
    await server.close();
  }
}

/** Runs a command with `--json`. */
async function json<Answer>(args: readonly string[], env: Record<string, string>): Promise<Answer> {
  return JSON.parse((await runCommand([...args, "--json"], env)).stdout) as Answer;
}

/** Strings from all parts of the list. */
function sampleOf(texts: readonly CostText[], count: number): CostText[] {
  if (count >= texts.length) return [...texts];
  return Array.from({ length: count }, (_, at) => texts[Math.floor((at * texts.length) / count)] ?? { text: "" });
}

function distinctOf(texts: readonly CostText[]): number {
  return new Set(texts.map(({ text, context }) => JSON.stringify([text, context ?? null]))).size;
}

/** A decimal amount in units of 10^-12. */
function units(amount: string): bigint {
  const [whole = "", fraction = ""] = amount.split(".");
  return BigInt(whole + fraction.padEnd(12, "0"));
}
