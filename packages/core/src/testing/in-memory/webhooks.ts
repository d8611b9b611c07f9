/** The webhooks of a store in memory. */
import { randomBytes, randomUUID } from "node:crypto";
import { WebhookNotFoundError } from "../../contract/errors.ts";
import type {
  Webhook,
  WebhookChanges,
  WebhookClaim,
  WebhookName,
  WebhookOutcome,
  WebhookToCreate,
  WebhookTurn,
} from "../../contract/webhook.ts";
import { type EventCursor, type FeedState, formatEventCursor, parseEventCursor } from "../../rules/event-cursor.ts";
import { MOST_WEBHOOKS, tooManyWebhooks } from "../../rules/webhooks.ts";
import type { Clock } from "./clock.ts";

/** Positions of one page. */
const PAGE_EVENTS = 1_000;

interface Kept {
  readonly facts: WebhookToCreate & { id: string; createdAt: Date };
  secretVersion: number;
  previousSecretUntil: Date | null;
  place: EventCursor;
  page: { to: number; sentTo: number; isReset: boolean } | undefined;
  nextAt: number;
  lease: { id: string; until: number } | undefined;
  deliveredAt: Date | null;
  failures: number;
  failingSince: number | undefined;
  lastStatus: number | null;
  lastProblem: string | null;
  disabled: { because: "failing" | "gone" | "person"; at: Date } | undefined;
}

/** The feed that webhooks hear. */
export interface HeardFeed {
  state(): FeedState;
  /** The time of the event at a position, in milliseconds. */
  timeOf(position: number): number;
}

export class InMemoryWebhooks {
  readonly #clock: Clock;
  readonly #feed: HeardFeed;
  readonly #webhooks = new Map<string, Kept>();

  constructor(clock: Clock, feed: HeardFeed) {
    this.#clock = clock;
    this.#feed = feed;
  }

  create(facts: WebhookToCreate, after: string): Webhook {
    if (this.list(facts.project).length >= MOST_WEBHOOKS) throw tooManyWebhooks();
    const now = this.#clock.now();
    const kept: Kept = {
      facts: { ...facts, id: `wh_${randomBytes(12).toString("hex")}`, createdAt: new Date(now) },
      ...{ secretVersion: 1, previousSecretUntil: null, place: parseEventCursor(after), page: undefined },
      ...{ nextAt: now, lease: undefined, deliveredAt: null, disabled: undefined, ...FINE },
    };
    this.#webhooks.set(kept.facts.id, kept);
    return shown(kept);
  }

  list(project?: string): Webhook[] {
    const all = [...this.#webhooks.values()].filter(({ facts }) => project === undefined || facts.project === project);
    return all
      .map(shown)
      .toSorted((one, other) => (one.project < other.project ? -1 : one.project > other.project ? 1 : 0));
  }

  change(name: WebhookName, { isDisabled, after, ...facts }: WebhookChanges): Webhook {
    const kept = this.#named(name);
    const given = Object.entries(facts).filter(([, value]) => value !== undefined);
    Object.assign(kept.facts, Object.fromEntries(given));
    if (isDisabled === true) kept.disabled ??= { because: "person", at: new Date(this.#clock.now()) };
    else Object.assign(kept, FINE);
    if (isDisabled === false) kept.disabled = undefined;
    if (after !== undefined) Object.assign(kept, { place: parseEventCursor(after), page: undefined });
    kept.nextAt = this.#clock.now();
    kept.lease = undefined;
    return shown(kept);
  }

  rotate(name: WebhookName, overlapSeconds: number): Webhook {
    const kept = this.#named(name);
    kept.secretVersion += 1;
    kept.previousSecretUntil = new Date(this.#clock.now() + overlapSeconds * 1_000);
    return shown(kept);
  }

  remove({ project, id }: WebhookName): boolean {
    return this.#webhooks.get(id)?.facts.project === project && this.#webhooks.delete(id);
  }

  claim({ limit, failingLimit, leaseMs, debounceMs, exportDelayMs }: WebhookClaim): WebhookTurn[] {
    const now = this.#clock.now();
    const { epoch, oldest, head } = this.#feed.state();
    const ready = [...this.#webhooks.values()].filter((kept) => kept.disabled === undefined && kept.nextAt <= now);
    for (const kept of ready) {
      if (kept.facts.type !== "export.changed" || kept.page !== undefined || head <= kept.place.position) continue;
      kept.page = this.#page(kept, head);
      kept.nextAt = now + exportDelayMs;
    }
    const isLost = ({ place }: Kept) => place.epoch !== epoch || place.position < oldest || place.position > head;
    const isDue = (kept: Kept) => {
      if (kept.nextAt > now || (kept.lease?.until ?? now) > now) return false;
      if (kept.page !== undefined || isLost(kept)) return true;
      const { position } = kept.place;
      return (
        kept.facts.type !== "export.changed" && position < head && this.#feed.timeOf(position + 1) <= now - debounceMs
      );
    };
    const due = ready.filter(isDue).toSorted((one, other) => one.nextAt - other.nextAt);
    const healthy = due.filter(({ failures }) => failures === 0).slice(0, limit);
    const failing = due.filter(({ failures }) => failures > 0).slice(0, failingLimit);
    return [...healthy, ...failing].map((kept) => {
      if (isLost(kept)) {
        kept.place = { epoch, position: head };
        kept.page = { to: head, sentTo: head, isReset: true };
      }
      kept.page ??= this.#page(kept, head);
      kept.lease = { id: randomUUID(), until: now + leaseMs };
      return turnOf(kept, kept.page, kept.lease.id);
    });
  }

  note({ webhook, lease }: WebhookTurn, outcome: WebhookOutcome, leaseMs: number): Webhook | undefined {
    const kept = this.#webhooks.get(webhook.id);
    if (kept?.lease?.id !== lease) return undefined;
    const now = this.#clock.now();
    kept.lease = outcome.kind === "sent" ? { id: lease, until: now + leaseMs } : undefined;
    if (outcome.kind === "sent" || (outcome.kind === "done" && outcome.hasSent)) kept.deliveredAt = new Date(now);
    if (outcome.kind === "sent" || outcome.kind === "done") Object.assign(kept, FINE);
    if (outcome.kind === "sent" && kept.page !== undefined) {
      kept.page.sentTo = Math.max(kept.page.sentTo, parseEventCursor(outcome.to).position);
    }
    if (outcome.kind === "done") {
      kept.place = { ...kept.place, position: kept.page?.to ?? kept.place.position };
      kept.page = undefined;
      kept.nextAt = now + outcome.pauseMs;
    }
    if (outcome.kind === "failed") fail(kept, outcome, now);
    return shown(kept);
  }

  #page({ place: { position } }: Kept, head: number): NonNullable<Kept["page"]> {
    return { to: Math.min(head, position + PAGE_EVENTS), sentTo: position, isReset: false };
  }

  #named({ project, id }: WebhookName): Kept {
    const kept = this.#webhooks.get(id);
    if (kept?.facts.project !== project) throw new WebhookNotFoundError();
    return kept;
  }
}

const FINE = { failures: 0, failingSince: undefined, lastStatus: null, lastProblem: null };

function fail(kept: Kept, outcome: Extract<WebhookOutcome, { kind: "failed" }>, now: number): void {
  const { status, problem, retryMs, disableAfterMs } = outcome;
  const isOver = kept.failingSince !== undefined && kept.failingSince <= now - disableAfterMs;
  kept.failures += 1;
  kept.failingSince ??= now;
  kept.lastStatus = status;
  kept.lastProblem = problem;
  kept.nextAt = now + retryMs;
  const at = new Date(now);
  if (disableAfterMs === 0) kept.disabled = { because: "gone", at };
  else if (isOver) kept.disabled = { because: "failing", at };
}

function turnOf(kept: Kept, page: NonNullable<Kept["page"]>, lease: string): WebhookTurn {
  const { epoch, position } = kept.place;
  const cursor = (at: number) => formatEventCursor({ epoch, position: at });
  return {
    webhook: shown(kept),
    lease,
    after: cursor(position),
    to: cursor(page.to),
    sentTo: cursor(page.sentTo),
    isReset: page.isReset,
  };
}

function shown({ facts, place, page, disabled, nextAt, ...kept }: Kept): Webhook {
  return {
    ...facts,
    secretVersion: kept.secretVersion,
    previousSecretUntil: kept.previousSecretUntil,
    cursor: formatEventCursor({ ...place, position: page?.sentTo ?? place.position }),
    state: disabled !== undefined ? "disabled" : kept.failures > 0 ? "failing" : "ok",
    disabledBecause: disabled?.because ?? null,
    disabledAt: disabled?.at ?? null,
    failingSince: kept.failingSince === undefined ? null : new Date(kept.failingSince),
    failures: kept.failures,
    nextTryAt: kept.failures > 0 && disabled === undefined ? new Date(nextAt) : null,
    deliveredAt: kept.deliveredAt,
    lastStatus: kept.lastStatus,
    lastProblem: kept.lastProblem,
    createdAt: facts.createdAt,
  };
}
