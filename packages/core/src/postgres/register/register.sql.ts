/** Statements by which texts enter. The work is done by the SQL functions in migrations/functions/register. */
import { z } from "zod";
import type { RegisterItem } from "../../contract/item.ts";
import { statement, textArray } from "../database/statement.ts";

/**
 * Has a statement's batches carry the traces that the parameter names, and the tag that the next one does; its row of the inbox
 * carries the traces. An empty value is none.
 */
const carrying = (parameter: number) => `(
      select set_config('trans_hub.traceparent', $${parameter}::text, true) as traceparent,
        set_config('trans_hub.tag', $${parameter + 1}::text, true) as tag
      offset 0
    ) as carried`;

/**
 * Each array of the receipt has one entry an item, in the order of the items. A null `registered` says that this call made
 * every row of every item; any other null, that no item has a row of this kind. So the receipt of a new catalog is empty.
 */
const RegisterReceipt = z.object({
  registered: z.array(z.int()).nullable(),
  existing: z.array(z.int()).nullable(),
  failed: z.array(z.int()).nullable(),
  refused: z.array(z.boolean()).nullable(),
});

/** Whether the settings of {@link carrying} stand. */
const STANDING = "carried.traceparent is not null and carried.tag is not null";

const registering = (before: string, batchSize: string) => `
    select
      case when r.existing is not null or r.refused is not null then r.registered end as registered,
      r.existing, r.failed, r.refused
    from ${before} trans_hub.register(
      row(
        $1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::integer[], $7::jsonb[], $8::integer[],
        $9::text[], $10::text[], $11::smallint[], $12::boolean[], $13::integer[], $14::text[]
      )::trans_hub.grouped_items,
      row(
        ${batchSize}, $16::integer, make_interval(secs => $17::float8), $18::text, $19::integer, $20::bigint
      )::trans_hub.register_options
    ) as r`;

/**
 * Registers items. Parameters 1 to 14 are the columns of `trans_hub.grouped_items` ({@link groupItems}), 15 to 20 those
 * of `trans_hub.register_options`.
 */
export const registerItems = statement({
  name: "register.items",
  row: RegisterReceipt,
  text: registering("", "$15::integer"),
});

/** {@link registerItems} for requests of sampled traces, whose contexts are the parameter 21, or of a tag, the parameter 22. */
export const registerCarryingItems = statement({
  name: "register.carrying_items",
  row: RegisterReceipt,
  // The options name the columns, so that the settings stand before the function runs, whichever the planner puts first.
  text: registering(`${carrying(21)} cross join lateral`, `case when ${STANDING} then $15::integer end`),
});

/** Items as the columns of `trans_hub.grouped_items`: the fields that items have in common are sent once a group. */
export interface GroupedItems {
  /** The target locales of all groups. */
  wantLocales: readonly string[];
  /** The parameters 1 to 14 of {@link registerItems}. */
  columns: unknown[];
}

/**
 * Groups items. A record for each item, as SQL callers have them, took 1.9 ms more of the 12 ms that a chunk of 1,000
 * takes (docs/adr/0028).
 */
export function groupItems(items: readonly RegisterItem[]): GroupedItems {
  const groups = groupsOf(items);
  return {
    wantLocales: groups.wantLocales,
    columns: [
      textArray(items.map((item) => item.text)),
      columnUnless("", items, (item) => item.businessId),
      columnUnless(null, items, (item) => item.context),
      columnUnless("auto", items, (item) => item.format),
      columnUnless(false, items, (item) => item.verbatim),
      columnUnless(null, items, (item) => item.expiresAfterSeconds),
      hintsOf(items),
      groups.first.length === 1 ? null : groups.ofItems,
      groups.first.map((item) => item.project),
      groups.first.map((item) => item.sourceLocale),
      groups.first.map((item) => item.priority),
      groups.first.map((item) => item.force),
      groups.wantGroups,
      groups.wantLocales,
    ],
  };
}

interface Groups {
  /** The first item of each group. */
  first: RegisterItem[];
  /** The group of each item, from 1. */
  ofItems: number[];
  /** For each target locale of each group: the group, and the locale. */
  wantGroups: number[];
  wantLocales: string[];
}

function groupsOf(items: readonly RegisterItem[]): Groups {
  const groups: Groups = { first: [], ofItems: [], wantGroups: [], wantLocales: [] };
  const known = new Map<string, number>();
  let last: readonly unknown[] = [];
  let group = 0;
  for (const item of items) {
    const common = [item.project, item.sourceLocale, item.priority, item.force, ...item.targetLocales];
    // Most items are of the group of the item before, and that is seen without a key.
    if (common.length !== last.length || common.some((each, at) => each !== last[at])) {
      const key = JSON.stringify(common);
      group = known.get(key) ?? groups.first.push(item);
      if (!known.has(key)) {
        known.set(key, group);
        for (const locale of item.targetLocales) {
          groups.wantGroups.push(group);
          groups.wantLocales.push(locale);
        }
      }
      last = common;
    }
    groups.ofItems.push(group);
  }
  return groups;
}

/** A column of the items, or null where every item has the usual value. */
function columnUnless<Value>(
  usual: Value,
  items: readonly RegisterItem[],
  get: (item: RegisterItem) => Value,
): Value[] | null {
  return items.every((item) => get(item) === usual) ? null : items.map(get);
}

/** As `jsonb[]`, or null where no item has a hint. */
function hintsOf(items: readonly RegisterItem[]): string | null {
  return items.every(({ hint }) => hint === undefined) ? null : textArray(items.map(({ hint }) => hint ?? null));
}

/** Makes graphile-worker's tasks for locales that are new to this database. */
export const openLanes = statement({
  name: "register.open_lanes",
  row: z.object({}),
  text: "select from trans_hub.open_lanes($1::text[])",
});

/**
 * Appends items. It takes no lock that another transaction could wait for, so it is safe inside a caller's transaction. Null:
 * nothing was appended, because the backlog is full.
 */
export const appendToInbox = statement({
  name: "register.append_to_inbox",
  row: z.object({ id: z.string().nullable() }),
  text: `select trans_hub.append_to_inbox($1::jsonb, $2::jsonb)::text as id`,
});

/** {@link appendToInbox} for a request of a sampled trace, whose context is the parameter 3. The parameter 4 is empty. */
export const appendTracedToInbox = statement({
  name: "register.append_traced_to_inbox",
  row: z.object({ id: z.string().nullable() }),
  text: `
    select trans_hub.append_to_inbox(case when ${STANDING} then $1::jsonb end, $2::jsonb)::text as id
    from ${carrying(3)}`,
});

/**
 * The rows of the inbox that are registered together next: the oldest row that was due at the time $4 (null: now), and the
 * rows after it with the same defaults, up to $1 rows, $2 items and $3 bytes. `at` is that time.
 */
export const listInbox = statement({
  name: "register.list_inbox",
  row: z.object({ id: z.string(), at: z.string() }),
  text: `
    select due.id::text, coalesce($4::timestamptz, now())::text as at
    from (
      select
        i.id,
        row_number() over earlier as place,
        sum(i.item_count) over earlier as items,
        sum(pg_column_size(i.items)) over earlier as bytes
      from (
        select i.* from trans_hub.inbox as i
        where i.refused is null and i.run_at <= coalesce($4::timestamptz, now())
        order by i.id
        limit $1
      ) as i
      where i.defaults = (
        select first.defaults from trans_hub.inbox as first
        where first.refused is null and first.run_at <= coalesce($4::timestamptz, now())
        order by first.id
        limit 1
      )
      window earlier as (order by i.id)
    ) as due
    where due.place = 1 or (due.items <= $2 and due.bytes <= $3)
    order by due.id`,
});

/** The time until the first row is due that was put off. Null: no row is due within a minute. */
export const nextInboxRow = statement({
  name: "register.next_inbox_row",
  row: z.object({ due_in_ms: z.number().nullable() }),
  text: `
    select (extract(epoch from min(i.run_at) - clock_timestamp()) * 1000)::float8 as due_in_ms
    from trans_hub.inbox as i
    where i.refused is null and i.run_at < now() + interval '1 minute'`,
});

const Refused = z.array(z.object({ id: z.int(), code: z.string() }));

/** Registers these rows of the inbox: the number of rows that it took, and the items that it refused and kept. */
export const registerInboxRows = statement({
  name: "register.inbox_rows",
  row: z.object({ taken: z.int(), refused: Refused }),
  text: `select r.count as taken, r.refused from trans_hub.register_inbox($1::bigint[]) as r`,
});

/**
 * Puts off rows, cut in halves. A row of one item is put off for good where $2 gives the SQLSTATE that refuses it; then it is
 * among `refused`. $3: the rows are behind a lock of another session, so the next try comes soon.
 */
export const putOffInboxRows = statement({
  name: "register.put_off_inbox",
  row: z.object({ refused: Refused }),
  text: `select trans_hub.put_off_inbox(id, $2::text, $3::boolean) as refused from unnest($1::bigint[]) as id`,
});
