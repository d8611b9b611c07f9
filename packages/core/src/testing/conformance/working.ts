/** Claimed texts, and the outcomes of their attempts. */
import { expect } from "vitest";
import type { WorkItem, WorkOutcome } from "../../contract/work.ts";
import { type AddCase, failed, item, items, listAll, readOne, retry, Translator, translated, work } from "./kit.ts";

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

  add(
    "a locale at rest is not claimed by the member that rests, others claim it, and other locales go on",
    async (given) => {
      const { handler, open } = given;
      const other = await open();
      const [stop, asked, german] = [
        new AbortController(),
        Promise.withResolvers<void>(),
        Promise.withResolvers<void>(),
      ];
      const claimed: string[] = [];
      const resting = work(
        handler,
        async ({ items: each, targetLocale }) => {
          claimed.push(targetLocale);
          (targetLocale === "fr" ? asked : german).resolve();
          if (targetLocale !== "fr") return { outcomes: each.map(() => translated("endlich")), calls: [] };
          return { outcomes: each.map((): WorkOutcome => ({ kind: "released" })), calls: [], restMs: 600_000 };
        },
        { until: "stopped", signal: stop.signal },
      );
      await handler.register([item()]);
      await asked.promise;
      await work(other, new Translator(() => translated("enfin")).translate, { until: "empty" });
      expect(await readOne(handler)).toMatchObject({ text: "enfin" });
      await handler.register([item({ targetLocales: ["de"] })]);
      await german.promise;
      stop.abort();
      await resting;
      expect(claimed).toEqual(["fr", "de"]);
    },
  );

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

  add("an urgent text is translated sooner, and once", async ({ handler }) => {
    await handler.register(items(40, { priority: 1 }));
    const urgent = item({ text: "Text number 40", priority: -1 });
    expect(await handler.register([urgent])).toEqual([{ registered: 0, existing: 1, queued: 0, failed: 0 }]);
    const translator = new Translator();
    await work(handler, translator.translate, { concurrency: 1, maxItems: 5 });
    expect(translator.batches[0]?.items.map(({ text }) => text)).toContain("Text number 40");
    expect(translator.texts.toSorted()).toEqual(
      items(40)
        .map(({ text }) => text)
        .toSorted(),
    );
  });
}
