/** The feed of events: that texts changed, in one order that every reader sees. No event holds a text. */

/** A later release may add some. */
export type EventKind =
  /** A text was stored, by an engine or a person. */
  | "translated"
  /** An attempt failed for good: a dead letter was written. A text that was there before stays. */
  | "failed"
  /** A person approved the text. */
  | "approved"
  /** A person rejected the text: it is to be translated anew, and is no longer approved. It may be hidden until then. */
  | "rejected"
  /** A person took an approval back. The text stays. */
  | "reopened"
  /** An act of a person was undone: text and status are those from before it. */
  | "undone"
  /** A request was taken back. A text that was there before stays. */
  | "cancelled"
  | "forgotten"
  | "collected"
  /** A failed text was removed with its dead letter. */
  | "purged"
  /** Business ids mean other texts from now on: these, in each locale. */
  | "renamed";

/** One change of texts of a project in a locale, as one transaction made it. */
export interface FeedEvent {
  /** Ascends by one from event to event of the feed. A filter leaves gaps. */
  position: number;
  kind: EventKind;
  project: string;
  /** Null: every locale (`renamed`). */
  targetLocale: string | null;
  /** The `id` of each translation, at most 2,000: `<content_no>-<context_no>`, opaque to applications. */
  ids: string[];
  /**
   * The revision of each of `ids` after the change; of removed ones, the last. Of one translation they never descend from event to
   * event. Null: the event is about none (`renamed`).
   */
  revisions: number[] | null;
  /** When the transaction began. It orders nothing. */
  at: Date;
  /** Names this event: as `after`, the feed goes on behind it. It is the same however often the event is read. */
  cursor: string;
}

export interface EventQuery {
  /**
   * A cursor of an event, or `next` of a page: events after it. `now`: those that come after this call. Default: from the oldest that
   * is kept.
   */
  after?: string | undefined;
  /** From 1 to 1,000. Default 100. */
  limit?: number | undefined;
  /** Default: all projects. */
  project?: string | undefined;
  /** With the events of every locale. Default: all locales. */
  targetLocale?: string | undefined;
}

/** Events in their order. An empty page is not the end: `next` may have moved over events that the filter leaves out. */
export interface EventPage {
  events: FeedEvent[];
  /** The `after` of the next page. */
  next: string;
  /** Whether the page reaches the end of the feed as it is now. */
  isLast: boolean;
}

/** News of the feed for the listeners of this process. */
export interface FeedNews {
  /** False: no events are written, as nobody subscribes, or they cannot be read now. A listener has to look for itself. */
  isOpen: boolean;
  /** The cursor before these events, and the one behind them. Undefined: it is not known. */
  after?: string | undefined;
  next?: string | undefined;
  /** Undefined: there may be some, to be read as pages. */
  events?: readonly FeedEvent[] | undefined;
}

/** Hears of news; must not throw. */
export type FeedListener = (news: FeedNews) => void;
