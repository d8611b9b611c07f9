/**
 * The proof of reviews: two reviewing processes take acts on the revisions that they have read, beside workers, forced requests,
 * replays and collections, and any of them is killed at any moment. Then every act is undone.
 *
 * Judged are the store's own tables against two records that it does not write: the acts that the processes saw acknowledged, and the
 * changes of approved rows, which a trigger notes.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { PostgresPersistenceHandler, parseItem } from "@trans-hub/core/store";
import { brokenInvariants } from "@trans-hub/test-support/invariants";
import { makeRandom } from "@trans-hub/test-support/strings";
import pg from "pg";
import type { Acked, MemberMessage, MemberOptions, Role } from "./member.ts";

export interface ProofOptions {
  /** A migrated database. */
  databaseUrl: string;
  texts: number;
  /** Acknowledged acts. */
  acts: number;
  /** Kills of processes, spread over the acts. */
  kills: number;
  seed: number;
  say?: (line: string) => void;
}

export interface ProofReport {
  acked: number;
  refused: Record<string, number>;
  kills: number;
  entries: Record<string, number>;
  undone: number;
  seconds: number;
  /** Broken promises. Empty: none. */
  faults: string[];
}

const CREW: readonly Role[] = ["reviewer", "reviewer", "worker", "worker", "disturber"];

/** Notes each change of a row that was approved, with the revision that it had. */
const LEDGER = `
  create table public.approved_change (
    content_no bigint, revision integer, old_text text, new_text text, new_status text, is_gone boolean not null default false
  );
  create function public.note_approved() returns trigger language plpgsql as $$
  begin
    insert into public.approved_change
    select old.content_no, old.revision, old.text, case when tg_op = 'UPDATE' then new.text end,
      case when tg_op = 'UPDATE' then new.status::text end, tg_op = 'DELETE';
    return null;
  end $$;
  create trigger note_approved_update after update on trans_hub.translation for each row
    when (old.status = 'approved' and (old.text, old.status) is distinct from (new.text, new.status))
    execute function public.note_approved();
  create trigger note_approved_delete after delete on trans_hub.translation for each row
    when (old.status = 'approved') execute function public.note_approved()`;

interface StandingRow {
  text: string;
  state: string;
}

export async function proveReviews(options: ProofOptions): Promise<ProofReport> {
  const { databaseUrl, texts: count, acts, kills, seed, say = () => undefined } = options;
  const startedAt = performance.now();
  const db = new pg.Pool({ connectionString: databaseUrl, max: 4 });
  const store = await PostgresPersistenceHandler.connect({ databaseUrl });
  const texts = Array.from({ length: count }, (_, at) => `Text ${at}`);
  /** Nobody but the reviewers and the workers touches the other half: for it, the first state is known from before all acts. */
  const disturbed = texts.filter((_, at) => at % 2 === 1);
  const faults: string[] = [];
  const acked: Acked[] = [];
  const refused: Record<string, number> = {};
  let killed = 0;
  try {
    await prepare(db, store, texts);
    const before = await standing(db);
    const crew = new Crew({ databaseUrl, seed, texts, disturbed }, (message) => {
      if (message.kind === "acked") acked.push(...message.acts);
      else if (message.kind === "refused") refused[message.code] = (refused[message.code] ?? 0) + 1;
      else faults.push(message.error);
    });
    const random = makeRandom(seed);
    while (acked.length < acts) {
      await wait(50);
      if (killed < kills && acked.length > (acts * killed) / kills) {
        await crew.kill(Math.floor(random() * CREW.length));
        killed += 1;
        if (killed % 5 === 0) faults.push(...(await invariantFaults(db, "beside the acts")));
        say(`${acked.length} acts, ${killed} kills`);
      }
    }
    await crew.end();
    faults.push(...(await invariantFaults(db, "after the acts")));
    faults.push(...(await judgeHistory(db, acked)));
    const entries = await countEntries(db);
    const undone = await undoAll(store, texts, faults);
    faults.push(...(await invariantFaults(db, "after undoing")));
    faults.push(...(await judgeFirstStates(db, before, new Set(disturbed))), ...(await judgeUndos(db)));
    const seconds = (performance.now() - startedAt) / 1_000;
    return { acked: acked.length, refused, kills: killed, entries, undone, seconds, faults };
  } finally {
    await store.close();
    await db.end();
  }
}

/** Texts that were translated, some with warnings, and some that failed. */
async function prepare(db: pg.Pool, store: PostgresPersistenceHandler, texts: readonly string[]): Promise<void> {
  const limits = { maxTextBytes: 1_000 };
  await store.register(texts.map((text) => parseItem({ text }, { sourceLocale: "en", targetLocales: ["fr"] }, limits)));
  const error = { at: new Date().toISOString(), engine: "first", code: "TH_ENGINE_REFUSED", message: "No" };
  await store.work({ until: "ready", concurrency: 2, maxItems: 50 }, async ({ items }) => ({
    outcomes: items.map(({ text }, at) =>
      at % 5 === 0
        ? { kind: "failed", error }
        : {
            kind: "translated",
            text: `Première ${text}`,
            engine: "first",
            model: "m",
            flags: at % 3 === 0 ? ["same"] : [],
          },
    ),
    calls: [],
  }));
  // The collections beside the acts remove other texts, and the closed dead letters.
  await db.query("update trans_hub.source set last_seen_at = now() + interval '10 years'");
  await db.query(LEDGER);
}

/** Each row of the proof, without what an act changes by its nature, and with its open dead letter. */
async function standing(db: pg.Pool): Promise<Map<string, string>> {
  const { rows } = await db.query<StandingRow>(
    `select c.text, jsonb_build_array(
       t.status, t.text, t.engine, t.model, t.quality_flags, t.approved_by, (
         select jsonb_agg(jsonb_build_array(d.id, d.code, d.message, d.history, d.kept_text))
         from trans_hub.dead_letter as d
         where d.content_no = t.content_no and d.target_locale = t.target_locale and d.context_no = t.context_no
           and d.project = t.project and d.replayed_at is null
       ))::text as state
     from trans_hub.translation as t join trans_hub.content as c using (content_no)
     where c.text like 'Text %'`,
  );
  return new Map(rows.map(({ text, state }) => [text, state]));
}

async function invariantFaults(db: pg.Pool, when: string): Promise<string[]> {
  const broken = await brokenInvariants(db);
  return Object.entries(broken).map(([rule, rows]) => `${when}: ${rule}: ${JSON.stringify(rows)}`);
}

interface Entry {
  text: string;
  action: string;
  revision_before: number;
  revision_after: number;
  status_before: string;
  status_after: string;
  text_before: string | null;
  text_after: string | null;
}

async function judgeHistory(db: pg.Pool, acked: readonly Acked[]): Promise<string[]> {
  const faults: string[] = [];
  const { rows: entries } = await db.query<Entry>(
    `select c.text, a.action, a.revision_before, a.revision_after, a.status_before::text, a.status_after::text,
       a.text_before, a.text_after
     from trans_hub.review_act as a join trans_hub.content as c using (content_no)
     where c.text like 'Text %' order by a.content_no, a.act_no`,
  );
  const acts = Map.groupBy(
    entries.filter(({ action }) => action !== "replace"),
    ({ text, revision_after: revision }) => `${text} at ${revision}`,
  );
  for (const [name, same] of acts) if (same.length > 1) faults.push(`${name}: ${same.length} acts made one revision`);
  const seen = new Set<string>();
  for (const { kind, text, before, after } of acked) {
    const name = `${text} at ${after.revision}`;
    if (seen.has(name)) faults.push(`${name}: two acts were acknowledged, one silently lost`);
    seen.add(name);
    const [entry] = acts.get(name) ?? [];
    if (entry === undefined) faults.push(`${name}: an acknowledged ${kind} is not in the history`);
    else if ((entry.action === "edit" ? "approve" : entry.action) !== kind)
      faults.push(`${name}: ${entry.action}, not ${kind}`);
    // While a row is pending, its text may come under the revision that was read.
    else if (
      before.status !== "pending" &&
      (entry.text_before !== before.text || entry.status_before !== before.status)
    ) {
      faults.push(`${name}: the history has another text or status before the act than its person read`);
    }
  }
  for (const each of Map.groupBy(entries, ({ text }) => text).values()) {
    for (const [at, entry] of each.entries()) {
      const last = each[at - 1];
      if (last === undefined) continue;
      const isFirstText = last.text_after === null && last.status_after !== "approved";
      if (entry.revision_before < last.revision_after)
        faults.push(`${entry.text}: an entry is older than the one before it`);
      if (entry.text_before !== last.text_after && !isFirstText)
        faults.push(`${entry.text}: a text changed between two entries`);
    }
  }
  const { rows: silent } = await db.query<{ content_no: string; revision: number }>(
    `select l.content_no, l.revision from public.approved_change as l
     where l.is_gone or not exists (
       select from trans_hub.review_act as a
       where a.content_no = l.content_no and a.revision_before = l.revision and a.action <> 'replace'
         and a.status_before = 'approved' and a.text_before is not distinct from l.old_text
     )`,
  );
  for (const row of silent) faults.push(`an approved text changed without an act: ${JSON.stringify(row)}`);
  return faults;
}

async function countEntries(db: pg.Pool): Promise<Record<string, number>> {
  const { rows } = await db.query<{ action: string; n: number }>(
    "select action, count(*)::int as n from trans_hub.review_act group by 1 order by 1",
  );
  return Object.fromEntries(rows.map(({ action, n }) => [action, n]));
}

/** Undoes every act, each at the revision that stands, until none is left. Gives how many it undid. */
async function undoAll(store: PostgresPersistenceHandler, texts: readonly string[], faults: string[]): Promise<number> {
  let undone = 0;
  let left = [...texts];
  while (left.length > 0) {
    const read = await store.read(
      left.map((text) => ({
        ...({
          project: "default",
          targetLocale: "fr",
          text,
          sourceLocale: "en",
          context: null,
          format: "auto",
        } as const),
      })),
    );
    const rows = read.filter((row) => row !== undefined);
    const results = await store.review(
      rows.slice(0, 500).map(({ sourceText: text, revision }) => ({
        kind: "undo",
        reference: { project: "default", targetLocale: "fr", text, sourceLocale: "en", context: null, format: "auto" },
        revision,
        by: "the proof",
      })),
    );
    const goOn = new Set(rows.slice(500).map(({ sourceText }) => sourceText));
    for (const [at, { error }] of results.entries()) {
      const text = rows[at]?.sourceText ?? "";
      if (error === undefined) {
        undone += 1;
        goOn.add(text);
      } else if (error.code !== "TH_NOTHING_TO_UNDO") faults.push(`${text}: cannot be undone: ${error.code}`);
    }
    left = [...goOn];
  }
  return undone;
}

/** After all is undone, a text that only acts and their consequences have touched is as it was before all acts. */
async function judgeFirstStates(
  db: pg.Pool,
  before: ReadonlyMap<string, string>,
  disturbed: ReadonlySet<string>,
): Promise<string[]> {
  const after = await standing(db);
  return [...before].flatMap(([text, state]) =>
    disturbed.has(text) || after.get(text) === state ? [] : [`${text}: was ${state}, and is ${after.get(text)}`],
  );
}

/** Each undo took back the latest act that stood, and gave back the row from before it; and none is left to undo. */
async function judgeUndos(db: pg.Pool): Promise<string[]> {
  const { rows } = await db.query<{ text: string; act_no: string; is_latest: boolean; is_restored: boolean }>(
    `select c.text, u.act_no::text,
       (u.status_after, u.text_after, u.engine_after, u.model_after)
         is not distinct from (a.status_before, a.text_before, a.engine_before, a.model_before) as is_restored,
       not exists (
         select from trans_hub.review_act as l
         where l.content_no = u.content_no and l.action not in ('undo', 'replace') and l.act_no > a.act_no and l.act_no < u.act_no
           and not exists (
             select from trans_hub.review_act as e
             where e.content_no = u.content_no and e.undoes = l.act_no and e.act_no < u.act_no
           )
       ) as is_latest
     from trans_hub.review_act as u
     join trans_hub.review_act as a on a.act_no = u.undoes
     join trans_hub.content as c on c.content_no = u.content_no`,
  );
  const { rows: left } = await db.query<{ act_no: string }>(
    `select a.act_no::text from trans_hub.review_act as a
     where a.action not in ('undo', 'replace') and not exists (select from trans_hub.review_act as u where u.undoes = a.act_no)`,
  );
  return [
    ...rows.flatMap(({ text, act_no: no, is_latest: isLatest, is_restored: isRestored }) => [
      ...(isLatest ? [] : [`${text}: undo ${no} passed over a later act`]),
      ...(isRestored ? [] : [`${text}: undo ${no} did not give the row back`]),
    ]),
    ...left.map(({ act_no: no }) => `act ${no} stands after everything was undone`),
  ];
}

/** The processes, each replaced when it is killed. */
class Crew {
  readonly #options: Omit<MemberOptions, "role">;
  readonly #hear: (message: MemberMessage) => void;
  readonly #members: ChildProcess[];
  #started = 0;

  constructor(options: Omit<MemberOptions, "role">, hear: (message: MemberMessage) => void) {
    this.#options = options;
    this.#hear = hear;
    this.#members = CREW.map((role) => this.#start(role));
  }

  async kill(place: number): Promise<void> {
    const member = this.#members[place];
    const role = CREW[place];
    if (member === undefined || role === undefined) return;
    await killed(member);
    this.#members[place] = this.#start(role);
  }

  async end(): Promise<void> {
    await Promise.all(this.#members.map(killed));
  }

  #start(role: Role): ChildProcess {
    this.#started += 1;
    const options: MemberOptions = { ...this.#options, role, seed: this.#options.seed * 1_000 + this.#started };
    const child = fork(join(import.meta.dirname, "member.ts"), [JSON.stringify(options)], { execArgv: [] });
    child.on("message", (message) => this.#hear(message as MemberMessage));
    child.once("exit", (code) => {
      if (code !== null && code !== 0) this.#hear({ kind: "fault", error: `a ${role} ended with ${code}` });
    });
    return child;
  }
}

/** Its messages that are under way still arrive. */
async function killed(member: ChildProcess): Promise<void> {
  const closed = once(member, "close");
  member.kill("SIGKILL");
  await closed;
}
