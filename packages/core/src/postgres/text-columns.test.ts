/** Every column that could hold a text is reached by forgetting or by collection, or holds none for a reason. */
import { test, value } from "@trans-hub/test-support/store";
import { expect } from "vitest";

/** Forgetting a text removes the row, or the text's part of it. Collection removes it too, once nobody uses the text. */
const forget = (reason: string) => `forget reaches it: ${reason}`;
/** Only collection removes the row, by age. It holds nothing that forgetting would have to find. */
const collection = (reason: string) => `collection reaches it: ${reason}`;
const noText = (reason: string) => `holds no text: ${reason}`;

const PROJECT = noText("a name of a project, which an operator chose");
const LOCALE = noText("a locale");
const ENGINE = noText("a name of an engine");

/**
 * A new column that can hold a text gets its line here, and with it the decision about how a text leaves it. The functions
 * are trans_hub.forget, collect_range and collect_contexts, and the statement garbage.collect_records.
 */
const COLUMNS: Record<string, string> = {
  "content.source_locale": LOCALE,
  "content.text": forget("the row goes with its last use"),
  "context.canonical": forget("the row goes with its last use"),
  "context.format": noText("one of the declared formats"),
  "source.project": PROJECT,
  "source.business_id": forget("the row is the use that is forgotten"),
  "hint.project": PROJECT,
  "hint.business_id": forget("the row goes with the use that it belongs to"),
  "hint.hint": forget("the row goes with the use that it belongs to"),
  "translation.target_locale": LOCALE,
  "translation.project": PROJECT,
  "translation.text": forget("the row goes, approved ones too"),
  "translation.engine": ENGINE,
  "translation.model": noText("a name of a model"),
  "translation.quality_flags": forget("the row goes; a flag names a check"),
  "translation.approved_by": forget("the row goes; the name of a reviewer"),
  "batch.project": PROJECT,
  "batch.source_locale": LOCALE,
  "batch.target_locale": LOCALE,
  "batch.started_by": noText("the random id of a node"),
  "batch.history": forget("prune_batches cuts the text's part out; messages of engines may quote a text"),
  "batch.traceparent": noText("the context of a trace; a value of another form is dropped"),
  "batch.tag": noText("a short name without blanks, for the accounts; a value of another form is dropped"),
  "batch.waits_for": noText("a kind of event, by a constraint"),
  "glossary_state.project": PROJECT,
  "glossary_term.project": PROJECT,
  "glossary_term.source_locale": LOCALE,
  "glossary_term.term": noText("a term of the team's own list, which no request gave; `glossary remove` removes it"),
  "glossary_term.kind": noText("one of three words, by a constraint"),
  "glossary_term.letter_case": noText("one of three words, by a constraint"),
  "glossary_term.note": noText("of the team's own list"),
  "glossary_term.forms": noText("of the team's own list"),
  "glossary_term.targets": noText("of the team's own list"),
  "glossary_term.set_by": noText("the name of a person or a job"),
  "glossary_edit.project": PROJECT,
  "glossary_edit.source_locale": LOCALE,
  "glossary_edit.term": noText("of the team's own list"),
  "glossary_edit.kind": noText("one of three words"),
  "glossary_edit.before": noText("of the team's own list"),
  "glossary_edit.after": noText("of the team's own list"),
  "glossary_edit.target_locales": LOCALE,
  "glossary_edit.edited_by": noText("the name of a person or a job"),
  "style.project": PROJECT,
  "style.target_locale": LOCALE,
  "style.instructions": noText("the team's own words to engines"),
  "style.formality": noText("one of two words, by a constraint"),
  "style.also": LOCALE,
  "style.set_by": noText("the name of a person or a job"),
  "stale_mark.target_locale": LOCALE,
  "stale_mark.project": PROJECT,
  "stale_mark.reason": forget("the row goes with its translation; a term of the team's own list"),
  "budget.project": PROJECT,
  "budget.per": noText("day or month"),
  "budget.currency": noText("three letters"),
  "budget.set_by": noText("the name of a person or a job"),
  "budget_period.project": PROJECT,
  "budget_period.per": noText("day or month"),
  "budget_period.unpriced_engine": ENGINE,
  "budget_hold.project": PROJECT,
  "budget_hold.engine": ENGINE,
  "budget_hold.model": noText("a name of a model"),
  "budget_hold.source_locale": LOCALE,
  "budget_hold.target_locale": LOCALE,
  "budget_hold.tag": noText("as that of a batch"),
  "budget_hold.currency": noText("three letters"),
  "budget_hold.node_id": noText("the random id of a node"),
  "budget_entry.project": PROJECT,
  "budget_entry.currency": noText("three letters"),
  "inbox.items": forget("the item is cut out, and the row goes with its last item"),
  "inbox.defaults": noText(
    "append_to_inbox gives the texts of the defaults to the items, and keeps locales, names and numbers",
  ),
  "inbox.refused": noText("a code of ours, or an SQLSTATE"),
  "inbox.traceparent": noText("as that of a batch"),
  "request_key.key_hash": noText("a hash of a key that a caller chose"),
  "request_key.body_hash": noText("a hash made with that key, which is not stored"),
  "request_key.answer": noText("the receipt of a request: counts, codes and names of fields"),
  "dead_letter.target_locale": LOCALE,
  "dead_letter.project": PROJECT,
  "dead_letter.code": noText("a code of the catalogue of errors"),
  "dead_letter.message": forget("the row goes; messages of engines may quote a text"),
  "dead_letter.engine": ENGINE,
  "dead_letter.best_try": forget("the row goes; a translation that was refused"),
  "dead_letter.best_try_failed": forget("the row goes; the names of checks"),
  "dead_letter.history": forget("the row goes; messages of engines may quote a text"),
  "review_act.target_locale": LOCALE,
  "review_act.project": PROJECT,
  "review_act.action": noText("a kind of act, by a constraint"),
  "review_act.acted_by": forget("the row goes with its translation; the name of a reviewer"),
  "review_act.note": forget("the row goes with its translation; a reviewer's words"),
  "review_act.text_before": forget("the row goes with its translation"),
  "review_act.engine_before": ENGINE,
  "review_act.model_before": noText("a name of a model"),
  "review_act.flags_before": forget("the row goes with its translation; a flag names a check"),
  "review_act.approved_by_before": forget("the row goes with its translation; the name of a reviewer"),
  "review_act.text_after": forget("the row goes with its translation"),
  "review_act.engine_after": ENGINE,
  "review_act.model_after": noText("a name of a model"),
  "reviewer_locale.role_name": noText("a name of a role of the database"),
  "reviewer_locale.target_locale": LOCALE,
  "usage.engine": ENGINE,
  "usage.model": noText("a name of a model"),
  "usage.project": collection("the name of a project, kept for the accounts of calls"),
  "usage.source_locale": LOCALE,
  "usage.target_locale": LOCALE,
  "usage.currency": noText("three letters"),
  "usage.tag": noText("as that of a batch"),
  "usage.outcome": noText("ok, partial, or the kind of a failure"),
  "worker_node.node_id": noText("a random id"),
  "worker_node.host": noText("the name of a machine"),
  "worker_node.version": noText("a version of Trans-Hub"),
  "worker_node.locales": LOCALE,
  "target_locale.locale": LOCALE,
  "count_delta.project": PROJECT,
  "count_delta.target_locale": LOCALE,
  "count_delta.flag": noText("the name of a check"),
  "event.project": collection("the name of a project; prune_events removes the row by its age"),
  "event.target_locale": LOCALE,
  "event.kind": noText("a kind of change"),
  "pause.kind": noText("everything, engine, project or locale"),
  "pause.name": noText("a name of an engine or a project, or a locale"),
  "webhook.webhook_id": noText("a random id"),
  "webhook.project": PROJECT,
  "webhook.url": noText("the address of a receiver"),
  "webhook.type": noText("a type of messages, by a constraint"),
  "webhook.kinds": noText("kinds of events"),
  "webhook.target_locales": LOCALE,
  "webhook.epoch": noText("the epoch of the feed"),
  "webhook.last_problem": noText("a word of ours, never one of the receiver"),
  "webhook.disabled_because": noText("a reason, by a constraint"),
  "webhook.created_by": noText("the name of a person or a token"),
  "rate_limit.engine": ENGINE,
  "rate_limit.circuit": noText("closed, open or half_open"),
  "rate_limit.fault": noText("an engine's error message, of which the engine call removes the texts"),
  "rate_limit.reason": noText("a code of the catalogue of errors"),
  "engine_lease.engine": ENGINE,
  "backup_run.made_by": noText("the tool that made the backup"),
  "memory_text.project": PROJECT,
  "memory_text.source_locale": LOCALE,
  "memory_text.source": forget(
    "the row goes with its pairs: approved ones with their row, imported ones with the text",
  ),
  "memory_unit.project": PROJECT,
  "memory_unit.target_locale": LOCALE,
  "memory_unit.target": forget("the row goes with its text"),
  "memory_unit.origin": noText("approved or tmx, by a constraint"),
  "memory_unit.made_by": forget("the row goes; the name of a person"),
  "memory_use.target_locale": LOCALE,
  "memory_use.project": PROJECT,
  "api_token.id": noText("random letters and digits"),
  "api_token.sha256": noText("the hash of random bits"),
  "api_token.projects": PROJECT,
  "api_token.scopes": noText("names of rights"),
  "api_token.locales": LOCALE,
  "api_token.label": noText("the name of a person or a job, which an operator chose"),
  "migration.name": noText("the name of a file"),
};

/**
 * Columns of stored relations (views store nothing), with every type that a value can be made of: the elements of arrays, the
 * base types of domains, the attributes of composites, the bounds of ranges. Left out are columns made of types that hold no
 * text; a type that is not known here counts as one that does.
 */
const CANDIDATES = `
  with recursive made_of (relation, attribute, type) as (
    select c.relname::text, a.attname::text, a.atttypid
    from pg_class as c
    join pg_attribute as a on a.attrelid = c.oid
    where c.relnamespace = 'trans_hub'::regnamespace and c.relkind in ('r', 'p', 'm', 'f')
      and a.attnum > 0 and not a.attisdropped
    union
    select m.relation, m.attribute, part.type
    from made_of as m
    join pg_type as t on t.oid = m.type
    cross join lateral (
      select t.typelem where t.typcategory = 'A'
      union all
      select t.typbasetype where t.typtype = 'd'
      union all
      select a.atttypid from pg_attribute as a
      where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
      union all
      select r.rngsubtype from pg_range as r where r.rngtypid = t.oid
    ) as part (type)
  )
  select coalesce(array_agg(distinct m.relation || '.' || m.attribute), '{}') as columns
  from made_of as m
  join pg_type as t on t.oid = m.type
  where t.typcategory <> 'A' and t.typtype not in ('d', 'c', 'r', 'm', 'e')
    and m.type not in (
      'bool'::regtype, 'int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'float4'::regtype, 'float8'::regtype,
      'numeric'::regtype, 'uuid'::regtype, 'date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype,
      'interval'::regtype, 'oid'::regtype, 'xid8'::regtype
    )`;

test("every column that can hold a text is classified, and no other", async ({ db }) => {
  const columns = await value<string[]>(db, CANDIDATES);
  expect(columns.toSorted()).toEqual(Object.keys(COLUMNS).toSorted());
});

test("a text in an array, a composite, a domain or bytes is not overlooked", async ({ db }) => {
  await db.query(`
    create domain trans_hub.short as text check (length(value) < 9);
    create type trans_hub.pair as (at integer, words trans_hub.short[]);
    create table trans_hub.odd (
      number integer, numbers bigint[], state trans_hub.translation_status, span int8range,
      words text[], short trans_hub.short, pair trans_hub.pair, pairs trans_hub.pair[], bytes bytea, document json, named name
    )`);
  const columns = await value<string[]>(db, CANDIDATES);
  const found = columns.filter((column) => column.startsWith("odd.")).toSorted();
  expect(found).toEqual(["bytes", "document", "named", "pair", "pairs", "short", "words"].map((name) => `odd.${name}`));
});
