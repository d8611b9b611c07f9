import { describe, expect, test } from "vitest";
import type { Engine, EngineBatch, EngineItem, EngineItemResult } from "../contract/engine.ts";
import {
  EngineMalformedError,
  EngineRateLimitedError,
  EngineRefusedError,
  EngineTransientError,
} from "../contract/errors.ts";
import type { WorkBatch, WorkItem } from "../contract/work.ts";
import type { TranslateBatchOptions } from "./translate-batch.ts";
import { translateBatch } from "./translate-batch.ts";

interface RecordingEngine extends Engine {
  calls: EngineBatch[];
}

/** An engine that answers item by item. Undefined: it leaves the item out. */
function engine(
  answer: (item: EngineItem, call: number) => string | EngineItemResult | undefined,
  given: Partial<Engine> = {},
): RecordingEngine {
  const calls: EngineBatch[] = [];
  return {
    ...{ name: "first", version: "1", processor: "local", detectsSource: true, takesContext: true },
    ...{ maxItemsPerCall: 100, maxBytesPerCall: 100_000 },
    ...given,
    calls,
    async translate(batch) {
      calls.push(batch);
      const results = new Map<string, EngineItemResult>();
      for (const item of batch.items) {
        const result = answer(item, calls.length);
        if (result !== undefined) results.set(item.id, typeof result === "string" ? { text: result } : result);
      }
      return { results };
    },
  };
}

function batchOf(texts: string[], given: Partial<WorkItem> = {}, targetLocale = "fr"): WorkBatch {
  return {
    ...{ project: "default", sourceLocale: "en", targetLocale },
    items: texts.map((text, at) => ({
      key: { contentNo: String(at), contextNo: 0, targetLocale, project: "default" },
      ...{ revision: 1, text, context: null, format: "auto", attempt: 1, previousFailure: undefined },
      ...given,
    })),
  };
}

type Given = Partial<TranslateBatchOptions> & { signal?: AbortSignal };

function translator(engines: Engine[], { signal, ...given }: Given = {}) {
  const options = {
    engines,
    maxAttempts: 1,
    engineTimeoutMs: 60_000,
    random: () => 0.5,
    limiterTimes: { patienceMs: 5 },
    ...given,
  };
  const translate = translateBatch(options);
  return (batch: WorkBatch) => translate(batch, signal ?? new AbortController().signal);
}

const run = (batch: WorkBatch, engines: Engine[], given?: Given) => translator(engines, given)(batch);
const _sentBy = ({ calls }: RecordingEngine) => calls.map(({ items }) => items.map(({ text }) => text));
const failing = (kind: "malformed" | "rate_limited"): EngineItemResult => ({
  failure:
    kind === "malformed"
      ? { kind, error: new EngineMalformedError("Left out") }
      : { kind, error: new EngineRateLimitedError("429"), retryAfterMs: 1 },
});

/** Translates the letters of everything, syntax as well. */
const reversing = ({ text }: EngineItem) => [...text].reverse().join("");
const _GREETING = "Hello {name}, see <b>this page</b> now";
const FILES = "{n, plural, one {# file} other {# files}}";

describe("an interruption on the way", () => {
  test("by a rate limit costs no attempt, and the next one goes on from there", async () => {
    let isLimited = true;
    const model = engine(({ text, keep }, call) => {
      if (keep === undefined) return "Bonjour";
      if (isLimited && call === 2) return failing("rate_limited");
      return text.replace("Hello", "Bonjour");
    });
    const translate = translator([model], { limiterTimes: {} });
    const batch = batchOf(["Hello {name}"]);
    expect((await translate(batch)).outcomes).toMatchObject([{ kind: "postponed" }]);
    isLimited = false;
    const { outcomes } = await translate(batch);
    expect(outcomes).toMatchObject([{ kind: "translated", text: "Bonjour {name}" }]);
    expect(model.calls.map(({ items: [item] }) => item?.keep)).toEqual([undefined, ["{name}"], ["{name}"]]);
  });

  test.for(["none", "words"] as const)(
    "by a rate limit between the pieces of a text keeps those that came, for an engine that protects %s",
    async (protects) => {
      let isLimited = true;
      const sent: string[] = [];
      const machine = engine(
        ({ text }) => {
          if (isLimited && text.includes("see") && !text.includes("Hello")) return failing("rate_limited");
          sent.push(text);
          return reversing({ text } as EngineItem);
        },
        { protects, maxItemsPerCall: 1 },
      );
      const translate = translator([machine], { limiterTimes: {} });
      const batch = batchOf(["Hello {name}, see <b>this page</b> now"]);
      expect((await translate(batch)).outcomes).toMatchObject([{ kind: "postponed" }]);
      const before = sent.length;
      isLimited = false;
      const { outcomes } = await translate(batch);
      expect(outcomes).toMatchObject([{ kind: "translated", flags: expect.arrayContaining(["split"]) }]);
      expect(sent.slice(before)).not.toContain("Hello");
      expect(sent.filter((text) => text === "Hello")).toHaveLength(1);
    },
  );

  test("by a stop releases the text and keeps the answers of the others, and the forms that came are not asked for again", async () => {
    const stop = new AbortController();
    const model = engine(({ text, form }, call) =>
      call === 1 && form?.category === "few" ? "pliki {m}" : `${form?.category ?? "no"} ${text}`,
    );
    const hanging: Engine = {
      ...model,
      translate(asked, signal) {
        if (model.calls.length === 0 || stop.signal.aborted) return model.translate(asked, signal);
        stop.abort();
        return new Promise(() => undefined);
      },
    };
    const translate = translateBatch({ engines: [hanging], maxAttempts: 1, engineTimeoutMs: 60_000 });
    const batch = batchOf([FILES, "Save"], {}, "pl");
    const first = await translate(batch, stop.signal);
    expect(first.outcomes.map(({ kind }) => kind)).toEqual(["released", "translated"]);
    const again = await translate({ ...batch, items: batch.items.slice(0, 1) }, new AbortController().signal);
    expect(again.outcomes).toMatchObject([{ kind: "translated", text: expect.stringContaining("one {one # file}") }]);
    expect(model.calls.at(-1)?.items.map(({ form }) => form?.category)).toEqual(["few"]);
  });
});

test.each<[string, EngineItemResult | undefined]>([
  ["refuses it", { failure: { kind: "refused", error: new EngineRefusedError("No") } }],
  ["fails", { failure: { kind: "transient", error: new EngineTransientError("500") } }],
  ["leaves it out", undefined],
])("a text whose syntax the first engine broke is split by it when the second one %s", async (_, second) => {
  const engines = [engine(reversing), engine(() => second, { name: "second" })];
  const { outcomes } = await run(batchOf(["Hello {name}"]), engines);
  expect(outcomes).toMatchObject([{ kind: "translated", engine: "first", text: "olleH {name}", flags: ["split"] }]);
});

test("a stop between two ways releases a text at its last attempt, and buries it never", async () => {
  const stop = new AbortController();
  const model = engine(reversing);
  const { outcomes } = await run(batchOf(["Hello {name}"]), [model], {
    signal: stop.signal,
    onCall: () => stop.abort(),
  });
  expect(outcomes).toEqual([{ kind: "released" }]);
});

test("of the forms of a message each goes its own way: one that has no other is asked for again beside its siblings", async () => {
  const message = "{n, plural, one {A single file} other {# files}}";
  const model = engine(({ text, keep, previousFailure }) => {
    if (text === "A single file") return previousFailure === undefined ? "Plik {x}" : "Plik";
    return keep === undefined ? "pliki" : text.replace("files", "plików");
  });
  const { outcomes } = await run(batchOf([message], {}, "de"), [model]);
  expect(outcomes).toMatchObject([
    { kind: "translated", text: expect.stringMatching(/one \{Plik\}.*other \{# plików\}/) },
  ]);
  expect(model.calls.length).toBeLessThanOrEqual(3);
});
