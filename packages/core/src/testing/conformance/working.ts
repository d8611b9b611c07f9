import { expect } from "vitest";
import type { WorkItem, WorkOutcome } from "../../contract/work.ts";
import {
  type AddCase,
  failed,
  HeldTranslator,
  item,
  items,
  listAll,
  readOne,
  retry,
  Translator,
  translated,
  until,
  work,
} from "./kit.ts";

/** Decides by whether a text was received before: the first outcome, then the second. */
function oneThen(first: WorkOutcome, second: WorkOutcome) {
  const seen = new Set<string>();
  return ({ text }: WorkItem): WorkOutcome => {
    if (seen.has(text)) return second;
    seen.add(text);
    return first;
  };
}

const triesOf = ({ items: given }: Translator) =>
  given.map(({ attempt, previousFailure }) => ({ attempt, previousFailure }));

export function workingCases(add: AddCase): void {
  add("work translates all ready texts, each once, and ends", async ({ handler }) => {
    await handler.register(items(70, { targetLocales: ["fr", "de", "ja"] }));
    const translator = new Translator();
    const summary = await work(handler, translator.translate, { maxItems: 20 });
    expect(summary).toEqual({ translated: 210, failed: 0, retrying: 0 });
    const given = translator.batches.flatMap(({ targetLocale, items: each }) =>
      each.map(({ text }) => `${targetLocale}: ${text}`),
    );
    expect(given).toHaveLength(210);
    expect(new Set(given).size).toBe(210);
    expect((await listAll(handler)).every(({ status }) => status === "translated")).toBe(true);
    expect(await work(handler, translator.translate)).toEqual({ translated: 0, failed: 0, retrying: 0 });
  });

  add("no call gets more items than its limit, also from a large batch", async ({ handler }) => {
    await handler.register(items(45));
    const translator = new Translator();
    await work(handler, translator.translate, { maxItems: 7 });
    expect(Math.max(...translator.batches.map(({ items: each }) => each.length))).toBeLessThanOrEqual(7);
    expect(translator.texts.toSorted()).toEqual(
      items(45)
        .map(({ text }) => text)
        .toSorted(),
    );
    expect(translator.items.every(({ attempt }) => attempt === 1)).toBe(true);
  });

  add("two concurrent members share the work, and do nothing twice", async ({ handler, open }) => {
    const other = await open();
    await handler.register(items(300));
    const translators = [new Translator(), new Translator()];
    const summaries = await Promise.all(
      [handler, other].map((member, at) => work(member, (translators[at] as Translator).translate, { maxItems: 10 })),
    );
    expect(summaries.reduce((sum, summary) => sum + summary.translated, 0)).toBe(300);
    const texts = translators.flatMap((translator) => translator.texts);
    expect(texts).toHaveLength(300);
    expect(new Set(texts).size).toBe(300);
  });

  add("each text of a batch gets its own outcome", async ({ handler }) => {
    await handler.register(["good", "bad", "slow", "busy"].map((text) => item({ text })));
    const ends: Record<string, WorkOutcome> = {
      good: translated("bon"),
      bad: failed(),
      slow: retry(600_000),
      busy: { kind: "postponed", delayMs: 600_000 },
    };
    const translator = new Translator(({ text }) => ends[text] ?? failed());
    expect(await work(handler, translator.translate)).toMatchObject({ translated: 1, failed: 1 });
    const found = await listAll(handler);
    expect(Object.fromEntries(found.map(({ sourceText, status }) => [sourceText, status]))).toEqual({
      good: "translated",
      bad: "failed",
      slow: "pending",
      busy: "pending",
    });
    expect(translator.items).toHaveLength(4);
  });

  add("a text that is retried comes back later, with its attempt counted and the error", async ({ handler }) => {
    await handler.register([item()]);
    const translator = new Translator(oneThen(retry(50), translated("enfin")));
    expect(await work(handler, translator.translate, { until: "empty" })).toEqual({
      translated: 1,
      failed: 0,
      retrying: 0,
    });
    expect(triesOf(translator)).toEqual([
      { attempt: 1, previousFailure: undefined },
      { attempt: 2, previousFailure: "The engine answered 503" },
    ]);
  });

  add('work until "ready" leaves delayed retries for later', async ({ handler }) => {
    await handler.register([item()]);
    const translator = new Translator(() => retry(600_000));
    expect(await work(handler, translator.translate)).toEqual({ translated: 0, failed: 0, retrying: 1 });
    expect(translator.items).toHaveLength(1);
    expect((await handler.status()).jobs).toEqual({ ready: 0, running: 0, scheduled: 1 });
  });

  add("a postponed text comes back without a counted attempt", async ({ handler }) => {
    await handler.register([item()]);
    const translator = new Translator(oneThen({ kind: "postponed", delayMs: 50 }, translated("enfin")));
    await work(handler, translator.translate, { until: "empty" });
    expect(triesOf(translator)).toEqual([
      { attempt: 1, previousFailure: undefined },
      { attempt: 1, previousFailure: undefined },
    ]);
  });

  add("a released text comes back at once, without a counted attempt", async ({ handler }) => {
    await handler.register([item()]);
    const translator = new Translator(oneThen({ kind: "released" }, translated("enfin")));
    await work(handler, translator.translate);
    expect(triesOf(translator)).toEqual([
      { attempt: 1, previousFailure: undefined },
      { attempt: 1, previousFailure: undefined },
    ]);
    expect(await readOne(handler)).toMatchObject({ text: "enfin" });
  });

  add("texts that must be split come back with fewer neighbours", async ({ handler }) => {
    await handler.register(items(4));
    const translator = new Translator(({ attempt }) => (attempt === 1 ? retry(20, true) : translated("enfin")));
    await work(handler, translator.translate, { until: "empty" });
    const [first, ...later] = translator.batches.map(({ items: each }) => each.length);
    expect(first).toBe(4);
    expect(Math.max(...later)).toBeLessThan(4);
    expect(later.reduce((sum, length) => sum + length, 0)).toBe(4);
  });

  add("a text that failed for good is never retried by itself", async ({ handler }) => {
    await handler.register([item()]);
    const translator = new Translator(() => failed());
    expect(await work(handler, translator.translate)).toEqual({ translated: 0, failed: 1, retrying: 0 });
    await work(handler, translator.translate, { until: "empty" });
    expect(translator.items).toHaveLength(1);
    expect(await readOne(handler)).toMatchObject({
      status: "failed",
      text: null,
      error: { code: "TH_ENGINE_REFUSED" },
    });
  });

  add("a worker's own fault loses nothing and costs no attempt", async ({ handler }) => {
    await handler.register([item()]);
    const faults: Error[] = [];
    const translator = new Translator();
    let calls = 0;
    await work(
      handler,
      async (batch, signal) => {
        calls += 1;
        if (calls === 1) throw new TypeError("a bug");
        return translator.translate(batch, signal);
      },
      { observer: { fault: (error) => faults.push(error) } },
    );
    expect(faults).toEqual([expect.any(TypeError)]);
    expect((await readOne(handler))?.status).not.toBe("failed");
    expect(translator.items.every(({ attempt }) => attempt === 1)).toBe(true);
  });

  add("a limit ends the work soon after that many texts, and the rest is done later", async ({ handler }) => {
    for (let at = 0; at < 5; at += 1) await handler.register(items(10, { context: `{"at":${at}}` }));
    const translator = new Translator();
    const first = await work(handler, translator.translate, { limit: 10, concurrency: 1, maxItems: 10 });
    expect(first.translated).toBeGreaterThanOrEqual(10);
    expect(first.translated).toBeLessThan(50);
    await work(handler, translator.translate);
    expect(translator.items).toHaveLength(50);
    expect(translator.items.every(({ attempt }) => attempt === 1)).toBe(true);
  });

  add("work for some locales leaves the others alone", async ({ handler }) => {
    await handler.register([item({ targetLocales: ["ja", "fr"] })]);
    const translator = new Translator();
    await work(handler, translator.translate, { locales: ["fr"], until: "empty" });
    expect(translator.batches.map(({ targetLocale }) => targetLocale)).toEqual(["fr"]);
    expect(await readOne(handler, { targetLocale: "ja" })).toMatchObject({ status: "pending" });
  });

  add("work for one project leaves the others unchanged", async ({ handler }) => {
    await handler.register([item({ project: "mine" }), item({ project: "other" })]);
    const mine = new Translator();
    await work(handler, mine.translate, { project: "mine" });
    expect(mine.batches.map(({ project }) => project)).toEqual(["mine"]);
    const rest = new Translator();
    await work(handler, rest.translate, { until: "empty" });
    expect(rest.batches.map(({ project }) => project)).toEqual(["other"]);
    expect(rest.items.map(({ attempt }) => attempt)).toEqual([1]);
  });

  add("a request that waited beyond its lifetime fails without an attempt", async ({ handler }) => {
    await handler.register([item({ text: "new" })]);
    await work(handler, new Translator(() => translated("old")).translate, { lifetimeSeconds: 3_600 });
    await handler.register([item({ text: "late" }), item({ text: "new", force: true })]);
    const translator = new Translator();
    const summary = await work(handler, translator.translate, { lifetimeSeconds: 0 });
    expect(summary).toEqual({ translated: 0, failed: 2, retrying: 0 });
    expect(translator.items).toEqual([]);
    expect(await readOne(handler, { text: "late" })).toMatchObject({ status: "failed", error: { code: "TH_EXPIRED" } });
    expect(await readOne(handler, { text: "new" })).toMatchObject({ status: "translated", text: "old" });
    await handler.replayDeadLetters({ code: "TH_EXPIRED" });
    await work(handler, translator.translate, { lifetimeSeconds: 3_600 });
    expect(await readOne(handler, { text: "late" })).toMatchObject({ status: "translated" });
  });

  add("a request that has expired when its turn comes fails alone", async ({ handler }) => {
    await handler.register([item({ text: "new" })]);
    await work(handler, new Translator(() => translated("old")).translate);
    await handler.register([
      item({ text: "late", expiresAfterSeconds: 0 }),
      item({ text: "new", expiresAfterSeconds: 0, force: true }),
      item({ text: "in time", expiresAfterSeconds: 3_600 }),
      item({ text: "whenever" }),
    ]);
    const translator = new Translator();
    expect(await work(handler, translator.translate)).toEqual({ translated: 2, failed: 2, retrying: 0 });
    expect(translator.texts.toSorted()).toEqual(["in time", "whenever"]);
    expect(translator.batches).toHaveLength(1);
    expect(await readOne(handler, { text: "late" })).toMatchObject({ status: "failed", error: { code: "TH_EXPIRED" } });
    expect(await readOne(handler, { text: "new" })).toMatchObject({ status: "translated", text: "old" });
    expect(await readOne(handler, { text: "in time" })).toMatchObject({ status: "translated" });
    // A replay removes the expiry: the text is wanted however long it takes.
    expect(await handler.replayDeadLetters({ code: "TH_EXPIRED" })).toBe(2);
    expect(await work(handler, translator.translate)).toEqual({ translated: 2, failed: 0, retrying: 0 });
  });

  add("a request is prolonged by a later one with a longer expiry, and never shortened", async ({ handler }) => {
    const late = { expiresAfterSeconds: 0 };
    await handler.register([item({ text: "again", ...late }), item({ text: "for ever", ...late })]);
    await handler.register([item({ text: "long", expiresAfterSeconds: 3_600 }), item({ text: "untold" })]);
    await handler.register([item({ text: "gone", ...late }), item({ text: "sooner", ...late, priority: 1 })]);
    const existing = { registered: 0, existing: 1, failed: 0 };
    const asked = [
      item({ text: "again", expiresAfterSeconds: 3_600 }),
      item({ text: "for ever" }),
      item({ text: "long", ...late }),
      item({ text: "untold", ...late }),
      item({ text: "gone", ...late }),
      item({ text: "sooner", expiresAfterSeconds: 3_600, priority: -1 }),
    ];
    expect(await handler.register(asked)).toEqual(asked.map(() => existing));
    const translator = new Translator();
    expect(await work(handler, translator.translate)).toEqual({ translated: 5, failed: 1, retrying: 0 });
    expect(translator.texts.toSorted()).toEqual(["again", "for ever", "long", "sooner", "untold"]);
    // A text that failed by its expiry is revived by a forced request.
    expect(await handler.register([item({ text: "gone", force: true })])).toMatchObject([{ registered: 1 }]);
    expect(await work(handler, translator.translate)).toMatchObject({ translated: 1, failed: 0 });
  });

  add("the longest expiry counts for repeated requests of one call", async ({ handler }) => {
    const late = { expiresAfterSeconds: 0 };
    await handler.register([
      item({ text: "Save", ...late, priority: -1 }),
      item({ text: "Save", businessId: "save", priority: 1 }),
      item({ text: "Open", expiresAfterSeconds: 3_600 }),
      item({ text: "Open", ...late, businessId: "open" }),
      item({ text: "Into one", ...late, targetLocales: ["fr", "de"] }),
      item({ text: "Into one", targetLocales: ["de"] }),
    ]);
    const translator = new Translator();
    expect(await work(handler, translator.translate)).toEqual({ translated: 3, failed: 1, retrying: 0 });
    expect(await readOne(handler, { text: "Into one" })).toMatchObject({ status: "failed" });
    expect(await readOne(handler, { text: "Into one", targetLocale: "de" })).toMatchObject({ status: "translated" });
  });

  add(
    "an expiry counts from the request, also in a transaction of the application",
    async ({ handler, begin }) => {
      const { client, commit } = await begin();
      await handler.enqueue(client, [item({ text: "Late", expiresAfterSeconds: 3_600 })]);
      await commit();
      const translator = new Translator();
      expect(await work(handler, translator.translate)).toMatchObject({ translated: 1, failed: 0 });
    },
    "begin",
  );

  add("an urgent text is translated sooner, and once", async ({ handler }) => {
    await handler.register(items(40, { priority: 1 }));
    const urgent = item({ text: "Text number 40", priority: -1 });
    expect(await handler.register([urgent])).toEqual([{ registered: 0, existing: 1, failed: 0 }]);
    const translator = new Translator();
    await work(handler, translator.translate, { concurrency: 1, maxItems: 5 });
    expect(translator.batches[0]?.items.map(({ text }) => text)).toContain("Text number 40");
    expect(translator.texts.toSorted()).toEqual(
      items(40)
        .map(({ text }) => text)
        .toSorted(),
    );
  });

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
}
