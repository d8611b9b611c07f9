/**
 * The base of scaling: KEDA's queries give the number of workers that a burst needs, and an empty fleet loses no work.
 */
import { Coordinator } from "@trans-hub/core";
import { testOnDatabase as test } from "@trans-hub/test-support/command";
import { startOpenaiServer } from "@trans-hub/test-support/openai-server";
import type pg from "pg";
import { describe, expect } from "vitest";
import { render, whyNoKustomize } from "./manifests.ts";

interface Trigger {
  metricType: string;
  metadata: { query: string; targetQueryValue: string; activationTargetQueryValue: string };
}

/**
 * Counts like KEDA and the autoscaler: zero while no trigger is active, otherwise the highest request, within the
 * bounds.
 */
async function workersFor(db: pg.Pool, overlay: string): Promise<number> {
  const { spec } = render(`overlays/${overlay}`).find(({ kind }) => kind === "ScaledObject") ?? {};
  let isActive = false;
  let wanted = 0;
  for (const { metricType, metadata } of spec.triggers as Trigger[]) {
    expect(metricType).toBe("AverageValue");
    const { rows } = await db.query({ text: metadata.query, rowMode: "array" });
    const value = Number(rows[0]?.[0]);
    isActive ||= value > Number(metadata.activationTargetQueryValue);
    wanted = Math.max(wanted, Math.ceil(value / Number(metadata.targetQueryValue)));
  }
  if (!isActive && spec.minReplicaCount === 0) return 0;
  return Math.min(spec.maxReplicaCount, Math.max(spec.minReplicaCount, 1, wanted));
}

const why = whyNoKustomize();

describe.skipIf(why !== undefined)(`the autoscaler's questions${why ? `: ${why}` : ""}`, () => {
  test("give a burst the workers it needs, also for an old text, and none without work", async ({
    commands,
    database,
    db,
    skip,
  }) => {
    const { rows } = await db.query("select to_regprocedure('trans_hub.ready_texts()') is null as is_missing");
    if (rows[0].is_missing) skip("this schema has no trans_hub.ready_texts yet");
    const both = async () => [await workersFor(db, "scale-to-zero"), await workersFor(db, "production")];
    expect(await both()).toEqual([0, 2]);

    const hub = await Coordinator.connect({ databaseUrl: database.url, sourceLocale: "en" });
    try {
      await hub.request({ text: "Pay", targetLocales: ["fr"] });
      expect(await both()).toEqual([1, 2]);
      await db.query(
        "update trans_hub.batch set created_at = now() - interval '200 s', run_at = now() - interval '200 s'",
      );
      expect(await both()).toEqual([4, 4]);

      const texts = Array.from({ length: 12_500 }, (_, at) => ({ text: `Text number ${at}` }));
      await hub.request(texts, { targetLocales: ["fr"] });
      expect(await both()).toEqual([5, 7]);
      await db.query("update trans_hub.batch set run_at = now() + interval '1 hour'");
      expect(await both()).toEqual([0, 2]);
      await db.query("update trans_hub.batch set run_at = now()");
      await commands.json(["cancel", "--to", "fr", "--yes"]);
      expect(await both()).toEqual([0, 2]);
    } finally {
      await hub.close();
    }
  });
});

test("the sweep, a worker that ends when no work is ready, takes up a killed worker's text and one from a transaction", async ({
  commands,
  database,
  db,
}) => {
  const engine = await startOpenaiServer({ rules: [{ fault: { kind: "hang" } }] });
  const env = { TH_ENGINES: "openai", TH_OPENAI_ENDPOINT: engine.url, TH_RESCUE_AFTER_SECONDS: "2" };
  const hub = await Coordinator.connect({ databaseUrl: database.url, sourceLocale: "en" });
  try {
    await hub.request({ text: "Pay", targetLocales: ["fr"] });
    const killed = commands.start(["worker"], { env });
    await new Promise((resolve) => engine.events.once("call", resolve));
    killed.kill("SIGKILL");
    await killed.ended();
    engine.behave();
    const client = await db.connect();
    await client.query("begin");
    await hub.request([{ text: "Back", targetLocales: ["fr"] }], { client });
    await client.query("commit");
    client.release();

    expect(await commands.json(["worker", "--once"], { env })).toEqual({ translated: 2, failed: 0, retrying: 0 });
  } finally {
    await hub.close();
    await engine.close();
  }
});
