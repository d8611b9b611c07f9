/** Statements of the translation memory. The work itself is in the functions of migrations/functions/memory. */
import { z } from "zod";
import { PATIENT, statement } from "../database/statement.ts";

const Unit = z.object({
  unit_no: z.string(),
  source: z.string(),
  source_locale: z.string(),
  target: z.string(),
  target_locale: z.string(),
  origin: z.enum(["approved", "tmx"]),
  made_by: z.string().nullable(),
  made_at: z.date(),
});

/** A stored pair as the statements give it. */
export type UnitRow = z.infer<typeof Unit>;

const UNIT = "u.unit_no::text, u.source, u.source_locale, u.target, u.target_locale, u.origin, u.made_by, u.made_at";

const PlacedUnit = Unit.extend({ place: z.int(), is_own: z.boolean() });

export type PlacedUnitRow = z.infer<typeof PlacedUnit>;

/** Takes project, target language, places and bands of the texts, and the most sources of a text. */
export const similarUnits = statement({
  name: "memory.similar",
  row: PlacedUnit,
  text: `
    select u.place, u.is_own, ${UNIT}
    from trans_hub.similar_units($1::text, $2::text, $3::int[], $4::int[], $5::int) as u`,
});

/** Takes project, target language, texts, and whether the pairs of other projects count. */
export const sameUnits = statement({
  name: "memory.same",
  row: PlacedUnit,
  text: `
    select u.place, u.is_own, ${UNIT}
    from trans_hub.same_units($1::text, $2::text, $3::text[], $4::boolean) as u`,
});

/** Stores imported pairs: project, source locale, source and its keys, target locale, target, person and time of each. */
export const importUnits = statement({
  name: "memory.import",
  row: z.object({ written: z.coerce.number() }),
  text: `
    select trans_hub.remember_units(
      $1::text[], $2::text[], $3::text[], $4::text[], $5::smallint, $6::text[], $7::text[], 'tmx', null, null, $8::text[],
      $9::timestamptz[]
    ) as written`,
});

/** Takes the keys of rows that the transaction has changed. */
export const rememberRows = statement({
  name: "memory.remember_rows",
  row: z.object({}),
  text: `select trans_hub.remember_rows($1::bigint[], $2::text[], $3::bigint[], $4::text[])`,
});

/** A page of a project's pairs after a number. A pair that was approved in several contexts is listed once. */
export const listUnits = statement({
  name: "memory.list",
  answerTimeoutMs: PATIENT,
  row: Unit,
  text: `
    select u.unit_no::text, t.source, t.source_locale, u.target, u.target_locale, u.origin, u.made_by, u.made_at
    from (
      select u.* from trans_hub.memory_unit as u
      where u.project = $1 and u.unit_no > $3::bigint and ($2::text is null or u.target_locale = $2)
        and not exists (
          select from trans_hub.memory_unit as e
          where e.text_no = u.text_no and e.target_locale = u.target_locale and e.target_id = u.target_id and e.unit_no < u.unit_no
          offset 0
        )
      order by u.project, u.unit_no
      limit $4
    ) as u
    cross join lateral (select t.source, t.source_locale from trans_hub.memory_text as t where t.text_no = u.text_no offset 0) as t
    order by u.unit_no`,
});

/** The pairs that went into the present text of a row. Pairs that have been removed since are left out. */
export const unitsOfRow = statement({
  name: "memory.units_of_row",
  row: Unit,
  text: `
    select u.unit_no::text, t.source, t.source_locale, u.target, u.target_locale, u.origin, u.made_by, u.made_at
    from (
      select m.unit_nos, t.text
      from trans_hub.memory_use as m
      cross join lateral (
        -- The approval of a machine's text raises the revision by one.
        select t.text, t.revision, t.revision - (t.status = 'approved' and t.engine <> 'human')::int as made_at from trans_hub.translation as t
        where t.content_no = m.content_no and t.target_locale = m.target_locale and t.context_no = m.context_no
          and t.project = m.project
        offset 0
      ) as t
      where m.content_no = $1 and m.target_locale = $2 and m.context_no = $3 and m.project = $4
        and m.revision in (t.revision, t.made_at)
    ) as m
    cross join lateral unnest(m.unit_nos) with ordinality as n (unit_no, ord)
    cross join lateral (select u.* from trans_hub.memory_unit as u where u.unit_no = n.unit_no offset 0) as u
    cross join lateral (select t.source, t.source_locale from trans_hub.memory_text as t where t.text_no = u.text_no offset 0) as t
    -- Of another project only the words that were taken from it, and none that it has approved since.
    where u.project = $4 or u.target = m.text
    order by n.ord`,
});

/** Sources whose keys were made by an earlier rule. */
export const textsToKey = statement({
  name: "memory.texts_to_key",
  row: z.object({ text_no: z.string(), project: z.string(), source: z.string() }),
  text: `
    select t.text_no::text, t.project, t.source
    from trans_hub.memory_text as t
    where t.key_version < $1::smallint
    order by t.key_version, t.text_no
    limit $2
    for update skip locked`,
});

export const keyTexts = statement({
  name: "memory.key_texts",
  row: z.object({ keyed: z.coerce.number() }),
  text: `select trans_hub.key_memory_texts($1::bigint[], $2::text[], $3::smallint) as keyed`,
});
