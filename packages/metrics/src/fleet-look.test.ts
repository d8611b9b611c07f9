import type { FleetMeasure } from "@trans-hub/core/store";
import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { FLEET_METRICS } from "./catalogue.ts";
import { FleetLook } from "./fleet-look.ts";
import { make } from "./make.ts";
import { showFleet } from "./show-fleet.ts";

const EMPTY: FleetMeasure = {
  backlog: [],
  oldestReadySeconds: 0,
  inbox: 0,
  refused: {},
  deadLetters: 0,
  unsequencedEvents: 0,
  memoryUnits: 0,
  translated: 0,
  approved: 0,
  workers: 1,
  pauses: {},
  engines: [],
  budgets: [],
  lastCollectionAt: null,
  webhooks: { ok: 0, failing: 0, disabled: 0 },
  webhookFailingSeconds: 0,
  webhookLagSeconds: 0,
};

test("a storm of scrapes queries the database once", async () => {
  let asked = 0;
  const look = new FleetLook({
    measure: async () => {
      asked += 1;
      return EMPTY;
    },
  });
  await Promise.all(Array.from({ length: 100 }, () => look.look()));
  await look.look();
  expect(asked).toBe(1);
});

test("a scrape is answered from the last look while a new look is running", async () => {
  let answer = Promise.resolve(EMPTY);
  const look = new FleetLook({ measure: () => answer, keepMs: 0 });
  await look.look();
  const slow = Promise.withResolvers<FleetMeasure>();
  answer = slow.promise;
  expect(await look.look()).toEqual({ isUp: true, fleet: EMPTY });
  const later = { ...EMPTY, workers: 2 };
  slow.resolve(later);
  await expect.poll(async () => (await look.look()).fleet).toBe(later);
});

test("a look without an answer in time counts as down, even after a recent good one", async () => {
  let answer = Promise.resolve(EMPTY);
  const look = new FleetLook({ measure: () => answer, keepMs: 0, patienceMs: 20 });
  await look.look();
  answer = new Promise(() => undefined);
  await expect.poll(async () => (await look.look()).isUp).toBe(false);
});

test("a failed look counts as down, and a later one queries again", async () => {
  let isAway = true;
  const look = new FleetLook({
    keepMs: 0,
    measure: async () => {
      if (isAway) throw new Error("away");
      return EMPTY;
    },
  });
  expect(await look.look()).toEqual({ isUp: false, fleet: undefined });
  isAway = false;
  expect(await look.look()).toEqual({ isUp: true, fleet: EMPTY });
});

test("only the hundred locales with the most texts get series of their own", async () => {
  const metrics = make(FLEET_METRICS, new Registry());
  const backlog = Array.from({ length: 150 }, (_, at) => ({
    priority: "normal" as const,
    state: "ready" as const,
    targetLocale: `x-${at}`,
    texts: at + 1,
  }));
  showFleet(metrics, { ...EMPTY, backlog });
  const { values } = await metrics.backlogByLocale.get();
  expect(values).toHaveLength(101);
  expect(values.find(({ labels }) => labels.locale === "other")?.value).toBe((50 * 51) / 2);
  expect(values.find(({ labels }) => labels.locale === "x-149")?.value).toBe(150);
});
