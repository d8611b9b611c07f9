import { describe, expect, test } from "vitest";
import { type Engine, type EngineBatch, type EngineItemResult, type EngineReply, failAll } from "../contract/engine.ts";
import {
  EngineConfigError,
  EngineMalformedError,
  EngineRateLimitedError,
  EngineRefusedError,
  EngineTooLongError,
  EngineTransientError,
  type TransHubError,
} from "../contract/errors.ts";
import type { WorkBatch, WorkItem } from "../contract/work.ts";
import { type TranslateBatchOptions, translateBatch } from "./translate-batch.ts";

type Translate = (batch: EngineBatch, signal: AbortSignal) => Promise<EngineReply> | EngineReply;

interface RecordingEngine extends Engine {
  calls: EngineBatch[];
}

function engine(translate: Translate, given: Partial<Engine> = {}): RecordingEngine {
  const calls: EngineBatch[] = [];
  return {
    name: "first",
    version: "1",
    processor: "local",
    maxItemsPerCall: 100,
    maxBytesPerCall: 100_000,
    detectsSource: true,
    takesContext: true,
    ...given,
    calls,
    translate: async (batch, signal) => {
      calls.push(batch);
      return translate(batch, signal);
    },
  };
}

const answer = (text: (source: string) => EngineItemResult): Translate => {
  return ({ items }) => ({ results: new Map(items.map((item) => [item.id, text(item.text)])) });
};
const upperCase = answer((source) => ({ text: source.toUpperCase() }));
const refuse = answer(() => ({ failure: { kind: "refused", error: new EngineRefusedError("No") } }));

function batchOf(texts: string[], given: Partial<WorkItem> = {}): WorkBatch {
  return {
    project: "default",
    sourceLocale: "en",
    targetLocale: "fr",
    items: texts.map((text, at) => ({
      key: { contentNo: String(at), contextNo: 0, targetLocale: "fr", project: "default" },
      revision: 1,
      text,
      context: null,
      format: "auto",
      attempt: 1,
      previousFailure: undefined,
      ...given,
    })),
  };
}

/** Half past the minute, and chance in the middle. */
const NOW = Date.UTC(2026, 0, 1, 12, 0, 30);

async function run(
  batch: WorkBatch,
  engines: Engine[],
  { signal, ...given }: Partial<TranslateBatchOptions> & { signal?: AbortSignal } = {},
) {
  const options = { engines, maxAttempts: 5, engineTimeoutMs: 60_000, random: () => 0.5, now: () => NOW, ...given };
  return translateBatch(options)(batch, signal ?? new AbortController().signal);
}

const textsOf = (calls: EngineBatch[]) => calls.map(({ items }) => items.map(({ text }) => text));

/** A pause is noted and read by the clock, so a millisecond or some may lie between. */
const postponedFor = (delayMs: number) => ({ kind: "postponed", delayMs: expect.closeTo(delayMs, -2) });

describe("good answers", () => {
  test("each text gets its own answer, by id and not by position", async () => {
    const shuffled = engine(({ items }) => ({
      results: new Map(items.toReversed().map((item) => [item.id, { text: item.text.toUpperCase() }])),
      model: "m1",
      usage: { inputTokens: 10, outputTokens: 5, cachedTokens: 2 },
    }));
    const { outcomes, calls } = await run(batchOf(["one", "two"]), [shuffled]);
    expect(outcomes).toEqual([
      { kind: "translated", text: "ONE", engine: "first", model: "m1", flags: [] },
      { kind: "translated", text: "TWO", engine: "first", model: "m1", flags: [] },
    ]);
    expect(calls).toEqual([
      {
        callId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        engine: "first",
        model: "m1",
        items: 2,
        inputTokens: 10,
        outputTokens: 5,
        cachedTokens: 2,
        latencyMs: expect.any(Number),
        outcome: "ok",
      },
    ]);
  });

  test("a text that fails a warning check is translated, with the names of the checks", async () => {
    const source = "Add this text to the cart before you leave the page, or it is lost.";
    const lazy = engine(answer((text) => ({ text: text === source ? text : "Oui" })));
    const { outcomes, calls } = await run(batchOf([source, "Yes"]), [lazy]);
    expect(outcomes).toEqual([
      { kind: "translated", text: source, engine: "first", model: null, flags: ["same"] },
      { kind: "translated", text: "Oui", engine: "first", model: null, flags: [] },
    ]);
    // The one whose length looks wrong was asked for once more.
    expect(calls).toMatchObject([
      { outcome: "ok", items: 2 },
      { outcome: "ok", items: 1 },
    ]);
    const short = engine(answer(() => ({ text: "Oui" })));
    expect((await run(batchOf([source]), [short])).outcomes).toMatchObject([
      { text: "Oui", flags: ["end-punctuation", "length"] },
    ]);
  });

  test("a pseudo-localized text has no warnings, for it is no language", async () => {
    const pseudo = { ...engine(answer(() => ({ text: "Oui" }))), name: "pseudo" };
    const source = "Add this text to the cart before you leave the page, or it is lost.";
    expect((await run(batchOf([source]), [pseudo])).outcomes).toMatchObject([{ text: "Oui", flags: [] }]);
  });

  test("a source of unknown language that comes back as it is, is no warning: it may be in the target language", async () => {
    const same = engine(answer((text) => ({ text })));
    const batch = { ...batchOf(["Ajouter ce texte au panier"]), sourceLocale: "und" };
    expect((await run(batch, [same])).outcomes).toMatchObject([{ kind: "translated", flags: [] }]);
  });

  test("token counts and a model name that the books cannot hold are booked as far as they can", async () => {
    const boastful = engine(({ items }) => ({
      results: new Map(items.map((item) => [item.id, { text: item.text }])),
      model: "m\u00001",
      usage: { inputTokens: 10.4, outputTokens: 1e12, cachedTokens: Number.NaN },
    }));
    const { outcomes, calls } = await run(batchOf(["one"]), [boastful]);
    expect(outcomes).toMatchObject([{ kind: "translated", model: "m1" }]);
    expect(calls).toMatchObject([{ model: "m1", inputTokens: 10, outputTokens: 2_147_483_647, cachedTokens: 0 }]);
  });

  test("the space around a text is that of the source, the space within is that of the engine", async () => {
    const spacious = engine(answer((source) => ({ text: `\n"${source.trim()}  !" ` })));
    const { outcomes } = await run(batchOf(["  one\n", "two"]), [spacious]);
    expect(outcomes).toMatchObject([{ text: '  "one  !"\n' }, { text: '"two  !"' }]);
  });

  test("calls hold at most the engine's items and bytes, contexts included", async () => {
    const small = engine(upperCase, { maxItemsPerCall: 2, maxBytesPerCall: 30 });
    const batch = batchOf(["a", "b", "c"]);
    const long = batchOf(["d", "e"], { context: { note: "0123456" } });
    await run({ ...batch, items: [...batch.items, ...long.items] }, [small]);
    expect(textsOf(small.calls)).toEqual([["a", "b"], ["c", "d"], ["e"]]);
  });

  test("context goes only to engines that accept it", async () => {
    const reads = engine(upperCase);
    const ignores = engine(upperCase, { takesContext: false });
    const batch = batchOf(["a"], { context: { note: "a button" }, previousFailure: "1 tag missing" });
    await run(batch, [reads]);
    await run(batch, [ignores]);
    expect(reads.calls[0]?.items).toEqual([
      { id: "pfb", text: "a", format: "auto", context: { note: "a button" }, previousFailure: "1 tag missing" },
    ]);
    expect(ignores.calls[0]?.items).toEqual([
      { id: "pfb", text: "a", format: "auto", previousFailure: "1 tag missing" },
    ]);
  });
});

describe("one bad text", () => {
  test("an engine gets the plural form that a context says as a field of its own, even if it reads no context", async () => {
    const plural = { category: "few", example: 2, of: "one: a file\nother: files" };
    const reads = engine(upperCase);
    const ignores = engine(upperCase, { takesContext: false });
    for (const asked of [reads, ignores]) {
      await run(batchOf(["files"], { context: { note: "a button", plural } }), [asked]);
    }
    const item = { id: "pfb", text: "files", format: "auto", form: plural };
    expect(reads.calls[0]?.items).toEqual([{ ...item, context: { note: "a button" } }]);
    expect(ignores.calls[0]?.items).toEqual([item]);
  });

  test("a text without an answer is retried, its neighbours are stored", async () => {
    const forgetful = engine(({ items }) => ({
      results: new Map([
        ...items.filter(({ text }) => text !== "bad").map(({ id }) => [id, { text: "ok" }] as const),
        ["invented", { text: "nobody asked" }],
      ]),
    }));
    const { outcomes, calls } = await run(batchOf(["one", "bad", "two"]), [forgetful]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(["translated", "retry", "translated"]);
    expect(outcomes[1]).toMatchObject({
      error: { at: "2026-01-01T12:00:30.000Z", engine: "first", code: "TH_ENGINE_MALFORMED" },
      split: true,
    });
    expect(calls[0]?.outcome).toBe("partial");
  });

  test.each([
    ["missing", undefined],
    ["empty", { text: "" }],
    ["wordless", { text: 5 as unknown as string }],
    ["malformed", { failure: { kind: "malformed", error: new EngineMalformedError("Left out") } }],
  ] as const)("the text beside a %s one may be two in one: it is asked again, at once", async (_, left) => {
    // As models do with two sentences that belong together.
    const merging = engine(({ items }) => {
      const results = new Map<string, EngineItemResult>(
        items.map(({ id, text }) => [id, { text: text.toUpperCase() }]),
      );
      const second = items.find(({ text }) => text === "two");
      const first = items[second === undefined ? -1 : items.indexOf(second) - 1];
      if (first && second) {
        results.set(first.id, { text: `${first.text} ${second.text}`.toUpperCase() });
        if (left === undefined) results.delete(second.id);
        else results.set(second.id, left);
      }
      return { results };
    });
    const { outcomes } = await run(batchOf(["one", "two", "three", "four"]), [merging]);
    expect(outcomes).toMatchObject([
      { kind: "translated", text: "ONE" },
      { kind: "retry", split: true },
      { kind: "translated", text: "THREE" },
      { kind: "translated", text: "FOUR" },
    ]);
    expect(merging.calls.map(({ items }) => items.map(({ text }) => text))).toEqual([
      ["one", "two", "three", "four"],
      ["one", "three"],
    ]);
  });

  test("the merged texts of an engine that always merges pairs are never stored", async () => {
    const merging = engine(({ items }) => ({
      results: new Map(
        items.flatMap(({ id }, at): [string, EngineItemResult][] => (at % 2 === 0 ? [[id, { text: "both" }]] : [])),
      ),
    }));
    const { outcomes } = await run(batchOf(["one", "two", "three", "four"]), [merging]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(["retry", "retry", "retry", "retry"]);
  });

  test("an answer without end is not stored, goes to the next engine, and harms no neighbour", async () => {
    const endless = engine(answer((source) => ({ text: source === "Save" ? "x".repeat(2 ** 26) : `${source} (fr)` })));
    const next = engine(upperCase, { name: "next" });
    const { outcomes } = await run(batchOf(["Save", "Open"]), [endless, next]);
    expect(outcomes).toMatchObject([
      { kind: "translated", text: "SAVE", engine: "next" },
      { kind: "translated", text: "Open (fr)", engine: "first" },
    ]);
    expect((await run(batchOf(["Save"]), [endless])).outcomes).toMatchObject([
      { kind: "retry", error: { message: expect.stringContaining("it is many times as long as its source") } },
    ]);
  });

  test("the name of a model and the message of an error are kept to a length that the books can hold", async () => {
    const long = "m".repeat(2 ** 20);
    const named = await run(batchOf(["Save"]), [engine(answer((text) => ({ text, model: `\0${long}` })))]);
    expect(named.outcomes).toMatchObject([{ kind: "translated", model: "m".repeat(254) }]);
    const failing = await run(batchOf(["Save"]), [
      engine(answer(() => ({ failure: { kind: "transient", error: new EngineTransientError(long, { hint: long }) } }))),
    ]);
    expect(failing.outcomes).toMatchObject([
      { kind: "retry", error: { message: 'Engine "first" failed (transient), without end' } },
    ]);
  });

  test("a translation that fails a check is not stored, and the reason holds no word of it", async () => {
    const spoiler = engine(answer((source) => ({ text: source.replace("{name}", "Willi") })));
    const { outcomes } = await run(batchOf(["Hello {name}", "Bye"]), [spoiler]);
    expect(outcomes).toMatchObject([
      { kind: "retry", error: { code: "TH_TRANSLATION_BLOCKED", message: expect.stringContaining("1 placeholder") } },
      { kind: "translated" },
    ]);
    expect(JSON.stringify(outcomes[0])).not.toMatch(/Willi|Hello/);
  });

  test("at its last attempt a text is asked for alone before it fails", async () => {
    const broken = engine(({ items, ...batch }) =>
      items.some(({ text }) => text === "bad")
        ? failAll({ ...batch, items }, { kind: "malformed", error: new EngineMalformedError("no JSON") })
        : upperCase({ ...batch, items }, new AbortController().signal),
    );
    const { outcomes } = await run(batchOf(["one", "bad", "two"], { attempt: 5 }), [broken]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(["translated", "failed", "translated"]);
    expect(textsOf(broken.calls)).toEqual([["one", "bad", "two"], ["one"], ["bad"], ["two"]]);
  });

  test("texts whose answers were mixed up are asked for with fewer neighbours, at last alone", async () => {
    const mixing = engine(({ items }) => ({
      results: new Map(items.map(({ id }, at) => [id, { text: items.at(at - 1)?.text ?? "" }])),
    }));
    const texts = ["Pay {sum}", "Hello {name}"];
    const early = await run(batchOf(texts), [mixing]);
    const blocked = { kind: "retry", error: { code: "TH_TRANSLATION_BLOCKED" }, split: true };
    expect(early.outcomes).toMatchObject([blocked, blocked]);
    const late = await run(batchOf(texts, { attempt: 5 }), [mixing]);
    expect(late.outcomes).toMatchObject(texts.map((text) => ({ kind: "translated", text })));
  });

  test.each<[string, unknown]>([
    ["nothing", null],
    ["a text without its object", "Enregistrer"],
    ["an empty failure", { failure: null }],
    ["a failure without an error", { failure: { kind: "refused" } }],
    ["a failure of an unknown kind", { failure: { kind: "k".repeat(2 ** 20), error: new EngineRefusedError("No") } }],
  ])("%s for one text is malformed for that text, and no outage for its neighbours", async (_, given) => {
    const odd = engine(
      answer((source) => (source === "bad" ? (given as EngineItemResult) : { text: source.toUpperCase() })),
    );
    const { outcomes, calls } = await run(batchOf(["one", "bad", "two"]), [odd]);
    expect(outcomes).toMatchObject([
      { kind: "translated", text: "ONE" },
      { kind: "retry", error: { code: "TH_ENGINE_MALFORMED" } },
      { kind: "translated", text: "TWO" },
    ]);
    expect(calls[0]?.outcome).toBe("partial");
  });

  test("an answer that is not a text counts as malformed", async () => {
    const odd = engine(answer(() => ({ text: 7 as unknown as string })));
    const { outcomes } = await run(batchOf(["one"]), [odd]);
    expect(outcomes).toMatchObject([{ kind: "retry", error: { code: "TH_ENGINE_MALFORMED" }, split: false }]);
  });
});

describe("the chain", () => {
  test("of a target locale has the engines that are for it", async () => {
    const german = engine(upperCase, { name: "german", targetLocales: ["de"] });
    const others = engine(upperCase, { name: "others" });
    const into = (targetLocale: string) => run({ ...batchOf(["one"]), targetLocale }, [german, others]);
    expect((await into("de-AT")).outcomes).toMatchObject([{ kind: "translated", engine: "german" }]);
    expect((await into("fr")).outcomes).toMatchObject([{ kind: "translated", engine: "others" }]);
    expect((await run(batchOf(["one"]), [german])).outcomes).toMatchObject([
      { kind: "failed", error: { code: "TH_ENGINE_NOT_FOUND", message: expect.stringContaining("target locale fr") } },
    ]);
  });

  test("a text that one engine refuses or spoils goes to the next engine, and no other text does", async () => {
    const first = engine(
      answer((source) => {
        if (source === "refuse") return { failure: { kind: "refused", error: new EngineRefusedError("No") } };
        if (source === "<b>spoil</b>") return { text: "spoil" };
        if (source === "fail") return { failure: { kind: "transient", error: new EngineTransientError("500") } };
        return { text: "fine" };
      }),
    );
    const second = engine(
      answer((source) => ({ text: source.replace(/<.?b>/g, "").toUpperCase() })),
      { name: "second" },
    );
    const { outcomes, calls } = await run(batchOf(["refuse", "<b>spoil</b>", "fail", "good"]), [first, second]);
    expect(outcomes).toMatchObject([
      { kind: "translated", text: "REFUSE", engine: "second" },
      { kind: "retry", error: { code: "TH_TRANSLATION_BLOCKED", engine: "second" } },
      { kind: "retry", error: { code: "TH_ENGINE_TRANSIENT", engine: "first" } },
      { kind: "translated", text: "fine", engine: "first" },
    ]);
    expect(textsOf(second.calls)).toEqual([["refuse", "<b>spoil</b>"]]);
    expect(calls.map(({ engine: name, items, outcome }) => [name, items, outcome])).toEqual([
      ["first", 4, "partial"],
      ["second", 2, "ok"],
    ]);
  });

  test("a text that every engine refuses fails at its first attempt", async () => {
    const { outcomes } = await run(batchOf(["one"]), [engine(refuse), engine(refuse, { name: "second" })]);
    expect(outcomes).toEqual([
      {
        kind: "failed",
        error: expect.objectContaining({ code: "TH_ENGINE_REFUSED", engine: "second", message: "No" }),
      },
    ]);
  });

  test("an engine that cannot detect the source refuses by name, without a call", async () => {
    const deaf = engine(upperCase, { name: "deaf", detectsSource: false });
    const keen = engine(upperCase, { name: "keen" });
    const batch = { ...batchOf(["one"]), sourceLocale: "und" };
    const alone = await run(batch, [deaf]);
    expect(alone.outcomes).toMatchObject([
      { kind: "failed", error: { code: "TH_ENGINE_REFUSED", message: expect.stringContaining('"deaf"') } },
    ]);
    expect(alone.calls).toEqual([]);
    expect((await run(batch, [deaf, keen])).outcomes).toMatchObject([{ kind: "translated", engine: "keen" }]);
    expect(deaf.calls).toEqual([]);
  });

  test("a text over the engine's bytes goes to the next engine or fails, without a call", async () => {
    const small = engine(upperCase, { maxBytesPerCall: 3 });
    const { outcomes } = await run(batchOf(["four", "two"]), [small]);
    expect(outcomes).toMatchObject([
      { kind: "failed", error: { code: "TH_ENGINE_TOO_LONG" } },
      { kind: "translated", text: "TWO" },
    ]);
    expect(textsOf(small.calls)).toEqual([["two"]]);
  });

  test("a batch without any engine is not touched", async () => {
    await expect(run(batchOf(["one"]), [])).rejects.toMatchObject({ code: "TH_ENGINE_NOT_FOUND" });
  });
});

describe("trying again", () => {
  const transient = answer(() => ({ failure: { kind: "transient", error: new EngineTransientError("500") } }));

  test("a failure waits for the backoff until the attempts are used up", async () => {
    const delays: number[] = [];
    for (const attempt of [1, 2, 3, 4]) {
      const [outcome] = (await run(batchOf(["one"], { attempt }), [engine(transient)])).outcomes;
      expect(outcome?.kind).toBe("retry");
      if (outcome?.kind === "retry") delays.push(outcome.delayMs);
    }
    expect(delays).toEqual([2_000, 4_000, 8_000, 16_000]);
    const malformed = answer(() => ({ failure: { kind: "malformed", error: new EngineMalformedError("{") } }));
    const last = await run(batchOf(["one"], { attempt: 5 }), [engine(malformed)]);
    expect(last.outcomes).toMatchObject([{ kind: "failed", error: { code: "TH_ENGINE_MALFORMED" } }]);
  });

  test("texts that were too long together are split, and so are texts that failed together twice", async () => {
    const tooLong = answer(() => ({ failure: { kind: "too_long", error: new EngineTooLongError("4k") } }));
    const splits = async (translate: Translate, attempt: number, texts: string[]) => {
      const { outcomes } = await run(batchOf(texts, { attempt }), [engine(translate)]);
      return outcomes.map((outcome) => outcome.kind === "retry" && outcome.split);
    };
    expect(await splits(tooLong, 1, ["a", "b"])).toEqual([true, true]);
    expect(await splits(tooLong, 1, ["a"])).toEqual([false]);
    expect(await splits(transient, 1, ["a", "b"])).toEqual([false, false]);
    expect(await splits(transient, 2, ["a", "b"])).toEqual([true, true]);
  });

  test("an engine that throws costs an attempt, and its message is not kept", async () => {
    const thrower = engine(() => {
      throw new TypeError("cannot read one of undefined");
    });
    const { outcomes, calls } = await run(batchOf(["one"]), [thrower]);
    expect(outcomes).toMatchObject([{ kind: "retry", error: { code: "TH_ENGINE_TRANSIENT" } }]);
    expect(JSON.stringify(outcomes)).toContain('threw TypeError"');
    expect(calls[0]?.outcome).toBe("transient");
  });

  test("an answer of another shape says which shape is wanted", async () => {
    const shapes: [reply: unknown, message: string][] = [
      [undefined, "no reply with a Map of results"],
      [{}, "no reply with a Map of results"],
      [{ results: { a: { text: "un" } } }, "no reply with a Map of results"],
      [{ results: new Map() }, "no answer for this text"],
    ];
    for (const [reply, message] of shapes) {
      const { outcomes } = await run(batchOf(["one"]), [engine(async () => reply as EngineReply)]);
      expect(outcomes).toMatchObject([{ kind: "retry", error: { code: "TH_ENGINE_MALFORMED" } }]);
      expect(JSON.stringify(outcomes)).toContain(message);
    }
    const bare = engine(async ({ items }) => ({ results: new Map(items.map(({ id }) => [id, "un" as never])) }));
    const { outcomes } = await run(batchOf(["one"]), [bare]);
    expect(JSON.stringify(outcomes)).toContain("an answer that is no { text } or { failure }");
  });

  test("an engine that consumes its list of items, or changes them, is answered for all of them", async () => {
    const consuming = engine(async ({ items }) => {
      const results = new Map<string, { text: string }>();
      const list = items as unknown as { id: string; text: string }[];
      for (let item = list.shift(); item !== undefined; item = list.shift()) {
        results.set(item.id, { text: item.text.toUpperCase() });
        item.id = item.text = "";
      }
      return { results };
    });
    const { outcomes } = await run(batchOf(["one", "two"]), [consuming]);
    expect(outcomes).toMatchObject([
      { kind: "translated", text: "ONE" },
      { kind: "translated", text: "TWO" },
    ]);
  });

  test("an engine's message that quotes the text is withheld", async () => {
    const quoting = engine(
      answer((source) => ({ failure: { kind: "malformed", error: new EngineMalformedError(`bad: ${source}`) } })),
    );
    const { outcomes } = await run(batchOf(["A secret text"]), [quoting]);
    expect(outcomes).toMatchObject([{ kind: "retry", error: { code: "TH_ENGINE_MALFORMED" } }]);
    expect(JSON.stringify(outcomes)).not.toContain("secret");
  });

  test("an engine that hangs and ignores its signal is left after the time-out, and texts it was not asked for are released", async () => {
    const hanging = engine(() => new Promise(() => undefined), { maxItemsPerCall: 1 });
    const { outcomes, calls } = await run(batchOf(["one", "two"]), [hanging], { engineTimeoutMs: 20 });
    expect(outcomes).toMatchObject([
      { kind: "retry", error: { code: "TH_ENGINE_TRANSIENT", message: expect.stringContaining("20 ms") } },
      { kind: "released" },
    ]);
    expect(calls).toHaveLength(1);
  });
});

describe("pauses", () => {
  const limited = (retryAfterMs?: number) =>
    engine(
      answer(() => ({ failure: { kind: "rate_limited", error: new EngineRateLimitedError("429"), retryAfterMs } })),
      { maxItemsPerCall: 1 },
    );

  test("a rate limit postpones everything, makes no more calls, and costs no attempt", async () => {
    const first = limited(7_000);
    const { outcomes } = await run(batchOf(["one", "two"], { attempt: 5 }), [first, engine(upperCase)]);
    expect(outcomes).toEqual([postponedFor(7_350), postponedFor(7_350)]);
    expect(first.calls).toHaveLength(1);
  });

  test("without Retry-After the wait lasts until the next minute", async () => {
    const { outcomes } = await run(batchOf(["one"]), [limited()]);
    // 30 s to the minute, 3 s of 6 for its clock, and the half of a tenth.
    expect(outcomes).toEqual([postponedFor(34_650)]);
  });

  test.each([
    [1e300, 1.05 * 3_600_000],
    [-5, 1_050],
    [0, 1_050],
    [Number.NaN, 34_650],
  ])("a Retry-After of %d ms becomes a wait that the store can keep", async (said, delayMs) => {
    const { outcomes } = await run(batchOf(["one"]), [limited(said)]);
    expect(outcomes).toEqual([postponedFor(delayMs)]);
  });

  test("a wrong setting pauses the engine and is reported to onFault", async () => {
    const faults: [TransHubError, string][] = [];
    const misconfigured = engine(answer(() => ({ failure: { kind: "config", error: new EngineConfigError("401") } })));
    const { outcomes } = await run(batchOf(["one", "two"], { attempt: 5 }), [misconfigured], {
      onFault: (error, name) => faults.push([error, name]),
    });
    expect(outcomes).toEqual([postponedFor(63_000), postponedFor(63_000)]);
    expect(faults).toEqual([[expect.any(EngineConfigError), "first"]]);
  });
});

describe("a paused engine", () => {
  const pausing = (...names: string[]) => ({ isEnginePaused: (name: string) => names.includes(name) });

  test("is not called: the next one of the chain is, in the same attempt", async () => {
    const [first, second] = [engine(upperCase), engine(upperCase, { name: "second" })];
    const { outcomes } = await run({ ...batchOf(["one"]), ...pausing("first") }, [first, second]);
    expect(outcomes).toMatchObject([{ kind: "translated", engine: "second" }]);
    expect(first.calls).toEqual([]);
  });

  test("keeps its texts waiting when no other engine can translate them, also when the others refuse", async () => {
    const [first, second] = [engine(upperCase), engine(refuse, { name: "second" })];
    const both = { ...batchOf(["one"]), ...pausing("first", "second") };
    expect((await run(both, [first, second])).outcomes).toEqual([{ kind: "paused" }]);
    expect(second.calls).toEqual([]);
    const one = { ...batchOf(["one"]), ...pausing("first") };
    expect((await run(one, [first, second])).outcomes).toEqual([{ kind: "paused" }]);
  });

  test("waits no longer than another engine's own pause", async () => {
    const fault = answer(() => ({ failure: { kind: "config", error: new EngineConfigError("401") } }));
    const [first, second] = [engine(fault), engine(upperCase, { name: "second" })];
    const { outcomes } = await run({ ...batchOf(["one"]), ...pausing("second") }, [first, second]);
    expect(outcomes).toMatchObject([{ kind: "postponed" }]);
  });

  test("keeps its answers so far when the pause comes between two calls", async () => {
    let isPaused = false;
    const first = engine(
      (batch) => {
        isPaused = true;
        return upperCase(batch, new AbortController().signal);
      },
      { maxItemsPerCall: 1 },
    );
    const { outcomes } = await run({ ...batchOf(["one", "two"]), isEnginePaused: () => isPaused }, [first]);
    expect(outcomes).toMatchObject([{ kind: "translated" }, { kind: "paused" }]);
    expect(first.calls).toHaveLength(1);
  });
});

describe("an engine at fault with a next one in the chain", () => {
  const misconfigured = (given: Partial<Engine> = {}) =>
    engine(
      answer(() => ({ failure: { kind: "config", error: new EngineConfigError("401") } })),
      given,
    );

  test("passes its texts to the next engine in the same attempt, and later ones at once", async () => {
    const [first, second] = [misconfigured({ maxItemsPerCall: 1 }), engine(upperCase, { name: "second" })];
    const translate = translateBatch({ engines: [first, second], maxAttempts: 5, engineTimeoutMs: 60_000 });
    for (const texts of [["one", "two"], ["three"]]) {
      const { outcomes } = await translate(batchOf(texts), new AbortController().signal);
      expect(outcomes).toEqual(
        texts.map((text) => ({
          kind: "translated",
          text: text.toUpperCase(),
          engine: "second",
          model: null,
          flags: [],
        })),
      );
    }
    expect(textsOf(first.calls)).toEqual([["one"]]);
    expect(textsOf(second.calls)).toEqual([["one", "two"], ["three"]]);
  });

  test("a text that fails at the next engine is tried again after its backoff, not after the circuit", async () => {
    const transient = answer(() => ({ failure: { kind: "transient", error: new EngineTransientError("500") } }));
    const { outcomes } = await run(batchOf(["one"]), [misconfigured(), engine(transient, { name: "second" })]);
    expect(outcomes).toMatchObject([{ kind: "retry", delayMs: 2_000, error: { engine: "second" } }]);
  });

  test("a text that the next engine refuses waits for the one at fault", async () => {
    const { outcomes } = await run(batchOf(["one"]), [misconfigured(), engine(refuse, { name: "second" })]);
    expect(outcomes).toEqual([postponedFor(63_000)]);
  });

  test("releases its texts at a stop before the next engine was called", async () => {
    const stop = new AbortController();
    const first = engine((batch) => {
      stop.abort();
      return failAll(batch, { kind: "config", error: new EngineConfigError("401") });
    });
    const { outcomes } = await run(batchOf(["one"]), [first, engine(upperCase)], { signal: stop.signal });
    expect(outcomes).toEqual([{ kind: "released" }]);
  });
});

describe("limits", () => {
  test("a call holds no more tokens than may be taken at once, and calls beyond the limit are postponed", async () => {
    // 333 tokens at once: 498 bytes.
    const own = engine(upperCase);
    const texts = ["a", "b", "c", "d"].map((letter) => letter.repeat(200));
    const limits = { first: { tpm: 10_000 } };
    const { outcomes, calls } = await run(batchOf(texts), [own], {
      limits,
      limiterTimes: { patienceMs: 10, aheadMs: 10 },
    });
    expect(textsOf(own.calls)).toEqual([texts.slice(0, 2)]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(["translated", "translated", "postponed", "postponed"]);
    expect(calls).toHaveLength(1);
  });

  test("send no texts to the next engine when a rate is used up", async () => {
    const [first, second] = [engine(upperCase, { maxItemsPerCall: 1 }), engine(upperCase, { name: "second" })];
    const limits = { first: { rpm: 1 } };
    const { outcomes } = await run(batchOf(["one", "two"]), [first, second], {
      limits,
      limiterTimes: { patienceMs: 10 },
    });
    expect(outcomes.map(({ kind }) => kind)).toEqual(["translated", "postponed"]);
    expect(second.calls).toEqual([]);
  });
});

describe("stopping", () => {
  test("answered texts keep their answers, the others are released", async () => {
    const stop = new AbortController();
    const slow = engine(
      async (batch, signal) => {
        if (batch.items[0]?.text === "one") return upperCase(batch, signal);
        stop.abort();
        return new Promise<never>(() => undefined);
      },
      { maxItemsPerCall: 1 },
    );
    const { outcomes, calls } = await run(batchOf(["one", "two", "three"]), [slow], { signal: stop.signal });
    expect(outcomes).toEqual([
      { kind: "translated", text: "ONE", engine: "first", model: null, flags: [] },
      { kind: "released" },
      { kind: "released" },
    ]);
    expect(calls.map(({ outcome }) => outcome)).toEqual(["ok", "aborted"]);
  });

  test("a text that one engine refused is released when the stop came before the next engine", async () => {
    const stop = new AbortController();
    const first = engine((batch, signal) => {
      stop.abort();
      return refuse(batch, signal);
    });
    const second = engine(upperCase, { name: "second" });
    const { outcomes } = await run(batchOf(["one"]), [first, second], { signal: stop.signal });
    expect(outcomes).toEqual([{ kind: "released" }]);
    expect(second.calls).toEqual([]);
  });
});

describe("a project that may use only some engines", () => {
  const foreign = () => engine(upperCase, { name: "foreign", processor: "third-party" });
  const house = (translate: Translate = upperCase) => engine(translate, { name: "house", processor: "local" });
  const projectEngines = { private: ["local"], shop: ["foreign"] };
  const inProject = (project: string, texts: string[]) => {
    const batch = batchOf(texts);
    return { ...batch, project, items: batch.items.map((item) => ({ ...item, key: { ...item.key, project } })) };
  };
  const transient = answer(() => ({ failure: { kind: "transient", error: new EngineTransientError("Away") } }));

  test("gets its texts from the engines that it may use, and from no other, whatever their order", async () => {
    for (const engines of [
      [foreign(), house()],
      [house(), foreign()],
    ] as const) {
      expect((await run(inProject("private", ["one"]), [...engines], { projectEngines })).outcomes).toMatchObject([
        { kind: "translated", engine: "house" },
      ]);
      const [third] = engines.filter(({ name }) => name === "foreign");
      expect(third?.calls).toEqual([]);
      expect((await run(inProject("shop", ["two"]), [...engines], { projectEngines })).outcomes).toMatchObject([
        { kind: "translated", engine: "foreign" },
      ]);
      expect((await run(inProject("other", ["three"]), [...engines], { projectEngines })).outcomes).toMatchObject([
        { kind: "translated", engine: engines[0].name },
      ]);
    }
  });

  test("falls back to no other engine, and its texts wait or fail as with a chain of its own", async () => {
    const away = foreign();
    const refused = await run(inProject("private", ["one"]), [house(refuse), away], { projectEngines });
    expect(refused.outcomes).toMatchObject([{ kind: "failed", error: { engine: "house", code: "TH_ENGINE_REFUSED" } }]);
    const retried = await run(inProject("private", ["one"]), [house(transient), away], { projectEngines });
    expect(retried.outcomes).toMatchObject([{ kind: "retry" }]);
    const config = answer(() => ({ failure: { kind: "config", error: new EngineConfigError("Wrong key") } }));
    const postponed = await run(inProject("private", ["one"]), [house(config), away], { projectEngines });
    expect(postponed.outcomes).toMatchObject([{ kind: "postponed" }]);
    const paused = { ...inProject("private", ["one"]), isEnginePaused: (name: string) => name === "house" };
    expect((await run(paused, [house(), away], { projectEngines })).outcomes).toEqual([{ kind: "paused" }]);
    expect(away.calls).toEqual([]);
  });

  test("fails at once without an engine that it may use, and the error names the project and the cure", async () => {
    const away = foreign();
    const { outcomes, calls } = await run(inProject("private", ["one"]), [away], { projectEngines });
    expect(outcomes).toEqual([
      {
        kind: "failed",
        error: {
          at: new Date(NOW).toISOString(),
          engine: null,
          code: "TH_ENGINE_NOT_ALLOWED",
          message: expect.stringMatching(/"private" may use only local.*foreign.*TH_ENGINES.*TH_PROJECT_ENGINES/),
        },
      },
    ]);
    expect([calls, away.calls]).toEqual([[], []]);
  });

  test("gives no text away in a batch that mixes projects, and the other texts are not affected", async () => {
    const [away, own] = [foreign(), house()];
    const mixed = {
      ...batchOf([]),
      items: ["shop", "private", "other"].flatMap((project) => inProject(project, [`text of ${project}`]).items),
    };
    const { outcomes } = await run(mixed, [away, own], { projectEngines });
    expect(outcomes).toMatchObject([{ engine: "foreign" }, { engine: "house" }, { engine: "foreign" }]);
    expect(textsOf(away.calls)).toEqual([["text of shop", "text of other"]]);
    expect(textsOf(own.calls)).toEqual([["text of private"]]);
  });

  test("is not mistaken for a property that every object has, nor is an engine without a processor for a local one", async () => {
    const rules = { constructor: ["local"] };
    const away = foreign();
    expect((await run(inProject("toString", ["one"]), [away], { projectEngines: rules })).outcomes).toMatchObject([
      { kind: "translated" },
    ]);
    const silent = { ...house(), processor: undefined as unknown as "local" };
    expect((await run(inProject("constructor", ["one"]), [silent], { projectEngines: rules })).outcomes).toMatchObject([
      { kind: "failed" },
    ]);
  });
});
