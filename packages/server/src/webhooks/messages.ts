/** The messages of a page of events. */
import { type FeedEvent, formatEventCursor, parseEventCursor, type WebhookType } from "@trans-hub/core/store";

/** The part of a webhook that says what it hears of. */
export interface Hearing {
  readonly project: string;
  readonly type: WebhookType;
  readonly kinds: readonly string[] | null;
  readonly targetLocales: readonly string[] | null;
}

export interface WebhookMessage {
  /** The same for each try. */
  readonly id: string;
  readonly body: string;
  /** The position of its last event. */
  readonly position: number;
}

/** Events that one message joins. */
const MOST_EVENTS = 100;

/** Ids of one message. */
const MOST_IDS = 1_000;

/**
 * Joins the events of a page to messages, in the order in which they are sent.
 *
 * A message joins events of one locale and kind between which no other kind of that locale stands: so the messages of a locale,
 * and hence of each translation, keep the order of the feed. All messages keep the order of their last events. The same page
 * makes the same messages.
 *
 * @param epoch The epoch of the events' positions.
 */
export function messagesOf(epoch: string, events: readonly FeedEvent[], hearing: Hearing): WebhookMessage[] {
  const { kinds, targetLocales } = hearing;
  const heard = events.filter(
    ({ kind, targetLocale }) =>
      (kinds?.includes(kind) ?? true) && (targetLocale === null || (targetLocales?.includes(targetLocale) ?? true)),
  );
  const joined = hearing.type === "export.changed" ? joinedByLocale(heard) : joinedByKind(heard);
  return joined
    .toSorted((one, other) => one.last.position - other.last.position)
    .flatMap((group) => bodies(epoch, group, hearing));
}

/** Whether a webhook hears of exports, whose pages wait before they are delivered. */
export function hearsOfExports({ type }: Pick<Hearing, "type">): boolean {
  return type === "export.changed";
}

/** What the receiver must do when the feed has lost events: read everything anew. */
export function resetMessage(cursor: string, project: string, now: Date): WebhookMessage {
  const { epoch, position } = parseEventCursor(cursor);
  return {
    id: `evt_${epoch}_${position}_reset`,
    body: JSON.stringify({ type: "feed.reset", timestamp: now.toISOString(), data: { project, cursor } }),
    position,
  };
}

/** A message without an event, by which a person tries a webhook. */
export function testMessage(id: string, project: string, now: Date): WebhookMessage {
  return {
    id: `test_${id}`,
    body: JSON.stringify({ type: "webhook.test", timestamp: now.toISOString(), data: { project } }),
    position: 0,
  };
}

interface Joined {
  /** Null: every locale. */
  readonly locale: string | null;
  readonly kind: string;
  readonly ids: Set<string>;
  events: number;
  last: FeedEvent;
}

function joinedByKind(events: readonly FeedEvent[]): Joined[] {
  const groups: Joined[] = [];
  const open = new Map<string | null, Joined>();
  for (const event of events) {
    // An event of every locale comes after all events before it, and before all after it.
    if (event.targetLocale === null) keepOnly(open, null);
    else open.delete(null);
    const group = open.get(event.targetLocale);
    const added = group === undefined ? 0 : event.ids.filter((id) => !group.ids.has(id)).length;
    if (group?.kind === event.kind && group.events < MOST_EVENTS && group.ids.size + added <= MOST_IDS) {
      for (const id of event.ids) group.ids.add(id);
      group.events += 1;
      group.last = event;
      continue;
    }
    const { targetLocale: locale, kind, ids } = event;
    const begun = { locale, kind, ids: new Set(ids), events: 1, last: event };
    open.set(locale, begun);
    groups.push(begun);
  }
  return groups;
}

function keepOnly<Key>(map: Map<Key, unknown>, kept: Key): void {
  for (const key of map.keys()) if (key !== kept) map.delete(key);
}

function joinedByLocale(events: readonly FeedEvent[]): Joined[] {
  const groups = new Map<string | null, Joined>();
  for (const event of events) {
    const group = groups.get(event.targetLocale);
    if (group !== undefined) group.last = event;
    else
      groups.set(event.targetLocale, { locale: event.targetLocale, kind: "", ids: new Set(), events: 1, last: event });
  }
  return [...groups.values()];
}

function bodies(epoch: string, { locale, kind, ids, last }: Joined, { project, type }: Hearing): WebhookMessage[] {
  const { position } = last;
  const cursor = formatEventCursor({ epoch, position });
  const id = `evt_${epoch}_${position}`;
  const body = (data: object) =>
    JSON.stringify({ type, timestamp: last.at.toISOString(), data: { project, locale, ...data, cursor } });
  if (type === "export.changed") return [{ id: `${id}_export`, body: body({}), position }];
  // One settlement may have more ids than a message: the rest goes in messages of its own.
  const all = [...ids];
  const parts = Array.from({ length: Math.max(1, Math.ceil(all.length / MOST_IDS)) }, (_, part) =>
    all.slice(part * MOST_IDS, (part + 1) * MOST_IDS),
  );
  return parts.map((part, at) => ({
    id: at === 0 ? id : `${id}_${at + 1}`,
    body: body({ kind, count: part.length, ids: part }),
    position,
  }));
}
