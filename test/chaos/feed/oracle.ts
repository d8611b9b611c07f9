/**
 * Judges the feed of events: what each reader got is compared with a ledger of the committed changes, with the other readers, with
 * the feed as it stands at the end, and with the rows.
 *
 * The ledger is written by a trigger in the transaction of each change, so it has exactly what was committed. Changes of transactions
 * that began before the feed was open may have an event.
 */
import type { FeedEvent } from "@trans-hub/core";

/** One event as a reader got it. */
export type Told = Pick<FeedEvent, "position" | "kind" | "project" | "targetLocale" | "ids" | "revisions">;

/** A committed change of one row. */
export interface Change {
  /** Locale, project and id of the row. */
  key: string;
  revision: number;
  kind: string;
  /** It must have an event. False: it may. */
  isOwed: boolean;
}

export interface Stream {
  reader: string;
  /** The position of the reader's first cursor. */
  after: number;
  events: readonly Told[];
}

export interface FeedEvidence {
  changes: readonly Change[];
  streams: readonly Stream[];
  /** The feed at the end, from the first cursor on. */
  replayed: readonly Told[];
  /** By key: the rows at the end that wait for nothing. */
  rows: ReadonlyMap<string, { status: string; revision: number }>;
}

/** Rows that a change removed: the kinds of the feed and of the ledger for it. */
const REMOVED = "removed";
const REMOVING = new Set(["cancelled", "forgotten", "collected", "purged"]);

/** The same kind for the ledger and the feed. */
const plain = (kind: string) => (REMOVING.has(kind) ? REMOVED : kind);

export const keyOf = (project: string, targetLocale: string | null, id: string) => `${project}/${targetLocale}/${id}`;

/** The broken promises, each as a sentence. */
export function judgeFeed({ changes, streams, replayed, rows }: FeedEvidence): string[] {
  const found: string[] = [];
  const say = (count: number, sentence: string) => {
    if (count > 0) found.push(`${count} ${sentence}`);
  };
  for (const { reader, after, events } of streams) {
    const gaps = events.filter(({ position }, at) => position !== after + at + 1);
    say(gaps.length, `events that ${reader} got are not at the next position (the first at ${gaps[0]?.position})`);
  }
  const byPosition = new Map(replayed.map((event) => [event.position, wordOf(event)]));
  for (const { reader, events } of streams) {
    const other = events.filter((event) => byPosition.get(event.position) !== wordOf(event));
    say(
      other.length,
      `positions told ${reader} another event than the feed has at the end (such as ${other[0]?.position})`,
    );
    const last = replayed.at(-1)?.position ?? 0;
    const own = events.at(-1)?.position ?? 0;
    say(Math.max(0, last - own), `events at the end did not reach ${reader}`);
  }
  for (const { reader, events } of [...streams, { reader: "the replay", events: replayed }]) {
    found.push(...judgeStream(reader, events, changes));
  }
  found.push(...judgeFold(replayed, changes, rows));
  return found;
}

/** Promises 1, 2 and 5: every change once, no other, and no revision before an earlier one. */
export function judgeStream(reader: string, events: readonly Told[], changes: readonly Change[]): string[] {
  const found: string[] = [];
  const told = new Map<string, number>();
  const last = new Map<string, number>();
  let backwards = 0;
  for (const { kind, project, targetLocale, ids, revisions } of events) {
    if (kind === "renamed") continue;
    for (const [at, id] of ids.entries()) {
      const key = keyOf(project, targetLocale, id);
      const revision = revisions?.[at] ?? 0;
      const word = `${key} ${plain(kind)} ${revision}`;
      told.set(word, (told.get(word) ?? 0) + 1);
      if (revision < (last.get(key) ?? 0)) backwards += 1;
      last.set(key, revision);
    }
  }
  const known = new Map<string, { owed: number; most: number }>();
  for (const { key, revision, kind, isOwed } of changes) {
    const word = `${key} ${plain(kind)} ${revision}`;
    const count = known.get(word) ?? { owed: 0, most: 0 };
    known.set(word, { owed: count.owed + (isOwed ? 1 : 0), most: count.most + 1 });
  }
  // A cancelled row that goes back to its text is no removal; the ledger calls it by the same name.
  const lost = [...known].filter(([word, { owed }]) => (told.get(word) ?? 0) < owed);
  const made = [...told].filter(([word, count]) => count > (known.get(word)?.most ?? 0));
  if (lost.length > 0)
    found.push(`${lost.length} of ${known.size} committed changes did not reach ${reader}: ${lost[0]?.[0]}`);
  if (made.length > 0)
    found.push(`${made.length} changes that ${reader} got were not committed, or came twice: ${made[0]?.[0]}`);
  if (backwards > 0) found.push(`${backwards} revisions came to ${reader} after a later one of their row`);
  return found;
}

/** Promise 7: the last event of each row says the state of the row. */
function judgeFold(events: readonly Told[], changes: readonly Change[], rows: FeedEvidence["rows"]): string[] {
  const last = new Map<string, { kind: string; revision: number }>();
  for (const { kind, project, targetLocale, ids, revisions } of events) {
    if (kind === "renamed") continue;
    for (const [at, id] of ids.entries()) {
      last.set(keyOf(project, targetLocale, id), { kind, revision: revisions?.[at] ?? 0 });
    }
  }
  const wrong: string[] = [];
  for (const [key, { kind, revision }] of last) {
    const row = rows.get(key);
    const isRight =
      row === undefined
        ? REMOVING.has(kind)
        : row.revision === revision &&
          (row.status === kind || (row.status === "translated" && (kind === "failed" || kind === "cancelled")));
    if (!isRight)
      wrong.push(`${key}: ${kind} at ${revision}, and the row is ${row?.status ?? "gone"} at ${row?.revision}`);
  }
  const owed = new Set(changes.filter(({ isOwed }) => isOwed).map(({ key }) => key));
  for (const key of owed) if (!last.has(key)) wrong.push(`${key} has no event`);
  return wrong.length === 0 ? [] : [`${wrong.length} rows are not as their last event says: ${wrong[0]}`];
}

function wordOf({ kind, project, targetLocale, ids, revisions }: Told): string {
  return JSON.stringify([kind, project, targetLocale, ids, revisions]);
}

/** The milliseconds below which 99 of 100 are. */
export function p99(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? 0;
}
