-- The tables, types and indexes. The first release: nothing runs beside it.
--
-- The hot path has no foreign keys (they cost 30 % of registering), and no delete cascades: a cascade decides on its old
-- snapshot and deletes rows that were registered while it waited. Rows stay together by the lock order that register and
-- collect share: content (by content_id), then context (by context_id), then the rest by key.

-- Up Migration

create schema if not exists trans_hub;

-- One text in its source locale. content_id, made from the two, is its public identity. It is random, so only this
-- table's index has it; all other tables refer to content_no.
create table trans_hub.content (
  -- A session takes 1,000 numbers at a time: one by one, a chunk of 1,000 texts spends a fifth of its time on the sequence.
  content_no bigint generated always as identity (cache 1000) primary key,
  content_id uuid not null constraint content_is_stored_once unique,
  source_locale text not null,
  text text not null,
  constraint content_source_locale_is_short check (octet_length(source_locale) <= 255),
  constraint content_text_is_not_empty check (text <> '')
);

-- The context of texts: one row for each distinct (canonical JSON, declared format). Number 0, which has no row, is "no
-- context and format auto".
create table trans_hub.context (
  context_no bigint generated always as identity primary key,
  context_id uuid not null constraint context_is_stored_once unique,
  -- RFC 8785; null when only a format was declared.
  canonical text,
  format text not null,
  created_at timestamptz not null default now(),
  constraint context_is_short check (octet_length(canonical) <= 8192),
  -- Every reader parses it.
  constraint context_is_an_object check (jsonb_typeof(canonical::jsonb) = 'object'),
  constraint context_says_something check (canonical is not null or format <> 'auto'),
  constraint context_format_is_known check (format in ('auto', 'text', 'icu', 'i18next', 'printf', 'html', 'markdown', 'java', 'fluent', 'strftime'))
);

-- The uses of texts by projects. A text registered without a business id, or read by its text, has the business_id ''.
create table trans_hub.source (
  project text not null,
  business_id text not null,
  content_no bigint not null,
  context_no bigint not null,
  last_seen_at timestamptz not null default now(),
  primary key (project, business_id, content_no, context_no),
  constraint source_project_is_short check (project <> '' and octet_length(project) <= 255),
  constraint source_business_id_is_short check (octet_length(business_id) <= 255)
) with (fillfactor = 80);

-- Where most texts have no id, the planner assumes that each id is as frequent as '', and reads the whole table for one (25 s
-- for a chunk of 1,000 among 300,000 rows, against 0.16 s).
alter table trans_hub.source alter column business_id set (n_distinct = -1);

-- With the id as its last column it gives each reader the ids of a text in their order, without a sort and mostly without the rows
-- of the table: a read of a hundred texts takes 0.87 of the time, and registering 1.01.
create index source_by_content on trans_hub.source (content_no, context_no, project, business_id);

-- What a use says of its text for the engine, and which is no part of the text's identity: {note, key, maxLength, …}. A row only
-- where an item came with a hint, and a table of its own, so that items without hints pay nothing (docs/adr/0046). '{}' says
-- nothing: the hint was taken back.
create table trans_hub.hint (
  content_no bigint not null,
  context_no bigint not null,
  project text not null,
  business_id text not null,
  hint jsonb not null,
  -- When these words were first said: of the uses of a text, the latest words go to the engine.
  noted_at timestamptz not null default now(),
  primary key (content_no, context_no, project, business_id),
  -- Every reader takes it apart.
  constraint hint_is_an_object check (jsonb_typeof(hint) = 'object')
);

create type trans_hub.translation_status as enum ('pending', 'translated', 'failed', 'approved');

-- One text in one target locale. The key begins with the content: a key that began with the project was a plan trap on
-- tables never analyzed (1,227 ms a batch against 0.7). An index on status is left out on purpose: with any, no update was
-- HOT. Fill factor 36 keeps updates HOT on texts of real lengths, also where all rows of a page are stored at once; a test
-- reads the share.
create table trans_hub.translation (
  content_no bigint not null,
  target_locale text not null,
  context_no bigint not null,
  project text not null,
  status trans_hub.translation_status not null,
  -- -1 interactive, 0 normal, 1 bulk
  priority smallint not null default 0,
  -- The fence: every hand-over, force, replay, hastening and approval raises it (docs/adr/0003).
  -- The default is first_revision(), written out, because tables are made before functions.
  revision integer not null default 1 + pg_catalog.pg_current_xact_id()::text::bigint % 1000000000,
  text text,
  engine text,
  model text,
  -- Names of the warning checks that the text failed, sorted. Null: none.
  quality_flags text[],
  approved_by text,
  -- The revision at which the last attempt failed. While it is the present one, the row may have an open dead letter; readers look
  -- for none otherwise. Nothing clears it: each change that closes a letter raises the revision.
  failed_revision integer,
  -- While pending: the time after which the translation is no longer wanted. Null: never.
  expires_at timestamptz,
  updated_at timestamptz not null default now(),
  primary key (content_no, target_locale, context_no, project),
  constraint translation_stored_has_text check (text is not null or status in ('pending', 'failed')),
  constraint translation_text_has_engine check (text is null or engine is not null),
  constraint translation_priority_is_a_level check (priority between -1 and 1)
) with (fillfactor = 36, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

-- Work that waits or runs; pending rows are found here. A pending row at revision r is in exactly one batch at r.
create table trans_hub.batch (
  batch_id uuid primary key default gen_random_uuid(),
  project text not null,
  source_locale text not null,
  target_locale text not null,
  content_nos bigint[] not null,
  context_nos bigint[] not null,
  revisions integer[] not null,
  -- The number of attempts that each of its texts has had.
  attempt smallint not null default 0,
  -- The errors of each text so far: an array of arrays of {at, engine, code, message}. Null before the first error.
  history jsonb,
  priority smallint not null,
  created_at timestamptz not null default now(),
  run_at timestamptz not null default now(),
  -- The worker pool that works on it, and how many pools died while they worked on it.
  started_by text,
  crashes smallint not null default 0,
  -- It waits until run_at for an engine that gets no calls (a pause, a circuit), and not for the backoff after an attempt.
  is_postponed boolean not null default false,
  -- The event that a parked batch waits for: the end of a `pause`, an amount in a `budget`, or a `price` by which an engine can be
  -- held to a budget. Each kind is brought forward by its own event alone (docs/adr/0016, 0049). Null: it is not parked.
  waits_for text,
  -- The contexts of the sampled traces that asked for it: W3C's traceparent, the first 16, a space between. No insert of a
  -- registration names the column: without tracing its only cost is the default (docs/adr/0037). Any other value of the
  -- setting is dropped, so that no text can be here. Counted repeats in the expression ({32}) take 50 µs a row, these 9 µs.
  traceparent text default substring(
    left(current_setting('trans_hub.traceparent', true), 895) from '^(?:00-[0-9a-f]+-[0-9a-f]+-[0-9a-f][13579bdf] ?)+$'
  ),
  -- The tag of the registration that made it, for the accounts of calls. No insert of a registration names the column, as with
  -- traceparent: the setting is empty where no tag is used. A tag is a short name: a value of another form is dropped, so
  -- that no text can be here, and a longer one is cut.
  tag text default substring(left(current_setting('trans_hub.tag', true), 64) from '^[0-9A-Za-z][0-9A-Za-z._:/@+-]*$'),
  constraint batch_history_is_a_list check (jsonb_typeof(history) = 'array'),
  constraint batch_waits_for_a_known_event check (waits_for in ('pause', 'budget', 'price')),
  constraint batch_lists_are_parallel check (
    cardinality(content_nos) > 0
    and cardinality(content_nos) = cardinality(context_nos)
    and cardinality(content_nos) = cardinality(revisions)
  )
) with (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);

-- The digit of the id lets job_priority count one in 16 batches of a lane. It is not the whole id: a look-up of batches by
-- id that was planned on an empty table could choose this index, and read all of it.
create index batch_by_lane on trans_hub.batch (project, target_locale, left(batch_id::text, 1));

-- Items requested inside a transaction of the caller; the fleet registers them after its commit.
create table trans_hub.inbox (
  id bigint generated always as identity primary key,
  items jsonb not null,
  defaults jsonb not null,
  -- Every count of waiting items is the sum of this column: a reader never opens the JSON, which one bad row would break.
  item_count integer not null generated always as (
    case when jsonb_typeof(items) = 'array' then jsonb_array_length(items) else 1 end
  ) stored,
  -- The rows that the items ask for (items × target locales), which the bound of the backlog counts.
  texts integer not null default 1,
  created_at timestamptz not null default now(),
  -- How often it was put off, and until when, because another transaction held one of its texts.
  tries smallint not null default 0,
  run_at timestamptz not null default now(),
  -- Why the database refuses it for good (a code of ours, or an SQLSTATE). Kept for a person to look at; not tried again.
  refused text,
  -- As in trans_hub.batch: the traces of the transaction that appended it.
  traceparent text default substring(
    left(current_setting('trans_hub.traceparent', true), 895) from '^(?:00-[0-9a-f]+-[0-9a-f]+-[0-9a-f][13579bdf] ?)+$'
  ),
  constraint inbox_items_are_a_list check (jsonb_typeof(items) = 'array' and items <> '[]'),
  constraint inbox_defaults_are_an_object check (jsonb_typeof(defaults) = 'object')
);

-- Finds a waiting item by its text or its business id (docs/adr/0035). Only reads that found no translation ask it. The
-- limit keeps look-ups short, and the moment in which an insert clears the list of pending entries.
create index inbox_by_item on trans_hub.inbox using gin (items jsonb_path_ops) with (gin_pending_list_limit = 256);

-- A text past its last attempt, with every attempt's error.
create table trans_hub.dead_letter (
  id bigint generated always as identity primary key,
  content_no bigint not null,
  target_locale text not null,
  context_no bigint not null,
  project text not null,
  revision integer not null,
  priority smallint not null,
  -- Code, message and engine of the last error. engine is null when no engine was asked.
  code text not null,
  message text not null,
  engine text,
  -- {at, engine, code, message} of every attempt, oldest first.
  history jsonb not null,
  -- The best translation of the last attempt, and the names of the checks that it failed. Null: there was none.
  best_try text,
  best_try_failed text[],
  -- True when the row went back to the text it had before the forced try.
  kept_text boolean not null,
  failed_at timestamptz not null default now(),
  -- Closed by a replay, a forced request or an approval.
  replayed_at timestamptz,
  constraint dead_letter_history_is_a_list check (jsonb_typeof(history) = 'array'),
  constraint dead_letter_is_written_once unique (content_no, target_locale, context_no, project, revision)
);

create index dead_letter_open on trans_hub.dead_letter (id) where replayed_at is null;

-- The history of translations (docs/adr/0056): the acts of people, and the texts that a machine replaced. Rows are only added: an
-- undo is a row too, and names the one that it takes back. The key begins as that of translation does, so that forgetting and
-- collecting find the rows of a text.
create table trans_hub.review_act (
  content_no bigint not null,
  target_locale text not null,
  context_no bigint not null,
  project text not null,
  -- Ascends with the acts on one translation: it is drawn while that row is locked.
  act_no bigint generated always as identity,
  action text not null,
  acted_at timestamptz not null default clock_timestamp(),
  acted_by text,
  note text,
  -- The row before the act, as an undo restores it.
  status_before trans_hub.translation_status not null,
  revision_before integer not null,
  text_before text,
  engine_before text,
  model_before text,
  flags_before text[],
  approved_by_before text,
  -- The open dead letter that the act closed.
  letter_id bigint,
  status_after trans_hub.translation_status not null,
  revision_after integer not null,
  text_after text,
  engine_after text,
  model_after text,
  -- The act that this undo took back.
  undoes bigint,
  primary key (content_no, target_locale, context_no, project, act_no),
  constraint review_act_is_known check (action in ('approve', 'edit', 'reject', 'reopen', 'undo', 'contribute', 'replace')),
  constraint review_act_undoes_another check ((action = 'undo') = (undoes is not null)),
  constraint review_act_by_is_short check (octet_length(acted_by) <= 255),
  constraint review_act_note_is_short check (octet_length(note) <= 4096)
);

-- The target locales in which a role may review, of roles that may not review in each (may_review). '*': every one.
create table trans_hub.reviewer_locale (
  role_name text not null,
  target_locale text not null,
  primary key (role_name, target_locale)
);

-- The revision of the terms and styles of each project that has any (docs/adr/0058). Workers keep them in memory by it.
create table trans_hub.glossary_state (
  project text primary key,
  revision integer not null default 0,
  -- The edits up to this revision have marked the translations that they make stale.
  marked integer not null default 0,
  constraint glossary_state_project_is_short check (project <> '' and octet_length(project) <= 255)
);

-- The terms of projects. All of a project is read at once, and its targets are read with their term: so they stand in it.
create table trans_hub.glossary_term (
  project text not null,
  source_locale text not null,
  term text not null,
  kind text not null,
  letter_case text not null,
  note text,
  -- Other forms that count as the term.
  forms text[] not null,
  -- {"<target locale>": {"as", "forms"}}
  targets jsonb not null,
  revision integer not null,
  set_by text,
  set_at timestamptz not null default now(),
  primary key (project, source_locale, term, kind),
  constraint glossary_term_is_short check (term <> '' and octet_length(term) <= 255),
  constraint glossary_term_kind_is_known check (kind in ('translate', 'keep', 'forbid')),
  constraint glossary_term_case_is_known check (letter_case in ('any', 'exact', 'first')),
  constraint glossary_term_targets_are_an_object check (jsonb_typeof(targets) = 'object')
);

-- Each edit of a term, as it was before and after: for people, and for the task that marks what the edit makes stale.
create table trans_hub.glossary_edit (
  project text not null,
  revision integer not null,
  source_locale text not null,
  term text not null,
  kind text not null,
  -- {"case", "note", "forms", "targets"}. Null: there was no such term, or there is none any more.
  before jsonb,
  after jsonb,
  -- The target locales whose translations it makes stale. Null: each. Empty: none, as only the note is another one.
  target_locales text[],
  edited_by text,
  edited_at timestamptz not null default now(),
  primary key (project, revision, source_locale, term, kind)
);

-- The manner of a project's translations into a locale, or ('') into each.
create table trans_hub.style (
  project text not null,
  target_locale text not null,
  instructions text,
  formality text,
  -- The second language that the team trusts.
  also text,
  revision integer not null,
  set_by text,
  set_at timestamptz not null default now(),
  primary key (project, target_locale),
  constraint style_instructions_are_short check (octet_length(instructions) <= 4096),
  constraint style_formality_is_known check (formality in ('more', 'less'))
);

-- Translations that were made before an edit of a term which their text has. A mark holds while the row is at this revision: a new try
-- and a person's act raise it. No settlement writes or reads marks; they go with their row.
create table trans_hub.stale_mark (
  content_no bigint not null,
  target_locale text not null,
  context_no bigint not null,
  project text not null,
  revision integer not null,
  reason text not null,
  since timestamptz not null default now(),
  primary key (content_no, target_locale, context_no, project)
);

create index stale_mark_by_lane on trans_hub.stale_mark (project, target_locale, content_no, context_no);

-- One row for each engine call, without any text.
create table trans_hub.usage (
  call_id uuid primary key,
  engine text not null,
  model text,
  project text not null,
  source_locale text not null,
  target_locale text not null,
  items integer not null,
  input_tokens integer not null,
  output_tokens integer not null,
  cached_tokens integer not null,
  -- Of source text, where the provider bills characters.
  characters integer not null default 0,
  -- The confirmed cost. Null: no price is known.
  cost numeric,
  -- The most that the provider may bill beyond cost: for calls whose answers were lost.
  unconfirmed numeric not null default 0,
  currency text,
  -- The tag of the requests that the call was made for; of joined requests, that of their lane.
  tag text,
  latency_ms integer not null,
  -- ok, partial, or the kind of the failure
  outcome text not null,
  called_at timestamptz not null default now()
);

-- The most that the calls of a project may cost in a day or a month of UTC (docs/adr/0049). A reservation locks the rows of its project;
-- a settlement never does.
create table trans_hub.budget (
  project text not null,
  per text not null,
  amount numeric not null,
  currency text not null,
  -- The name of the person or the job that set it.
  set_by text,
  set_at timestamptz not null default now(),
  primary key (project, per),
  constraint budget_project_is_short check (project <> '' and octet_length(project) <= 255),
  constraint budget_is_per_day_or_month check (per in ('day', 'month')),
  constraint budget_amount_is_no_debt check (amount >= 0 and amount < 1e15 and scale(amount) <= 12),
  constraint budget_currency_has_three_letters check (currency ~ '^[A-Z]{3}$'),
  constraint budget_set_by_is_short check (octet_length(set_by) <= 255)
);

-- What a budget's calls have cost in one of its periods, without the entries that are not folded yet.
create table trans_hub.budget_period (
  project text not null,
  per text not null,
  starts_on date not null,
  -- Confirmed and unconfirmed together, and the unconfirmed part of it.
  spent numeric not null default 0,
  unconfirmed numeric not null default 0,
  -- The least amount of a call that was refused in this period. Null: none was.
  least_refused numeric,
  -- The last engine that could not be held to the budget in this period. Null: there was none.
  unpriced_engine text,
  primary key (project, per, starts_on)
) with (fillfactor = 50);

-- The most that each running call may cost. It counts for the day on which it was reserved, whenever the call ends.
create table trans_hub.budget_hold (
  call_id uuid primary key,
  project text not null,
  held_at timestamptz not null,
  engine text not null,
  model text,
  source_locale text not null,
  target_locale text not null,
  items integer not null,
  tag text,
  amount numeric not null,
  currency text not null,
  -- The member of the fleet that makes the call.
  node_id text not null
);

create index budget_hold_by_project on trans_hub.budget_hold (project);

-- Costs of calls that had a hold, and corrections of them. Insert-only, so that a settlement waits for no other; a reservation folds
-- them into budget_period.
create table trans_hub.budget_entry (
  project text not null,
  counts_on date not null,
  -- Null with amounts of 0. A budget counts the entries of its currency.
  currency text,
  -- Confirmed and unconfirmed together, and the unconfirmed part of it. Below zero: a correction.
  spent numeric not null,
  unconfirmed numeric not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

create index budget_entry_by_project on trans_hub.budget_entry (project);

-- Fleet time, in milliseconds: it passes only while heartbeats arrive. Each heartbeat advances it by the time that passed on
-- the server's clock since the last one of any node, and by no more than a heartbeat may be late: so an outage of the database
-- or a jump of its clock makes no node look dead. It is stored, and not in the memory of a node, because a fleet whose nodes
-- all die young would otherwise never notice a death.
create table trans_hub.fleet_clock (
  is_the_only_row boolean primary key default true check (is_the_only_row),
  ms bigint not null default 0,
  read_at timestamptz not null default clock_timestamp()
) with (fillfactor = 10);

insert into trans_hub.fleet_clock default values;

-- Worker pools of the fleet. beat counts heartbeats, beat_ms is the fleet time of the last one: the clocks of two machines are
-- never compared. The other times are for people.
create table trans_hub.worker_node (
  node_id text primary key,
  beat bigint not null default 0,
  beat_ms bigint not null default 0,
  -- The server process of the last heartbeat. If it has ended while its node is silent, the node has ended too.
  beat_pid integer,
  host text not null,
  pid integer not null,
  version text not null,
  -- Null: every locale.
  locales text[],
  concurrency integer not null,
  started_at timestamptz not null default now(),
  beat_at timestamptz not null default now()
) with (fillfactor = 50);

-- Has no rows: a member of the fleet locks the table while it gives jobs to batches without one. An advisory lock could be taken
-- by any role that may connect; this one needs UPDATE (docs/adr/0030). Another such table, `migrating`, is made before the first
-- migration, by the node that migrates.
create table trans_hub.reconciling ();

-- Every target locale with a graphile-worker task (translate:<locale>): workers for all locales learn of a new one here.
-- Only open_lanes writes it, never a registration: see there.
create table trans_hub.target_locale (
  locale text primary key,
  created_at timestamptz not null default now()
);

-- One row for each collection, with the number of rows that it removed.
create table trans_hub.gc_run (
  id bigint generated always as identity primary key,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  retention interval not null,
  include_approved boolean not null,
  sources bigint not null default 0,
  translations bigint not null default 0,
  contents bigint not null default 0,
  contexts bigint not null default 0
);

-- The number of rows that became, or ceased to be, translated or approved (count_changes). Insert-only, so that a settlement
-- never waits for a counter; a scheduled task folds it. The sum is the total (an exact count of 6 million rows takes 3 s).
create table trans_hub.count_delta (
  project text not null,
  target_locale text not null,
  status trans_hub.translation_status not null,
  delta bigint not null,
  -- Null: the row counts translations. Else it counts those that were stored with this warning, and is no part of the totals
  -- (docs/adr/0025). Written for these alone, so that texts without warnings pay nothing.
  flag text
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- The feed of events (docs/adr/0053): that texts changed, one row for each project, target locale and transaction. No row holds
-- a text. Its number is drawn after the transaction has locked the texts, so that of two changes of a text the later one has the greater
-- number; it is no position, for a lower number may be committed later.
create table trans_hub.event (
  n bigint generated always as identity primary key,
  project text not null,
  -- Null: each locale.
  target_locale text,
  kind text not null,
  content_nos bigint[] not null,
  -- One entry for each of content_nos, or one for all of them.
  context_nos bigint[] not null,
  -- Likewise. Null: the event is about no single revision.
  revisions integer[],
  at timestamptz not null default now()
) with (autovacuum_vacuum_insert_scale_factor = 0.05);

-- Compressing the numbers of 1,000 texts takes a third of the time of their settlement, and saves 4 of 160 kB of its log.
alter table trans_hub.event
  alter column content_nos set storage external,
  alter column context_nos set storage external,
  alter column revisions set storage external;

-- The numbers of events that have no position yet. Each is written with its event, and removed by the sequencer.
create table trans_hub.event_queue (
  n bigint not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- The positions of events, without gaps, in the order in which readers get them. sequence_events alone gives them.
create table trans_hub.event_position (
  position bigint primary key,
  n bigint not null
);

-- Locked by the sequencer while it gives positions.
create table trans_hub.feed_head (
  is_the_only_row boolean primary key default true check (is_the_only_row),
  -- A cursor of another epoch is refused: its positions name other events, or events are missing after it.
  epoch uuid not null default gen_random_uuid(),
  position bigint not null default 0,
  -- Events up to this position are removed.
  oldest bigint not null default 0
  -- Changed 20 times a second: room for versions on the row's own page keeps the updates HOT.
) with (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

insert into trans_hub.feed_head default values;

-- Has a row while events are written. Every settlement reads it, so the sequencer never writes it: of a row that changes 20
-- times a second, a settlement would read past all versions that the oldest transaction of a stranger keeps.
create table trans_hub.feed_switch (
  is_the_only_row boolean primary key default true check (is_the_only_row),
  -- Null: transactions that began before the switch may still run. They write no events, so no cursor is given yet.
  opened_at timestamptz,
  -- About when events were last read, to the hour.
  read_at timestamptz not null default now()
) with (fillfactor = 10);

-- The translation memory (docs/adr/0057): pairs of texts that people approved or imported. A source stands here once for each project
-- and locale, with the keys by which similar texts find it. Registering and settling never write these tables.
create table trans_hub.memory_text (
  text_no bigint generated always as identity primary key,
  project text not null,
  source_locale text not null,
  -- content_id('', source): forgetting finds a text by it, whatever the locale.
  source_id uuid not null,
  source text not null,
  -- The keys, by the rule of this version. A version below the present one, such as 0: the process of the act makes new ones, or the
  -- task of the fleet. Until then the source is found by its whole text alone.
  bands integer[] not null default '{}',
  key_version smallint not null default 0,
  constraint memory_text_is_stored_once unique (source_id, project, source_locale),
  constraint memory_text_project_is_short check (project <> '' and octet_length(project) <= 255),
  constraint memory_text_source_locale_is_short check (octet_length(source_locale) <= 255),
  constraint memory_text_is_not_empty check (source <> '')
);

create index memory_text_by_key_version on trans_hub.memory_text (key_version);

-- The sources of each key. A row each and no GIN index: a look-up takes a quarter of the time, and its work can be bounded.
create table trans_hub.memory_key (
  band integer not null,
  text_no bigint not null,
  primary key (band, text_no)
);

create table trans_hub.memory_unit (
  project text not null,
  unit_no bigint generated always as identity primary key,
  text_no bigint not null,
  target_locale text not null,
  target text not null,
  -- content_id(target_locale, target).
  target_id uuid not null,
  origin text not null,
  -- The row that was approved. Null: the pair was imported.
  content_no bigint,
  context_no bigint,
  made_by text,
  made_at timestamptz not null default now(),
  constraint memory_unit_target_is_not_empty check (target <> ''),
  constraint memory_unit_target_locale_is_short check (octet_length(target_locale) <= 255),
  constraint memory_unit_origin_is_known check (origin in ('approved', 'tmx')),
  constraint memory_unit_made_by_is_short check (octet_length(made_by) <= 255),
  constraint memory_unit_approved_has_a_row check ((origin = 'approved') = (content_no is not null and context_no is not null))
);

create index memory_unit_by_project on trans_hub.memory_unit (project, unit_no);

create index memory_unit_by_text on trans_hub.memory_unit (text_no, target_locale);

create unique index memory_unit_approved_once on trans_hub.memory_unit (content_no, target_locale, context_no, project)
  where origin = 'approved';

create unique index memory_unit_imported_once on trans_hub.memory_unit (text_no, target_id) where origin = 'tmx';

-- The pairs that went to the engine with a text, or that gave it its translation, at a revision. A row only where there were any.
create table trans_hub.memory_use (
  content_no bigint not null,
  target_locale text not null,
  context_no bigint not null,
  project text not null,
  revision integer not null,
  unit_nos bigint[] not null,
  primary key (content_no, target_locale, context_no, project)
);

-- Every role may resolve the names of functions. Calling a function, and every table, must be granted.
grant usage on schema trans_hub to public;

-- An item after read_item has checked it and filled in the defaults.
create type trans_hub.item as (
  project text,
  business_id text,
  source_locale text,
  text text,
  context text,
  format text,
  verbatim boolean,
  priority smallint,
  forced boolean,
  target_locales text[],
  lifetime integer,
  hint jsonb
);

-- Items as trans_hub.register takes them: one entry an item in a column, and fields that items have in common once a group.
-- A record for each item would say it more plainly, and took 1.9 ms more of the 12 ms of 1,000 items (docs/adr/0028).
create type trans_hub.grouped_items as (
  texts text[],
  -- One entry an item in each of the next seven. Null: no item has a business id.
  business_ids text[],
  -- JSON. Null: no item has one.
  contexts text[],
  -- Null: all are 'auto'.
  formats text[],
  -- Whether the text is stored as it is. Null: none is.
  verbatim boolean[],
  -- Seconds for which the item may wait, from now on; null, also of an item: for ever.
  lifetimes integer[],
  -- Null, also of an item: it says nothing, and an earlier hint stays. '{}' takes the earlier one back.
  hints jsonb[],
  -- From 1. Null: all items are of the first group.
  item_groups integer[],
  -- One entry a group.
  group_projects text[],
  group_source_locales text[],
  group_priorities smallint[],
  group_forced boolean[],
  -- One entry for each target locale of a group: the group, and the locale.
  want_groups integer[],
  want_locales text[]
);

create type trans_hub.register_options as (
  -- The most texts, and bytes of text, of one batch.
  batch_size integer,
  batch_bytes integer,
  -- How old last_seen_at must be to be written again.
  touch_after interval,
  -- The producer's engine. Unless it is null or 'pseudo', rows stored by 'pseudo' count as missing.
  for_engine text,
  -- How long to wait for a stranger's lock.
  lock_timeout_ms integer,
  -- The most texts that may wait. Null: the setting trans_hub.max_backlog, or no bound.
  max_backlog bigint
);

-- One entry an item, counted in rows. Null in place of the last three: no item has any.
create type trans_hub.register_receipt as (
  -- Rows made by this call, or put back to work.
  registered integer[],
  -- All others, duplicates inside the call included.
  existing integer[],
  -- Those of "existing" that lie in the dead letters.
  failed integer[],
  -- Items that would go over the bound.
  refused boolean[]
);

-- One target locale of a group of items, with the fields that the items of the group share.
create type trans_hub.want as (
  group_no integer,
  locale text,
  project text,
  source_locale text,
  priority smallint,
  forced boolean
);

-- One row of trans_hub.translation that a call asks for.
create type trans_hub.wanted_row as (
  content_no bigint,
  locale text,
  context_no bigint,
  project text,
  source_locale text,
  -- The text itself, where it is stored as it is; else null.
  verbatim text,
  bytes integer,
  priority smallint,
  forced boolean,
  expires_at timestamptz,
  -- The items that ask for it, the first one first.
  items integer[],
  -- In the order of the key, from 1.
  place integer
);

-- One row for each engine that was ever limited, paused or at fault. All times are those of this database.
create table trans_hub.rate_limit (
  engine text primary key,
  -- The engine's requests and tokens that were free at refilled_at. Below zero: taken in advance. Null: never limited, so
  -- the bucket counts as full.
  requests double precision,
  tokens double precision,
  refilled_at timestamptz not null default clock_timestamp(),
  -- The engine gets no call before this time.
  paused_until timestamptz,
  circuit text not null default 'closed',
  -- The code of the error that opened the circuit.
  reason text,
  -- How often it opened: the number of the present opening.
  openings bigint not null default 0,
  failed_probes integer not null default 0,
  -- From this time on one call may try.
  open_until timestamptz,
  -- The one call that tries (the probe), and the end of its lease.
  probe uuid,
  probe_until timestamptz,
  -- The calls without an answer since faulty_since, when the first of them failed, and the message of the last. Any answer that
  -- comes later ends the row of faults.
  faults integer not null default 0,
  faulty_since timestamptz,
  fault text,
  -- The same, ended only by the answer to a call that began later: an engine that goes down still finishes what it has begun.
  doubts integer not null default 0,
  doubtful_since timestamptz,
  -- The end of the last outage. A call that began before it says nothing about the time after.
  recovered_at timestamptz,
  -- The last answer that a member reported. Members report answers only while they know of faults.
  answered_at timestamptz,
  constraint circuit_is_closed_open_or_half_open check (circuit in ('closed', 'open', 'half_open')),
  constraint open_circuit_has_a_reason_and_an_end check (circuit = 'closed' or (reason is not null and open_until is not null)),
  constraint half_open_circuit_has_one_probe check (
    (circuit = 'half_open') = (probe is not null) and (probe is null) = (probe_until is null)
  )
  -- Changed with every limited call: room for versions on the row's own page keeps the updates HOT.
) with (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Running calls to engines with a limit of concurrent calls. A lease that is not extended ends: its worker is gone.
create table trans_hub.engine_lease (
  call_id uuid primary key,
  engine text not null,
  ends_at timestamptz not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- From a context to its uses, for the removal of unused contexts. Rows without a context are left out.
create index source_by_context on trans_hub.source (context_no) where context_no <> 0;

create index translation_by_context on trans_hub.translation (context_no) where context_no <> 0;

-- Pauses: the fleet starts no such work until it is resumed.
create table trans_hub.pause (
  kind text not null,
  -- The engine, project or locale; '' for everything.
  name text not null,
  paused_at timestamptz not null default now(),
  primary key (kind, name),
  constraint pause_kind_is_known check (kind in ('everything', 'engine', 'project', 'locale')),
  constraint pause_names_what_it_pauses check ((kind = 'everything') = (name = ''))
);

-- Receivers of webhooks. Each has one place in the feed of events, and no row for each delivery.
create table trans_hub.webhook (
  webhook_id text primary key,
  project text not null,
  url text not null,
  type text not null,
  -- Null: all.
  kinds text[],
  target_locales text[],
  -- The secrets of both versions are derived from the server's key; none is stored.
  secret_version integer not null default 1,
  previous_secret_until timestamptz,
  -- The receiver has taken everything up to this place.
  epoch text not null,
  position bigint not null,
  -- The page that is being delivered ends here, and its messages up to sent_to were taken. It stays as it is until all of it was
  -- taken: a message that is sent again is then the same one. Null: there is none.
  page_to bigint,
  sent_to bigint,
  -- The page is not of events: it tells the receiver that the feed lost some.
  is_reset boolean not null default false,
  next_at timestamptz not null default now(),
  -- The server that delivers at present holds this lease, until it ends.
  lease uuid,
  lease_until timestamptz,
  delivered_at timestamptz,
  -- Of the tries since the last success.
  failures integer not null default 0,
  failing_since timestamptz,
  last_status integer,
  last_problem text,
  disabled_because text,
  disabled_at timestamptz,
  created_by text,
  created_at timestamptz not null default now(),
  constraint webhook_project_is_short check (project <> '' and octet_length(project) <= 255),
  constraint webhook_url_is_short check (octet_length(url) <= 2048),
  constraint webhook_type_is_known check (type in ('translations.settled', 'export.changed')),
  constraint webhook_created_by_is_short check (octet_length(created_by) <= 255),
  constraint webhook_page_is_whole check ((page_to is null) = (sent_to is null)),
  constraint webhook_fails_since_its_first_failure check ((failures = 0) = (failing_since is null)),
  constraint webhook_is_disabled_for_a_reason check (
    (disabled_at is null) = (disabled_because is null) and disabled_because in ('failing', 'gone', 'person')
  )
  -- Changed with every message: room for versions on the row's own page keeps the updates HOT.
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

create index webhook_by_project on trans_hub.webhook (project);

-- Successful backups, recorded by the backup script (deploy/backup/backup.sh). They stand here and not beside the files, so
-- that the age of the last one can be asked of the database.
create table trans_hub.backup_run (
  id bigint generated always as identity primary key,
  -- Everything that was committed before this time is in the backup.
  started_at timestamptz not null,
  finished_at timestamptz not null default now(),
  bytes bigint,
  -- Such as pg_dump, or the name of the tool that archives.
  made_by text not null,
  constraint backup_run_ends_after_its_start check (finished_at >= started_at)
);

-- Tokens of the HTTP API (docs/adr/0051). Only the hash is here: of 256 random bits it needs to be no slow one. A revoked token keeps
-- its row, so that an installation that ever had a token stays one that wants a login.
create table trans_hub.api_token (
  id text primary key,
  sha256 bytea not null,
  -- Null: every project, and acts on the whole fleet.
  projects text[],
  scopes text[] not null,
  -- Target locales. Null: every one.
  locales text[],
  -- The name under which acts with the token are noted. Null: token:<id>.
  label text,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  -- A day of UTC: a row a day and token is written, not one a request.
  last_used_on date,
  constraint api_token_id_has_12_characters check (id ~ '^[0-9A-Za-z]{12}$'),
  constraint api_token_hash_is_sha256 check (octet_length(sha256) = 32),
  constraint api_token_names_its_projects check (cardinality(projects) > 0),
  constraint api_token_has_a_scope check (cardinality(scopes) > 0),
  constraint api_token_names_its_locales check (cardinality(locales) > 0),
  constraint api_token_label_is_short check (label <> '' and octet_length(label) <= 255)
);

-- Requests that run once for a key that their caller chose. Neither the key nor the request is stored: only hashes, that of the
-- request made with the key, so that it confirms no guess of a text.
create table trans_hub.request_key (
  key_hash bytea primary key,
  body_hash bytea not null,
  -- Counts and codes, written by the transaction that did the work.
  answer jsonb not null,
  began_at timestamptz not null default now()
);

create index request_key_by_age on trans_hub.request_key (began_at);

-- Down Migration
revoke usage on schema trans_hub from public;
drop table trans_hub.memory_use, trans_hub.memory_unit, trans_hub.memory_key, trans_hub.memory_text;
drop table trans_hub.webhook;
drop table trans_hub.api_token, trans_hub.request_key, trans_hub.feed_switch, trans_hub.feed_head, trans_hub.event_position, trans_hub.event_queue, trans_hub.event, trans_hub.backup_run, trans_hub.pause, trans_hub.engine_lease, trans_hub.rate_limit, trans_hub.count_delta,
  trans_hub.gc_run, trans_hub.target_locale, trans_hub.reconciling, trans_hub.worker_node, trans_hub.fleet_clock, trans_hub.budget_entry,
  trans_hub.budget_hold, trans_hub.budget_period, trans_hub.budget, trans_hub.usage,
  trans_hub.stale_mark, trans_hub.style, trans_hub.glossary_edit, trans_hub.glossary_term, trans_hub.glossary_state, trans_hub.reviewer_locale, trans_hub.review_act, trans_hub.dead_letter, trans_hub.inbox, trans_hub.batch, trans_hub.translation, trans_hub.hint, trans_hub.source,
  trans_hub.context, trans_hub.content;
drop type trans_hub.item, trans_hub.grouped_items, trans_hub.register_options, trans_hub.register_receipt, trans_hub.want,
  trans_hub.wanted_row, trans_hub.translation_status;
