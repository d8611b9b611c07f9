import { test as base, echo, item, value } from "@trans-hub/test-support/store";
import { expect } from "vitest";
import type { PersistenceHandler } from "../../contract/store.ts";
import type { WebhookClaim } from "../../contract/webhook.ts";
import { ConnectionPool } from "../database/pool.ts";
import { pruneOldEvents } from "../feed/feed.ts";

const CLAIM: WebhookClaim = { limit: 5, failingLimit: 5, leaseMs: 60_000, debounceMs: 0, exportDelayMs: 0 };
const HOOK = { project: "default", url: "https://example.com/", kinds: null, targetLocales: null, by: null } as const;
const SETTLED = { ...HOOK, type: "translations.settled" } as const;

const test = base.extend("pool", async ({ database }, { onCleanup }): Promise<ConnectionPool> => {
  const pool = new ConnectionPool({ databaseUrl: database.url });
  onCleanup(() => pool.end());
  return pool;
});

let texts = 0;
async function change(store: PersistenceHandler, project: string): Promise<void> {
  texts += 1;
  await store.register([item(`Text ${texts}`, { project })]);
  await store.work({ until: "ready", concurrency: 1, maxItems: 50, drainMs: 10_000 }, echo);
}

/** A collection that comes long after the events. */
async function pruneAll(pool: ConnectionPool): Promise<void> {
  await pool.query({ text: "update trans_hub.event set at = at - interval '30 days'" });
  await pool.query({
    text: "update trans_hub.feed_switch set read_at = now() - interval '30 days', opened_at = now() - interval '30 days'",
  });
  await pruneOldEvents(pool, 7);
}

test("servers that claim at the same moment never share a webhook", async ({ store, openStore }) => {
  const made = await Promise.all(Array.from({ length: 20 }, () => store.createWebhook(SETTLED)));
  await change(store, "default");
  const servers = await Promise.all(Array.from({ length: 4 }, () => openStore()));
  for (let round = 0; round < 5; round += 1) {
    const claimed: string[] = [];
    await expect
      .poll(async () => {
        const turns = await Promise.all(
          servers.flatMap((server) => [server.claimWebhooks(CLAIM), server.claimWebhooks(CLAIM)]),
        );
        claimed.push(...turns.flat().map(({ webhook }) => webhook.id));
        await Promise.all(turns.flat().map((turn) => round < 4 && store.noteWebhook(turn, { kind: "released" }, 0)));
        return round < 4 ? new Set(claimed).size : claimed.length;
      })
      .toBe(20);
  }
  // In the last round nothing was given back.
  expect(await store.claimWebhooks({ ...CLAIM, limit: 100 })).toEqual([]);
  expect(made).toHaveLength(20);
});

test("a webhook of a project in which nothing happens loses no place when events are pruned", async ({
  store,
  pool,
}) => {
  await store.createWebhook(SETTLED);
  await change(store, "other");
  const [turn] = await store.claimWebhooks(CLAIM);
  expect(turn?.isReset).toBe(false);
  await store.noteWebhook(turn as never, { kind: "done", hasSent: false, pauseMs: 0 }, 0);
  await pruneAll(pool);
  expect(await value(pool.raw, "select count(*)::int from trans_hub.event")).toBe(0);
  expect(await store.claimWebhooks(CLAIM)).toEqual([]);
});

test("a webhook that was away for longer than events are kept is told so", async ({ store, pool }) => {
  const { id } = await store.createWebhook(SETTLED);
  await change(store, "default");
  // Gives it a position.
  await store.events();
  await pruneAll(pool);
  const [turn] = await store.claimWebhooks(CLAIM);
  expect(turn).toMatchObject({ isReset: true, webhook: { id } });
  const { next } = await store.events({ after: "now" });
  expect(turn).toMatchObject({ after: next, to: next });
});

test("the feed stays on while a webhook exists, and goes off after the last one", async ({ store, pool }) => {
  const { id } = await store.createWebhook(SETTLED);
  const name = { project: "default", id };
  const isOn = () => value(pool.raw, "select exists (select from trans_hub.feed_switch)");
  await pruneAll(pool);
  expect(await isOn()).toBe(true);

  await store.changeWebhook(name, { isDisabled: true });
  await pruneAll(pool);
  expect(await isOn()).toBe(false);
  // Events between are lost, and the webhook is told so.
  await change(store, "default");
  await store.changeWebhook(name, { isDisabled: false });
  expect(await isOn()).toBe(true);
  expect(await store.claimWebhooks(CLAIM)).toMatchObject([{ isReset: true }]);

  await store.removeWebhook(name);
  await pruneAll(pool);
  expect(await isOn()).toBe(false);
});

test("a look for work of webhooks is one statement where there are none, and gives positions where there are some", async ({
  store,
  pool,
}) => {
  await store.events({ after: "now" });
  await change(store, "default");
  const unsequenced = () => value(pool.raw, "select count(*)::int from trans_hub.event_queue");
  expect(await store.claimWebhooks(CLAIM)).toEqual([]);
  expect(await unsequenced()).toBe(1);
  await store.createWebhook({ ...HOOK, type: "export.changed" });
  await change(store, "default");
  await store.claimWebhooks(CLAIM);
  expect(await unsequenced()).toBe(0);
});

test("the fleet's figures count webhooks, and say how far they are behind", async ({ store, pool }) => {
  const measured = async () => {
    const { webhooks, webhookFailingSeconds, webhookLagSeconds } = await store.measure();
    return { ...webhooks, failingFor: Math.round(webhookFailingSeconds), behind: Math.round(webhookLagSeconds) };
  };
  expect(await measured()).toEqual({ ok: 0, failing: 0, disabled: 0, failingFor: 0, behind: 0 });
  const made = await Promise.all(Array.from({ length: 4 }, () => store.createWebhook(SETTLED)));
  const [, failing, gone, off] = made.map(({ id }) => id);
  await change(store, "default");
  await store.events();
  await pool.query({ text: "update trans_hub.event set at = at - interval '100 seconds'" });
  await pool.query({
    text: "update trans_hub.webhook set failures = 3, failing_since = now() - interval '2 hours' where webhook_id = any ($1)",
    values: [[failing, gone]],
  });
  await pool.query({
    text: "update trans_hub.webhook set disabled_because = 'gone', disabled_at = now() where webhook_id = $1",
    values: [gone],
  });
  await store.changeWebhook({ project: "default", id: off as string }, { isDisabled: true });
  const { behind, ...rest } = await measured();
  expect(rest).toEqual({ ok: 1, failing: 1, disabled: 1, failingFor: 7_200 });
  expect(behind).toBeGreaterThanOrEqual(99);
});
