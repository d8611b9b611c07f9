/**
 * Requests that run once for a key.
 *
 *     begin ─▶ lock of the key ─▶ is there an answer? ─▶ register … ─▶ answer ─▶ commit
 *
 * The answer is written by the transaction that registers. So there is no time at which one is durable and the other is not: a caller
 * that does not know whether its request was committed sends it again, and gets the answer or a first run.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { OnceEnd, OnceKey } from "../../contract/once.ts";
import type { Database } from "../database/statement.ts";
import { rows, run, statement } from "../database/statement.ts";

/** Free again with the end of the transaction, whichever end that is. */
const lock = statement({
  name: "once.lock",
  row: z.object({ is_mine: z.boolean() }),
  text: "select pg_try_advisory_xact_lock($1::bigint) as is_mine",
});

/** A statement after the lock: its snapshot has what the holder before committed. */
const find = statement({
  name: "once.find",
  row: z.object({ is_same: z.boolean(), answer: z.unknown() }),
  text: `
    select k.body_hash = $2 as is_same, k.answer
    from trans_hub.request_key as k
    where k.key_hash = $1 and k.began_at > now() - interval '1 day'`,
});

/** Rows go after a day, some with each new one. */
const note = statement({
  name: "once.note",
  row: z.object({}),
  text: `
    with expired as (
      delete from trans_hub.request_key where key_hash = any (array(
        select k.key_hash from trans_hub.request_key as k
        where k.began_at < now() - interval '1 day' and k.key_hash <> $1
        order by k.began_at
        limit 100
        for update skip locked
      ))
    )
    insert into trans_hub.request_key (key_hash, body_hash, answer) values ($1, $2, $3::jsonb)
    on conflict (key_hash) do update set body_hash = excluded.body_hash, answer = excluded.answer, began_at = now()`,
});

/** Runs `act` within the transaction `db`, unless a request with the key has run. Its answer must be JSON. */
export async function runOnce(db: Database, key: OnceKey, act: () => Promise<unknown>): Promise<OnceEnd<unknown>> {
  const [keyHash, bodyHash] = hashesOf(key);
  const [held] = await rows(db, lock, [keyHash.readBigInt64BE().toString()]);
  if (held?.is_mine !== true) return { kind: "running" };
  const [found] = await rows(db, find, [keyHash, bodyHash]);
  if (found !== undefined) return found.is_same ? { kind: "done", answer: found.answer } : { kind: "other" };
  const answer = await act();
  await run(db, note, [keyHash, bodyHash, JSON.stringify(answer)]);
  return { kind: "done", answer };
}

/** The body is hashed with the key, which is not stored: so the hash confirms no guess of a text. */
function hashesOf({ owner, key, body }: OnceKey): [Buffer, Buffer] {
  const hash = (...parts: string[]) => createHash("sha256").update(JSON.stringify(parts)).digest();
  return [hash("key", owner, key), hash("body", owner, key, body)];
}
