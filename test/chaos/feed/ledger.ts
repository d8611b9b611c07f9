/** The ledger of committed changes: a trigger that notes each change of a row in the transaction that makes it. */
import type pg from "pg";
import { type Change, type FeedEvidence, keyOf } from "./oracle.ts";

/** Changes that are no event: rows that begin to wait, or wait with another revision. */
export const LEDGER = `
  create schema if not exists chaos;
  create table chaos.change (
    content_no bigint, context_no bigint, target_locale text, project text, revision int, kind text,
    xid bigint default pg_current_xact_id()::text::bigint
  );
  create function chaos.note_change() returns trigger language plpgsql security definer as $$
  declare
    kind text;
  begin
    if tg_op = 'DELETE' then
      insert into chaos.change values (old.content_no, old.context_no, old.target_locale, old.project, old.revision, 'collected');
      return null;
    end if;
    if new.status = 'pending' then
      return null;
    end if;
    kind := new.status;
    if tg_op = 'UPDATE' and old.status = 'pending' and new.status = 'translated' then
      if new.failed_revision is distinct from old.failed_revision then
        kind := 'failed';
      elsif new.revision > old.revision and new.engine is distinct from 'human' then
        kind := 'cancelled';
      end if;
    end if;
    insert into chaos.change values (new.content_no, new.context_no, new.target_locale, new.project, new.revision, kind);
    return null;
  end $$;
  create trigger note_change after insert or update or delete on trans_hub.translation for each row
    execute function chaos.note_change();
`;

/** The changes, those owed to a feed that was open before transactions from `openXid` on. */
export async function readChanges(db: pg.Pool, openXid: string): Promise<Change[]> {
  const { rows } = await db.query<{
    project: string;
    locale: string;
    id: string;
    revision: number;
    kind: string;
    owed: boolean;
  }>(
    `select project, target_locale as locale, content_no || '-' || context_no as id, revision, kind, xid >= $1::bigint as owed
     from chaos.change`,
    [openXid],
  );
  return rows.map(({ project, locale, id, revision, kind, owed }) => ({
    key: keyOf(project, locale, id),
    revision,
    kind,
    isOwed: owed,
  }));
}

/** The first transaction that begins after this call. */
export async function nextXid(db: pg.Pool): Promise<string> {
  const { rows } = await db.query<{ xid: string }>("select pg_snapshot_xmax(pg_current_snapshot())::text as xid");
  return rows[0]?.xid ?? "0";
}

export async function readRows(db: pg.Pool): Promise<FeedEvidence["rows"]> {
  const { rows } = await db.query<{ project: string; locale: string; id: string; status: string; revision: number }>(
    `select project, target_locale as locale, content_no || '-' || context_no as id, status::text, revision
     from trans_hub.translation`,
  );
  return new Map(rows.map(({ project, locale, id, ...row }) => [keyOf(project, locale, id), row]));
}
