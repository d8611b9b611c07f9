/**
 * What a call costs: the rule, without clock or engine.
 *
 *     confirmed ≤ the provider's bill ≤ confirmed + unconfirmed
 *
 * | the call                                                        | confirmed        | unconfirmed      |
 * |-----------------------------------------------------------------|------------------|------------------|
 * | was not begun, or could not keep its hold                       | 0                | 0                |
 * | was answered, and the engine reports its usage                  | by usage         | 0                |
 * | was answered without usage in the units of the price            | 0                | its bound        |
 * | ended without an answer: aborted, timed out, a thrown error     | 0                | its bound        |
 * | failed for each text by a limit, a quota or a setting           | 0                | 0                |
 * | has a reply that says more (`EngineReply.unconfirmed`)          | by usage         | as it says       |
 * | is of a free engine without a price                             | 0                | 0                |
 *
 * Without a price, or where the bound that counts is not known, nothing is known: the call has no cost.
 */
import type {
  Engine,
  EngineBatch,
  EngineBound,
  EngineErrorKind,
  EngineReply,
  EngineUsage,
} from "../contract/engine.ts";
import type { EngineCall } from "../contract/work.ts";
import { formatAmount } from "../rules/money.ts";
import { boundOf, type Cost, costOf, isPriced, type PriceTable, unitsOfPrice } from "../rules/prices.ts";

/** The part of a booked call that is money. Empty: no price is known. */
export type Bill = Pick<EngineCall, "cost" | "currency" | "unconfirmed">;

export interface BilledCall {
  /** The bound of the call before it was made. Undefined: there is none. */
  bound: EngineBound | undefined;
  /** Undefined: the call ended without one. */
  reply: EngineReply | undefined;
  /** Whether the engine was asked at all. */
  isBegun: boolean;
  /** The kind of each text's failure; undefined: it has a text. Without a reply, empty. */
  failures: readonly (EngineErrorKind | undefined)[];
}

/** Failures before any work of the engine. */
const NEVER_BILLED: ReadonlySet<EngineErrorKind | undefined> = new Set(["rate_limited", "quota", "config"]);

export interface BoundedBatch {
  /** The batch with the limit that keeps the bound. */
  batch: EngineBatch;
  /** Undefined: no price is known, or the engine cannot be bounded. */
  bound: EngineBound | undefined;
  /** The most that the call can cost. Undefined: nothing is known. */
  most: Cost | undefined;
}

/**
 * By the name of an engine, the models that answered and have a price of their own. A gateway may answer with a dearer model than was
 * asked: from its first such answer on, calls are bounded by the dearest.
 */
export type AnsweredModels = ReadonlyMap<string, ReadonlySet<string>>;

/** The bound of a call, if a price of the engine is known: only then is an answer limited for it. */
export function boundedBatch(
  prices: PriceTable | undefined,
  engine: Engine,
  batch: EngineBatch,
  answered?: AnsweredModels,
): BoundedBatch {
  const models = [engine.model];
  if (!isPriced(prices, engine.name, models)) {
    const most = engine.isFree && prices !== undefined ? { amount: 0n, currency: prices.currency } : undefined;
    return { batch, bound: undefined, most };
  }
  const bound = usableBound(engine, batch);
  const most = dearest(prices, engine, bound, answered);
  if (bound === undefined || "characters" in bound) return { batch, bound, most };
  return { batch: { ...batch, maxOutputTokens: bound.outputTokens }, bound, most };
}

/** The most that a call of this bound costs with any of the models that may answer it. */
function dearest(
  prices: PriceTable | undefined,
  engine: Engine,
  bound: EngineBound | undefined,
  answered: AnsweredModels | undefined,
  model?: string,
): Cost | undefined {
  const costs = [model, ...(answered?.get(engine.name) ?? [])].map((each) =>
    boundOf(prices, engine.name, [each, engine.model], bound),
  );
  return costs.reduce((one, other) =>
    other !== undefined && (one === undefined || other.amount > one.amount) ? other : one,
  );
}

/** An engine may be plain JavaScript. Figures that are none do not bound its calls. */
function usableBound(engine: Engine, batch: EngineBatch): EngineBound | undefined {
  try {
    const bound = engine.bound?.(batch);
    return bound !== undefined && isUsable(bound) ? bound : undefined;
  } catch {
    return undefined;
  }
}

function isUsable(bound: EngineBound): boolean {
  const counts = "characters" in bound ? [bound.characters] : [bound.inputTokens, bound.outputTokens];
  return counts.every((count) => Number.isSafeInteger(count) && count >= 0);
}

export function billOf(
  prices: PriceTable | undefined,
  engine: Engine,
  call: BilledCall,
  answered?: AnsweredModels,
): Bill {
  if (prices === undefined) return {};
  const models = [call.reply?.model, engine.model];
  const { currency } = prices;
  const none: Cost = { amount: 0n, currency };
  if (!isPriced(prices, engine.name, models)) return engine.isFree ? shown(none, none) : {};
  if (!call.isBegun) return shown(none, none);
  const usage = reported(call.reply?.usage, unitsOfPrice(prices, engine.name, models));
  const confirmed = usage === undefined ? none : costOf(prices, engine.name, models, usage);
  const unsure = unsureOf(call, usage !== undefined);
  const unconfirmed = unsure === "none" ? none : dearest(prices, engine, unsure, answered, call.reply?.model);
  return confirmed === undefined || unconfirmed === undefined ? {} : shown(confirmed, unconfirmed);
}

/** Servers that count nothing report zeros. A question without tokens there is not: such a report has no costs of its input. */
function reported(usage: EngineUsage | undefined, units: "tokens" | "characters" | undefined): EngineUsage | undefined {
  if (usage === undefined) return undefined;
  const { inputTokens, characters = 0 } = usage;
  const isCounted = (units === "characters" ? characters : inputTokens) > 0;
  return isCounted ? usage : undefined;
}

function unsureOf({ reply, bound, failures }: BilledCall, isReported: boolean): EngineBound | "none" | undefined {
  const said = reply?.unconfirmed;
  if (said === "none" || (said !== undefined && isUsable(said))) return said;
  if (isReported) return "none";
  const isRefused = reply !== undefined && failures.length > 0 && failures.every((kind) => NEVER_BILLED.has(kind));
  return isRefused ? "none" : bound;
}

function shown(confirmed: Cost, unconfirmed: Cost): Bill {
  const { currency } = confirmed;
  return { cost: formatAmount(confirmed.amount), currency, unconfirmed: formatAmount(unconfirmed.amount) };
}
