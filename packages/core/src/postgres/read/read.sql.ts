/** Statements that read translations. */
import { z } from "zod";
import { MAX_STORED_TEXT_BYTES } from "../../contract/text-size.ts";
import { statement, whole } from "../database/statement.ts";

export const STATUS = z.enum(["pending", "translated", "failed", "approved"]);

/** The columns of a `Translation` that do not name it. */
const STATE = {
  id: z.string(),
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

/** Reads by a name know the inbox too, whose items have no id yet. */
const NAMED_STATE = { ...STATE, id: STATE.id.nullable(), status: z.enum([...STATUS.options, "queued"]) };

const SOURCE = { source_locale: z.string(), source_text: z.string(), canonical: z.string().nullable() };

/** A row of `translation` with every column that a `Translation` has. */
const TranslationRow = z.object({
  content_no: z.string(),
  context_no: z.coerce.number(),
  project: z.string(),
  target_locale: z.string(),
  ...SOURCE,
  ...STATE,
});
export type TranslationRow = z.infer<typeof TranslationRow>;
export type ReadRow = z.infer<typeof readByText.row>;

/*
 * Applications read by functions (migrations/functions/read), because their role has no right on any table. Look-ups are
 * pinned, there and below: migrations/functions/README.md says why.
 */

/** A source text, or '' where it is over the greatest size: no text is empty. Asking for the size reads no text. */
export const shownText = (text: string) =>
  `case when octet_length(${text}) <= ${MAX_STORED_TEXT_BYTES} then ${text} else '' end`;

/**
 * Bytes of texts in one page of a list. A page ends before the row that would exceed it, and holds one row at least.
 */
export const PAGE_BYTES = 32 * 2 ** 20;

/** The columns of a `TranslationRow`, from its state as t, content as c and context as x; `key` has the key of the row. */
const columns = (key: string) => `
  ${key}.content_no::text, ${key}.context_no, ${key}.project, c.source_locale, ${key}.target_locale,
  ${shownText("c.text")} as source_text, x.canonical, t.*`;

/** Content and context of the row at `key`. */
const textsOf = (key: string) => `
  cross join lateral (select c.* from trans_hub.content as c where c.content_no = ${key}.content_no offset 0) as c
  left join lateral (select x.* from trans_hub.context as x where x.context_no = ${key}.context_no offset 0) as x on true`;

/** A column of the references by text; see `column`. */
const ofTexts = (parameter: number) => whole(parameter, "text", "$4::text[]");

/** Rows named by their text. `ord` is the number of the reference that a row answers. The database makes the identity. */
export const readByText = statement({
  name: "translation.read_by_text",
  row: z.object({ ord: z.int(), ...NAMED_STATE }),
  text: `
    select * from trans_hub.read_by_text(
      ${ofTexts(1)}, ${ofTexts(2)}, ${ofTexts(3)}, $4::text[], ${ofTexts(5)}, ${ofTexts(6)}
    )`,
});

/** Rows named by a business id. It stands for the text that was last seen under it. */
export const readByBusinessId = statement({
  name: "translation.read_by_business_id",
  row: z.object({ ord: z.int(), ...SOURCE, ...NAMED_STATE }),
  text: `
    select * from trans_hub.read_by_business_id(
      ${whole(1, "text", "$3::text[]")}, ${whole(2, "text", "$3::text[]")}, $3::text[]
    )`,
});

/** Texts that business ids stood for before; see trans_hub.read_outdated. */
export const readOutdatedTexts = statement({
  name: "translation.read_outdated",
  row: z.object({
    ord: z.int(),
    text: z.string(),
    engine: z.string().nullable(),
    model: z.string().nullable(),
    flags: z.array(z.string()).nullable(),
  }),
  text: "select * from trans_hub.read_outdated($1::text[], $2::text[], $3::text[], $4::boolean)",
});

export const readByKey = statement({
  name: "translation.read_by_key",
  row: TranslationRow,
  text: `
    select ${columns("r")}
    from unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[])
      with ordinality as r (content_no, target_locale, context_no, project, ord)
    cross join lateral trans_hub.stored_text(r.content_no, r.target_locale, r.context_no, r.project) as t
    ${textsOf("r")}
    order by r.ord`,
});

/** The rows of a page, before they are read: numbering needs all of them, so the limit stands here. */
const PAGE_KEYS = `
    select k.*
    from trans_hub.translation as k
    where k.project = $1
      and k.target_locale = $2
      and ($3::text is null or k.status = $3::trans_hub.translation_status)
      and ($4::text is null or exists (
        select from trans_hub.source as s
        where s.content_no = k.content_no and s.context_no = k.context_no and s.project = k.project
          and starts_with(s.business_id, $4)
        -- Pinned: as a join it reads all ids of all projects for each page.
        offset 0
      ))
      and ($8::text is null or $8 = any (k.quality_flags))
      and (k.content_no, k.context_no) > ($5::bigint, $6::bigint)
    order by k.content_no, k.context_no
    limit $7`;

/** The columns of a row that a left join may leave out. */
function nullable<Shape extends z.ZodRawShape>(
  shape: Shape,
): { [Name in keyof Shape]: z.ZodNullable<Shape[Name] & z.ZodType> } {
  return Object.fromEntries(
    Object.entries(shape).map(([name, column]) => [name, z.nullable(column as z.ZodType)]),
  ) as never;
}

/** A page in the order of the key, after ($5, $6). */
export const listTranslations = statement({
  name: "translation.list",
  row: TranslationRow.extend({ page_rows: z.coerce.number() }),
  text: `
    select p.*
    from (
      select
        ${columns("k")}, count(*) over () as page_rows,
        sum(octet_length(c.text)::bigint + coalesce(octet_length(k.text), 0)) over page as bytes_so_far,
        row_number() over page as ord
      from (${PAGE_KEYS}) as k
      cross join lateral trans_hub.row_state(row(k.*)::trans_hub.translation) as t
      ${textsOf("k")}
      window page as (order by k.content_no, k.context_no rows unbounded preceding)
    ) as p
    where p.bytes_so_far <= ${PAGE_BYTES} or p.ord = 1
    order by p.ord`,
});

/** A page of an export, after the business id $5; see trans_hub.export_texts. */
export const exportTexts = statement({
  name: "translation.export",
  row: z.object({
    business_id: z.string(),
    content_no: z.string(),
    context_no: z.coerce.number(),
    text: z.string().nullable(),
    is_known: z.boolean(),
    is_due: z.boolean(),
    key_text: z.string().nullable(),
    page_rows: z.coerce.number(),
  }),
  text: `
    select e.business_id, e.content_no::text, e.context_no, e.text, e.is_known, e.is_due, e.key_text, e.page_rows
    from trans_hub.export_texts($1::text, $2::text[], $3::text, $4::boolean, $5::text, $6::integer) as e`,
});

/**
 * The most uses that one page looks at. Each costs up to four look-ups, so a page reads some 20,000 rows, however large the
 * table and rare the hits.
 */
export const LOOKS = 5_000;

/**
 * The translations of a bounded number of uses. `translation` has no index by project or status, on purpose; its key begins
 * with the content. So the pages go along `source`, whose key begins with the project, and look the rows up by their keys.
 * Each answer has the end of the uses that were looked at, also where nothing was found.
 */
export const listForReview = statement({
  name: "translation.search",
  row: z.object({
    ...nullable(TranslationRow.shape),
    at_business_id: z.string().nullable(),
    hits: z.int(),
    looked_at: z.coerce.number(),
    end_business_id: z.string().nullable(),
    end_content_no: z.string().nullable(),
    end_context_no: z.string().nullable(),
  }),
  text: `
    select p.*, u.looked_at, cardinality(u.content_nos) as hits, u.ended_business_id as end_business_id,
      u.ended_content_no::text as end_content_no, u.ended_context_no::text as end_context_no
    from trans_hub.search_uses($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) as u
    left join lateral (
      select r.*
      from (
        select
          ${columns("k")}, h.at_business_id,
          sum(octet_length(c.text)::bigint + coalesce(octet_length(k.text), 0)) over page as bytes_so_far,
          row_number() over page as ord
        from unnest(u.business_ids, u.content_nos, u.context_nos)
          with ordinality as h (at_business_id, content_no, context_no, place)
        cross join lateral (
          select k.* from trans_hub.translation as k
          where k.content_no = h.content_no and k.target_locale = $2 and k.context_no = h.context_no and k.project = $1
          offset 0
        ) as k
        cross join lateral trans_hub.row_state(row(k.*)::trans_hub.translation) as t
        ${textsOf("k")}
        window page as (order by h.place rows unbounded preceding)
      ) as r
      where r.bytes_so_far <= ${PAGE_BYTES} or r.ord = 1
    ) as p on true
    order by p.ord`,
});

export const touchSources = statement({
  name: "translation.touch",
  row: z.object({}),
  text: `
    select trans_hub.touch(
      $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], make_interval(secs => $7::float8))`,
});

/** Notes the uses of an export; see trans_hub.touch_uses. */
export const touchUses = statement({
  name: "translation.touch_uses",
  row: z.object({}),
  text: "select trans_hub.touch_uses($1::text, $2::text[], $3::bigint[], $4::bigint[])",
});
