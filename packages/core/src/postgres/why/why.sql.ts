/** The statement that reads the facts of one translation beside its text. */
import { z } from "zod";
import { TEXT_FORMATS } from "../../contract/engine.ts";
import { Attempt } from "../control/dead-letter.sql.ts";
import { statement } from "../database/statement.ts";

const Time = z.coerce.date();

/**
 * The facts of the row $1 to $4. A pending text is looked for in the batches of its project and locale, which takes as long as they
 * are many: a person asks.
 */
export const readFacts = statement({
  name: "translation.why",
  row: z.object({
    format: z.enum(TEXT_FORMATS),
    priority: z.literal([-1, 0, 1]),
    approved_by: z.string().nullable(),
    updated_at: z.date(),
    expires_at: z.date().nullable(),
    uses: z
      .array(
        z.object({
          businessId: z.string(),
          isCurrent: z.boolean(),
          lastSeenAt: Time,
          hint: z.record(z.string(), z.union([z.string(), z.number()])).nullable(),
        }),
      )
      .nullable(),
    failure: z
      .object({
        id: z.string(),
        code: z.string(),
        message: z.string(),
        engine: z.string().nullable(),
        failedAt: Time,
        attempts: z.array(Attempt),
      })
      .nullable(),
    work: z
      .object({
        isRunning: z.boolean(),
        attempt: z.int(),
        since: Time,
        notBefore: Time,
        waitsFor: z.enum(["pause", "budget", "price"]).nullable(),
        isPostponed: z.boolean(),
        tag: z.string().nullable(),
      })
      .nullable(),
  }),
  text: `
    select coalesce(x.format, 'auto') as format, t.priority, t.approved_by, t.updated_at, t.expires_at, u.uses, d.failure, b.work
    from trans_hub.translation as t
    left join lateral (
      select x.format from trans_hub.context as x where x.context_no = t.context_no offset 0
    ) as x on true
    cross join lateral (
      select jsonb_agg(
        jsonb_build_object(
          'businessId', s.business_id, 'lastSeenAt', s.last_seen_at, 'hint', nullif(h.hint, '{}'),
          'isCurrent', s.business_id = '' or not exists (
            select from trans_hub.source as y
            where y.project = s.project and y.business_id = s.business_id
              and (y.last_seen_at, y.content_no) > (s.last_seen_at, s.content_no)
          )
        )
        order by s.business_id
      ) as uses
      from (
        select s.* from trans_hub.source as s
        where s.content_no = t.content_no and s.context_no = t.context_no and s.project = t.project
        order by s.business_id
        limit 1000
      ) as s
      left join lateral (
        select h.hint from trans_hub.hint as h
        where h.content_no = s.content_no and h.context_no = s.context_no and h.project = s.project
          and h.business_id = s.business_id
        offset 0
      ) as h on true
    ) as u
    left join lateral (
      select jsonb_build_object(
        'id', d.id::text, 'code', d.code, 'message', d.message, 'engine', d.engine, 'failedAt', d.failed_at, 'attempts', d.history
      ) as failure
      from trans_hub.dead_letter as d
      where d.content_no = t.content_no and d.target_locale = t.target_locale and d.context_no = t.context_no
        and d.project = t.project and d.revision = t.revision and d.replayed_at is null
      offset 0
    ) as d on true
    left join lateral (
      select jsonb_build_object(
        'isRunning', b.started_by is not null, 'attempt', b.attempt, 'since', b.created_at, 'notBefore', b.run_at,
        'waitsFor', b.waits_for, 'isPostponed', b.is_postponed, 'tag', b.tag
      ) as work
      from trans_hub.batch as b
      where t.status = 'pending' and b.project = t.project and b.target_locale = t.target_locale
        and b.content_nos @> array[t.content_no]
        and exists (
          select from unnest(b.content_nos, b.context_nos, b.revisions) as i (content_no, context_no, revision)
          where i.content_no = t.content_no and i.context_no = t.context_no and i.revision = t.revision
        )
      limit 1
    ) as b on true
    where t.content_no = $1 and t.target_locale = $2 and t.context_no = $3 and t.project = $4`,
});
