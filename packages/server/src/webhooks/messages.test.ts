import type { EventKind, FeedEvent } from "@trans-hub/core/store";
import { describe, expect, test } from "vitest";
import { messagesOf, resetMessage, testMessage } from "./messages.ts";

const AT = new Date("2026-11-30T12:00:00Z");
const SHOP = { project: "shop", type: "translations.settled", kinds: null, targetLocales: null } as const;
const EXPORT = { ...SHOP, type: "export.changed" } as const;

function event(position: number, targetLocale: string | null, kind: EventKind, ...ids: string[]): FeedEvent {
  return { position, kind, project: "shop", targetLocale, ids, revisions: null, at: AT, cursor: `e1.${position}` };
}

function told(events: FeedEvent[], hearing: Parameters<typeof messagesOf>[2] = SHOP) {
  return messagesOf("e1", events, hearing).map(({ id, body, position }) => ({ id, position, ...JSON.parse(body) }));
}

describe("messages of translations.settled", () => {
  test("say which translations changed, and where the feed stands", () => {
    expect(told([event(7, "fr", "translated", "1-0", "2-0")])).toEqual([
      {
        id: "evt_e1_7",
        position: 7,
        type: "translations.settled",
        timestamp: AT.toISOString(),
        data: { project: "shop", locale: "fr", kind: "translated", count: 2, ids: ["1-0", "2-0"], cursor: "e1.7" },
      },
    ]);
  });

  test("join the events of a locale, each id once, in the order of their last events", () => {
    const events = [
      event(1, "fr", "translated", "1-0"),
      event(2, "de", "translated", "1-0"),
      event(3, "fr", "translated", "1-0", "2-0"),
    ];
    expect(told(events)).toMatchObject([
      { id: "evt_e1_2", data: { locale: "de", ids: ["1-0"] } },
      { id: "evt_e1_3", data: { locale: "fr", count: 2, ids: ["1-0", "2-0"] } },
    ]);
  });

  test("never move a kind past another one of the same locale", () => {
    const events = [
      event(1, "fr", "translated", "1-0"),
      event(2, "fr", "cancelled", "1-0"),
      event(3, "fr", "translated", "1-0"),
    ];
    expect(told(events).map(({ data }) => data.kind)).toEqual(["translated", "cancelled", "translated"]);
  });

  test("join at most 100 events and 1,000 ids; a greater settlement has several messages", () => {
    const many = Array.from({ length: 250 }, (_, at) => event(at + 1, "fr", "translated", `${at}-0`));
    expect(told(many).map(({ data }) => data.count)).toEqual([100, 100, 50]);
    const ids = (count: number, from = 0) => Array.from({ length: count }, (_, at) => `${from + at}-0`);
    const great = told([event(1, "fr", "translated", ...ids(600)), event(2, "fr", "translated", ...ids(2_500, 300))]);
    expect(great.map(({ id, data }) => [id, data.count, data.cursor])).toEqual([
      ["evt_e1_1", 600, "e1.1"],
      ["evt_e1_2", 1_000, "e1.2"],
      ["evt_e1_2_2", 1_000, "e1.2"],
      ["evt_e1_2_3", 500, "e1.2"],
    ]);
  });

  test("of every locale keep their place among those of each", () => {
    const events = [
      event(1, "fr", "translated", "1-0"),
      event(2, null, "renamed", "2-0"),
      event(3, null, "renamed", "3-0"),
      event(4, "fr", "translated", "1-0"),
    ];
    expect(
      told(events, { ...SHOP, targetLocales: ["fr"] }).map(({ data }) => [data.locale, data.kind, data.count]),
    ).toEqual([
      ["fr", "translated", 1],
      [null, "renamed", 2],
      ["fr", "translated", 1],
    ]);
  });

  test("are those of the wanted kinds and locales", () => {
    const events = [
      event(1, "fr", "translated", "1-0"),
      event(2, "de", "approved", "1-0"),
      event(3, "fr", "approved", "1-0"),
    ];
    const approved = told(events, { ...SHOP, kinds: ["approved"], targetLocales: ["fr", "es"] });
    expect(approved).toMatchObject([{ data: { locale: "fr", kind: "approved" } }]);
    expect(told(events, { ...SHOP, targetLocales: ["es"] })).toEqual([]);
  });
});

test("a message of export.changed names a locale once, by its last event, and no id", () => {
  const events = [
    event(1, "fr", "translated", "1-0"),
    event(2, "de", "approved", "1-0"),
    event(3, "fr", "approved", "1-0"),
  ];
  expect(told(events, EXPORT)).toEqual([
    {
      id: "evt_e1_2_export",
      position: 2,
      type: "export.changed",
      timestamp: AT.toISOString(),
      data: { project: "shop", locale: "de", cursor: "e1.2" },
    },
    {
      id: "evt_e1_3_export",
      position: 3,
      type: "export.changed",
      timestamp: AT.toISOString(),
      data: { project: "shop", locale: "fr", cursor: "e1.3" },
    },
  ]);
});

test("a random page makes the same messages each time, keeps every id, and the order of each locale", () => {
  // A page of a fixed sequence of numbers, so that a failure repeats.
  let seed = 17;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % below;
  };
  const kinds = ["translated", "approved", "failed"] as const;
  const events = Array.from({ length: 1_000 }, (_, at) =>
    event(
      at + 1,
      ["fr", "de", "es"][random(3)] ?? "fr",
      kinds[random(8) === 0 ? random(3) : 0] ?? "translated",
      `${random(50)}-0`,
    ),
  );
  const messages = told(events);
  expect(told(events)).toEqual(messages);
  expect(new Set(messages.map(({ id }) => id)).size).toBe(messages.length);
  expect(messages.map(({ position }) => position)).toEqual(
    messages.map(({ position }) => position).toSorted((a, b) => a - b),
  );
  for (const locale of ["fr", "de", "es"]) {
    const own = messages.filter(({ data }) => data.locale === locale);
    let from = 0;
    for (const { data, position } of own) {
      const joined = events.filter(
        (each) => each.targetLocale === locale && each.position > from && each.position <= position,
      );
      expect(new Set(joined.map(({ kind }) => kind))).toEqual(new Set([data.kind]));
      expect(new Set(data.ids)).toEqual(new Set(joined.flatMap(({ ids }) => ids)));
      from = position;
    }
    expect(events.some((each) => each.targetLocale === locale && each.position > from)).toBe(false);
  }
});

test("a reset and a test are messages too", () => {
  expect(resetMessage("e2.40", "shop", AT)).toEqual({
    id: "evt_e2_40_reset",
    body: JSON.stringify({
      type: "feed.reset",
      timestamp: AT.toISOString(),
      data: { project: "shop", cursor: "e2.40" },
    }),
    position: 40,
  });
  expect(JSON.parse(testMessage("x", "shop", AT).body)).toMatchObject({
    type: "webhook.test",
    data: { project: "shop" },
  });
});
