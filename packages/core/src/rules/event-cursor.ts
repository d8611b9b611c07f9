/** Cursors of the feed: `<epoch>.<position>`. Positions of another epoch name other events. */
import { CursorGoneError, InvalidItemError } from "../contract/errors.ts";
import type { EventQuery } from "../contract/event.ts";
import { canonicalLocale } from "./locale.ts";
import { parseName } from "./name.ts";
import { optionKinds as kinds, optionCheck } from "./options.ts";

const DEFAULT_LIMIT = 100;
export const MOST_EVENTS = 1_000;

/** The `after` of a reader that wants no event of the past. */
export const NOW = "now";

export interface EventCursor {
  epoch: string;
  position: number;
}

export function formatEventCursor({ epoch, position }: EventCursor): string {
  return `${epoch}.${position}`;
}

/** @throws {InvalidItemError} It is no cursor of the feed. */
export function parseEventCursor(cursor: unknown): EventCursor {
  const [, epoch, position] = (typeof cursor === "string" && /^([0-9a-z]{1,40})\.(\d{1,15})$/.exec(cursor)) || [];
  if (epoch === undefined || position === undefined) {
    throw new InvalidItemError("TH_ITEM_SHAPE", "after", "is not a cursor of the feed of events", {
      hint: 'Pass "next" of an earlier page, the cursor of an event, or "now".',
    });
  }
  return { epoch, position: Number(position) };
}

/** The present state of a feed. */
export interface FeedState {
  epoch: string;
  /** Events up to this position are removed. */
  oldest: number;
  /** The last position. */
  head: number;
}

/**
 * The position after which a reader goes on.
 *
 * @throws {InvalidItemError} `after` is no cursor.
 * @throws {CursorGoneError} Events after the cursor are missing.
 */
export function positionAfter(after: string | undefined, { epoch, oldest, head }: FeedState): number {
  if (after === undefined) return oldest;
  if (after === NOW) return head;
  const cursor = parseEventCursor(after);
  // A position beyond the head was told before a restore.
  if (cursor.epoch !== epoch || cursor.position > head) throw new CursorGoneError("another epoch of the feed");
  if (cursor.position < oldest) throw new CursorGoneError("events that are no longer kept");
  return cursor.position;
}

/** A query with its defaults. */
export interface EventFilter {
  after: string | undefined;
  limit: number;
  project: string | undefined;
  targetLocale: string | undefined;
}

const checkOptions = optionCheck<EventQuery>("events", {
  after: kinds.checkedElsewhere,
  limit: kinds.whole(1, MOST_EVENTS),
  project: kinds.project,
  targetLocale: kinds.checkedElsewhere,
});

/**
 * @throws {SettingsError} Names every option at fault.
 * @throws {InvalidItemError} `after` is no cursor, or `targetLocale` no locale.
 */
export function parseEventQuery(query: EventQuery): EventFilter {
  const { after, limit = DEFAULT_LIMIT, project, targetLocale } = checkOptions(query);
  if (after !== undefined && after !== NOW) parseEventCursor(after);
  return {
    after,
    limit,
    project: project === undefined ? undefined : parseName(project, "project", "TH_PROJECT"),
    targetLocale: targetLocale === undefined ? undefined : canonicalLocale(targetLocale, "targetLocale"),
  };
}

/** Whether a filter lets an event through. */
export function isMeant(
  event: { project: string; targetLocale: string | null },
  { project, targetLocale }: Pick<EventQuery, "project" | "targetLocale">,
): boolean {
  return (
    (project === undefined || event.project === project) &&
    (targetLocale === undefined || event.targetLocale === null || event.targetLocale === targetLocale)
  );
}
