/** Claimed batches before they are translated: loaded, marked as begun, or given back. */
import { z } from "zod";
import type { AttemptError } from "../../contract/dead-letter.ts";
import { TEXT_FORMATS } from "../../contract/engine.ts";
import type { Hint } from "../../contract/hint.ts";
import type { WorkItem } from "../../contract/work.ts";
import { arrayValues, type Database, rows, statement } from "../database/statement.ts";
import { shownText } from "../read/read.sql.ts";

/** A batch as its worker holds it, with only those texts whose rows are still the batch's. */
export interface LoadedBatch {
  readonly id: string;
  readonly project: string;
  readonly sourceLocale: string;
  readonly targetLocale: string;
  /** Attempts already made at each of its texts. */
  readonly attempt: number;
  readonly priority: number;
  /** How many nodes died while they worked on it. */
  readonly crashes: number;
  readonly createdAt: Date;
  /** Seconds that it had waited when it was loaded, by the database's clock. */
  readonly ageSeconds: number;
  /** Whether its lane was paused when it was loaded. */
  readonly isPaused: boolean;
  /** Whether its project had a budget when it was loaded. */
  readonly isBudgeted: boolean;
  /** Whether the translation memory had pairs when it was loaded: of its project, or only of others. */
  readonly remembered: "own" | "others" | "none";
  /** The contexts of the traces that asked for it, as its column has them. Null: none did. */
  readonly traceparent: string | null;
  /** The tag of the requests that it was made for. Null: none. */
  readonly tag: string | null;
  /** The revision of its project's glossary and style when it was loaded. Null: the project has none. */
  readonly glossaryRevision: number | null;
  readonly items: readonly LoadedItem[];
}

export interface LoadedItem extends WorkItem {
  /** The place of its row (`ctid`): a short way to it until the row is written. */
  readonly row: string;
  readonly history: readonly AttemptError[];
  /** Whether its requests had expired when it was loaded. */
  readonly isExpired: boolean;
  /** Whether its row has a text, which a new one replaces. It has as long as the row is pending at this revision. */
  readonly hasText: boolean;
}

const Attempt = z.object({ at: z.string(), engine: z.string().nullable(), code: z.string(), message: z.string() });

/**
 * One row for each of these batches that still exists, with its texts in one JSON array. With a row for each text, the
 * driver would take longer than everything else that a worker does with it.
 */
export const loadBatches = statement({
  name: "batch.load",
  row: z.object({
    id: z.string(),
    project: z.string(),
    source_locale: z.string(),
    target_locale: z.string(),
    attempt: z.int(),
    priority: z.int(),
    crashes: z.int(),
    created_at: z.date(),
    age_seconds: z.number(),
    is_paused: z.boolean(),
    is_budgeted: z.boolean(),
    /** Null: the memory is empty. Else: whether its project has pairs. */
    has_own_memory: z.boolean().nullable(),
    traceparent: z.string().nullable(),
    tag: z.string().nullable(),
    glossary_revision: z.int().nullable(),
    history: z.array(z.array(Attempt)).nullable(),
    /** As PostgreSQL writes arrays; see `arrayValues`. The same length as `texts`. */
    content_nos: z.string(),
    context_nos: z.string(),
    revisions: z.string(),
    /** Null: the row is no longer the batch's. */
    texts: z.array(z.string().nullable()),
    /** Places (`ctid`) of the rows that are the batch's, in order, as PostgreSQL writes arrays. Null: none is. */
    rows: z.string().nullable(),
    /** Numbers of the texts that have expired, from 1. Null: none has. */
    expired: z.array(z.int()).nullable(),
    /** Numbers of the texts whose rows have a translation, from 1. Null: none has. */
    replaced: z.array(z.int()).nullable(),
    /**
     * By number: canonical and format. Null: no text has a context. A format that only a later release knows reads as
     * `auto`: one such context must not fail the load of every batch that was claimed with it.
     */
    contexts: z.record(z.string(), z.tuple([z.string().nullable(), z.enum(TEXT_FORMATS).catch("auto")])).nullable(),
    /** By the number of the text, from 1. Null: no text has a hint. */
    hints: z.record(z.string(), z.record(z.string(), z.union([z.string(), z.number()]))).nullable(),
    /** By the number of the text, from 1. Null: no text was rejected. */
    notes: z.record(z.string(), z.string()).nullable(),
  }),
  text: `
    select
      b.batch_id::text as id, b.project, b.source_locale, b.target_locale, b.attempt, b.priority, b.crashes, b.created_at,
      extract(epoch from clock_timestamp() - b.created_at)::float8 as age_seconds,
      -- Mostly nothing is paused.
      (select exists (select from trans_hub.pause)) and trans_hub.is_paused(b.project, b.target_locale) as is_paused,
      -- Most databases have no budgets.
      (select exists (select from trans_hub.budget)) and exists (select from trans_hub.budget as g where g.project = b.project)
        as is_budgeted,
      -- Most databases have no glossary.
      case when (select exists (select from trans_hub.glossary_state)) then
        (select g.revision from trans_hub.glossary_state as g where g.project = b.project)
      end as glossary_revision,
      case when (select exists (select from trans_hub.memory_unit)) then
        trans_hub.has_memory(b.project)
      end as has_own_memory,
      b.history, b.traceparent, b.tag,
      b.content_nos::text, b.context_nos::text, b.revisions::text, own.texts, own.rows::text, own.expired,
      own.replaced,
      case when b.context_nos <> array_fill(0::bigint, array[cardinality(b.context_nos)]) then (
        select json_object_agg(x.context_no, json_build_array(x.canonical, x.format))
        from trans_hub.context as x
        where x.context_no = any (b.context_nos)
      ) end as contexts,
      -- Most databases have no hints.
      case when (select exists (select from trans_hub.hint)) then
        trans_hub.hints_of(b.project, b.content_nos, b.context_nos)
      end as hints,
      -- Many databases have no history.
      case when (select exists (select from trans_hub.review_act)) then
        trans_hub.review_notes(b.project, b.target_locale, b.content_nos, b.context_nos)
      end as notes
    from unnest($1::uuid[]) as wanted (id)
    cross join lateral (select b.* from trans_hub.batch as b where b.batch_id = wanted.id offset 0) as b
    cross join lateral (
      select
        json_agg(t.text order by i.ord) as texts, array_agg(t.row order by i.ord) filter (where t.row is not null) as rows,
        array_agg(i.ord::int) filter (where t.is_expired) as expired, array_agg(i.ord::int) filter (where t.has_text) as replaced
      from unnest(b.content_nos, b.context_nos, b.revisions)
        with ordinality as i (content_no, context_no, revision, ord)
      -- "offset 0" keeps this one look-up by key for each text. As a join, the planner read the whole table for each batch
      -- until the table was first analyzed (480 ms for 20 batches among 4,000 rows, against 6 ms).
      left join lateral (
        select ${shownText("c.text")} as text, t.ctid as row, t.expires_at <= clock_timestamp() as is_expired,
          t.text is not null as has_text
        from trans_hub.translation as t
        join trans_hub.content as c on c.content_no = t.content_no
        where t.content_no = i.content_no and t.target_locale = b.target_locale
          and t.context_no = i.context_no and t.project = b.project
          and t.status = 'pending' and t.revision = i.revision
        offset 0
      ) as t on true
    ) as own`,
});

type BatchRow = z.infer<typeof loadBatches.row>;

/** Loads batches by id. Removed batches are left out; batches with nothing left to do have no items. */
export async function loadBatchesById(db: Database, ids: readonly string[]): Promise<Map<string, LoadedBatch>> {
  const loaded = await rows(db, loadBatches, [ids]);
  return new Map(loaded.map((row) => [row.id, batchOf(row)]));
}

function batchOf(row: BatchRow): LoadedBatch {
  const contentNos = arrayValues(row.content_nos);
  const contextNos = arrayValues(row.context_nos);
  const revisions = arrayValues(row.revisions);
  // Each place is quoted, because it holds a comma.
  const places = row.rows?.slice(2, -2).split('","') ?? [];
  const items: LoadedItem[] = [];
  row.texts.forEach((text, at) => {
    if (text === null) return;
    const contextNo = contextNos[at] as string;
    const [canonical, format] = row.contexts?.[contextNo] ?? NO_CONTEXT;
    const history = row.history?.[at] ?? [];
    const hint: Hint | undefined = row.hints?.[at + 1];
    const reviewNote = row.notes?.[at + 1];
    items.push({
      row: places[items.length] as string,
      key: {
        contentNo: contentNos[at] as string,
        contextNo: Number(contextNo),
        targetLocale: row.target_locale,
        project: row.project,
      },
      revision: Number(revisions[at]),
      text,
      context: canonical === null ? null : JSON.parse(canonical),
      format,
      ...(hint !== undefined && { hint }),
      ...(reviewNote !== undefined && { reviewNote }),
      attempt: row.attempt + 1,
      previousFailure: history.at(-1)?.message,
      history,
      isExpired: row.expired?.includes(at + 1) ?? false,
      hasText: row.replaced?.includes(at + 1) ?? false,
    });
  });
  return {
    id: row.id,
    project: row.project,
    sourceLocale: row.source_locale,
    targetLocale: row.target_locale,
    attempt: row.attempt,
    priority: row.priority,
    crashes: row.crashes,
    createdAt: row.created_at,
    ageSeconds: row.age_seconds,
    isPaused: row.is_paused,
    isBudgeted: row.is_budgeted,
    remembered: row.has_own_memory === null ? "none" : row.has_own_memory ? "own" : "others",
    traceparent: row.traceparent,
    tag: row.tag,
    glossaryRevision: row.glossary_revision,
    items,
  };
}

const NO_CONTEXT = [null, "auto"] as const;

/** Ends this transaction without waiting for the disk: a crash of the server loses a mark and nothing else. */
const ASYNCHRONOUS = `asynchronous as materialized (select set_config('synchronous_commit', 'off', true))`;

/** Notes which node works on these batches, in case it dies. Gives the batches that still exist. */
export const markStarted = statement({
  name: "batch.mark_started",
  row: z.object({ batch_id: z.string() }),
  text: `
    with ${ASYNCHRONOUS}, locked as materialized (
      select b.batch_id from trans_hub.batch as b, asynchronous
      where b.batch_id = any ($1::uuid[])
      order by b.batch_id
      for update of b
    )
    update trans_hub.batch as b set started_by = $2
    from locked
    where b.batch_id = locked.batch_id
    returning b.batch_id::text`,
});

/** Notes that a node has begun these batches. Gives the ids of the batches that still exist. */
export async function markBatchesStarted(db: Database, ids: readonly string[], nodeId: string): Promise<Set<string>> {
  const marked = await rows(db, markStarted, [[...ids].sort(), nodeId]);
  return new Set(marked.map((row) => row.batch_id));
}

/**
 * Gives the job of a claimed batch back as it was, the batch untouched. A new job takes the place and the key of the
 * claimed one, which ends with its task.
 */
export const giveBack = statement({
  name: "batch.give_back",
  row: z.object({}),
  text: `
    select trans_hub.add_batch_jobs(
      array[b.batch_id], array[b.project], array[b.target_locale], array[b.priority], array[b.run_at], array[$2::smallint]
    )
    from trans_hub.batch as b
    where b.batch_id = $1`,
});
