/** Follows the feed of events: pages until the end is reached, then what the tail of the process finds. */
import { setTimeout as wait } from "node:timers/promises";
import { TransHubError } from "../contract/errors.ts";
import type { EventPage, EventQuery, FeedEvent, FeedListener, FeedNews } from "../contract/event.ts";
import { isMeant, MOST_EVENTS, NOW, parseEventCursor, parseEventQuery } from "../rules/event-cursor.ts";
import { optionKinds as kinds, type OptionTable, optionCheck } from "../rules/options.ts";

export interface EventsQuery extends Omit<EventQuery, "project"> {
  /** Null: every project. Default: the coordinator's. */
  project?: string | null | undefined;
}

export interface FollowQuery extends Omit<EventsQuery, "limit"> {
  /** Aborting it ends the loop. */
  signal?: AbortSignal | undefined;
}

const EVENTS_OPTIONS: OptionTable<EventsQuery> = {
  after: kinds.checkedElsewhere,
  limit: kinds.whole(1, MOST_EVENTS),
  project: (value, key) => (value === null ? [] : kinds.project(value, key)),
  targetLocale: kinds.checkedElsewhere,
};
const { limit: _, ...FOLLOW_OPTIONS } = EVENTS_OPTIONS;
const checkEvents = optionCheck<EventsQuery>("events", EVENTS_OPTIONS);
const checkFollow = optionCheck<FollowQuery>("followEvents", { ...FOLLOW_OPTIONS, signal: kinds.signal });

/** @throws {SettingsError | InvalidItemError} */
export function parseEvents(query: EventsQuery, defaults: { project: string }): EventQuery {
  return withProject(checkEvents(query), defaults);
}

/** @throws {SettingsError | InvalidItemError} */
export function parseFollow(
  query: FollowQuery,
  defaults: { project: string },
): EventQuery & { signal: AbortSignal | undefined } {
  const { signal, ...filter } = checkFollow(query);
  return { ...withProject(filter, defaults), signal };
}

/** Null means every project, which the store calls undefined. */
function withProject({ project, ...query }: EventsQuery, defaults: { project: string }): EventQuery {
  return parseEventQuery(project === null ? query : { ...query, project: project ?? defaults.project });
}

export interface FollowOptions {
  events(query: EventQuery): Promise<EventPage>;
  watch(listener: FeedListener): () => void;
  /** The caller's: aborting it ends the loop. */
  signal: AbortSignal | undefined;
  /** The coordinator's: its reason is thrown. */
  closing: AbortSignal;
  /** Default: {@link MOVED_MS}. */
  movedMs?: number;
}

/** News that a follower keeps while its reader is busy. Beyond that it reads pages again. */
const NEWS_KEPT = 64;

/** Milliseconds without a page until an empty one says how far the feed has come: else the cursor of a rare reader would grow too old. */
const MOVED_MS = 5_000;

/** Milliseconds until the next try while the store is out of reach. */
const AWAY_MS = 500;

export async function* followEvents(
  query: EventQuery,
  { events, watch, signal, closing, movedMs = MOVED_MS }: FollowOptions,
): AsyncGenerator<EventPage, void, undefined> {
  const ending = signal === undefined ? closing : AbortSignal.any([signal, closing]);
  let cursor = query.after;
  let kept: FeedNews[] = [];
  // At first the end of the feed is not known.
  let isBehind = true;
  let told = { next: cursor, at: performance.now() };
  const isWorthTelling = ({ events: found, next }: EventPage) => {
    const isDue = next !== told.next && performance.now() - told.at >= movedMs;
    if (found.length === 0 && !isDue) return false;
    told = { next, at: performance.now() };
    return true;
  };
  let wake = () => {};
  const onAbort = () => wake();
  ending.addEventListener("abort", onAbort, { once: true });
  const stop = watch((news) => {
    if (kept.length >= NEWS_KEPT) {
      kept = [];
      isBehind = true;
    }
    kept.push(news);
    wake();
  });
  try {
    while (!ending.aborted) {
      if (isBehind) {
        const page = await readPage(events, { ...query, after: cursor, limit: MOST_EVENTS }, ending);
        if (page === undefined) continue;
        cursor = page.next;
        isBehind = !page.isLast;
        if (isWorthTelling(page)) yield page;
        continue;
      }
      const news = kept.shift();
      if (news === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (ending.aborted || kept.length > 0) resolve();
        });
        continue;
      }
      const part = cursor === undefined || cursor === NOW ? undefined : partAfter(cursor, news);
      if (part === undefined) {
        isBehind = true;
        continue;
      }
      cursor = part.next;
      const own = { events: part.events.filter((event) => isMeant(event, query)), next: part.next, isLast: true };
      if (isWorthTelling(own)) yield own;
    }
  } finally {
    stop();
    ending.removeEventListener("abort", onAbort);
  }
  if (closing.aborted && !signal?.aborted) throw closing.reason;
}

/** The events of some news behind a cursor. Undefined: there may be events between the two, which pages have. */
function partAfter(
  cursor: string,
  { isOpen, after, next, events }: FeedNews,
): { events: FeedEvent[]; next: string } | undefined {
  if (!isOpen || next === undefined) return undefined;
  const own = parseEventCursor(cursor);
  const end = parseEventCursor(next);
  if (end.epoch !== own.epoch) return undefined;
  if (end.position <= own.position) return { events: [], next: cursor };
  if (after === undefined || events === undefined || parseEventCursor(after).position > own.position) return undefined;
  return { events: events.filter(({ position }) => position > own.position), next };
}

/** Undefined: the store is out of reach, and was waited for. */
async function readPage(
  events: FollowOptions["events"],
  query: EventQuery,
  ending: AbortSignal,
): Promise<EventPage | undefined> {
  try {
    return await events(query);
  } catch (error) {
    if (!(error instanceof TransHubError && error.retryable)) throw error;
    await wait(AWAY_MS, undefined, { signal: ending }).catch(() => undefined);
    return undefined;
  }
}
