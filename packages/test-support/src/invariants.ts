/** Rules that hold for the store's tables between any two statements, after any history. */
import { deepEqual } from "node:assert/strict";
import type pg from "pg";

/**
 * Each query finds rows that break the rule in its name. A batch may list a row that has since been forced, hastened,
 * approved or collected: such an entry is skipped when the batch is loaded.
 */
const BROKEN: Record<string, string> = {
  "a pending row is in exactly one batch at its revision": `
    select t.content_no, t.target_locale, t.context_no, t.project, t.revision, count(b.batch_id)::int as batches
    from trans_hub.translation as t
    left join (
      select b.batch_id, b.project, b.target_locale, e.content_no, e.context_no, e.revision
      from trans_hub.batch as b
      cross join lateral unnest(b.content_nos, b.context_nos, b.revisions) as e (content_no, context_no, revision)
    ) as b using (content_no, target_locale, context_no, project, revision)
    where t.status = 'pending'
    group by 1, 2, 3, 4, 5
    having count(b.batch_id) <> 1`,
  "no batch is ahead of its rows": `
    select b.batch_id, e.content_no, e.revision, t.revision as of_row
    from trans_hub.batch as b
    cross join lateral unnest(b.content_nos, b.context_nos, b.revisions) as e (content_no, context_no, revision)
    join trans_hub.translation as t
      on t.content_no = e.content_no and t.target_locale = b.target_locale
      and t.context_no = e.context_no and t.project = b.project
    where e.revision > t.revision`,
  "a batch is of one source locale": `
    select b.batch_id, c.content_no
    from trans_hub.batch as b
    cross join lateral unnest(b.content_nos) as e (content_no)
    join trans_hub.content as c using (content_no)
    where c.source_locale <> b.source_locale`,
  // A locale is opened in a transaction of its own: until then, the fleet has a job to do so.
  "a batch has one live job": `
    select b.batch_id, b.target_locale, count(j.id)::int as jobs
    from trans_hub.batch as b
    left join graphile_worker.jobs as j
      on j.key = b.batch_id::text and j.attempts < j.max_attempts
      and j.task_identifier = 'translate:' || b.target_locale
    where exists (select from trans_hub.target_locale as l where l.locale = b.target_locale)
      or not exists (select from graphile_worker.jobs as o where o.task_identifier = 'open_lanes')
    group by 1, 2
    having count(j.id) <> 1`,
  "the deltas add up to the rows": `
    select project, target_locale, status, sum(n)::int as off_by
    from (
      select project, target_locale, status, delta as n from trans_hub.count_delta where flag is null
      union all
      select project, target_locale, status, -1 from trans_hub.translation where status in ('translated', 'approved')
    ) as count
    group by 1, 2, 3
    having sum(n) <> 0`,
  "a failed row has one open dead letter": `
    select t.content_no, t.target_locale, t.revision, count(d.id)::int as letters
    from trans_hub.translation as t
    left join trans_hub.dead_letter as d
      on d.content_no = t.content_no and d.target_locale = t.target_locale and d.context_no = t.context_no
      and d.project = t.project and d.replayed_at is null and not d.kept_text
    where t.status = 'failed'
    group by t.content_no, t.target_locale, t.context_no, t.project
    having count(d.id) <> 1`,
  "an open dead letter speaks of a row as it is": `
    select d.id, d.kept_text, t.status, d.revision, t.revision as of_row, t.failed_revision
    from trans_hub.dead_letter as d
    left join trans_hub.translation as t using (content_no, target_locale, context_no, project)
    where d.replayed_at is null
      and (t.status, t.revision, t.failed_revision) is distinct from (
        (case when d.kept_text then 'translated' else 'failed' end)::trans_hub.translation_status, d.revision, d.revision
      )`,
  "nothing refers to a text or a context that is gone": `
    select 'translation' as of, t.content_no, t.context_no
    from trans_hub.translation as t
    where not exists (select from trans_hub.content as c where c.content_no = t.content_no)
      or t.context_no <> 0 and not exists (select from trans_hub.context as x where x.context_no = t.context_no)
    union all
    select 'source', s.content_no, s.context_no
    from trans_hub.source as s
    where not exists (select from trans_hub.content as c where c.content_no = s.content_no)
      or s.context_no <> 0 and not exists (select from trans_hub.context as x where x.context_no = s.context_no)`,
  "a hint belongs to a use": `
    select h.content_no, h.context_no, h.project, h.business_id
    from trans_hub.hint as h
    where not exists (
      select from trans_hub.source as s
      where s.project = h.project and s.business_id = h.business_id
        and s.content_no = h.content_no and s.context_no = h.context_no
    )`,
  "a translation that no person approved has a user": `
    select t.content_no, t.target_locale, t.context_no, t.project
    from trans_hub.translation as t
    where t.status <> 'approved'
      and not exists (
        select from trans_hub.source as s
        where s.content_no = t.content_no and s.context_no = t.context_no and s.project = t.project
      )`,
  "a batch that is due at no time says what it waits for": `
    select b.batch_id from trans_hub.batch as b where b.run_at = 'infinity' and b.waits_for is null`,
  "a job says nothing but which batch": `
    select j.identifier, p.payload
    from graphile_worker._private_jobs as p
    join graphile_worker._private_tasks as j on j.id = p.task_id
    where j.identifier like 'translate:%'
      and (select array_agg(k) from json_object_keys(p.payload) as k) <> array['batch']`,
};

/** The broken rules, each with some of its rows. Reads one snapshot, so others may write meanwhile. */
export async function brokenInvariants(db: pg.Pool): Promise<Record<string, unknown[]>> {
  const client = await db.connect();
  try {
    await client.query("begin isolation level repeatable read read only");
    const broken: Record<string, unknown[]> = {};
    for (const [rule, query] of Object.entries(BROKEN)) {
      const { rows } = await client.query<Record<string, unknown>>(`${query} limit 5`);
      if (rows.length > 0) broken[rule] = rows;
    }
    return broken;
  } finally {
    await client.query("rollback");
    client.release();
  }
}

export async function expectInvariants(db: pg.Pool): Promise<void> {
  deepEqual(await brokenInvariants(db), {});
}
