/** Statements by which texts enter. The work itself is in the SQL functions (migrations/0003, 0004). */
import { z } from "zod";
import { statement } from "../database/statement.ts";

/** Registers items given as parallel arrays. The arrays of the receipt are in the order of the items. */
export const registerItems = statement({
  name: "register.items",
  row: z.object({
    registered: z.array(z.int()),
    existing: z.array(z.int()),
    failed: z.array(z.int()),
  }),
  text: `
    select registered, existing, failed
    from trans_hub.register(
      $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::boolean[], $8::smallint[], $9::boolean[],
      $10::integer[], $11::text[], $12::integer, $13::integer, make_interval(secs => $14::float8), $15::text, $16::integer)`,
});

/** Appends items; takes no lock anybody could wait for, so it is safe inside a caller's transaction. */
export const appendToInbox = statement({
  name: "register.append_to_inbox",
  row: z.object({ id: z.string() }),
  text: `select trans_hub.append_to_inbox($1::jsonb, $2::jsonb)::text as id`,
});

/** The oldest rows of the inbox. */
export const listInbox = statement({
  name: "register.list_inbox",
  row: z.object({ id: z.string() }),
  text: `select i.id::text from trans_hub.inbox as i order by i.id limit $1`,
});

/** Registers these rows of the inbox; gives how many it took. */
export const registerInboxRows = statement({
  name: "register.inbox_rows",
  row: z.object({ taken: z.int() }),
  text: `select trans_hub.register_inbox($1::bigint[]) as taken`,
});
