/** Webhooks: receivers that are told of changes, each at its own place in the feed of events. */

/**
 * `translations.settled`: which translations changed. `export.changed`: that the export of a locale changed, at most once in five
 * seconds, and never before an export that is five seconds old has the change.
 */
export type WebhookType = "translations.settled" | "export.changed";

/** A webhook to make. */
export interface WebhookToCreate {
  project: string;
  url: string;
  type: WebhookType;
  /** Kinds of events that it hears of. Null: all. */
  kinds: readonly string[] | null;
  /** Locales that it hears of. Null: all. */
  targetLocales: readonly string[] | null;
  /** Who makes it. */
  by: string | null;
}

/** The name of a webhook. A webhook of another project does not exist. */
export interface WebhookName {
  project: string;
  /** Such as `wh_5f0c…`. */
  id: string;
}

/** Changes of a webhook; what is left out stays. */
export interface WebhookChanges {
  url?: string | undefined;
  kinds?: readonly string[] | null | undefined;
  targetLocales?: readonly string[] | null | undefined;
  /** True: it gets nothing until this is false again. False: it is tried at once, and goes on where it stopped. */
  isDisabled?: boolean | undefined;
  /** The place in the feed from which it gets everything once more. */
  after?: string | undefined;
}

export interface Webhook extends WebhookToCreate, WebhookName {
  /** The version of its secret. */
  secretVersion: number;
  /** The version before signs too until then. Null: there is none. */
  previousSecretUntil: Date | null;
  /** The place in the feed up to which the receiver has taken everything. */
  cursor: string;
  /** `failing`: its last try failed, and the next one is at `nextTryAt`. */
  state: "ok" | "failing" | "disabled";
  /** `failing`: five days of tries failed. `gone`: the receiver answered 410. `person`: somebody did it. Null: it is not disabled. */
  disabledBecause: "failing" | "gone" | "person" | null;
  disabledAt: Date | null;
  /** The first of the tries that failed since the last success. */
  failingSince: Date | null;
  /** Tries that failed since the last success. */
  failures: number;
  nextTryAt: Date | null;
  /** The last success. */
  deliveredAt: Date | null;
  /** The HTTP status of the last try that failed since the last success; null: there was no answer, or none failed. */
  lastStatus: number | null;
  /** Why that try failed, in a word such as `timeout`. Never a word of the receiver. */
  lastProblem: string | null;
  createdAt: Date;
}

/** A webhook that a server delivers to for a while; no other server does at the same time. */
export interface WebhookTurn {
  readonly webhook: Webhook;
  /** UUID of the turn. */
  readonly lease: string;
  /** The place in the feed after which its page begins. */
  readonly after: string;
  /** The last event of the page. The same in each turn until the whole page was delivered, so that a repeated message is the same. */
  readonly to: string;
  /** The place up to which messages of the page were delivered already. */
  readonly sentTo: string;
  /**
   * The feed has lost events of the webhook: they are older than its retention, or of the time before a restore. The receiver must
   * read everything anew; the page has no events, and ends at `to`.
   */
  readonly isReset: boolean;
}

/** Which webhooks a server takes. */
export interface WebhookClaim {
  /** The most webhooks, without those whose last try failed. */
  limit: number;
  /** The most webhooks whose last try failed: receivers that hang must not use up the places of the others. */
  failingLimit: number;
  /** Milliseconds until another server may take a turn over that was neither noted nor ended. */
  leaseMs: number;
  /** Milliseconds that the oldest new event must have waited, for others to join it. */
  debounceMs: number;
  /** Milliseconds that a page of `export.changed` waits; events of this time are on the next one. */
  exportDelayMs: number;
}

/** The outcome of a part of a turn. */
export type WebhookOutcome =
  /** The receiver took the messages up to this place of the page; the turn goes on. */
  | { readonly kind: "sent"; readonly to: string }
  /**
   * It took the whole page. The turn is over. `hasSent`: the page had messages for it. `pauseMs`: milliseconds until the next turn at
   * the earliest.
   */
  | { readonly kind: "done"; readonly hasSent: boolean; readonly pauseMs: number }
  /** Nothing failed, and the page is not over: the server stops. The turn is over. */
  | { readonly kind: "released" }
  /** A try failed. The turn is over. */
  | {
      readonly kind: "failed";
      readonly status: number | null;
      readonly problem: string;
      /** Milliseconds until the next try. */
      readonly retryMs: number;
      /** Milliseconds of failing after which the webhook is disabled. 0: at once, for it is gone. */
      readonly disableAfterMs: number;
    };
