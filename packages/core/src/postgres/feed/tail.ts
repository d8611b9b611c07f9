/**
 * The one tail of a process at the feed of events: it looks for all listeners together, and only while there are any.
 *
 * A listener hears of events within a look of {@link LOOK_MS}, and every {@link TICK_MS} without events. While the feed is off, or
 * cannot be read, listeners are told so, and each looks for itself.
 */
import type { FeedEvent, FeedListener, FeedNews } from "../../contract/event.ts";
import { formatEventCursor } from "../../rules/event-cursor.ts";

/** What a look found. */
export interface FeedLook {
  isOpen: boolean;
  epoch: string;
  events: readonly FeedEvent[];
  /** The position behind the events. */
  next: number;
  /** Whether the feed goes on behind it at once. */
  isLast: boolean;
}

export interface FeedTailOptions {
  /** Reads events behind a position. Undefined: none, only the end of the feed. */
  look(after: number | undefined): Promise<FeedLook>;
}

/** Milliseconds between two looks, from beginning to beginning. */
export const LOOK_MS = 50;
/** Milliseconds between two looks at a feed that is off. */
const CLOSED_MS = 2_000;
const TICK_MS = 2_000;

export class FeedTail {
  readonly #options: FeedTailOptions;
  readonly #listeners = new Set<FeedListener>();
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;
  /** The end of the feed at the last look. */
  #at: { epoch: string; position: number } | undefined;
  #isOpen = false;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(options: FeedTailOptions) {
    this.#options = options;
  }

  /** Whether events get their positions by this tail, all the time. */
  get isSequencing(): boolean {
    return this.#isOpen && this.#listeners.size > 0;
  }

  /** Calls a listener with news until the returned function is called. */
  watch(listener: FeedListener): () => void {
    // A function of its own, so that one that is given twice is called twice.
    const own: FeedListener = (news) => listener(news);
    this.#listeners.add(own);
    const at = this.#at;
    if (this.#listeners.size === 1) this.#begin();
    else if (this.#isOpen && at !== undefined) {
      // The tick may be two seconds away.
      queueMicrotask(() => {
        if (this.#listeners.has(own)) own({ isOpen: true, next: formatEventCursor(at) });
      });
    }
    return () => {
      this.#listeners.delete(own);
      if (this.#listeners.size === 0) this.stop();
    };
  }

  /** Looks soon if the feed was off at the last look. */
  wake(): void {
    if (!this.#isOpen && this.#listeners.size > 0) this.#begin();
  }

  /** Looks no more, until there is another listener. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#at = undefined;
    this.#isOpen = false;
  }

  /** Not at once: most waits for a text that is there end before, and cost no look. */
  #begin(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#isLooking) void this.#look();
    }, LOOK_MS);
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    const startedAt = performance.now();
    let waitMs = LOOK_MS;
    const at = this.#at;
    try {
      const found = await this.#options.look(at?.position);
      if (this.#listeners.size > 0) waitMs = this.#found(found, at);
    } catch {
      this.#isOpen = false;
      this.#at = undefined;
      waitMs = CLOSED_MS;
      this.#tell({ isOpen: false });
    }
    this.#isLooking = false;
    if (this.#listeners.size === 0 || this.#timer !== undefined) return;
    const tookMs = performance.now() - startedAt;
    // Of a slow look at most half of the time.
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        void this.#look();
      },
      Math.max(waitMs === 0 ? 0 : tookMs, waitMs - tookMs),
    );
  }

  /** Tells the listeners. Gives the milliseconds until the next look. */
  #found(
    { isOpen, epoch, events, next, isLast }: FeedLook,
    at: { epoch: string; position: number } | undefined,
  ): number {
    const wasOpen = this.#isOpen;
    this.#isOpen = isOpen;
    if (!isOpen) {
      this.#at = undefined;
      this.#tell({ isOpen: false });
      return CLOSED_MS;
    }
    this.#at = { epoch, position: next };
    const end = formatEventCursor(this.#at);
    if (at === undefined || at.epoch !== epoch || !wasOpen) {
      // The events before this moment are not known here.
      this.#tell({ isOpen: true, next: end });
    } else if (events.length > 0) {
      this.#tell({ isOpen: true, after: formatEventCursor(at), next: end, events });
    } else if (performance.now() - this.#toldAt >= TICK_MS) {
      this.#tell({ isOpen: true, next: end });
    }
    return isLast ? LOOK_MS : 0;
  }

  #tell(news: FeedNews): void {
    this.#toldAt = performance.now();
    for (const listener of [...this.#listeners]) listener(news);
  }
}
