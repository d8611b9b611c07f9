/** A receiver of webhooks that fails a third of the tries, and the judgement of what it took. */
import type { Coordinator, Webhook } from "@trans-hub/core";
import { WebhookDesk } from "@trans-hub/server";
import {
  type ReceivedMessage,
  refuse,
  reset,
  take,
  takeAndReset,
  WebhookReceiver,
} from "@trans-hub/test-support/webhook-receiver";
import type pg from "pg";
import type { Told } from "./oracle.ts";
import { WEBHOOK_KEY } from "./servers.ts";

/** Milliseconds between two rounds that bring the next tries forward: retries of 5 s, 15 s, 45 s would never catch up with this load. */
const HASTEN_MS = 200;

export interface Receiver {
  /** Whether everything up to a position was taken. */
  hasReached(position: number): Promise<boolean>;
  judge(replayed: readonly Told[]): string[];
  note(): string;
  close(): Promise<void>;
}

/** Webhooks that together hear of everything. One of all kinds would have a message for nearly each event, as kinds take turns here. */
const KINDS: readonly (readonly string[])[] = [
  ["translated"],
  ["approved"],
  ["cancelled"],
  ["forgotten"],
  ["collected", "failed", "purged", "renamed"],
];

/** Opens receivers, each of which fails a third of the tries. */
export async function openReceiver(hub: Coordinator, db: pg.Pool, random: () => number): Promise<Receiver> {
  const desk = new WebhookDesk({ key: WEBHOOK_KEY });
  const hooks = await Promise.all(
    KINDS.map(async (kinds) => {
      const receiver = await WebhookReceiver.start();
      receiver.manner = (response, message) => {
        const failing = [refuse(503), reset, takeAndReset][Math.floor(random() * 9)];
        return (failing ?? take)(response, message);
      };
      const webhook: Webhook = await hub.createWebhook({
        ...{ url: receiver.url, type: "translations.settled", kinds: [...kinds], targetLocales: null, by: null },
      });
      receiver.secrets.add(desk.secretOf(webhook));
      return { kinds, receiver, from: positionOf(webhook.cursor) };
    }),
  );
  const hastening = setInterval(() => void hasten(db), HASTEN_MS);
  return {
    async hasReached(position) {
      const { rows } = await db.query<{ position: string }>(
        "select min(position)::text as position from trans_hub.webhook",
      );
      return Number(rows[0]?.position) >= position;
    },
    judge: (replayed) =>
      hooks.flatMap(({ kinds, receiver, from }) =>
        judgeWebhook(
          receiver,
          replayed.filter(({ position, kind }) => position > from && kinds.includes(kind)),
        ).map((sentence) => `the webhook of ${kinds[0]}: ${sentence}`),
      ),
    note() {
      const tries = hooks.flatMap(({ receiver }) => receiver.tries);
      const taken = hooks.flatMap(({ receiver }) => receiver.taken);
      return `webhooks took ${new Set(taken.map(({ path, id, body }) => path + id + body)).size} messages in ${tries.length} tries`;
    },
    async close() {
      clearInterval(hastening);
      await Promise.all(hooks.map(({ receiver }) => receiver.close()));
    },
  };
}

async function hasten(db: pg.Pool): Promise<void> {
  await db
    .query("update trans_hub.webhook set next_at = clock_timestamp() where failures > 0 and lease is null")
    .catch(() => undefined);
}

const positionOf = (cursor = "") => Number(cursor.split(".")[1]);

/**
 * The broken promises of a webhook. A message tells of the events of its locale behind the message before it;
 * so each event has one message, and each id of a message an event.
 */
export function judgeWebhook(
  { tries, taken }: Pick<WebhookReceiver, "tries" | "taken">,
  events: readonly Told[],
): string[] {
  const found: string[] = [];
  const say = (count: number, sentence: string) => {
    if (count > 0) found.push(`${count} ${sentence}`);
  };
  say(tries.filter(({ isVerified }) => !isVerified).length, "messages have no good signature");
  const bodies = new Map<string, Set<string>>();
  for (const { id, body } of tries) bodies.set(id, (bodies.get(id) ?? new Set()).add(body));
  say([...bodies.values()].filter(({ size }) => size > 1).length, "messages changed from try to try");
  const firsts = new Map<string, ReceivedMessage>();
  for (const message of taken) if (!firsts.has(message.id)) firsts.set(message.id, message);
  const once = [...firsts.values()];
  const positions = once.map(({ data }) => positionOf(data.cursor));
  say(
    positions.filter((position, at) => position < (positions[at - 1] ?? 0)).length,
    "messages came before an earlier one",
  );
  const locales = Map.groupBy(once, ({ data }) => data.locale ?? null);
  const eventsOf = Map.groupBy(events, ({ targetLocale }) => targetLocale);
  for (const locale of new Set([...locales.keys(), ...eventsOf.keys()])) {
    const { lost, made } = compare(locales.get(locale) ?? [], eventsOf.get(locale) ?? []);
    say(lost.length, `changes in ${locale} did not reach it, such as ${lost[0]}`);
    say(made.length, `changes in ${locale} that it got are not in the feed, such as ${made[0]}`);
  }
  return found;
}

/** Compares the messages of a locale with its events, both in the order of the feed. */
function compare(messages: readonly ReceivedMessage[], events: readonly Told[]): { lost: string[]; made: string[] } {
  const told = new Set<string>();
  const ends = [...new Set(messages.map(({ data }) => positionOf(data.cursor)))].toSorted((one, other) => one - other);
  for (const { data } of messages) {
    for (const id of data.ids ?? []) told.add(`${data.kind} ${id} at ${positionOf(data.cursor)}`);
  }
  const owed = new Set<string>();
  let at = 0;
  for (const { position, kind, ids } of events) {
    while (at < ends.length && (ends[at] ?? 0) < position) at += 1;
    for (const id of ids) owed.add(`${kind} ${id} at ${ends[at] ?? "the end"}`);
  }
  return { lost: [...owed.difference(told)], made: [...told.difference(owed)] };
}
