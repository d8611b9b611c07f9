/** The feed of events of a store in memory: positions are given at once, as no other transaction runs. */
import type { EventKind, EventPage, FeedEvent, FeedListener, FeedNews } from "../../contract/event.ts";
import type { TranslationKey } from "../../contract/translation.ts";
import {
  type EventFilter,
  type FeedState,
  formatEventCursor,
  isMeant,
  positionAfter,
} from "../../rules/event-cursor.ts";
import { translationId } from "../../rules/translation-id.ts";
import type { Clock } from "./clock.ts";

/** Ids of one event, at most. */
const IDS_AN_EVENT = 2_000;

export interface Changed {
  readonly key: TranslationKey;
  readonly revision: number;
}

export class InMemoryFeed {
  readonly #clock: Clock;
  readonly #listeners = new Set<FeedListener>();
  readonly #epoch = Math.random().toString(36).slice(2, 10);
  #events: FeedEvent[] = [];
  #isOn = false;
  #oldest = 0;
  #head = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Writes an event for each project and target locale of the rows, while somebody subscribes. */
  write(kind: EventKind, changed: readonly Changed[]): void {
    const groups = Map.groupBy(changed, ({ key: { project, targetLocale } }) =>
      JSON.stringify([project, targetLocale]),
    );
    for (const group of groups.values()) {
      const [first] = group;
      if (first === undefined) continue;
      const { project, targetLocale } = first.key;
      this.#add(kind, project, targetLocale, group, (part) => part.map(({ revision }) => revision));
    }
  }

  /** Business ids mean these texts from now on. */
  renamed(project: string, keys: readonly Pick<TranslationKey, "contentNo" | "contextNo">[]): void {
    const texts = keys.map((key) => ({ key: { ...key, project, targetLocale: "" }, revision: 0 }));
    this.#add("renamed", project, null, texts, () => null);
  }

  events({ after, limit, project, targetLocale }: EventFilter): EventPage {
    this.#isOn = true;
    const from = positionAfter(after, this.state());
    const found = this.#events.filter((event) => event.position > from && isMeant(event, { project, targetLocale }));
    const shown = found.slice(0, limit);
    const isLast = shown.length === found.length;
    const next = isLast ? this.#head : (shown.at(-1)?.position ?? from);
    return { events: shown.map((event) => structuredClone(event)), next: this.#cursor(next), isLast };
  }

  state(): FeedState {
    return { epoch: this.#epoch, oldest: this.#oldest, head: this.#head };
  }

  /** The time of the event at a position, in milliseconds. */
  timeOf(position: number): number {
    return this.#events.find((event) => event.position === position)?.at.getTime() ?? 0;
  }

  watch(listener: FeedListener): () => void {
    const own: FeedListener = (news) => listener(news);
    this.#listeners.add(own);
    queueMicrotask(() => {
      if (this.#listeners.has(own))
        own(this.#isOn ? { isOpen: true, next: this.#cursor(this.#head) } : { isOpen: false });
    });
    return () => this.#listeners.delete(own);
  }

  /** Removes events from before a time. */
  prune(cutoff: number): void {
    const young = this.#events.findIndex(({ at }) => at.getTime() >= cutoff);
    this.#oldest = young === -1 ? this.#head : (this.#events[young]?.position ?? 1) - 1;
    this.#events = this.#events.filter(({ position }) => position > this.#oldest);
  }

  #add(
    kind: EventKind,
    project: string,
    targetLocale: string | null,
    changed: readonly Changed[],
    revisionsOf: (part: readonly Changed[]) => number[] | null,
  ): void {
    if (!this.#isOn) return;
    for (let from = 0; from < changed.length; from += IDS_AN_EVENT) {
      const part = changed.slice(from, from + IDS_AN_EVENT);
      const after = this.#cursor(this.#head);
      this.#head += 1;
      const event: FeedEvent = {
        position: this.#head,
        kind,
        project,
        targetLocale,
        ids: part.map(({ key }) => translationId(key)),
        revisions: revisionsOf(part),
        at: new Date(this.#clock.now()),
        cursor: this.#cursor(this.#head),
      };
      this.#events.push(event);
      const news: FeedNews = { isOpen: true, after, next: event.cursor, events: [event] };
      queueMicrotask(() => {
        for (const listener of [...this.#listeners]) listener(news);
      });
    }
  }

  #cursor(position: number): string {
    return formatEventCursor({ epoch: this.#epoch, position });
  }
}
