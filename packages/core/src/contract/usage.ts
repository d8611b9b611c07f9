/** The accounts of engine calls. */

/** What accounts may be split by. `locale` is the target's, `day` one of UTC. */
export const USAGE_GROUPS = ["engine", "model", "locale", "project", "day", "tag"] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];

export interface UsageQuery {
  /** One row for each combination of these. Default: none, one row for all. */
  by?: readonly UsageGroup[] | undefined;
  /** Only calls for this project. Default: all. */
  project?: string | undefined;
  /** Only calls that were booked at this time or later. Default: as far back as the records go. */
  from?: Date | undefined;
  /** Only calls that were booked before this time. Default: up to now. */
  to?: Date | undefined;
}

/** Amounts are exact decimal numbers, as strings: a binary fraction cannot hold most of them. */
export interface UsageCounts {
  calls: number;
  /** Texts in the calls; a text that was asked for twice counts twice. */
  items: number;
  inputTokens: number;
  outputTokens: number;
  /** The part of `inputTokens` that providers served from their caches. */
  cachedTokens: number;
  /** Of source text, where the provider bills characters. */
  characters: number;
  /** Calls of which no price is known. */
  unpriced: number;
  /** The confirmed cost of the other calls. Null: there is none of them. */
  cost: string | null;
  /** The most that providers may bill beyond `cost`, for calls whose answers were lost. Null as `cost` is. */
  unconfirmed: string | null;
  /** Of `cost` and `unconfirmed`; null with them. */
  currency: string | null;
}

/** The accounts of the calls that have the same value in each group that was asked for. A group that was not is left out. */
export interface UsageRow extends UsageCounts {
  engine?: string;
  /** Null: the engine has none, or did not say it. */
  model?: string | null;
  locale?: string;
  project?: string;
  /** Such as `2026-11-28`. */
  day?: string;
  /** Null: the requests had none. */
  tag?: string | null;
}

export interface UsageReport {
  /** In the order of their groups. Of two currencies there are two rows. */
  rows: UsageRow[];
  /** The confirmed cost of all rows, `"0"` without any. Null: they have several currencies, see `totals`. */
  total: string | null;
  /** By currency. */
  totals: { currency: string; cost: string; unconfirmed: string }[];
}
