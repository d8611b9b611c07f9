/** Statements over glossaries, styles and stale marks. */
import { z } from "zod";
import { FORMALITIES, TERM_KINDS, TEXT_FORMATS } from "../../contract/engine.ts";
import { TERM_CASES } from "../../contract/glossary.ts";
import { PATIENT, statement } from "../database/statement.ts";

const Time = z.string().transform((text) => new Date(text));
const Targets = z.record(z.string(), z.object({ as: z.string(), forms: z.array(z.string()) }));

const Term = z.object({
  sourceLocale: z.string(),
  term: z.string(),
  kind: z.enum(TERM_KINDS),
  case: z.enum(TERM_CASES),
  note: z.string().nullable(),
  forms: z.array(z.string()),
  targets: Targets,
  revision: z.int(),
  by: z.string().nullable(),
  at: Time,
});

const StyleRow = z.object({
  targetLocale: z.string().transform((locale) => (locale === "" ? null : locale)),
  instructions: z.string().nullable(),
  formality: z.enum(FORMALITIES).nullable(),
  also: z.string().nullable(),
  revision: z.int(),
  by: z.string().nullable(),
  at: Time,
});

/** All of a project at one moment. No row: it never had a term or a style. */
export const loadGlossary = statement({
  name: "glossary.load",
  row: z.object({ revision: z.int(), terms: z.array(Term).nullable(), styles: z.array(StyleRow).nullable() }),
  text: `
    select
      g.revision,
      (
        select json_agg(json_build_object(
          'sourceLocale', t.source_locale, 'term', t.term, 'kind', t.kind, 'case', t.letter_case, 'note', t.note,
          'forms', t.forms, 'targets', t.targets, 'revision', t.revision, 'by', t.set_by, 'at', t.set_at
        ))
        from trans_hub.glossary_term as t
        where t.project = g.project
      ) as terms,
      (
        select json_agg(json_build_object(
          'targetLocale', s.target_locale, 'instructions', s.instructions, 'formality', s.formality, 'also', s.also,
          'revision', s.revision, 'by', s.set_by, 'at', s.set_at
        ) order by s.target_locale)
        from trans_hub.style as s
        where s.project = g.project
      ) as styles
    from trans_hub.glossary_state as g
    where g.project = $1`,
});

/** Makes the row that edits of a project lock. */
export const openGlossary = statement({
  name: "glossary.open",
  row: z.object({}),
  text: "insert into trans_hub.glossary_state (project) values ($1) on conflict (project) do nothing",
});

export const lockGlossary = statement({
  name: "glossary.lock",
  row: z.object({ revision: z.int(), now: z.date() }),
  text: "select g.revision, now() from trans_hub.glossary_state as g where g.project = $1 for update",
});

/** Takes the project, and its terms before and after, as a list of {sourceLocale, term, kind, …, before, after, targetLocales}. */
export const writeTerms = statement({
  name: "glossary.write_terms",
  row: z.object({}),
  text: `
    with change as materialized (
      select x.*
      from json_to_recordset($2::json) as x (
        "sourceLocale" text, term text, kind text, before jsonb, after jsonb, "targetLocales" text[]
      )
    ), gone as (
      delete from trans_hub.glossary_term as t
      using change as c
      where t.project = $1 and t.source_locale = c."sourceLocale" and t.term = c.term and t.kind = c.kind and c.after is null
    ), written as (
      insert into trans_hub.glossary_term as t
        (project, source_locale, term, kind, letter_case, note, forms, targets, revision, set_by)
      select
        $1, c."sourceLocale", c.term, c.kind, c.after ->> 'case', c.after ->> 'note',
        array(select jsonb_array_elements_text(c.after -> 'forms')), c.after -> 'targets', $3::int, $4::text
      from change as c
      where c.after is not null
      on conflict (project, source_locale, term, kind) do update set
        letter_case = excluded.letter_case, note = excluded.note, forms = excluded.forms, targets = excluded.targets,
        revision = excluded.revision, set_by = excluded.set_by, set_at = now()
    ), edited as (
      insert into trans_hub.glossary_edit
        (project, revision, source_locale, term, kind, before, after, target_locales, edited_by)
      select $1, $3::int, c."sourceLocale", c.term, c.kind, c.before, c.after, c."targetLocales", $4::text
      from change as c
    )
    update trans_hub.glossary_state as g set revision = $3::int where g.project = $1`,
});

/** Takes project, target locale ('': each), instructions, formality, second language, revision, name. */
export const writeStyle = statement({
  name: "glossary.write_style",
  row: z.object({}),
  text: `
    with written as (
      insert into trans_hub.style as s (project, target_locale, instructions, formality, also, revision, set_by)
      values ($1, $2, $3, $4, $5, $6::int, $7)
      on conflict (project, target_locale) do update set
        instructions = excluded.instructions, formality = excluded.formality, also = excluded.also,
        revision = excluded.revision, set_by = excluded.set_by, set_at = now()
    )
    update trans_hub.glossary_state as g set revision = $6::int where g.project = $1`,
});

export const deleteStyle = statement({
  name: "glossary.delete_style",
  row: z.object({}),
  text: `
    with gone as (
      delete from trans_hub.style as s where s.project = $1 and s.target_locale = $2 returning s.project
    )
    update trans_hub.glossary_state as g set revision = g.revision + 1
    from gone
    where g.project = gone.project
    returning g.project`,
});

/** The translations of texts into a second language, where there are any. Takes project, locale, and the keys in two arrays. */
export const readAlso = statement({
  name: "glossary.read_also",
  row: z.object({ content_no: z.string(), context_no: z.string(), text: z.string() }),
  text: `
    select t.content_no::text, t.context_no::text, t.text
    from unnest($3::bigint[], $4::bigint[]) as i (content_no, context_no)
    cross join lateral (
      select t.content_no, t.context_no, t.text
      from trans_hub.translation as t
      where t.content_no = i.content_no and t.target_locale = $2 and t.context_no = i.context_no and t.project = $1
        and t.text is not null and octet_length(t.text) <= 4096
      offset 0
    ) as t`,
});

const Edited = z.object({ case: z.enum(TERM_CASES), forms: z.array(z.string()) }).nullable();

/** The edits whose texts are not looked for yet. */
export const listEditsToMark = statement({
  name: "glossary.edits_to_mark",
  row: z.object({
    revision: z.int(),
    source_locale: z.string(),
    term: z.string(),
    before: Edited,
    after: Edited,
    target_locales: z.array(z.string()).nullable(),
    edited_at: z.string(),
  }),
  text: `
    select e.revision, e.source_locale, e.term, e.before, e.after, e.target_locales, e.edited_at::text
    from trans_hub.glossary_state as g
    join trans_hub.glossary_edit as e on e.project = g.project and e.revision > g.marked
    where g.project = $1`,
});

/** The projects with such edits, or with new styles, which mark nothing. */
export const listProjectsToMark = statement({
  name: "glossary.projects_to_mark",
  row: z.object({ project: z.string() }),
  text: "select g.project from trans_hub.glossary_state as g where g.marked < g.revision",
});

/**
 * The texts of a project among the next ones after a number. Takes project, number, and how many to look at. Texts over 64 KiB are left
 * out: a page of them could be larger than an answer of the database may be.
 */
export const pageOfTexts = statement({
  name: "glossary.page_of_texts",
  row: z.object({
    reached: z.string().nullable(),
    texts: z.array(z.tuple([z.string(), z.string(), z.string()])).nullable(),
  }),
  text: `
    with page as materialized (
      select c.content_no, c.source_locale, c.text
      from trans_hub.content as c
      where c.content_no > $2::bigint
      order by c.content_no
      limit $3
    )
    select
      max(p.content_no)::text as reached,
      json_agg(json_build_array(p.content_no::text, p.source_locale, p.text)) filter (
        where octet_length(p.text) <= 65536 and exists (
          select from trans_hub.source as s where s.content_no = p.content_no and s.project = $1 offset 0
        )
      ) as texts
    from page as p`,
});

/**
 * Takes project, and for each find: text, term, one target locale ('': each), and the time of the edit. A translation that was stored after
 * the edit is not stale: the marking may be late.
 */
export const markStale = statement({
  name: "glossary.mark_stale",
  row: z.object({}),
  text: `
    insert into trans_hub.stale_mark as m (content_no, target_locale, context_no, project, revision, reason)
    select distinct on (t.content_no, t.target_locale, t.context_no)
      t.content_no, t.target_locale, t.context_no, t.project, t.revision, i.term
    from unnest($2::bigint[], $3::text[], $4::text[], $5::timestamptz[]) as i (content_no, term, locale, edited_at)
    cross join lateral (
      select t.* from trans_hub.translation as t
      where t.content_no = i.content_no and t.project = $1
      offset 0
    ) as t
    where t.text is not null and t.status <> 'pending' and t.updated_at <= i.edited_at
      and (i.locale = '' or t.target_locale = i.locale or starts_with(t.target_locale, i.locale || '-'))
    order by t.content_no, t.target_locale, t.context_no, i.edited_at desc
    on conflict (content_no, target_locale, context_no, project) do update set
      revision = excluded.revision, reason = excluded.reason, since = excluded.since`,
});

/** Marks of rows that were translated anew, or that a person looked at, are removed. */
export const endMarking = statement({
  name: "glossary.end_marking",
  row: z.object({}),
  answerTimeoutMs: PATIENT,
  text: `
    with marked as (
      update trans_hub.glossary_state as g set marked = greatest(g.marked, $2::int) where g.project = $1
    )
    delete from trans_hub.stale_mark as m
    using trans_hub.translation as t
    where m.project = $1
      and t.content_no = m.content_no and t.target_locale = m.target_locale
      and t.context_no = m.context_no and t.project = m.project and t.revision <> m.revision`,
});

/** Takes project, locale, the key of the last row before, and how many. */
export const listStale = statement({
  name: "glossary.list_stale",
  row: z.object({
    content_no: z.string(),
    context_no: z.string(),
    reason: z.string(),
    since: z.date(),
    format: z.enum(TEXT_FORMATS).catch("auto"),
  }),
  text: `
    select m.content_no::text, m.context_no::text, m.reason, m.since, coalesce(x.format, 'auto') as format
    from trans_hub.stale_mark as m
    cross join lateral (
      select from trans_hub.translation as t
      where t.content_no = m.content_no and t.target_locale = m.target_locale
        and t.context_no = m.context_no and t.project = m.project and t.revision = m.revision
      offset 0
    ) as t
    left join trans_hub.context as x on x.context_no = m.context_no
    where m.project = $1 and m.target_locale = $2 and (m.content_no, m.context_no) > ($3::bigint, $4::bigint)
    order by m.content_no, m.context_no
    limit $5`,
});
