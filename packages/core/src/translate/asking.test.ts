import { describe, expect, test } from "vitest";
import type { Engine, EngineBatch, EngineItem, EngineItemResult } from "../contract/engine.ts";
import {
  EngineConfigError,
  EngineMalformedError,
  EngineRateLimitedError,
  EngineRefusedError,
  EngineTransientError,
} from "../contract/errors.ts";
import type { WorkBatch, WorkItem } from "../contract/work.ts";
import { splitAtParts } from "../text/mask/mask.ts";
import { LocalEngineGate } from "./limits/local-engine-gate.ts";
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
const sentBy = ({ calls }: RecordingEngine) => calls.map(({ items }) => items.map(({ text }) => text));
const failing = (kind: "malformed" | "rate_limited"): EngineItemResult => ({
  failure:
    kind === "malformed"
      ? { kind, error: new EngineMalformedError("Left out") }
      : { kind, error: new EngineRateLimitedError("429"), retryAfterMs: 1 },
});

/** Translates the letters of everything, syntax as well. */
const reversing = ({ text }: EngineItem) => [...text].reverse().join("");
const GREETING = "Hello {name}, see <b>this page</b> now";
const FILES = "{n, plural, one {# file} other {# files}}";

describe("the ways of an engine at the only attempt", () => {
  test("a model gets the text, the list of its parts with the reason, masks, and at last the words between the parts", async () => {
    const model = engine((item) => (/[{<]/.test(item.text) ? "Bonjour" : item.text.toUpperCase()));
    const { outcomes } = await run(batchOf([GREETING]), [model]);
    const { pieces, join } = splitAtParts(GREETING, "auto");
    expect(outcomes).toMatchObject([
      { kind: "translated", text: join(pieces.map((piece) => piece.toUpperCase())), flags: ["split"] },
    ]);
    expect(
      model.calls.map(({ items: [{ keep, mask, previousFailure } = {}] }) => [keep, mask, previousFailure]),
    ).toEqual([
      [undefined, undefined, undefined],
      [["{name}", "<b>", "</b>"], undefined, expect.stringContaining("placeholder")],
      [undefined, "tags", expect.stringContaining("placeholder")],
      [undefined, undefined, expect.stringContaining("mask")],
    ]);
    expect(sentBy(model).at(-1)).toEqual(pieces);
  });

  test("a model that heeds the list of the parts is asked twice", async () => {
    const model = engine(({ text, keep }) =>
      keep === undefined ? "Bonjour" : text.toUpperCase().replace("{NAME}", "{name}"),
    );
    const { outcomes } = await run(batchOf(["Hello {name}"]), [model]);
    expect(outcomes).toMatchObject([{ kind: "translated", text: "HELLO {name}", flags: [] }]);
    expect(model.calls).toHaveLength(2);
  });

  test.each<[NonNullable<Engine["protects"]>, (string | undefined)[]]>([
    ["tags", ["tags", "words", undefined]],
    ["words", ["words", undefined]],
    ["none", [undefined]],
  ])("an engine that keeps %s and mangles all gets %j", async (protects, masks) => {
    const mangling = engine(reversing, { protects });
    const { outcomes } = await run(batchOf([GREETING]), [mangling]);
    expect(outcomes).toMatchObject([{ kind: "translated", flags: expect.arrayContaining(["split"]) }]);
    expect(JSON.stringify(outcomes)).toContain("{name}");
    expect(mangling.calls.map(({ items }) => items[0]?.mask)).toEqual(masks);
  });

  test("a text without protected parts is asked for as it is, whatever an engine keeps", async () => {
    for (const protects of ["tags", "words", "none"] as const) {
      const plain = engine(({ text }) => text.toUpperCase(), { protects });
      expect((await run(batchOf(["Save & go"]), [plain])).outcomes).toMatchObject([{ text: "SAVE & GO", flags: [] }]);
      expect(sentBy(plain)).toEqual([["Save & go"]]);
    }
  });

  test("before its last attempt a model gets a text once, and the next attempt says what to keep", async () => {
    const model = engine(() => "Bonjour");
    const early = await run(batchOf(["Hello {name}"]), [model], { maxAttempts: 3 });
    expect(early.outcomes).toMatchObject([{ kind: "retry", error: { code: "TH_TRANSLATION_BLOCKED" } }]);
    expect(model.calls).toHaveLength(1);
    await run(batchOf(["Hello {name}"], { attempt: 2, previousFailure: "1 placeholder is missing" }), [model], {
      maxAttempts: 3,
    });
    expect(model.calls[1]?.items).toMatchObject([{ keep: ["{name}"], previousFailure: "1 placeholder is missing" }]);
    expect(model.calls).toHaveLength(2);
  });

  test("a piece that goes missing is asked for once more", async () => {
    const forgetful = engine(({ text }, call) => (call === 1 && text === "now" ? undefined : text.toUpperCase()), {
      protects: "none",
    });
    const { outcomes } = await run(batchOf(["Go <br> now"]), [forgetful]);
    expect(outcomes).toMatchObject([{ kind: "translated", text: "GO <br> NOW" }]);
  });

  test("each of many texts that a model mangles gets its own words back, and no more than four calls besides the first", async () => {
    const texts = Array.from({ length: 20 }, (_, at) => `Open number${at} {name${at}} now`);
    const model = engine(reversing);
    const { outcomes } = await run(batchOf(texts), [model]);
    for (const [at, outcome] of outcomes.entries()) {
      expect(outcome).toMatchObject({ kind: "translated", text: expect.stringContaining(`{name${at}}`) });
      expect(outcome).toMatchObject({ text: expect.stringContaining([..."number"].reverse().join("")) });
    }
    expect(model.calls.length).toBeLessThanOrEqual(1 + 4 * texts.length);
  });
});

describe("a message with plural forms", () => {
  test("is one question a form, in one call, and one text again", async () => {
    const model = engine(({ text, form }) => `${form?.category ?? "no"} ${text}`);
    const { outcomes } = await run(batchOf([FILES, "Save"], {}, "pl"), [model]);
    expect(model.calls).toHaveLength(1);
    expect(model.calls[0]?.items.map(({ form }) => form?.category)).toEqual(["one", "few", "many", "other", undefined]);
    expect(outcomes).toMatchObject([
      {
        kind: "translated",
        text: "{n, plural, one {one # file} few {few # files} many {many # files} other {other # files}}",
      },
      { text: "no Save" },
    ]);
  });

  test.each(["missing", "malformed", "blocked"])(
    "a %s form is asked for again alone, and the other answers are kept",
    async (fault) => {
      const model = engine(({ text, form }, call) => {
        if (call > 1 || form?.category !== "few") return `${form?.category} ${text}`;
        return fault === "missing" ? undefined : fault === "malformed" ? failing("malformed") : "pliki {m}";
      });
      const { outcomes } = await run(batchOf([FILES], {}, "pl"), [model], { maxAttempts: 5 });
      expect(outcomes).toMatchObject([{ kind: "translated", text: expect.stringContaining("few {few # files}") }]);
      const again = model.calls.slice(1).flatMap(({ items }) => items.map(({ form }) => form?.category));
      expect(again).toContain("few");
      // The neighbours of a missing answer may hold it, so they are in doubt; no other form is asked for twice.
      expect(again.filter((category) => category === "other")).toEqual([]);
      if (fault === "blocked") expect(again).toEqual(["few"]);
    },
  );

  test("the forms of a text are never in two calls, unless they are more than a call may hold", async () => {
    const model = engine(({ text }) => text, { maxItemsPerCall: 5 });
    await run(batchOf([FILES, FILES.replace("file", "page")], {}, "pl"), [model]);
    expect(model.calls.map(({ items }) => items.length)).toEqual([4, 4]);
    const small = engine(({ text, form }) => `${form?.category} ${text}`, { maxItemsPerCall: 3 });
    const { outcomes } = await run(batchOf([FILES], {}, "pl"), [small]);
    expect(small.calls.map(({ items }) => items.length)).toEqual([3, 1]);
    expect(outcomes).toMatchObject([{ kind: "translated", text: expect.stringContaining("other {other # files}") }]);
  });

  test("a machine translator gets the example number as a numeral, and the number comes back as it was", async () => {
    const machine = engine(({ text }) => text.replace("files", "plików").replace("file", "plik"), { protects: "tags" });
    const { outcomes } = await run(batchOf([FILES], {}, "pl"), [machine]);
    expect(sentBy(machine)).toEqual([["1 file", "2 files", "5 files", "1.5 files"]]);
    expect(outcomes).toMatchObject([
      { text: "{n, plural, one {# plik} few {# plików} many {# plików} other {# plików}}", flags: [] },
    ]);
  });

  test("a form of a family that the context says is sent with its numeral too", async () => {
    const machine = engine(({ text }) => text.replace("files", "pliki"), { protects: "words" });
    const context = { plural: { category: "few", example: 3, of: "" } };
    const { outcomes } = await run(batchOf(["{{count}} files"], { context }, "pl"), [machine]);
    expect(sentBy(machine)).toEqual([["3 files"]]);
    expect(outcomes).toMatchObject([{ text: "{{count}} pliki" }]);
  });

  test("a numeral that is lost or doubled is replaced by a mask", async () => {
    for (const spoil of ["plik", "3 z 3 plików", "13 plików"]) {
      const machine = engine(({ text, mask }) => (mask === undefined ? spoil : text.replace("files", "pliki")), {
        protects: "tags",
      });
      const context = { plural: { category: "few", example: 3, of: "" } };
      const { outcomes } = await run(batchOf(["{{count}} files"], { context }, "pl"), [machine]);
      expect(outcomes).toMatchObject([{ kind: "translated", text: "{{count}} pliki" }]);
    }
  });

  test("a machine translator that mangles all still gives a message that formatters read", async () => {
    for (const protects of ["instructed", "tags", "words", "none"] as const) {
      const mangling = engine(reversing, { protects });
      const { outcomes } = await run(
        batchOf(["{n, plural, one {# file of {name}} other {# files of {name}}}"], {}, "pl"),
        [mangling],
      );
      expect(outcomes).toMatchObject([
        { kind: "translated", text: expect.stringMatching(/^\{n, plural, one \{.*#.*\{name\}/) },
      ]);
    }
  });
});

describe("an interruption on the way", () => {
  test("by a rate limit before the split does not bury the text, not even with a next engine that mangled it", async () => {
    let isLimited = true;
    const first = engine((item) =>
      item.text.includes("{") || item.mask ? "oops" : isLimited ? failing("rate_limited") : item.text,
    );
    const second = engine(
      (item) => (item.text.includes("{") || item.mask ? "oops" : isLimited ? failing("rate_limited") : item.text),
      { name: "second" },
    );
    const translate = translator([first, second], { limiterTimes: {} });
    const batch = batchOf(["Hello {name} there"]);
    expect((await translate(batch)).outcomes).toMatchObject([{ kind: "postponed" }]);
    isLimited = false;
    expect((await translate(batch)).outcomes).toMatchObject([
      { kind: "translated", flags: expect.arrayContaining(["split"]) },
    ]);
  });
});

test.each(["tags", "words"] as const)(
  "texts with masks of %s that an engine mixes up are not stored so",
  async (protects) => {
    const texts = [
      "Please remove {name} now",
      "Please restore {name} now",
      "Save {n, plural, one {# row} other {# rows}}",
    ];
    const mixing = engine(({ text }) => text, { protects, name: "pseudo" });
    const translate = mixing.translate.bind(mixing);
    mixing.translate = (batch, signal) => {
      // The answer for each item is the next one's, in the first call.
      const isFirst = mixing.calls.length === 0 && batch.items.length > 1;
      if (!isFirst) return translate(batch, signal);
      const turned = batch.items.map(({ id }, at) => ({
        ...(batch.items[(at + 1) % batch.items.length] as EngineItem),
        id,
      }));
      return translate({ ...batch, items: turned }, signal);
    };
    const { outcomes } = await run(batchOf(texts), [mixing]);
    const stored = outcomes.map((outcome) => (outcome.kind === "translated" ? outcome.text : outcome.kind));
    expect(stored).toEqual([texts[0], texts[1], expect.stringContaining("{Save # rows}")]);
  },
);

describe("a translation that fails a check to retry", () => {
  const SOURCE = "Put these books on the shelf";

  test.each<[string, string | EngineItemResult | undefined]>([
    ["as bad", SOURCE.toUpperCase().toLowerCase().replace("put", "Put")],
    ["missing", undefined],
    ["limited", failing("rate_limited")],
    ["blocked", "{x}"],
  ])("keeps the first one when the second is %s", async (_, second) => {
    const model = engine(({ text }, call) => (call === 1 ? text : second));
    const { outcomes } = await run(batchOf([SOURCE]), [model]);
    expect(outcomes).toMatchObject([{ kind: "translated", text: SOURCE, flags: ["same"] }]);
    expect(model.calls).toHaveLength(2);
  });

  test("is asked for again where it is longer than its context allows, and flagged where no other comes", async () => {
    const context = { maxLength: 8 };
    const model = engine(({ previousFailure }) => (previousFailure === undefined ? "Enregistrer" : "Sauver"));
    const batch = batchOf(["Save"], { context });
    expect((await run(batch, [model])).outcomes).toMatchObject([{ kind: "translated", text: "Sauver", flags: [] }]);
    expect(model.calls.map(({ items: [asked] }) => [asked?.context, asked?.previousFailure])).toEqual([
      [context, undefined],
      [context, expect.stringContaining("max-length")],
    ]);
    const machine = engine(() => "Enregistrer", { protects: "tags" });
    expect((await run(batch, [machine])).outcomes).toMatchObject([{ text: "Enregistrer", flags: ["max-length"] }]);
  });

  test("is judged by the length that its hint allows, and by the lesser one where its context says one too", async () => {
    const model = engine(() => "Enregistrer");
    const flagsOf = async (given: Partial<WorkItem>) => {
      const { outcomes } = await run(batchOf(["Save"], given), [model]);
      return outcomes.map((outcome) => outcome.kind === "translated" && outcome.flags);
    };
    expect(await flagsOf({ hint: { maxLength: 8 } })).toEqual([["max-length"]]);
    expect(await flagsOf({ hint: { maxLength: 11 } })).toEqual([[]]);
    expect(await flagsOf({ hint: { maxLength: 8 }, context: { maxLength: 20 } })).toEqual([["max-length"]]);
    expect(await flagsOf({ hint: { maxLength: 20 }, context: { maxLength: 8 } })).toEqual([["max-length"]]);
  });

  test("is not asked for again of a machine translator, nor after a split, and no other text is", async () => {
    const machine = engine(({ text }) => text, { protects: "tags" });
    expect((await run(batchOf([SOURCE]), [machine])).outcomes).toMatchObject([{ flags: ["same"] }]);
    expect(machine.calls).toHaveLength(1);
    const model = engine(({ text }, call) => (text === SOURCE && call === 1 ? text : `${text} là`));
    await run(batchOf([SOURCE, "Save"]), [model]);
    expect(sentBy(model)).toEqual([[SOURCE, "Save"], [SOURCE]]);
  });
});

describe("measurements and dead letters", () => {
  test("a call counts the repairs of its answers by name", async () => {
    const model = engine(({ text }) => text.replace("{name}", "{ name }").replace("Hello", " Bonjour"));
    const { outcomes, calls } = await run(batchOf(["Hello {name}", "Bye {name}"]), [model]);
    expect(outcomes).toMatchObject([{ text: "Bonjour {name}" }, { text: "Bye {name}" }]);
    expect(calls[0]?.repairs).toMatchObject({ "placeholder-space": 2 });
  });

  test("a text that fails carries the blocked translation with the fewest failed checks of all engines", async () => {
    const worse = engine(() => "<b>Enregistrer</b> {x}");
    const better = engine(() => "Enregistrer {x}", { name: "second" });
    const { outcomes } = await run(batchOf(["Save"]), [worse, better]);
    expect(outcomes).toMatchObject([
      { kind: "failed", bestTry: { text: "Enregistrer {x}", failedChecks: expect.arrayContaining(["placeholders"]) } },
    ]);
    const early = await run(batchOf(["Save"]), [worse], { maxAttempts: 2 });
    expect(early.outcomes[0]).not.toHaveProperty("bestTry");
  });
});

test("whatever an engine leaves out, mangles or limits, each text is translated from its own words or handed back", async () => {
  const texts = [
    FILES,
    GREETING,
    "Save",
    "Open {a} and {b}",
    "%d of %s",
    "<b>Bold</b> words",
    "{n, select, a {Yes} other {No}}",
  ];
  let seed = 1;
  const chance = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed / 2_147_483_648;
  };
  for (let round = 0; round < 150; round += 1) {
    const protects = (["instructed", "tags", "words", "none"] as const)[round % 4];
    const model = engine(
      (item) => {
        const luck = chance();
        if (luck < 0.1) return undefined;
        if (luck < 0.15) return failing(luck < 0.12 ? "rate_limited" : "malformed");
        return luck < 0.4 ? reversing(item) : item.text.replace(/(?<![\w<{&%])[A-Z][a-z]+/g, (word) => `${word}ü`);
      },
      { protects, maxItemsPerCall: 1 + (round % 7) },
    );
    const { outcomes, calls } = await run(batchOf(texts, {}, "pl"), [model]);
    expect(outcomes).toHaveLength(texts.length);
    expect(calls.length).toBeLessThanOrEqual(11 * 12);
    for (const [at, outcome] of outcomes.entries()) {
      if (outcome.kind === "failed") expect(outcome.error.code).toBe("TH_ENGINE_MALFORMED");
      if (outcome.kind !== "translated") continue;
      for (const part of ["{name}", "{a}", "{b}", "%d", "%s", "{n, plural,", "{n, select,"]) {
        expect(outcome.text.includes(part), `${part} in ${outcome.text}`).toBe(texts[at]?.includes(part));
      }
    }
  }
});

describe("a text whose items take several calls", () => {
  const oneByOne = { protects: "none", maxItemsPerCall: 1 } as const;

  test("a call that never answers costs the text an attempt, and buries it not", async () => {
    const silent: Engine = { ...engine(() => undefined, oneByOne), translate: () => new Promise(() => {}) };
    const { outcomes } = await run(batchOf([GREETING]), [silent], { engineTimeoutMs: 5 });
    expect(outcomes).toMatchObject([{ kind: "retry", error: { code: "TH_ENGINE_TRANSIENT" } }]);
  });

  test("a limit at the first call is the end of the calls", async () => {
    const limited = engine(() => failing("rate_limited"), oneByOne);
    const { outcomes } = await run(batchOf([GREETING, FILES, "Bye {name}, dear"]), [limited]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(["postponed", "postponed", "postponed"]);
    expect(limited.calls).toHaveLength(1);
  });
});

describe("an engine of small calls", () => {
  const LONG = `Hello {name}, ${"see the page ".repeat(5)}now, {friend}`;

  test("at a later attempt a text that fits without the list of its parts is not buried for the list", async () => {
    const small = engine(({ text }) => text.toUpperCase().replace("{NAME}", "{name}").replace("{FRIEND}", "{friend}"), {
      maxBytesPerCall: Buffer.byteLength(LONG),
    });
    const { outcomes } = await run(batchOf([LONG], { attempt: 2 }), [small], { maxAttempts: 5 });
    expect(outcomes).toMatchObject([{ kind: "translated" }]);
  });

  test.each(["tags", "words", "instructed"] as const)(
    "a text that fits without its masks is split for an engine that keeps %s",
    async (protects) => {
      const small = engine((item) => (item.mask || /[{<]/.test(item.text) ? "Bonjour" : item.text.toUpperCase()), {
        ...{ protects, maxBytesPerCall: Buffer.byteLength(LONG) },
      });
      const { outcomes } = await run(batchOf([LONG]), [small]);
      expect(outcomes).toMatchObject([{ kind: "translated", flags: ["split"] }]);
      const sizes = small.calls.flatMap(({ items }) => items.map(({ text, keep }) => `${text}${keep ?? ""}`.length));
      expect(Math.max(...sizes)).toBeLessThanOrEqual(LONG.length);
    },
  );

  test("a form is asked for without its message where both do not fit", async () => {
    const small = engine(({ text }) => text.toUpperCase().replaceAll("{N}", "{n}"), { maxBytesPerCall: 120 });
    const text = `{n, plural, one {# file of yours is here} other {# files of yours are all here}}`;
    const { outcomes } = await run(batchOf([text]), [small]);
    expect(outcomes).toMatchObject([{ kind: "translated" }]);
  });
});

test("a text that breaks before a limit goes on with the next way when the limit has ended", async () => {
  let left = 1;
  const model = engine(
    (item) => {
      left -= 1;
      if (left < 0) return failing("rate_limited");
      return /[{<]/.test(item.text) && item.mask === undefined ? "Bonjour" : item.text.replace("Hello", "Bonjour");
    },
    { maxItemsPerCall: 1 },
  );
  let now = 0;
  const translate = translator([model], { now: () => now, gate: new LocalEngineGate(() => now) });
  const kinds: string[] = [];
  for (let round = 0; round < 6 && kinds.at(-1) !== "translated"; round += 1) {
    left = 1;
    const { outcomes } = await translate(batchOf(["Hello {name}, dear"]));
    kinds.push(...outcomes.map(({ kind }) => kind));
    now += 60_000;
  }
  expect(kinds.at(-1)).toBe("translated");
});

describe("a chain whose last engine gives no text", () => {
  const breaking = () => engine(({ text }) => (/[{<]/.test(text) ? "Bonjour" : text.toUpperCase()));
  const failures: [string, EngineItemResult][] = [
    ["a wrong key", { failure: { kind: "config", error: new EngineConfigError("Bad key") } }],
    ["no such language", { failure: { kind: "refused", error: new EngineRefusedError("No pair") } }],
    ["an outage", { failure: { kind: "transient", error: new EngineTransientError("503") } }],
  ];

  test.each(failures)("is no reason to bury a text that the first engine can split: %s", async (_, failure) => {
    const first = breaking();
    const { outcomes } = await run(batchOf(["Hello {name}, dear"]), [first, engine(() => failure, { name: "second" })]);
    expect(outcomes).toMatchObject([{ kind: "translated", engine: "first", flags: ["split"] }]);
  });

  test("nor is a pause of it", async () => {
    const batch = { ...batchOf(["Hello {name}, dear"]), isEnginePaused: (name: string) => name === "second" };
    const { outcomes } = await run(batch, [breaking(), engine(() => "x", { name: "second" })]);
    expect(outcomes).toMatchObject([{ kind: "translated", engine: "first", flags: ["split"] }]);
  });
});

test("a context that a call cannot hold beside its text is left out, and the translation says so", async () => {
  const long = { notes: "n".repeat(400) };
  const model = engine(({ text }) => `fr ${text}`, { maxBytesPerCall: 300 });
  const { outcomes } = await run(batchOf(["Save"], { context: long }), [model]);
  expect(outcomes).toMatchObject([{ kind: "translated", text: "fr Save", flags: ["context-left-out"] }]);
  expect(model.calls[0]?.items[0]).not.toHaveProperty("context");
  const { outcomes: held } = await run(batchOf(["Save"], { context: { notes: "short" } }), [model]);
  expect(held).toMatchObject([{ kind: "translated", flags: [] }]);
  expect(model.calls[1]?.items[0]).toMatchObject({ context: { notes: "short" } });
  // A text that is too long by itself is refused, whatever its context.
  const { outcomes: refused } = await run(batchOf(["S".repeat(400)], { context: long }), [model]);
  expect(refused).toMatchObject([{ kind: "failed" }]);
  expect(model.calls).toHaveLength(2);
});

describe("a hint", () => {
  const hint = { note: "A button in the cart", key: "cart.pay" };
  const french = ({ text }: EngineItem) => text.replace("Pay", "Payer");

  test("goes to an engine that takes hints, beside the context, and to no other", async () => {
    for (const takesHint of [true, false, undefined]) {
      const model = engine(french, { takesHint });
      const { calls } = await run(batchOf(["Pay"], { hint, context: { screen: "cart" } }), [model]);
      expect(model.calls.flatMap(({ items }) => items.map((item) => [item.context, item.hint]))).toEqual([
        [{ screen: "cart" }, takesHint ? hint : undefined],
      ]);
      expect(calls[0]).not.toHaveProperty("hintsLeftOut");
    }
  });

  test("goes with each question about its text: on a retry, a form, and the words between the parts", async () => {
    const model = engine(
      ({ text, previousFailure }) => (previousFailure === undefined ? "{x}" : french({ text } as EngineItem)),
      {
        takesHint: true,
      },
    );
    await run(batchOf(["Pay {name}"], { hint }), [model]);
    const message = engine(({ text }) => text, { takesHint: true });
    await run(batchOf(["{n, plural, one {# file} other {# files}}"], { hint, format: "icu" }), [message]);
    const words = engine(({ text }) => text.toUpperCase(), { takesHint: true, protects: "none" });
    await run(batchOf([GREETING], { hint }), [words]);
    for (const { calls } of [model, message, words]) {
      const asked = calls.flatMap(({ items }) => items);
      expect(asked.length).toBeGreaterThan(1);
      expect(asked.map((item) => item.hint)).toEqual(asked.map(() => hint));
    }
  });

  test("is left out before the context and the text are, where a call cannot hold it, and is counted", async () => {
    const long = { note: "x".repeat(200) };
    const model = engine(french, { takesHint: true, maxBytesPerCall: 100 });
    const batch = batchOf(["Pay", "Pay now"], { hint: long, context: { screen: "cart" } });
    const { outcomes, calls } = await run(batch, [model]);
    expect(outcomes).toMatchObject([
      { kind: "translated", text: "Payer", flags: [] },
      { kind: "translated", text: "Payer now" },
    ]);
    const asked = model.calls.flatMap(({ items }) => items);
    expect(asked.map((item) => [item.context, item.hint])).toEqual(asked.map(() => [{ screen: "cart" }, undefined]));
    expect(calls.reduce((sum, { hintsLeftOut = 0 }) => sum + hintsLeftOut, 0)).toBe(2);
  });
});

test("an engine's error that quotes a hint or a context is told without its message", async () => {
  for (const given of [{ hint: { note: "Only for Mrs Robinson" } }, { context: { note: "Only for Mrs Robinson" } }]) {
    const error = new EngineRefusedError("Bad request: Only for Mrs Robinson");
    const model = engine(() => ({ failure: { kind: "refused", error } }), { takesHint: true });
    const { outcomes } = await run(batchOf(["Pay"], given), [model]);
    expect(outcomes).toMatchObject([{ kind: "failed", error: { code: "TH_ENGINE_REFUSED" } }]);
    expect(JSON.stringify(outcomes)).not.toContain("Robinson");
  }
});
