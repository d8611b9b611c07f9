/** Statements that read translations. */
import { z } from "zod";
import { whole } from "../database/array-literal.ts";
import { statement } from "../database/statement.ts";

export const STATUS = z.enum(["pending", "translated", "failed", "approved"]);

/** The columns of a `Translation` that do not name it. */
const STATE = {
  /** Null: none. */
  business_ids: z.array(z.string()).nullable(),
  status: STATUS,
  text: z.string().nullable(),
  engine: z.string().nullable(),
  model: z.string().nullable(),
  /** Null: none. */
  flags: z.array(z.string()).nullable(),
  revision: z.int(),
  error_code: z.string().nullable(),
  error_message: z.string().nullable(),
};

const SOURCE = { source_locale: z.string(), source_text: z.string(), canonical: z.string().nullable() };

/** A row of `translation` with every column that a `Translation` has. */
const TranslationRow = z.object({
  content_no: z.string(),
  context_no: z.int(),
  project: z.string(),
  target_locale: z.string(),
  ...SOURCE,
  ...STATE,
});
export type TranslationRow = z.infer<typeof TranslationRow>;
export type ReadRow = z.infer<typeof readByText.row>;

/*
 * Applications read through functions (migrations/functions/read), because their role may read no table. Every look-up, there
 * and below, is a lateral subquery, and "offset 0" keeps the planner from making it a join: as joins, whole tables were read
 * until they were first analyzed, which is every first import (185 s for 1,000 reads among 100,000 rows, against 0.1).
 */

/** The columns of a `TranslationRow`, from translation as t, content as c, context as x. */
const COLUMNS = `
  t.content_no::text, t.context_no, t.project, c.source_locale, t.target_locale, c.text as source_text, x.canonical,
  array(
    select s.business_id from trans_hub.source as s
    where s.content_no = t.content_no and s.context_no = t.context_no and s.project = t.project and s.business_id <> ''
    order by s.business_id
  ) as business_ids,
  t.status::text, t.text, t.engine, t.model, t.quality_flags as flags, t.revision,
  d.code as error_code, d.message as error_message`;

/** Content and context, from translation as t. */
const TEXTS = `
  cross join lateral (select c.* from trans_hub.content as c where c.content_no = t.content_no offset 0) as c
  left join lateral (select x.* from trans_hub.context as x where x.context_no = t.context_no offset 0) as x on true`;

const DEAD_LETTER = `
  left join lateral (
    select d.code, d.message
    from (
      select d.* from trans_hub.dead_letter as d
      where d.content_no = t.content_no and d.target_locale = t.target_locale and d.context_no = t.context_no
        and d.project = t.project
      order by d.revision desc
      offset 0
    ) as d
    where d.replayed_at is null
    order by d.revision desc
    limit 1
  ) as d on true`;

/** A column of the references by text; see `column`. */
const ofTexts = (parameter: number) => whole(parameter, "text", "$4::text[]");

/** Rows named by their text. `ord` is the number of the reference that a row answers. The database makes the identity. */
export const readByText = statement({
  name: "translation.read_by_text",
  row: z.object({ ord: z.int(), ...STATE }),
  text: `
    select * from trans_hub.read_by_text(
      ${ofTexts(1)}, ${ofTexts(2)}, ${ofTexts(3)}, $4::text[], ${ofTexts(5)}, ${ofTexts(6)}
    )`,
});

/** Rows named by a business id. It stands for the text that was last seen under it. */
export const readByBusinessId = statement({
  name: "translation.read_by_business_id",
  row: z.object({ ord: z.int(), ...SOURCE, ...STATE }),
  text: `
    select * from trans_hub.read_by_business_id(
      ${whole(1, "text", "$3::text[]")}, ${whole(2, "text", "$3::text[]")}, $3::text[]
    )`,
});

export const readByKey = statement({
  name: "translation.read_by_key",
  row: TranslationRow,
  text: `
    select ${COLUMNS}
    from unnest($1::bigint[], $2::text[], $3::int[], $4::text[])
      with ordinality as r (content_no, target_locale, context_no, project, ord)
    cross join lateral (
      select t.* from trans_hub.translation as t
      where t.content_no = r.content_no
        and t.target_locale = r.target_locale
        and t.context_no = r.context_no
        and t.project = r.project
      offset 0
    ) as t
    ${TEXTS}
    ${DEAD_LETTER}
    order by r.ord`,
});

/** A page in the order of the key, after ($5, $6). */
export const listTranslations = statement({
  name: "translation.list",
  row: TranslationRow,
  text: `
    select ${COLUMNS}
    from trans_hub.translation as t
    ${TEXTS}
    ${DEAD_LETTER}
    where t.project = $1
      and t.target_locale = $2
      and ($3::text is null or t.status = $3::trans_hub.translation_status)
      and ($4::text is null or exists (
        select from trans_hub.source as s
        where s.content_no = t.content_no and s.context_no = t.context_no and s.project = t.project
          and starts_with(s.business_id, $4)
        -- Without it all ids of all projects would be read for each page.
        offset 0
      ))
      and (t.content_no, t.context_no) > ($5::bigint, $6::int)
    order by t.content_no, t.context_no
    limit $7`,
});

export const touchSources = statement({
  name: "translation.touch",
  row: z.object({}),
  text: `
    select trans_hub.touch(
      $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], make_interval(secs => $7::float8))`,
});
