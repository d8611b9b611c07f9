/** Accounts of engine calls from the sums of a store. */
import { USAGE_GROUPS, type UsageGroup, type UsageQuery, type UsageReport, type UsageRow } from "../contract/usage.ts";
import { formatAmount, parseAmount } from "./money.ts";
import { optionKinds as kinds, optionCheck } from "./options.ts";

/** @throws {SettingsError} Names every option at fault. */
export const checkUsageQuery = optionCheck<UsageQuery>("usage", {
  by: (value, key) =>
    Array.isArray(value) && value.every((name) => (USAGE_GROUPS as readonly unknown[]).includes(name))
      ? []
      : [{ key, problem: `must be an array of ${USAGE_GROUPS.join(", ")}` }],
  project: kinds.project,
  from: kinds.date,
  to: kinds.date,
});

/** Sums of the calls of one combination of groups, and of one currency. Amounts are decimal numbers. */
export interface UsageSums extends Record<UsageGroup, string | null> {
  calls: number;
  items: number;
  input_tokens: number;
  output_tokens: number;
  cached_tokens: number;
  characters: number;
  unpriced: number;
  cost: string | null;
  unconfirmed: string;
  /** Null: that of the calls without a price. */
  currency: string | null;
}

/** Makes one row of the priced and the unpriced calls of a combination. */
export function usageReport(by: readonly UsageGroup[], sums: readonly UsageSums[]): UsageReport {
  const groups = [...Map.groupBy(sums, (each) => JSON.stringify(by.map((group) => each[group]))).values()];
  const rows = groups.flatMap((group) => {
    const unpriced = group.find(({ currency }) => currency === null);
    const [first, ...others] = group.filter(({ currency }) => currency !== null);
    if (first === undefined) return group;
    return [unpriced === undefined ? first : together(first, unpriced), ...others];
  });
  const totals = [...Map.groupBy(rows, ({ currency }) => currency)].flatMap(([currency, own]) =>
    currency === null
      ? []
      : [{ currency, cost: total(own.map(({ cost }) => cost)), unconfirmed: total(own.map((row) => row.unconfirmed)) }],
  );
  const [only = { cost: "0" }] = totals;
  return { rows: rows.map((row) => rowOf(by, row)), total: totals.length > 1 ? null : only.cost, totals };
}

function together(one: UsageSums, other: UsageSums): UsageSums {
  const sum = (count: (each: UsageSums) => number) => count(one) + count(other);
  return {
    ...one,
    calls: sum(({ calls }) => calls),
    items: sum(({ items }) => items),
    input_tokens: sum((each) => each.input_tokens),
    output_tokens: sum((each) => each.output_tokens),
    cached_tokens: sum((each) => each.cached_tokens),
    characters: sum(({ characters }) => characters),
    unpriced: sum(({ unpriced }) => unpriced),
  };
}

/** The exact sum of decimal numbers. */
export function total(amounts: readonly (string | null)[]): string {
  return formatAmount(amounts.reduce((sum, amount) => sum + (parseAmount(amount ?? "0") ?? 0n), 0n));
}

function rowOf(by: readonly UsageGroup[], sums: UsageSums): UsageRow {
  const { currency } = sums;
  return {
    ...Object.fromEntries(by.map((group) => [group, sums[group]])),
    calls: sums.calls,
    items: sums.items,
    inputTokens: sums.input_tokens,
    outputTokens: sums.output_tokens,
    cachedTokens: sums.cached_tokens,
    characters: sums.characters,
    unpriced: sums.unpriced,
    cost: currency === null ? null : total([sums.cost]),
    unconfirmed: currency === null ? null : total([sums.unconfirmed]),
    currency,
  };
}
