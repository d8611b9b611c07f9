/** Statements by which texts enter. The work is done by the SQL functions in migrations/functions/register. */
import { z } from "zod";
import { statement } from "../database/statement.ts";

/**
 * Registers items. Parameters 1 to 13 are the columns of `trans_hub.grouped_items`, 14 to 19 those of
 * `trans_hub.register_options`.
 *
 * Each array of the receipt has one entry an item, in the order of the items. A null `registered` says that this call made
 * every row of every item; any other null, that no item has a row of this kind. So the receipt of a new catalog is empty.
 */
export const registerItems = statement({
  name: "register.items",
  row: z.object({
    registered: z.array(z.int()).nullable(),
    existing: z.array(z.int()).nullable(),
    failed: z.array(z.int()).nullable(),
    refused: z.array(z.boolean()).nullable(),
  }),
  text: `
    select
      case when r.existing is not null or r.refused is not null then r.registered end as registered,
      r.existing, r.failed, r.refused
    from trans_hub.register(
      row(
        $1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::integer[], $7::integer[], $8::text[], $9::text[],
        $10::smallint[], $11::boolean[], $12::integer[], $13::text[]
      )::trans_hub.grouped_items,
      row(
        $14::integer, $15::integer, make_interval(secs => $16::float8), $17::text, $18::integer, $19::bigint
      )::trans_hub.register_options
    ) as r`,
});

/** Makes graphile-worker's tasks for locales that are new to this database. */
export const openLanes = statement({
  name: "register.open_lanes",
  row: z.object({}),
  text: "select from trans_hub.open_lanes($1::text[])",
});

/** Appends items. It takes no lock that another transaction could wait for, so it is safe inside a caller's transaction. */
export const appendToInbox = statement({
  name: "register.append_to_inbox",
  row: z.object({ id: z.string() }),
  text: `select trans_hub.append_to_inbox($1::jsonb, $2::jsonb)::text as id`,
});

/**
 * The rows of the inbox that are registered together next: the oldest due row, and the rows after it with the same
 * defaults, up to $1 rows, $2 items and $3 bytes.
 */
export const listInbox = statement({
  name: "register.list_inbox",
  row: z.object({ id: z.string() }),
  text: `
    select due.id::text
    from (
      select
        i.id,
        row_number() over earlier as place,
        sum(jsonb_array_length(i.items)) over earlier as items,
        sum(pg_column_size(i.items)) over earlier as bytes
      from (
        select i.* from trans_hub.inbox as i
        where i.refused is null and i.run_at <= now()
        order by i.id
        limit $1
      ) as i
      where i.defaults = (
        select first.defaults from trans_hub.inbox as first
        where first.refused is null and first.run_at <= now()
        order by first.id
        limit 1
      )
      window earlier as (order by i.id)
    ) as due
    where due.place = 1 or (due.items <= $2 and due.bytes <= $3)
    order by due.id`,
});

/** Registers these rows of the inbox; gives the number of rows it took. */
export const registerInboxRows = statement({
  name: "register.inbox_rows",
  row: z.object({ taken: z.int() }),
  text: `select trans_hub.register_inbox($1::bigint[]) as taken`,
});

/** Puts off a row, cut in halves. A row of one item is put off for good where $2 gives the SQLSTATE that refuses it. */
export const putOffInboxRow = statement({
  name: "register.put_off_inbox",
  row: z.object({}),
  text: `select from trans_hub.put_off_inbox($1::bigint, $2::text)`,
});
