/** The accounts of engine calls of a store in memory. */
import type { UsageGroup, UsageQuery, UsageReport } from "../../contract/usage.ts";
import { total, type UsageSums, usageReport } from "../../rules/usage-report.ts";
import type { BookedCall, InMemoryTables } from "./tables.ts";

export function usageOf({ calls }: InMemoryTables, { by = [], project, from, to }: UsageQuery): UsageReport {
  const own = [...calls.values()].filter(
    (call) =>
      (project === undefined || call.project === project) &&
      (from === undefined || call.at >= from.getTime()) &&
      (to === undefined || call.at < to.getTime()),
  );
  const keyOf = (call: BookedCall) => JSON.stringify([by.map((group) => groupValue(call, group)), call.currency]);
  const groups = Map.groupBy(own, keyOf);
  const ordered = [...groups].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, group]) => group);
  return usageReport(by, ordered.map(sumsOf));
}

function groupValue(call: BookedCall, group: UsageGroup): string | null {
  if (group === "locale") return call.targetLocale;
  if (group === "day") return new Date(call.at).toISOString().slice(0, 10);
  return call[group] ?? null;
}

function sumsOf(calls: readonly BookedCall[]): UsageSums {
  const [first] = calls;
  const value = (group: UsageGroup) => (first === undefined ? null : groupValue(first, group));
  const sum = (count: (call: BookedCall) => number | undefined) =>
    calls.reduce((all, call) => all + (count(call) ?? 0), 0);
  const groups: UsageGroup[] = ["engine", "model", "locale", "project", "day", "tag"];
  return {
    ...(Object.fromEntries(groups.map((group) => [group, value(group)])) as Record<UsageGroup, string | null>),
    calls: calls.length,
    items: sum(({ items }) => items),
    input_tokens: sum(({ inputTokens }) => inputTokens),
    output_tokens: sum(({ outputTokens }) => outputTokens),
    cached_tokens: sum(({ cachedTokens }) => cachedTokens),
    characters: sum(({ characters }) => characters),
    unpriced: calls.filter(({ cost }) => cost === undefined).length,
    cost: total(calls.map(({ cost = null }) => cost)),
    unconfirmed: total(calls.map(({ unconfirmed = null }) => unconfirmed)),
    currency: first?.currency ?? null,
  };
}
