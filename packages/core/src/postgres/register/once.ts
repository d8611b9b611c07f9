/** Requests that run once for a key. */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { OnceBegun, OnceKey } from "../../contract/once.ts";
import type { Database } from "../database/statement.ts";
import { rows, run, statement } from "../database/statement.ts";

/**
 * One row a key. A request whose process died leaves a row without an answer: after five minutes the key is free for the same
 * body. Rows go after a day, some with each new one.
 */
const begin = statement({
  name: "once.begin",
  row: z.object({ is_mine: z.boolean(), is_same: z.boolean().nullable(), answer: z.unknown() }),
  text: `
    with expired as (
      delete from trans_hub.request_key where key_hash = any (array(
        select k.key_hash from trans_hub.request_key as k
        where k.began_at < now() - interval '1 day' and k.key_hash <> $1
        order by k.began_at
        limit 100
        for update skip locked
      ))
    ), mine as (
      insert into trans_hub.request_key as k (key_hash, body_hash) values ($1, $2)
      on conflict (key_hash) do update set body_hash = excluded.body_hash, answer = null, began_at = now()
      where k.began_at < now() - interval '1 day'
        or k.answer is null and k.body_hash = excluded.body_hash and k.began_at < now() - interval '5 minutes'
      returning true
    )
    select exists (select from mine) as is_mine, k.body_hash = $2 as is_same, k.answer
    from (select) as one
    left join trans_hub.request_key as k on k.key_hash = $1`,
});

const end = statement({
  name: "once.end",
  row: z.object({}),
  text: "update trans_hub.request_key set answer = $3::jsonb where key_hash = $1 and body_hash = $2",
});

const giveUp = statement({
  name: "once.give_up",
  row: z.object({}),
  text: "delete from trans_hub.request_key where key_hash = $1 and body_hash = $2 and answer is null",
});

export async function beginOnce(db: Database, key: OnceKey): Promise<OnceBegun> {
  const [found] = await rows(db, begin, hashesOf(key));
  if (found === undefined || found.is_mine) return { kind: "begun" };
  if (found.is_same === false) return { kind: "other" };
  // Null: another session made the row after this statement began.
  if (found.answer === null || found.answer === undefined) return { kind: "running" };
  return { kind: "done", answer: found.answer };
}

export async function endOnce(db: Database, key: OnceKey, answer: unknown): Promise<void> {
  const hashes = hashesOf(key);
  if (answer === undefined) await run(db, giveUp, hashes);
  else await run(db, end, [...hashes, JSON.stringify(answer)]);
}

/** The body is hashed with the key, which is not stored: so the hash confirms no guess of a text. */
function hashesOf({ owner, key, body }: OnceKey): Buffer[] {
  const hash = (...parts: string[]) => createHash("sha256").update(JSON.stringify(parts)).digest();
  return [hash("key", owner, key), hash("body", owner, key, body)];
}
