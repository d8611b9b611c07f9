/**
 * Delivers the events of the feed to webhooks.
 *
 * Each webhook has one place in the feed, and no row for each delivery. A server leases the webhook for a turn: it sends the messages
 * of a page one after another, and notes after each how far the receiver has come. So two servers deliver each message once; after
 * the death of one, the other repeats the message whose end was not noted, with the same id.
 */
import { setTimeout as wait } from "node:timers/promises";
import { errorFields } from "@trans-hub/core/operations";
import {
  formatEventCursor,
  type PersistenceHandler,
  parseEventCursor,
  type Webhook,
  type WebhookOutcome,
  type WebhookTurn,
} from "@trans-hub/core/store";
import type { WebhookGuard } from "./guard.ts";
import { hearsOfExports, messagesOf, resetMessage, type WebhookMessage } from "./messages.ts";
import { retryMs as growingWait } from "./retry.ts";
import { type Attempt, Sender } from "./send.ts";
import { secretVersions, signedHeaders, webhookSecret } from "./signature.ts";

/** The part of a store that delivers. */
export type WebhookStore = Pick<PersistenceHandler, "claimWebhooks" | "noteWebhook" | "events">;

/** Hears of each try. */
export interface WebhookObserver {
  /** @param outcome `ok`, or the problem of the try. */
  tried?(outcome: string, seconds: number): void;
}

/** Gets one event name and fields with each call; never a URL, which may hold a secret of its receiver. */
export interface WebhookLogger {
  debug(fields: object, event: string): void;
  info(fields: object, event: string): void;
  warn(fields: object, event: string): void;
  error(fields: object, event: string): void;
}

export interface DeliveryOptions {
  readonly store: WebhookStore;
  /** The keys of this moment. Each of them signs. */
  readonly keys: () => readonly string[];
  readonly guard: WebhookGuard;
  readonly logger: WebhookLogger;
  readonly observer?: WebhookObserver | undefined;
  readonly times?: Partial<DeliveryTimes>;
  /** The most webhooks that are delivered to at once, and the most of those whose last try failed. Default 32 each. */
  readonly most?: number;
}

/** All in milliseconds. */
export interface DeliveryTimes {
  /** Between looks for events. Default 500. */
  pollMs: number;
  /** The wait of an event for others that join it. Default 1,000. */
  debounceMs: number;
  /** The wait of a page of `export.changed`, and so the least time between two. Default 5,500: an export may be 5 s old. */
  exportDelayMs: number;
  /** Longest wait for the answer to a message. Default 15,000. */
  timeoutMs: number;
  /** Time after which the turn of a server that died goes to another one. Default 60,000. */
  leaseMs: number;
  /** Failing for this long disables a webhook. Default: five days. */
  disableAfterMs: number;
  /** The wait after a number of failures. */
  retryMs: (failures: number, retryAfterMs?: number) => number;
}

export const DELIVERY_TIMES: DeliveryTimes = {
  pollMs: 500,
  debounceMs: 1_000,
  exportDelayMs: 5_500,
  timeoutMs: 15_000,
  leaseMs: 60_000,
  disableAfterMs: 5 * 86_400_000,
  retryMs: growingWait,
};

/** Events that are read at once. The same each time: it decides which of them messages join. */
const EVENTS_A_PART = 1_000;

/** A receiver that says so wants nothing more. */
const GONE = 410;

/** Starts to deliver. `stop` ends it: messages that are under way are cut off, and sent again by another server. */
export function startWebhooks(options: DeliveryOptions): { stop(): Promise<void> } {
  const delivery = new Delivery(options);
  const running = delivery.run();
  return {
    async stop() {
      delivery.stop();
      await running;
    },
  };
}

class Delivery {
  readonly #options: DeliveryOptions;
  readonly #times: DeliveryTimes;
  readonly #stopping = new AbortController();
  readonly #turns = { ok: new Set<Promise<void>>(), failing: new Set<Promise<void>>() };
  #isAway = false;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#times = { ...DELIVERY_TIMES, ...options.times };
  }

  stop(): void {
    this.#stopping.abort();
  }

  async run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const isMore = await this.#claim();
      if (!isMore) await wait(this.#times.pollMs, undefined, { signal }).catch(() => undefined);
    }
    await Promise.all([...this.#turns.ok, ...this.#turns.failing]);
  }

  /** Takes webhooks with new events. True: there may be more. */
  async #claim(): Promise<boolean> {
    const { store, logger, most = 32 } = this.#options;
    const { leaseMs, debounceMs, exportDelayMs } = this.#times;
    const limit = most - this.#turns.ok.size;
    const failingLimit = most - this.#turns.failing.size;
    if (limit <= 0 && failingLimit <= 0) return false;
    const askedAt = performance.now();
    try {
      const turns = await store.claimWebhooks({ limit, failingLimit, leaseMs, debounceMs, exportDelayMs });
      if (this.#isAway) logger.info({}, "webhooks.resumed");
      this.#isAway = false;
      for (const turn of turns) this.#begin(turn, askedAt);
      return turns.length > 0;
    } catch (error) {
      // The next look comes by itself: an outage of the database is one line in the log, not one for each look.
      if (!this.#isAway) logger.warn(errorFields(error), "webhooks.waiting");
      this.#isAway = true;
      return false;
    }
  }

  #begin(turn: WebhookTurn, leasedAt: number): void {
    const lane = turn.webhook.failures > 0 ? this.#turns.failing : this.#turns.ok;
    const running = this.#deliver(turn, leasedAt).catch((error) => {
      // Its lease ends by itself, and the turn is repeated.
      this.#options.logger.warn({ webhookId: turn.webhook.id, ...errorFields(error) }, "webhook.interrupted");
    });
    lane.add(running);
    void running.then(() => lane.delete(running));
  }

  async #deliver(turn: WebhookTurn, leasedAt: number): Promise<void> {
    const { signal } = this.#stopping;
    const sender = new Sender({ guard: this.#options.guard, timeoutMs: this.#times.timeoutMs, signal });
    try {
      await this.#deliverPage(turn, leasedAt, sender);
    } catch (error) {
      if (signal.aborted) await this.#note(turn, { kind: "released" });
      else throw error;
    } finally {
      sender.close();
    }
  }

  async #deliverPage(turn: WebhookTurn, leasedAt: number, sender: Sender): Promise<void> {
    let leasedSince = leasedAt;
    let { failures } = turn.webhook;
    let sent: WebhookMessage | undefined;
    let sentTo = positionOf(turn.sentTo);
    for await (const message of this.#messages(turn)) {
      if (sent !== undefined) {
        // Messages of one event are noted together: a repeated one may have other ids of the event than the first try had.
        if (message.position > sent.position) sentTo = sent.position;
        const askedAt = performance.now();
        const noted = await this.#note(turn, { kind: "sent", to: cursorAt(turn.to, sentTo) });
        if (noted === undefined) return;
        leasedSince = askedAt;
      }
      // A process that stood still may have lost its lease: another server would be ahead by now, and this message out of its order.
      if (performance.now() - leasedSince > this.#times.leaseMs - this.#times.timeoutMs) return;
      const attempt = await this.#send(sender, turn.webhook, message);
      if (attempt.problem !== undefined) return await this.#failed(turn, attempt, failures + 1);
      failures = 0;
      sent = message;
    }
    // A page of export.changed has waited, and the next one waits again. A full page is followed by the next one at once.
    const isFull = positionOf(turn.to) - positionOf(turn.after) >= EVENTS_A_PART;
    const isPaused = sent !== undefined && !isFull && !hearsOfExports(turn.webhook);
    await this.#note(turn, {
      kind: "done",
      hasSent: sent !== undefined,
      pauseMs: isPaused ? this.#times.debounceMs : 0,
    });
  }

  /** The messages of a page that were not taken yet. The events are read in parts: a single act may have changed a million texts. */
  async *#messages({
    webhook,
    after,
    to,
    sentTo,
    isReset,
  }: WebhookTurn): AsyncGenerator<WebhookMessage, void, undefined> {
    const { project } = webhook;
    if (isReset) {
      yield resetMessage(to, project, new Date());
      return;
    }
    const [last, done] = [positionOf(to), positionOf(sentTo)];
    for (let from = after; positionOf(from) < last; ) {
      const { events, next } = await this.#options.store.events({ after: from, limit: EVENTS_A_PART, project });
      const part = events.filter(({ position }) => position <= last);
      for (const message of messagesOf(parseEventCursor(to).epoch, part, webhook))
        if (message.position > done) yield message;
      if (positionOf(next) <= positionOf(from)) return;
      from = next;
    }
  }

  async #send(sender: Sender, webhook: Webhook, message: WebhookMessage): Promise<Attempt> {
    const { keys, observer } = this.#options;
    const startedAt = performance.now();
    const attempt = await sender.send(signedMessage(webhook, message, keys()));
    observer?.tried?.(attempt.problem ?? "ok", (performance.now() - startedAt) / 1_000);
    return attempt;
  }

  async #failed(
    turn: WebhookTurn,
    { status, problem = "connection", retryAfterMs }: Attempt,
    failures: number,
  ): Promise<void> {
    const { logger } = this.#options;
    const retryMs = this.#times.retryMs(failures, retryAfterMs);
    const disableAfterMs = status === GONE ? 0 : this.#times.disableAfterMs;
    const noted = await this.#note(turn, { kind: "failed", status, problem, retryMs, disableAfterMs });
    if (noted === undefined) return;
    const fields = { webhookId: noted.id, project: noted.project, status, problem, failures };
    if (noted.disabledBecause === null)
      logger.warn({ ...fields, retrySeconds: Math.round(retryMs / 1_000) }, "webhook.failed");
    else logger.error({ ...fields, because: noted.disabledBecause }, "webhook.disabled");
  }

  /** Undefined: another server has the webhook by now, or it was removed. */
  #note(turn: WebhookTurn, outcome: WebhookOutcome): Promise<Webhook | undefined> {
    return this.#options.store.noteWebhook(turn, outcome, this.#times.leaseMs);
  }
}

/** A message with its headers, signed for this moment by each valid secret. */
export function signedMessage(
  webhook: Pick<Webhook, "id" | "url" | "secretVersion" | "previousSecretUntil">,
  { id, body }: Pick<WebhookMessage, "id" | "body">,
  keys: readonly string[],
  now = new Date(),
) {
  const versions = secretVersions(webhook, now);
  const secrets = versions.flatMap((version) => keys.map((key) => webhookSecret(key, webhook.id, version)));
  const timestamp = Math.floor(now.getTime() / 1_000);
  return {
    url: webhook.url,
    body,
    headers: {
      "content-type": "application/json; charset=utf-8",
      "user-agent": "Trans-Hub",
      ...signedHeaders({ id, timestamp, body }, secrets),
    },
  };
}

function positionOf(cursor: string): number {
  return parseEventCursor(cursor).position;
}

function cursorAt(like: string, position: number): string {
  return formatEventCursor({ ...parseEventCursor(like), position });
}
