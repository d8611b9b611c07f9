/**
 * The feed of events on PostgreSQL.
 *
 *     transaction that changes texts ─▶ event, event_queue ─ commit ─▶ sequence_events ─▶ event_position ─▶ pages
 *
 * Positions are given after the commit, by whoever reads or works, one at a time. So a reader that has seen a position has seen all
 * events before it (docs/adr/0053).
 */
import { setTimeout as wait } from "node:timers/promises";
import { FeedOpeningError } from "../../contract/errors.ts";
import type { EventKind, EventPage, FeedEvent, FeedListener } from "../../contract/event.ts";
import {
  type EventFilter,
  type FeedState,
  formatEventCursor,
  MOST_EVENTS,
  NOW,
  parseEventCursor,
  positionAfter,
} from "../../rules/event-cursor.ts";
import { translationId } from "../../rules/translation-id.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { arrayValues, rows, run } from "../database/statement.ts";
import {
  countRunning,
  listChanging,
  noteReading,
  openFeed,
  type PageRow,
  POSITIONS_A_PAGE,
  pruneEvents,
  readAndSequence,
  readPage,
  sequenceEvents,
  switchOn,
} from "./feed.sql.ts";
import { type FeedLook, FeedTail } from "./tail.ts";

/** Milliseconds that a reader waits for transactions that began before the feed was switched on. */
const OPENING_MS = 10_000;
const OPENING_LOOK_MS = 20;

/** Positions of one step of the removal of old events. */
const POSITIONS_A_STEP = 1_000;

const SECONDS_A_DAY = 86_400;

/** After every position: a page behind it has no event. */
const BEHIND_ALL = "9000000000000000";

export class PostgresFeed {
  readonly #pool: ConnectionPool;
  readonly #tail: FeedTail;
  #opening: Promise<void> | undefined;

  constructor(pool: ConnectionPool) {
    this.#pool = pool;
    this.#tail = new FeedTail({ look: (after) => this.#look(after) });
  }

  /** See `PersistenceHandler.events`. */
  async events(filter: EventFilter): Promise<EventPage> {
    const { after, limit, project, targetLocale } = filter;
    const from = after === undefined ? null : after === NOW ? BEHIND_ALL : parseEventCursor(after).position;
    const values = [from, limit, project ?? null, targetLocale ?? null];
    if (!this.#tail.isSequencing) await this.#sequence();
    let found = await rows(this.#pool, readPage, values);
    if (!stateOf(found).isOpen) {
      await this.#open();
      found = await rows(this.#pool, readPage, values);
    }
    const state = stateOf(found);
    if (!state.isOpen) throw new FeedOpeningError();
    if (state.isUnread) await run(this.#pool, noteReading);
    const { events, next, isLast } = pageOf(found, positionAfter(after, state), limit);
    return { events, next: formatEventCursor({ epoch: state.epoch, position: next }), isLast };
  }

  /** See `PersistenceHandler.watchEvents`. */
  watch(listener: FeedListener): () => void {
    return this.#tail.watch(listener);
  }

  close(): void {
    this.#tail.stop();
  }

  async #look(after: number | undefined): Promise<FeedLook> {
    const found = await rows(this.#pool, readAndSequence, [after ?? BEHIND_ALL, MOST_EVENTS, null, null]);
    const state = stateOf(found);
    if (state.isOpen && state.isUnread) await run(this.#pool, noteReading);
    if (after === undefined || after > state.head || after < state.oldest) {
      return { isOpen: state.isOpen, epoch: state.epoch, events: [], next: state.head, isLast: true };
    }
    return { isOpen: state.isOpen, epoch: state.epoch, ...pageOf(found, after, MOST_EVENTS) };
  }

  /** All events of before this call get their positions, unless another session is giving them. */
  async #sequence(): Promise<void> {
    for (let sequenced = 1_000; sequenced >= 1_000; ) {
      const [step] = await rows(this.#pool, sequenceEvents);
      sequenced = step?.sequenced ?? 0;
    }
  }

  #open(): Promise<void> {
    this.#opening ??= openWhenReady(this.#pool).finally(() => {
      this.#opening = undefined;
      this.#tail.wake();
    });
    return this.#opening;
  }
}

/**
 * Switches the feed on, and opens it when every transaction has ended that may have looked before.
 *
 * @throws {FeedOpeningError} Some take too long. The feed stays on, and the next call goes on waiting.
 */
async function openWhenReady(pool: ConnectionPool): Promise<void> {
  await run(pool, switchOn);
  const changing = (await rows(pool, listChanging)).map(({ id }) => id);
  const startedAt = performance.now();
  while (changing.length > 0) {
    const [look] = await rows(pool, countRunning, [changing]);
    if (look?.running === 0) break;
    if (performance.now() - startedAt > OPENING_MS) throw new FeedOpeningError();
    await wait(OPENING_LOOK_MS);
  }
  await run(pool, openFeed);
}

/** Removes the events that are older than the retention, in bounded steps. */
export async function pruneOldEvents(pool: ConnectionPool, retentionDays: number, signal?: AbortSignal): Promise<void> {
  for (let removed = POSITIONS_A_STEP; removed > 0 && !signal?.aborted; ) {
    const [step] = await rows(pool, pruneEvents, [retentionDays * SECONDS_A_DAY, POSITIONS_A_STEP]);
    removed = step?.removed ?? 0;
  }
}

function stateOf([first]: readonly PageRow[]): FeedState & { isOpen: boolean; isUnread: boolean } {
  if (first === undefined) throw new Error("the feed has no head");
  const { epoch, oldest, head, is_open, is_unread } = first;
  return { epoch, oldest, head, isOpen: is_open, isUnread: is_unread };
}

function pageOf(
  found: readonly PageRow[],
  after: number,
  limit: number,
): { events: FeedEvent[]; next: number; isLast: boolean } {
  const { epoch, head } = stateOf(found);
  const events = found.flatMap((row) => eventOf(row, epoch));
  const last = events.at(-1)?.position ?? after;
  const isFull = events.length >= limit || found.at(-1)?.is_cut === true;
  const next = isFull ? last : Math.max(after, Math.min(head, after + POSITIONS_A_PAGE));
  return { events, next, isLast: next >= head };
}

function eventOf(row: PageRow, epoch: string): FeedEvent | [] {
  const { position: at, kind, project, content_nos, context_nos } = row;
  if (at === null || kind === null || project === null || content_nos === null || context_nos === null) return [];
  const position = Number(at);
  const contents = arrayValues(content_nos);
  const contexts = each(arrayValues(context_nos), contents.length);
  return {
    position,
    kind: kind as EventKind,
    project,
    targetLocale: row.target_locale,
    ids: contents.map((contentNo, place) => translationId({ contentNo, contextNo: Number(contexts(place)) })),
    revisions: row.revisions === null ? null : everyRevision(row.revisions, contents.length),
    at: row.at ?? new Date(0),
    cursor: formatEventCursor({ epoch, position }),
  };
}

/** The value of each place of an array that has one value for all, or one for each. */
function each(values: readonly string[], length: number): (place: number) => string | undefined {
  const [first] = values;
  return values.length === length ? (place) => values[place] : () => first;
}

function everyRevision(literal: string, length: number): number[] {
  const revision = each(arrayValues(literal), length);
  return Array.from({ length }, (_, place) => Number(revision(place)));
}
