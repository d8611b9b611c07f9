import { setTimeout as wait } from "node:timers/promises";
import type { PersistenceHandler, Webhook, WebhookToCreate } from "@trans-hub/core/store";
import { test as base, echo, item, type OpenStore } from "@trans-hub/test-support/store";
import {
  hang,
  type Manner,
  refuse,
  reset,
  take,
  takeAndReset,
  WebhookReceiver,
} from "@trans-hub/test-support/webhook-receiver";
import { describe, expect, vi } from "vitest";
import { type DeliveryOptions, type DeliveryTimes, startWebhooks, type WebhookStore } from "./deliver.ts";
import { WebhookGuard } from "./guard.ts";
import { webhookSecret } from "./signature.ts";

const KEY = "0123456789abcdef0123456789abcdef";
const GUARD = new WebhookGuard({ allow: ["127.0.0.1"] });

/** Waits that are short enough for a test, and all of their kinds. */
const QUICK: DeliveryTimes = {
  ...{ pollMs: 20, debounceMs: 20, exportDelayMs: 100, timeoutMs: 300, leaseMs: 2_000, disableAfterMs: 60_000 },
  retryMs: (failures) => Math.min(20 * failures, 60),
};

const PATIENCE = { timeout: 60_000, interval: 20 };

interface Scene {
  readonly receiver: WebhookReceiver;
  readonly log: { event: string; level: string; fields: Record<string, unknown> }[];
  /** Starts another server over a store of its own. */
  serve(
    options?: Partial<Omit<DeliveryOptions, "times">> & { times?: Partial<DeliveryTimes> },
  ): Promise<{ stop(): Promise<void> }>;
  hook(given?: Partial<WebhookToCreate>): Promise<Webhook>;
}

const test = base
  .extend("receiver", async ({ database: _ }, { onCleanup }) => {
    const receiver = await WebhookReceiver.start();
    onCleanup(() => receiver.close());
    return receiver;
  })
  .extend(
    "scene",
    async (
      { receiver, openStore, store }: { receiver: WebhookReceiver; openStore: OpenStore; store: PersistenceHandler },
      { onCleanup },
    ): Promise<Scene> => {
      const log: Scene["log"] = [];
      const servers: { stop(): Promise<void> }[] = [];
      onCleanup(async () => {
        await Promise.all(servers.map((server) => server.stop()));
      });
      const line = (level: string) => (fields: object, event: string) =>
        void log.push({ level, event, fields: { ...fields } });
      const logger = { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
      return {
        receiver,
        log,
        async serve({ times, ...options } = {}) {
          const own = await openStore();
          const server = startWebhooks({
            store: own,
            keys: () => [KEY],
            guard: GUARD,
            logger,
            ...options,
            times: { ...QUICK, ...times },
          });
          servers.push(server);
          return server;
        },
        async hook(given = {}) {
          const hook = await store.createWebhook({
            ...{
              project: "default",
              url: receiver.url,
              type: "translations.settled",
              kinds: null,
              targetLocales: null,
              by: null,
            },
            ...given,
          });
          receiver.secrets.add(webhookSecret(KEY, hook.id, 1));
          return hook;
        },
      };
    },
  );

let texts = 0;
/** Makes this many events of the project, a text each. */
async function change(store: PersistenceHandler, count = 1, project = "default"): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    texts += 1;
    await store.register([item(`Text ${texts}`, { project })]);
    await store.work({ until: "ready", concurrency: 1, maxItems: 50, drainMs: 10_000 }, echo);
  }
}

/** All ids of the feed, by what a reader of pages sees. */
async function feedOf(store: PersistenceHandler) {
  const { events } = await store.events({ limit: 1_000, project: "default" });
  return events;
}

const positionOf = (cursor = "") => Number(cursor.slice(cursor.lastIndexOf(".") + 1));

describe("messages", () => {
  test("tell the ids of changed translations, signed, and no text", async ({ store, scene }) => {
    await scene.hook();
    await scene.serve();
    await change(store, 3);
    const ids = new Set((await feedOf(store)).flatMap((event) => event.ids));
    await expect.poll(() => new Set(scene.receiver.taken.flatMap(({ data }) => data.ids ?? [])), PATIENCE).toEqual(ids);
    for (const { isVerified, type, data, body, headers } of scene.receiver.taken) {
      expect({ isVerified, type, kind: data.kind, locale: data.locale, project: data.project }).toEqual({
        ...{ isVerified: true, type: "translations.settled", kind: "translated", locale: "fr", project: "default" },
      });
      expect(body).not.toContain("Text");
      expect(headers["content-type"]).toContain("application/json");
    }
    await expect
      .poll(async () => (await store.listWebhooks())[0], PATIENCE)
      .toMatchObject({ state: "ok", deliveredAt: expect.any(Date) });
  });

  test("of other projects, locales and kinds do not arrive, and are passed by", async ({ store, scene }) => {
    await scene.hook({ targetLocales: ["de"] });
    await scene.hook({ kinds: ["approved"] });
    await scene.hook({ project: "other" });
    await scene.serve();
    await change(store, 2);
    const last = (await feedOf(store)).at(-1)?.cursor;
    await expect
      .poll(async () => (await store.listWebhooks()).map(({ cursor }) => cursor), PATIENCE)
      .toEqual([last, last, last]);
    expect(scene.receiver.tries).toEqual([]);
    await store.approve({
      reference: {
        project: "default",
        targetLocale: "fr",
        text: `Text ${texts}`,
        sourceLocale: "en",
        context: null,
        format: "auto",
      },
      revision: undefined,
      text: "Texte",
      by: "mia",
    } as never);
    await expect.poll(() => scene.receiver.taken.map(({ data }) => data.kind), PATIENCE).toEqual(["approved"]);
  });

  test("of a burst are joined", async ({ store, scene }) => {
    await scene.hook();
    await change(store, 30);
    await scene.serve();
    await expect.poll(() => scene.receiver.taken.flatMap(({ data }) => data.ids ?? []).length, PATIENCE).toBe(30);
    expect(scene.receiver.tries).toHaveLength(1);
    expect(scene.receiver.taken[0]?.data.count).toBe(30);
  });

  test("of export.changed come after the delay of exports, one for all changes of a locale", async ({
    store,
    scene,
  }) => {
    await scene.hook({ type: "export.changed" });
    await scene.serve({ times: { exportDelayMs: 1_000 } });
    const startedAt = performance.now();
    await change(store, 3);
    await expect.poll(() => scene.receiver.taken.length, PATIENCE).toBeGreaterThan(0);
    expect(performance.now() - startedAt).toBeGreaterThan(1_000);
    expect(scene.receiver.taken[0]).toMatchObject({
      type: "export.changed",
      isVerified: true,
      data: { locale: "fr", project: "default" },
    });
    const last = (await feedOf(store)).at(-1)?.position;
    await expect.poll(() => positionOf(scene.receiver.taken.at(-1)?.data.cursor), PATIENCE).toBe(last);
    expect(scene.receiver.taken.length).toBeLessThanOrEqual(2);
  });

  test("say that events were lost, and go on", async ({ store, db, scene }) => {
    await scene.hook();
    await change(store, 1);
    await db.query("update trans_hub.feed_head set epoch = gen_random_uuid()");
    scene.receiver.manner = refuse(500);
    await scene.serve();
    await expect.poll(() => scene.receiver.tries.length, PATIENCE).toBeGreaterThan(1);
    scene.receiver.manner = take;
    await expect.poll(() => scene.receiver.taken.map(({ type }) => type), PATIENCE).toEqual(["feed.reset"]);
    expect(new Set(scene.receiver.tries.map(({ id }) => id)).size).toBe(1);
    await change(store, 1);
    await expect
      .poll(() => scene.receiver.taken.map(({ type }) => type), PATIENCE)
      .toEqual(["feed.reset", "translations.settled"]);
    expect(scene.receiver.taken.every(({ isVerified }) => isVerified)).toBe(true);
  });
});

describe("a receiver that fails", () => {
  test("at random gets each id of 1,000 events at least once, in order, signed, from two servers", {
    timeout: 240_000,
  }, async ({ store, scene, db }) => {
    await scene.hook();
    const bad = [
      refuse(500),
      refuse(503, { "retry-after": "0" }),
      reset,
      takeAndReset,
      refuse(302, { location: "/elsewhere" }),
      hang,
    ];
    const manners: Manner[] = [...Array.from({ length: 9 }, () => take), ...bad];
    // A sequence of its own, so that a failure repeats.
    let seed = 5;
    scene.receiver.manner = (response, message) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return (manners[(seed >> 16) % manners.length] ?? take)(response, message);
    };
    await scene.serve();
    await scene.serve();
    // Many small settlements, in parts, so that pages of all sizes come about.
    for (let at = 0; at < 20; at += 1) await writeEvents(db, 50, at);
    const { next } = await store.events({ after: "now", limit: 1 });
    await expect
      .poll(async () => (await store.listWebhooks())[0]?.cursor, { ...PATIENCE, timeout: 200_000 })
      .toBe(next);

    const { tries, taken } = scene.receiver;
    const events = await feedOf(store);
    expect(events).toHaveLength(1_000);
    expect(new Set(taken.flatMap(({ data }) => data.ids ?? []))).toEqual(new Set(events.flatMap(({ ids }) => ids)));
    expect(tries.filter(({ isVerified }) => !isVerified)).toEqual([]);
    // Each message repeats the one before, or is a later one.
    const positions = tries.map(({ data }) => positionOf(data.cursor));
    expect(positions).toEqual(positions.toSorted((one, other) => one - other));
    // The same id is the same message.
    const bodies = new Map(tries.map(({ id, body }) => [id, body]));
    expect(tries.filter(({ id, body }) => bodies.get(id) !== body)).toEqual([]);
    expect(tries.length).toBeGreaterThan(taken.length);
  });

  test("holds up itself alone", async ({ store, scene, onTestFinished }) => {
    const other = await WebhookReceiver.start();
    onTestFinished(() => other.close());
    scene.receiver.manner = hang;
    for (let at = 0; at < 6; at += 1) await scene.hook();
    await scene.hook({ url: other.url });
    await scene.serve({ most: 2, times: { timeoutMs: 500 } });
    await change(store);
    await expect.poll(() => other.taken.length, PATIENCE).toBe(1);
    await expect
      .poll(async () => (await store.listWebhooks()).filter(({ state }) => state === "failing").length, PATIENCE)
      .toBe(6);
    // All of the places for failing ones are taken by now, again and again.
    await change(store);
    await expect.poll(() => other.taken.length, PATIENCE).toBe(2);
  });

  test("for too long is disabled, loudly, and goes on where it stopped when a person enables it", async ({
    store,
    scene,
  }) => {
    const { id } = await scene.hook();
    scene.receiver.manner = refuse(500);
    await scene.serve({ times: { disableAfterMs: 200 } });
    await change(store);
    await expect
      .poll(async () => (await store.listWebhooks())[0], PATIENCE)
      .toMatchObject({ state: "disabled", disabledBecause: "failing", lastStatus: 500 });
    const error = scene.log.find(({ event }) => event === "webhook.disabled");
    expect(error).toMatchObject({
      level: "error",
      fields: { webhookId: id, because: "failing", status: 500, problem: "status" },
    });
    expect(JSON.stringify(scene.log)).not.toContain(scene.receiver.url);
    const tries = scene.receiver.tries.length;
    await change(store);
    scene.receiver.manner = take;
    await store.changeWebhook({ project: "default", id }, { isDisabled: false });
    await expect.poll(() => scene.receiver.taken.flatMap(({ data }) => data.ids).length, PATIENCE).toBe(2);
    expect(scene.receiver.tries[tries]?.id).toBe(scene.receiver.tries[0]?.id);
  });

  test("with 410 is disabled at once", async ({ store, scene }) => {
    await scene.hook();
    scene.receiver.manner = refuse(410);
    await scene.serve();
    await change(store);
    await expect
      .poll(async () => (await store.listWebhooks())[0], PATIENCE)
      .toMatchObject({ state: "disabled", disabledBecause: "gone", lastStatus: 410 });
    expect(scene.receiver.tries).toHaveLength(1);
  });

  test("and asks for a wait gets it", async ({ store, scene }) => {
    await scene.hook();
    const retryMs = vi.fn((_failures: number, retryAfterMs = 0) => retryAfterMs);
    let isFirst = true;
    scene.receiver.manner = (response, message) => {
      const manner = isFirst ? refuse(429, { "retry-after": "1" }) : take;
      isFirst = false;
      return manner(response, message);
    };
    await scene.serve({ times: { retryMs } });
    await change(store);
    await expect.poll(() => scene.receiver.tries.length, PATIENCE).toBe(1);
    const startedAt = performance.now();
    await expect.poll(() => scene.receiver.taken.length, PATIENCE).toBe(1);
    expect(performance.now() - startedAt).toBeGreaterThan(800);
    expect(retryMs.mock.calls).toEqual([[1, 1_000]]);
  });
});

describe("two servers", () => {
  test("deliver each message once", async ({ store, scene }) => {
    await scene.hook();
    await scene.serve();
    await scene.serve();
    await change(store, 20);
    const { next } = await store.events({ after: "now", limit: 1 });
    await expect.poll(async () => (await store.listWebhooks())[0]?.cursor, PATIENCE).toBe(next);
    const ids = scene.receiver.taken.flatMap(({ data }) => data.ids ?? []);
    expect(ids).toHaveLength(20);
    expect(new Set(ids).size).toBe(20);
  });

  test("share: one that stops gives its webhook to the other at once", async ({ store, scene }) => {
    await scene.hook();
    scene.receiver.manner = hang;
    const first = await scene.serve({ times: { leaseMs: 600_000, timeoutMs: 60_000 } });
    await change(store);
    await expect.poll(() => scene.receiver.tries.length, PATIENCE).toBe(1);
    await first.stop();
    scene.receiver.manner = take;
    await scene.serve();
    await expect.poll(() => scene.receiver.taken.length, PATIENCE).toBe(1);
    expect(scene.receiver.taken[0]?.id).toBe(scene.receiver.tries[0]?.id);
    expect((await store.listWebhooks())[0]?.failures).toBe(0);
  });
});

test("a server that stands still for longer than its lease sends nothing more of its turn", async ({
  store,
  openStore,
  scene,
  db,
}) => {
  await scene.hook();
  for (let at = 0; at < 4; at += 1) await writeEvents(db, 50, at);
  const times = { leaseMs: 600, timeoutMs: 300, debounceMs: 0 };
  const still = await openStore();
  const { promise: heard, resolve: hear } = Promise.withResolvers<void>();
  const late: WebhookStore = {
    claimWebhooks: (claim) => still.claimWebhooks(claim),
    events: (query) => still.events(query),
    // It is committed, and the process hears of that a second later.
    async noteWebhook(...given) {
      const noted = await still.noteWebhook(...given);
      await wait(1_000);
      hear();
      return noted;
    },
  };
  await scene.serve({ store: late, times });
  await expect.poll(() => scene.receiver.tries.length, PATIENCE).toBe(1);
  await scene.serve({ times });
  const { next } = await store.events({ after: "now", limit: 1 });
  await expect.poll(async () => (await store.listWebhooks())[0]?.cursor, PATIENCE).toBe(next);
  await heard;
  // Whatever it would still send comes before these.
  await writeEvents(db, 50, 4);
  const { next: last } = await store.events({ after: "now", limit: 1 });
  await expect.poll(async () => (await store.listWebhooks())[0]?.cursor, PATIENCE).toBe(last);
  const positions = scene.receiver.tries.map(({ data }) => positionOf(data.cursor));
  expect(positions).toEqual(positions.toSorted((one, other) => one - other));
  expect(new Set(scene.receiver.taken.flatMap(({ data }) => data.ids)).size).toBe(250);
});

describe("secrets", () => {
  test("are rotated: the one of before signs too until its time", async ({ store, scene }) => {
    const { id } = await scene.hook();
    const { receiver } = scene;
    await store.rotateWebhook({ project: "default", id }, 3_600);
    await scene.serve();
    await change(store);
    await expect.poll(() => receiver.taken.length, PATIENCE).toBe(1);
    expect(receiver.taken[0]?.headers["webhook-signature"]).toMatch(/^v1,\S+ v1,\S+$/);
    expect(receiver.taken[0]?.isVerified).toBe(true);

    await store.rotateWebhook({ project: "default", id }, 0);
    await change(store);
    await expect.poll(() => receiver.taken.length, PATIENCE).toBe(2);
    expect(receiver.taken[1]?.isVerified).toBe(false);
    receiver.secrets.add(webhookSecret(KEY, id, 3));
    await change(store);
    await expect.poll(() => receiver.taken.length, PATIENCE).toBe(3);
    expect(receiver.taken[2]).toMatchObject({
      isVerified: true,
      headers: { "webhook-signature": expect.not.stringContaining(" ") },
    });
  });

  test("of an old key sign beside those of the new one", async ({ store, scene }) => {
    await scene.hook();
    await scene.serve({ keys: () => ["f".repeat(40), KEY] });
    await change(store);
    await expect.poll(() => scene.receiver.taken.length, PATIENCE).toBe(1);
    expect(scene.receiver.taken[0]?.isVerified).toBe(true);
  });
});

test("a webhook that moves to an address inside gets nothing more", async ({ store, scene }) => {
  await scene.hook();
  await scene.serve({ guard: new WebhookGuard() });
  await change(store);
  await expect
    .poll(async () => (await store.listWebhooks())[0], PATIENCE)
    .toMatchObject({ state: "failing", lastStatus: null, lastProblem: "url" });
  expect(scene.receiver.tries).toEqual([]);
});

/** Writes events as settlements do, of a text each that needs no row. */
async function writeEvents(
  db: { query(text: string, values: unknown[]): Promise<unknown> },
  count: number,
  part: number,
): Promise<void> {
  await db.query(
    `select trans_hub.write_events(
       (array['translated', 'approved', 'translated', 'failed'])[1 + n / 20 % 4], array['default'], array[(array['fr', 'de', 'es'])[1 + n % 3]],
       array[$2::bigint * 1000 + n], array[0::bigint], array[1]
     ) from generate_series(1, $1) as n`,
    [count, part],
  );
}
