/** The end of work: asked for, or by the death of a member. */
import { expect } from "vitest";
import {
  type AddCase,
  HeldTranslator,
  item,
  items,
  listAll,
  readOne,
  Translator,
  translated,
  until,
  work,
} from "./kit.ts";

export function stoppingCases(add: AddCase): void {
  add("work until stopped takes up new texts, and ends at its signal", async ({ handler, open }) => {
    const other = await open();
    const stop = new AbortController();
    const readiness: boolean[] = [];
    const translator = new Translator();
    const working = work(handler, translator.translate, {
      until: "stopped",
      signal: stop.signal,
      observer: { ready: (isReady) => readiness.push(isReady) },
    });
    await until(() => readiness.includes(true));
    await other.register([item({ targetLocales: ["fr", "zh-Hans"] })]);
    await until(() => translator.items.length === 2);
    await until(async () => (await readOne(other, { targetLocale: "zh-Hans" }))?.status === "translated");
    stop.abort();
    expect(await working).toEqual({ translated: 2, failed: 0, retrying: 0 });
    expect(readiness.at(-1)).toBe(false);
  });

  add("work that is running at the stop may end, and is stored", async ({ handler }) => {
    await handler.register([item()]);
    const stop = new AbortController();
    const held = new HeldTranslator("in time");
    const working = work(handler, held.translate, { until: "stopped", signal: stop.signal, drainMs: 30_000 });
    await held.started;
    stop.abort();
    held.letGo();
    expect(await working).toMatchObject({ translated: 1 });
    expect(await readOne(handler)).toMatchObject({ status: "translated", text: "in time" });
  });

  add("work that does not end in time is handed back, and no attempt is counted", async ({ handler, open }) => {
    const other = await open();
    await handler.register(items(3));
    const stop = new AbortController();
    const held = new HeldTranslator();
    const working = work(handler, held.translate, { until: "stopped", signal: stop.signal, drainMs: 1 });
    await held.started;
    stop.abort();
    expect(await working).toMatchObject({ translated: 0, failed: 0 });
    const translator = new Translator();
    await work(other, translator.translate);
    expect(translator.items.map(({ attempt }) => attempt)).toEqual([1, 1, 1]);
  });

  add("a store that is closed ends its work first", async ({ handler, open }) => {
    const other = await open();
    await handler.register([item()]);
    const held = new HeldTranslator();
    const working = work(other, held.translate, { until: "stopped", drainMs: 1 });
    await held.started;
    await other.close();
    expect(await working).toMatchObject({ translated: 0, failed: 0 });
    await other.close();
    await expect(other.read([])).rejects.toMatchObject({ code: "TH_CLOSED" });
    await expect(other.register([item()])).rejects.toMatchObject({ code: "TH_CLOSED" });
    await expect(work(other, held.translate)).rejects.toMatchObject({ code: "TH_CLOSED" });
  });

  add(
    "the work of a crashed member is done by another, and no attempt is counted",
    async ({ handler, open, crash }) => {
      const doomed = await open();
      await handler.register(items(3));
      const held = new HeldTranslator();
      work(doomed, held.translate, { until: "stopped" }).catch(() => undefined);
      const inHand = await held.started;
      expect(inHand.items).toHaveLength(3);
      const stop = new AbortController();
      const translator = new Translator();
      const working = work(handler, translator.translate, { until: "stopped", signal: stop.signal });
      await crash(doomed);
      await until(async () => (await listAll(handler)).every(({ status }) => status === "translated"));
      stop.abort();
      expect(await working).toMatchObject({ translated: 3 });
      expect(translator.items.map(({ attempt }) => attempt)).toEqual([1, 1, 1]);
      held.letGo();
      expect((await listAll(handler)).map(({ text }) => text)).not.toContain("held");
    },
    "crash",
  );

  add(
    "a late result of a member that was declared dead changes nothing",
    async ({ handler, open, giveUp }) => {
      const late = await open();
      await handler.register([item()]);
      const held = new HeldTranslator("late");
      const first = new Translator(() => translated("first"));
      const stop = new AbortController();
      // It comes back after its next beat, and may be the first to claim the text again: its later calls are not held.
      const working = work(late, held.first(first), { until: "stopped", signal: stop.signal });
      await held.started;
      await giveUp(late);
      await work(handler, first.translate, { until: "empty" });
      const stored = await readOne(handler);
      expect(stored).toMatchObject({ status: "translated", text: "first" });
      held.letGo();
      stop.abort();
      await working.catch(() => undefined);
      expect(await readOne(handler)).toEqual(stored);
    },
    "giveUp",
  );
}
