import { expect } from "vitest";
import type { FeedEvent, FeedNews } from "../../contract/event.ts";
import type { PersistenceHandler } from "../../contract/store.ts";
import {
  type AddCase,
  announceRetention,
  failAll,
  failed,
  item,
  items,
  PROJECT,
  readOne,
  retentionDays,
  Translator,
  textReference,
  translateAll,
  translated,
  until,
  untilAged,
  work,
} from "./kit.ts";

/** Switches the feed on. Gives a reader of the events since then, oldest first, as `[kind, locale, number of ids]`. */
async function subscribed(handler: PersistenceHandler) {
  const { next } = await handler.events({ after: "now" });
  const all = () => everyEvent(handler, next);
  return {
    next,
    all,
    told: async () => (await all()).map(({ kind, targetLocale, ids }) => [kind, targetLocale, ids.length]),
  };
}

async function everyEvent(handler: PersistenceHandler, after?: string, limit = 100): Promise<FeedEvent[]> {
  const found: FeedEvent[] = [];
  for (let cursor = after, isLast = false; !isLast; ) {
    const page = await handler.events({ after: cursor, limit });
    expect(page.events.length).toBeLessThanOrEqual(limit);
    found.push(...page.events);
    ({ next: cursor, isLast } = page);
  }
  return found;
}

export function tellingCases(add: AddCase): void {
  add("changes before the first reader have no event, those after it have", async ({ handler }) => {
    await handler.register([item({ text: "before" })]);
    await translateAll(handler);
    const { told, all } = await subscribed(handler);
    expect(await told()).toEqual([]);
    await handler.register([item({ text: "after" })]);
    await translateAll(handler);
    expect(await told()).toEqual([["translated", "fr", 1]]);
    const [event] = await all();
    const stored = await readOne(handler, { text: "after" });
    expect(event).toMatchObject({ project: PROJECT, revisions: [stored?.revision], at: expect.any(Date) });
    expect(event?.ids[0]).toMatch(/^\d+-0$/);
  });

  add("texts that are stored together share an event for each locale", async ({ handler }) => {
    const { told } = await subscribed(handler);
    await handler.register(items(20, { targetLocales: ["fr", "de"] }));
    await translateAll(handler);
    const sums = new Map<unknown, number>();
    for (const [kind, locale, ids] of await told()) {
      expect(kind).toBe("translated");
      sums.set(locale, (sums.get(locale) ?? 0) + Number(ids));
    }
    expect(Object.fromEntries(sums)).toEqual({ fr: 20, de: 20 });
  });

  add("each act has its kind, and the revision that it leaves behind", async ({ handler }) => {
    const { all } = await subscribed(handler);
    await handler.register([item()]);
    await failAll(handler);
    await handler.register([item({ force: true })]);
    await translateAll(handler);
    await handler.approve({ reference: textReference(), text: "Ajouter au panier" });
    const events = await all();
    expect(events.map(({ kind }) => kind)).toEqual(["failed", "translated", "approved"]);
    expect(new Set(events.flatMap(({ ids }) => ids)).size).toBe(1);
    const revisions = events.flatMap((event) => event.revisions ?? []);
    expect(revisions).toEqual(revisions.toSorted((one, other) => one - other));
    expect(revisions.at(-1)).toBe((await readOne(handler))?.revision);
  });

  add("a failed try of a text that has a translation is told", async ({ handler }) => {
    await handler.register([item()]);
    await translateAll(handler);
    const { told } = await subscribed(handler);
    await handler.register([item({ force: true })]);
    await work(handler, new Translator(() => failed()).translate);
    expect(await told()).toEqual([["failed", "fr", 1]]);
    expect(await readOne(handler)).toMatchObject({ status: "translated" });
  });

  add("people's translations are told, those that change nothing are not", async ({ handler }) => {
    const { told } = await subscribed(handler);
    const contribution = {
      item: item({ targetLocales: ["fr", "de"] }),
      translation: "Texte",
      status: "approved" as const,
    };
    await handler.contribute([contribution]);
    expect(await told()).toEqual([
      ["approved", expect.any(String), 1],
      ["approved", expect.any(String), 1],
    ]);
    await handler.contribute([contribution]);
    expect(await told()).toHaveLength(2);
  });

  add("a text that is stored as it is, is told at its registration", async ({ handler }) => {
    const { told } = await subscribed(handler);
    await handler.register([item({ text: "42", verbatim: true })]);
    await handler.register([item({ text: "42", verbatim: true })]);
    expect(await told()).toEqual([["translated", "fr", 1]]);
  });

  add("cancelled, forgotten, collected and purged texts are told by their ids", async ({ handler }) => {
    await announceRetention(handler);
    const { all } = await subscribed(handler);
    await handler.register([item({ text: "cancelled" })]);
    await handler.cancel({ project: PROJECT });
    await handler.register([item({ text: "failed" })]);
    await failAll(handler);
    await handler.purgeDeadLetters({});
    await handler.register([item({ text: "forgotten", businessId: "gone", targetLocales: ["fr", "de"] })]);
    await translateAll(handler);
    await handler.forget({ project: PROJECT, businessId: "gone" });
    await handler.register([item({ text: "collected" })]);
    await translateAll(handler);
    await untilAged(handler, 1);
    await until(
      async () =>
        (await handler.collect({ retentionDays })).translations > 0 ||
        (await readOne(handler, { text: "collected" })) === undefined,
    );
    const kinds = (await all()).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind !== "translated")).toEqual([
      "cancelled",
      "failed",
      "purged",
      "forgotten",
      "forgotten",
      "collected",
    ]);
    const events = await all();
    const idsOf = (wanted: string) => events.filter(({ kind }) => kind === wanted).flatMap(({ ids }) => ids);
    expect(idsOf("purged")).toEqual(idsOf("failed"));
    for (const id of [...idsOf("forgotten"), ...idsOf("collected")]) expect(idsOf("translated")).toContain(id);
  });

  add(
    "a business id that begins to mean another text is told, also one that means an old text again",
    async ({ handler }) => {
      await handler.register([item({ text: "one", businessId: "title" })]);
      await translateAll(handler);
      const { all } = await subscribed(handler);
      await handler.register([item({ text: "one", businessId: "title" })]);
      expect(await all()).toEqual([]);
      await handler.register([item({ text: "two", businessId: "title" })]);
      await handler.register([item({ text: "one", businessId: "title" })]);
      // A new id of a text that is translated.
      await handler.register([item({ text: "one", businessId: "heading" })]);
      // A new id of a new text: its translation will be told.
      await handler.register([item({ text: "three", businessId: "three" })]);
      const events = await all();
      expect(events.map(({ kind, targetLocale, revisions }) => [kind, targetLocale, revisions])).toEqual([
        ["renamed", null, null],
        ["renamed", null, null],
        ["renamed", null, null],
      ]);
      expect(events[1]?.ids).toEqual(events[2]?.ids);
      expect(events[0]?.ids).not.toEqual(events[1]?.ids);
      // Every locale is meant, so a reader of one locale gets it.
      expect((await handler.events({ targetLocale: "de" })).events).toHaveLength(3);
    },
  );

  add("pages of every size give the same events, and a cursor of an event goes on behind it", async ({ handler }) => {
    const { next } = await subscribed(handler);
    for (let at = 0; at < 7; at += 1) {
      await handler.register([item({ text: `Text ${at}`, targetLocales: at % 2 === 0 ? ["fr"] : ["de"] })]);
      await translateAll(handler);
    }
    const whole = await everyEvent(handler, next);
    expect(whole).toHaveLength(7);
    for (const limit of [1, 2, 3]) expect(await everyEvent(handler, next, limit)).toEqual(whole);
    const positions = whole.map(({ position }) => position);
    expect(positions).toEqual(positions.map((_, at) => (positions[0] ?? 0) + at));
    const middle = whole[3];
    expect((await handler.events({ after: middle?.cursor })).events).toEqual(whole.slice(4));
    const german = (await handler.events({ after: next, targetLocale: "de" })).events;
    expect(german).toEqual(whole.filter(({ targetLocale }) => targetLocale === "de"));
    expect((await handler.events({ after: next, project: "other" })).events).toEqual([]);
  });

  add("events older than their retention are removed, and a cursor before them is gone", async ({ handler }) => {
    const { next } = await subscribed(handler);
    await handler.register([item()]);
    await translateAll(handler);
    const [event] = await everyEvent(handler, next);
    await until(async () => {
      await handler.collect({ retentionDays: 90, eventRetentionDays: 0 });
      return (await handler.events({})).events.length === 0;
    });
    await expect(handler.events({ after: next })).rejects.toMatchObject({ code: "TH_CURSOR_GONE" });
    expect((await handler.events({ after: event?.cursor })).events).toEqual([]);
    await handler.approve({ reference: textReference() });
    expect((await handler.events({ after: event?.cursor })).events).toMatchObject([{ kind: "approved" }]);
  });

  add("a cursor of another epoch is gone, and a text that is none is refused", async ({ handler }) => {
    const { next } = await subscribed(handler);
    const [, position] = next.split(".");
    await expect(handler.events({ after: `0.${position}` })).rejects.toMatchObject({ code: "TH_CURSOR_GONE" });
    await expect(handler.events({ after: "yesterday" })).rejects.toMatchObject({
      code: "TH_ITEM_SHAPE",
      field: "after",
    });
    await expect(handler.events({ limit: 0 })).rejects.toMatchObject({ code: "TH_SETTINGS" });
  });

  add("a listener hears of events soon, until it ends", async ({ handler, open }) => {
    const other = await open();
    const { next } = await subscribed(handler);
    const news: FeedNews[] = [];
    const stop = handler.watchEvents((heard) => news.push(heard));
    await until(() => news.some(({ isOpen }) => isOpen));
    await other.register([item()]);
    await work(other, new Translator(() => translated("Texte")).translate);
    await until(() => news.some(({ events }) => (events?.length ?? 0) > 0));
    expect(news.flatMap(({ events }) => events ?? [])).toEqual(await everyEvent(handler, next));
    stop();
    const heard = news.length;
    await other.approve({ reference: textReference() });
    await until(async () => (await everyEvent(handler, next)).length === 2);
    expect(news).toHaveLength(heard);
  });
}
