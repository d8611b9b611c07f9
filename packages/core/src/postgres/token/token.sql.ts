/** Statements over the tokens of the HTTP API. No statement has a token as its value, only hashes, so that no log of the server has one. */
import { z } from "zod";
import { TOKEN_SCOPES, type TokenScope } from "../../contract/token.ts";
import { statement } from "../database/statement.ts";

const known: ReadonlySet<string> = new Set(TOKEN_SCOPES);

const Token = z.object({
  id: z.string(),
  projects: z.array(z.string()).nullable(),
  // A later release may know scopes that mean nothing here.
  scopes: z.array(z.string()).transform((scopes) => scopes.filter((each): each is TokenScope => known.has(each))),
  locales: z.array(z.string()).nullable(),
  label: z.string().nullable(),
  created_at: z.date(),
  expires_at: z.date().nullable(),
  revoked_at: z.date().nullable(),
  last_used_on: z.string().nullable(),
});
export type TokenRow = z.output<typeof Token>;

const COLUMNS = `
      t.id, t.projects, t.scopes, t.locales, t.label, t.created_at, t.expires_at, t.revoked_at, t.last_used_on::text`;

/** Takes id, hash in hexadecimal, projects (null: all), scopes, locales (null: all), label, and seconds until its end (null: never). */
export const createToken = statement({
  name: "token.create",
  row: Token,
  text: `
    insert into trans_hub.api_token as t (id, sha256, projects, scopes, locales, label, expires_at)
    values ($1, decode($2, 'hex'), $3::text[], $4::text[], $5::text[], $6, now() + make_interval(secs => $7::double precision))
    returning ${COLUMNS}`,
});

export const listTokens = statement({
  name: "token.list",
  row: Token,
  text: `
    select ${COLUMNS}
    from trans_hub.api_token as t
    order by t.created_at desc, t.id`,
});

export const revokeToken = statement({
  name: "token.revoke",
  row: z.object({}),
  text: "update trans_hub.api_token as t set revoked_at = coalesce(t.revoked_at, now()) where t.id = $1 returning t.id",
});

export const findToken = statement({
  name: "token.find",
  row: Token.extend({ sha256: z.string(), ends_in_ms: z.coerce.number().nullable() }),
  text: `
    select ${COLUMNS}, encode(t.sha256, 'hex') as sha256, extract(epoch from t.expires_at - now()) * 1000 as ends_in_ms
    from trans_hub.api_token as t
    where t.id = $1`,
});

export const noteTokenUse = statement({
  name: "token.note_use",
  row: z.object({}),
  text: `
    update trans_hub.api_token as t
    set last_used_on = (now() at time zone 'UTC')::date
    where t.id = $1 and t.last_used_on is distinct from (now() at time zone 'UTC')::date`,
});

export const hasAnyToken = statement({
  name: "token.has_any",
  row: z.object({ has_any: z.boolean() }),
  text: "select exists (select from trans_hub.api_token) as has_any",
});
