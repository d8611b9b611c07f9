/** Pausing and resuming. */
import { expect } from "vitest";
import {
  type AddCase,
  HeldTranslator,
  item,
  listAll,
  PROJECT,
  readOne,
  Translator,
  translated,
  until,
  work,
} from "./kit.ts";

export function pausingCases(add: AddCase): void {
  add("paused work waits, other work goes on, and nothing is lost", async ({ handler, open }) => {
    const worker = await open();
    await handler.register([item({ targetLocales: ["fr", "de"] }), item({ project: "other" })]);
    for (const [target, left] of [
      [{ targetLocale: "fr" }, ["de"]],
      [{ project: "other" }, ["fr"]],
    ] as const) {
      await handler.pause(target);
      const translator = new Translator();
      await work(worker, translator.translate, { until: "empty" });
      expect(translator.batches.map(({ targetLocale }) => targetLocale)).toEqual(left);
      await handler.pause({ project: "other" });
      await handler.resume({ targetLocale: "fr" });
    }
    expect((await handler.status()).jobs).toEqual({ ready: 0, running: 0, scheduled: 1 });
    expect(await handler.resume({ project: "other" })).toEqual([]);
    const last = new Translator();
    await work(worker, last.translate);
    expect(last.items.map(({ key, attempt }) => `${key.project} ${attempt}`)).toEqual(["other 1"]);
  });

  add(
    "a pause takes effect during work: running calls end, work that has not begun waits",
    async ({ handler, open }) => {
      const worker = await open();
      for (let at = 0; at < 6; at += 1) await handler.register([item({ text: `text ${at}` })]);
      const held = new HeldTranslator("in hand");
      const later = new Translator();
      let calls = 0;
      const stop = new AbortController();
      const working = work(
        worker,
        (batch, signal) => {
          calls += 1;
          return (calls === 1 ? held : later).translate(batch, signal);
        },
        { until: "stopped", concurrency: 1, maxItems: 1, signal: stop.signal },
      );
      await held.started;
      expect(await handler.pause({})).toMatchObject([{ kind: "everything", name: null }]);
      await until(async () => (await handler.status()).jobs.scheduled === 5);
      held.letGo();
      await until(async () => (await handler.status()).jobs.running === 0);
      expect(calls).toBe(1);
      expect((await listAll(handler)).map(({ status }) => status).toSorted()).toEqual([
        ...Array.from({ length: 5 }, () => "pending"),
        "translated",
      ]);
      await handler.register([item({ text: "requested meanwhile" })]);
      await until(async () => (await handler.status()).jobs.scheduled === 6);
      await handler.resume({});
      await until(() => later.items.length === 6);
      expect(later.items.map(({ attempt }) => attempt)).toEqual(Array.from({ length: 6 }, () => 1));
      stop.abort();
      expect(await working).toMatchObject({ translated: 7, failed: 0 });
    },
  );

  add("work that waits for a paused engine goes on at the resume, and no attempt is counted", async ({ handler }) => {
    await handler.register([item()]);
    const translator = new Translator((_, { isEnginePaused }) =>
      isEnginePaused?.("busy") ? { kind: "paused" } : translated("enfin"),
    );
    await handler.pause({ engine: "busy" });
    await work(handler, translator.translate, { until: "empty" });
    expect(await readOne(handler)).toMatchObject({ status: "pending" });
    expect(translator.items).toHaveLength(1);
    await handler.resume({ engine: "busy" });
    await work(handler, translator.translate);
    expect(await readOne(handler)).toMatchObject({ text: "enfin" });
    expect(translator.items.map(({ attempt }) => attempt)).toEqual([1, 1]);
  });

  add("repeated pauses of one target are one pause, and resuming everything ends them all", async ({ handler }) => {
    for (let times = 0; times < 2; times += 1) await handler.pause({ engine: "busy" });
    await handler.pause({ targetLocale: "fr" });
    await handler.pause({});
    const paused = [
      { kind: "engine", name: "busy", since: expect.any(Date) },
      { kind: "everything", name: null, since: expect.any(Date) },
      { kind: "locale", name: "fr", since: expect.any(Date) },
    ];
    expect((await handler.status()).paused).toEqual(paused);
    expect(await handler.resume({ targetLocale: "fr" })).toEqual(paused.slice(0, 2));
    expect(await handler.resume({ project: "never paused" })).toEqual(paused.slice(0, 2));
    expect(await handler.resume({})).toEqual([]);
  });

  add("paused work can be cancelled and forgotten", async ({ handler }) => {
    await handler.register([item({ text: "secret" }), item({ text: "other" })]);
    await handler.pause({ targetLocale: "fr" });
    expect(await handler.forget({ project: PROJECT, text: "secret", sourceLocale: "en" })).toEqual({
      forgotten: 1,
      stillUsed: 0,
    });
    expect(await handler.cancel({ project: PROJECT })).toBe(1);
    await handler.resume({});
    const translator = new Translator();
    await work(handler, translator.translate, { until: "empty" });
    expect(translator.items).toEqual([]);
  });
}
