/**
 * The prices of engines, and the cost of a call by them.
 *
 * All prices are given by the team. None is built in: a price that ages in a release would make every figure wrong without a
 * word.
 */
import type { EngineBound } from "../contract/engine.ts";
import { shownKey, unknownKeyProblem } from "./known-names.ts";
import { parseAmount } from "./money.ts";

/** A decimal number of at most six decimals, as a number or as its text. */
export type PriceNumber = number | string;

/** Of an engine that bills tokens. Prices are per million. */
export interface TokenPrice {
  inputPerMillion: PriceNumber;
  /** Of the input tokens that the provider's cache served. Default: `inputPerMillion`. */
  cachedPerMillion?: PriceNumber | undefined;
  /** Of the input tokens that the provider wrote into its cache, where it bills these apart. Default: `inputPerMillion`. */
  cacheWritePerMillion?: PriceNumber | undefined;
  outputPerMillion: PriceNumber;
}

/** Of an engine that bills characters of source text. */
export interface CharacterPrice {
  charactersPerMillion: PriceNumber;
}

/** Prices as a team gives them: the option `prices`, and the file that `TH_PRICES_FILE` names. */
export interface Prices {
  /** Three letters of ISO 4217. No amount is ever converted. */
  currency: string;
  /** The day on which the prices were read from the providers' lists: `2026-11-28`. */
  asOf: string;
  /** By the name of the engine, then by its model; the model `*` is any other. */
  engines: Readonly<Record<string, Readonly<Record<string, TokenPrice | CharacterPrice>>>>;
}

/** Units of a call. Tokens read from a cache or written to it are parts of the input tokens. */
export interface BilledUnits {
  inputTokens?: number | undefined;
  cachedTokens?: number | undefined;
  cacheWriteTokens?: number | undefined;
  outputTokens?: number | undefined;
  /** Characters of source text, as Unicode counts them. */
  characters?: number | undefined;
}

/** An exact amount; see {@link formatAmount}. */
export interface Cost {
  amount: bigint;
  currency: string;
}

/** Amounts for one unit. */
type UnitPrice = { input: bigint; cached: bigint; written: bigint; output: bigint } | { character: bigint };

/** Prices, ready to be looked up. */
export interface PriceTable {
  readonly currency: string;
  readonly asOf: string;
  readonly engines: ReadonlyMap<string, ReadonlyMap<string, UnitPrice>>;
}

/** The model that stands for every other one. */
const ANY_MODEL = "*";
const MILLION = 1_000_000n;
/** With more, the price of one token would be no whole number of the smallest amounts. */
const MOST_DECIMALS = 6;
/** Nothing costs more; a price a token that was taken for one a million does not pass unseen either way. */
const HIGHEST_PRICE = parseAmount("1000000") ?? 0n;

/** Days after which prices count as old. */
export const PRICES_AGE_DAYS = 90;

/** Looks prices up. They must have passed `priceProblems`. */
export function priceTable({ currency, asOf, engines }: Prices): PriceTable {
  const table = Object.entries(engines).map(([engine, models]) => {
    const prices = Object.entries(models).map(([model, price]) => [model, unitPrice(price)] as const);
    return [engine, new Map(prices)] as const;
  });
  return { currency, asOf, engines: new Map(table) };
}

function unitPrice(price: TokenPrice | CharacterPrice): UnitPrice {
  if ("charactersPerMillion" in price) return { character: perUnit(price.charactersPerMillion) };
  const { inputPerMillion: input, outputPerMillion: output } = price;
  const { cachedPerMillion: cached = input, cacheWritePerMillion: written = input } = price;
  return { input: perUnit(input), cached: perUnit(cached), written: perUnit(written), output: perUnit(output) };
}

function perUnit(price: PriceNumber): bigint {
  return (parsePrice(price) ?? 0n) / MILLION;
}

/** The models of a call, the most exact first: the one that answered, then the one that was asked. */
export type PricedModels = readonly (string | null | undefined)[];

/**
 * The exact cost of a call.
 *
 * @param models The first that has a price counts, and none by its beginning: `gpt-4o-mini` is no price of `gpt-4o`.
 * @returns Undefined: no price is known, or the call is not counted in the units of the price.
 */
export function costOf(
  table: PriceTable | undefined,
  engine: string,
  models: PricedModels,
  units: BilledUnits,
): Cost | undefined {
  const price = table === undefined ? undefined : priceOf(table, engine, models);
  if (table === undefined || price === undefined) return undefined;
  const { inputTokens, outputTokens, characters } = units;
  const { currency } = table;
  if ("character" in price) {
    return characters === undefined ? undefined : { amount: BigInt(characters) * price.character, currency };
  }
  if (inputTokens === undefined || outputTokens === undefined) return undefined;
  const cached = Math.min(units.cachedTokens ?? 0, inputTokens);
  const written = Math.min(units.cacheWriteTokens ?? 0, inputTokens - cached);
  const ofCache = BigInt(cached) * price.cached + BigInt(written) * price.written;
  const amount = BigInt(inputTokens - cached - written) * price.input + ofCache + BigInt(outputTokens) * price.output;
  return { amount, currency };
}

/**
 * The most that a call can cost. It counts on no cache: of the prices of input tokens the highest is taken.
 *
 * @param bound Undefined: the engine cannot be bounded.
 * @returns Undefined: there is no bound, or no price is known.
 */
export function boundOf(
  table: PriceTable | undefined,
  engine: string,
  models: PricedModels,
  bound: EngineBound | undefined,
): Cost | undefined {
  if (bound === undefined) return undefined;
  if ("characters" in bound) return costOf(table, engine, models, bound);
  const { inputTokens } = bound;
  const ways = [bound, { ...bound, cachedTokens: inputTokens }, { ...bound, cacheWriteTokens: inputTokens }];
  const costs = ways.flatMap((units) => costOf(table, engine, models, units) ?? []);
  return costs.toSorted((one, other) => (one.amount < other.amount ? 1 : -1))[0];
}

/** Whether a price of the engine is known, for one of the models. */
export function isPriced(table: PriceTable | undefined, engine: string, models: PricedModels): boolean {
  return table !== undefined && priceOf(table, engine, models) !== undefined;
}

/** The units that the price of a call counts. Undefined: no price is known. */
export function unitsOfPrice(
  table: PriceTable,
  engine: string,
  models: PricedModels,
): "tokens" | "characters" | undefined {
  const price = priceOf(table, engine, models);
  if (price === undefined) return undefined;
  return "character" in price ? "characters" : "tokens";
}

function priceOf({ engines }: PriceTable, engine: string, models: PricedModels): UnitPrice | undefined {
  const prices = engines.get(engine);
  for (const model of [...models, ANY_MODEL]) {
    const price = typeof model === "string" ? prices?.get(model) : undefined;
    if (price !== undefined) return price;
  }
  return undefined;
}

/**
 * A warning about prices that are older than {@link PRICES_AGE_DAYS}. Undefined: they are not.
 *
 * @param now Milliseconds since the epoch.
 */
export function oldPrices(prices: Pick<PriceTable, "asOf">, now: number): string | undefined {
  const days = ageOfPrices(prices, now);
  return days > PRICES_AGE_DAYS ? `The prices are of ${prices.asOf}, ${days} days ago` : undefined;
}

const DAY_MS = 86_400_000;

/**
 * The age of prices in whole days, by a clock; below 0: their day has not come yet.
 *
 * @param now Milliseconds since the epoch.
 */
export function ageOfPrices({ asOf }: Pick<PriceTable, "asOf">, now: number): number {
  return Math.floor((now - Date.parse(asOf)) / DAY_MS);
}

interface Problem {
  key: string;
  problem: string;
}

const PARTS = ["currency", "asOf", "engines"];
const TOKEN_PARTS = ["inputPerMillion", "cachedPerMillion", "cacheWritePerMillion", "outputPerMillion"];
const OPTIONAL_PARTS: ReadonlySet<string> = new Set(["cachedPerMillion", "cacheWritePerMillion"]);
const CHARACTER_PARTS = ["charactersPerMillion"];

/** The faults of prices; empty: there are none. Each key is the path to the fault. */
export function priceProblems(given: unknown, key: string): Problem[] {
  if (!isRecord(given)) return [{ key, problem: `must be an object with ${PARTS.join(", ")}` }];
  const { currency, asOf, engines } = given;
  const problems = unknownKeys(given, PARTS, key, "a part of prices");
  if (typeof currency !== "string" || !/^[A-Z]{3}$/.test(currency)) {
    problems.push({ key: `${key}.currency`, problem: "must be three letters such as USD" });
  }
  if (typeof asOf !== "string" || !isDate(asOf)) {
    problems.push({ key: `${key}.asOf`, problem: "must be the day of the prices, such as 2026-11-28" });
  }
  if (!isRecord(engines)) {
    problems.push({ key: `${key}.engines`, problem: "must be an object: prices by the name of their engine" });
    return problems;
  }
  for (const [engine, models] of Object.entries(engines)) {
    const at = `${key}.engines.${shownName(engine)}`;
    if (!isRecord(models) || Object.keys(models).length === 0) {
      problems.push({ key: at, problem: 'must be an object: a price by the name of its model, or by "*" for any' });
      continue;
    }
    for (const [model, price] of Object.entries(models)) problems.push(...ofModel(price, `${at}.${shownName(model)}`));
  }
  return problems;
}

function ofModel(price: unknown, key: string): Problem[] {
  const wanted = "must have inputPerMillion and outputPerMillion, or charactersPerMillion";
  if (!isRecord(price)) return [{ key, problem: wanted }];
  const isOfCharacters = Object.hasOwn(price, "charactersPerMillion");
  const known = isOfCharacters ? CHARACTER_PARTS : TOKEN_PARTS;
  const problems = unknownKeys(price, known, key, isOfCharacters ? "a price beside characters" : "a price");
  for (const part of known) {
    const value = price[part];
    if (value === undefined && OPTIONAL_PARTS.has(part)) continue;
    if (value === undefined) return [...problems, { key, problem: `${wanted}; ${part} is missing` }];
    if (parsePrice(value) === undefined) {
      const problem = "must be a number from 0 to 1,000,000 with at most 6 decimals";
      problems.push({ key: `${key}.${part}`, problem });
    }
  }
  return problems;
}

/** Exact, also for a number: its shortest text is the one that was written, as far as six decimals go. */
function parsePrice(value: unknown): bigint | undefined {
  if (typeof value !== "number" && typeof value !== "string") return undefined;
  const amount = parseAmount(String(value), MOST_DECIMALS);
  return amount !== undefined && amount <= HIGHEST_PRICE ? amount : undefined;
}

function unknownKeys(given: object, known: readonly string[], key: string, noun: string): Problem[] {
  return Object.entries(given)
    .filter(([name, value]) => value !== undefined && !known.includes(name))
    .map(([name]) => ({
      key: `${key}.${shownKey(name)}`,
      problem: `${unknownKeyProblem(name, known, noun)} (${known.join(", ")})`,
    }));
}

/** A model's name holds characters that a key does not: `mistralai/mistral-7b:free`. */
function shownName(name: string): string {
  return /^[\w.:/@*+ -]{1,100}$/.test(name) ? name : "(a name that is none)";
}

function isDate(text: string): boolean {
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
