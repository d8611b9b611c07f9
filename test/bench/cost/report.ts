/** The tables of docs/cost.md. */
import { amountOf, type CountedTokens, type TokenPrices } from "@trans-hub/test-support/openai-bill";
import { table } from "../../quality/report.ts";
import { type CostFigures, PRICES } from "./measure.ts";

/** Bill of the product for one string in one locale, and of the calls that carry one string each. */
interface EachString {
  ours: number;
  single: number;
  bare: number;
}

/** The most that the product may cost of one call a string: on a server without a cache, and on one with it. */
const GOALS: Readonly<Record<string, number>> = { none: 0.25, prompt: 0.2, instructions: 0.2 };
const SERVERS: Readonly<Record<string, string>> = {
  none: "caches nothing",
  prompt: "caches prefixes",
  instructions: "caches prefixes; with instructions",
};
/** A list on which cached tokens cost a tenth, and output eight times the input: 0.25, 0.025 and 2.00 USD per million. */
const TENTH: TokenPrices = { input: 250_000n, cached: 25_000n, output: 2_000_000n };
const LISTS = [
  { name: "0.15, 0.075, 0.60", prices: PRICES },
  { name: "0.25, 0.025, 2.00", prices: TENTH },
];
const UNITS = 1e12;

type Figures = Readonly<Record<string, CostFigures>>;

/** Measured in amounts of 10^-12 of the unit. A string that repeats costs the product nothing, and the others once more. */
export function eachString(
  { strings, sampled, ours, single, bare }: CostFigures,
  locales: number,
  prices: TokenPrices,
): EachString {
  const each = (tokens: CountedTokens, count: number) => Number(amountOf(tokens, prices)) / count / locales;
  return { ours: each(ours, strings), single: each(single, sampled.distinct), bare: each(bare, sampled.strings) };
}

/** The servers on which the product misses its goal, or books another amount than the server. */
export function missed(figures: Figures, locales: number): string[] {
  return Object.entries(figures).flatMap(([name, each]) => {
    const { ours, single } = eachString(each, locales, PRICES);
    const goal = GOALS[name] ?? 1;
    return [
      ...(ours / single > goal
        ? [`${name}: ${ratio(ours / single)} of one call a string, and the goal is ${goal}`]
        : []),
      ...(each.ledgerIsBill ? [] : [`${name}: the ledger is not the bill of the server`]),
      ...(each.again.calls === 0 ? [] : [`${name}: the second run made ${each.again.calls} calls`]),
    ];
  });
}

export function tables(figures: Figures, locales: number): Record<string, string> {
  const all = Object.entries(figures);
  return {
    bill: table(
      [
        "server",
        "calls",
        "input tokens",
        "of them cached",
        "output tokens",
        "bill, USD",
        "ledger",
        "estimate ÷ bill",
        "second run, USD",
      ],
      all.map(([name, { ours, ledgerIsBill, estimateOfBill, again }]) => [
        SERVERS[name] ?? name,
        ...[ours.calls, ours.inputTokens, ours.cachedTokens, ours.outputTokens].map(number),
        (Number(amountOf(ours, PRICES)) / UNITS).toFixed(4),
        ledgerIsBill ? "equal" : "**differs**",
        ratio(estimateOfBill),
        String(Number(again.cost) / UNITS),
      ]),
    ),
    "bill-of-one": table(
      ["server", "prices", "Trans-Hub", "one call a string", "ratio", "bare calls", "ratio"],
      all.flatMap(([name, each]) =>
        LISTS.map((list) => {
          const { ours, single, bare } = eachString(each, locales, list.prices);
          const cells = [ours, single, ours / single, bare, ours / bare];
          return [
            SERVERS[name] ?? name,
            list.name,
            ...cells.map((cell, at) => (at % 2 === 0 && at > 0 ? ratio(cell) : millionths(cell))),
          ];
        }),
      ),
    ),
  };
}

/** Of the currency's unit. */
function millionths(amount: number): string {
  return (amount / 1e6).toFixed(1);
}

function ratio(value: number): string {
  return value.toFixed(2 + (value < 0.2 ? 1 : 0));
}

function number(value: number): string {
  return value.toLocaleString("en");
}
