import { describe, expect, test } from "vitest";
import type { Engine, EngineBatch, EngineItem, EngineItemResult, Protection } from "../contract/engine.ts";
import { EngineMalformedError, EngineRateLimitedError } from "../contract/errors.ts";
import type { WorkBatch, WorkItem } from "../contract/work.ts";
import { friendlyEngine, hostileEngine, MANNERS } from "../testing/hostile-engine.ts";
import { partsToKeep, rungsFor } from "./ladder.ts";
import { type TranslateBatchOptions, translateBatch } from "./translate-batch.ts";

type Answer = (item: EngineItem, call: number) => string | EngineItemResult;

function scripted(answer: Answer, given: Partial<Engine> = {}): Engine & { calls: EngineBatch[] } {
  const calls: EngineBatch[] = [];
  return {
    name: "scripted",
    version: "1",
    processor: "local",
    maxItemsPerCall: 100,
    maxBytesPerCall: 100_000,
    detectsSource: true,
    takesContext: true,
    ...given,
    calls,
    async translate(batch) {
      calls.push(batch);
      const results = batch.items.map((item): [string, EngineItemResult] => {
        const given = answer(item, calls.length);
        return [item.id, typeof given === "string" ? { text: given } : given];
      });
      return { results: new Map(results) };
    },
  };
}

function batchOf(
  texts: readonly (string | Partial<WorkItem>)[],
  given: Partial<WorkItem> = {},
  targetLocale = "pl",
): WorkBatch {
  return {
    project: "default",
    sourceLocale: "en",
    targetLocale,
    items: texts.map((text, at) => ({
      key: { contentNo: String(at), contextNo: 0, targetLocale, project: "default" },
      revision: 1,
      text: "",
      context: null,
      format: "auto",
      attempt: 1,
      previousFailure: undefined,
      ...given,
      ...(typeof text === "string" ? { text } : text),
    })),
  };
}

function run(batch: WorkBatch, engines: readonly Engine[], given: Partial<TranslateBatchOptions> = {}) {
  const options = { engines, maxAttempts: 5, engineTimeoutMs: 60_000, random: () => 0.5, ...given };
  return translateBatch(options)(batch, new AbortController().signal);
}

const TEXTS = [
  "Hello {name}, you have {{count}} <b>new</b> messages (%1$s, %(who)s)",
  'Read <a href="/x?a=1&b=2">the <i>list</i></a> of all & more<br>',
  "{n, plural, one {<b>#</b> file isn't '{kept}'} other {# files of {owner}}}",
  "{g, select, female {her {thing}} other {their {thing}}}",
  "Write to a.b@example.org or see https://example.org/a_(b).",
  "Save all",
];

describe.each(["instructed", "tags", "words", "none"] as const)(
  "an engine that protects %s",
  (protects: Protection) => {
    test.each(MANNERS)(
      "and that does not, but %s, buries no text for its syntax with a single attempt",
      async (manner) => {
        const { outcomes } = await run(batchOf(TEXTS), [hostileEngine(protects, manner)], { maxAttempts: 1 });
        expect(outcomes.map(({ kind }) => kind)).toEqual(TEXTS.map(() => "translated"));
      },
    );

    test("as it says is never asked for pieces", async () => {
      const { outcomes } = await run(batchOf(TEXTS), [friendlyEngine(protects)], { maxAttempts: 1 });
      const split = outcomes.filter((outcome) => outcome.kind === "translated" && outcome.flags?.includes("split"));
      if (protects === "none") expect(split.length).toBeGreaterThan(0);
      else expect(split).toEqual([]);
    });
  },
);

describe("a model that broke the syntax of a text", () => {
  const heeds = () => scripted(({ keep = [] }) => `Bonjour ${keep.join("")}`);

  test("is told at the next attempt which parts to keep, and no sooner", async () => {
    const engine = heeds();
    const first = await run(batchOf(["Hello {name}"]), [engine]);
    expect(first.outcomes).toMatchObject([{ kind: "retry", error: { code: "TH_TRANSLATION_BLOCKED" } }]);
    expect(engine.calls[0]?.items[0]).not.toHaveProperty("keep");
    const second = await run(batchOf(["Hello {name}"], { attempt: 2, previousFailure: "1 placeholder missing" }), [
      engine,
    ]);
    expect(second.outcomes).toMatchObject([{ kind: "translated", text: "Bonjour {name}" }]);
    expect(engine.calls[1]?.items[0]).toMatchObject({ keep: ["{name}"], previousFailure: "1 placeholder missing" });
    expect(engine.calls).toHaveLength(2);
  });

  test("is asked in each way once at the last attempt, and each text alone", async () => {
    const engine = scripted(({ text }) => text.replace(/[{<][^{}<>]*[}>]/g, "").trim());
    const { outcomes } = await run(batchOf(["Hello {name} there", "Pay {sum} now"]), [engine], { maxAttempts: 1 });
    expect(outcomes).toMatchObject([
      { kind: "translated", text: "Hello {name} there", flags: ["split"] },
      { kind: "translated", text: "Pay {sum} now", flags: ["split"] },
    ]);
    const ways = engine.calls.map(({ items }) =>
      items.map(({ text, keep, mask }) => mask ?? (keep === undefined ? text : "keep")),
    );
    expect(ways).toEqual([
      ["Hello {name} there", "Pay {sum} now"],
      ["Hello {name} there"],
      ["Pay {sum} now"],
      ["keep"],
      ["keep"],
      ["tags"],
      ["tags"],
      ["Hello", "there"],
      ["Pay", "now"],
    ]);
  });

  test("leaves a text to the next engine of its chain before it is split", async () => {
    const breaks = scripted(() => "Bonjour", { name: "breaks", protects: "tags" });
    const keeps = scripted(({ text }) => text.toUpperCase().replace("NAME", "name"), { name: "keeps" });
    const { outcomes } = await run(batchOf(["Hello {name}"]), [breaks, keeps]);
    expect(outcomes).toMatchObject([{ kind: "translated", text: "HELLO {name}", engine: "keeps", flags: [] }]);
    expect(breaks.calls.map(({ items }) => items[0]?.mask)).toEqual(["tags", "words"]);
  });

  test("keeps the failure of a limit in the middle of the ways, and the text goes back", async () => {
    const failure = {
      kind: "rate_limited",
      error: new EngineRateLimitedError("Slow down"),
      retryAfterMs: 5_000,
    } as const;
    const engine = scripted((_, call) => (call === 1 ? "Bonjour" : { failure }), { protects: "tags" });
    const { outcomes } = await run(batchOf(["Hello {name}"]), [engine], { maxAttempts: 1 });
    expect(outcomes).toMatchObject([{ kind: "postponed" }]);
  });

  test("leaves its first text in the dead letter of a text that no way brings through", async () => {
    const engine = scripted(() => "Bonjour <script>{x}</script>");
    const { outcomes } = await run(batchOf(["Hello {name}"]), [engine], { maxAttempts: 1 });
    expect(outcomes).toMatchObject([
      {
        kind: "failed",
        bestTry: { text: "Bonjour <script>{x}</script>", failedChecks: expect.arrayContaining(["placeholders"]) },
      },
    ]);
  });
});

describe("a message with plural forms", () => {
  const FILES = "{n, plural, one {# file in {folder}} other {# files in {folder}}}";

  test("is asked for form by form in one call, and printed with the categories of its target", async () => {
    const engine = scripted(({ text, form }) => (form === undefined ? text : `${form.category}: ${text}`));
    const { outcomes } = await run(batchOf([FILES, "Save"]), [engine]);
    expect(outcomes).toMatchObject([
      {
        kind: "translated",
        text: "{n, plural, one {one: # file in {folder}} few {few: # files in {folder}} many {many: # files in {folder}} other {other: # files in {folder}}}",
      },
      { kind: "translated" },
    ]);
    expect(engine.calls).toHaveLength(1);
    expect(engine.calls[0]?.items.map(({ text, form }) => [text, form?.category, form?.example])).toEqual([
      ["{n} file in {folder}", "one", 1],
      ["{n} files in {folder}", "few", 2],
      ["{n} files in {folder}", "many", 5],
      ["{n} files in {folder}", "other", 1.5],
      ["Save", undefined, undefined],
    ]);
    expect(engine.calls[0]?.items[0]?.form?.of).toBe(FILES);
  });

  test("is never cut in two calls while a call can hold it", async () => {
    const engine = scripted(({ text }) => text, { maxItemsPerCall: 5 });
    await run(batchOf(["Open", "Save", FILES]), [engine]);
    expect(engine.calls.map(({ items }) => items.length)).toEqual([2, 4]);
    const narrow = scripted(({ text }) => `x ${text}`, { maxItemsPerCall: 3 });
    const { outcomes } = await run(batchOf([FILES]), [narrow]);
    expect(narrow.calls.map(({ items }) => items.length)).toEqual([3, 1]);
    expect(outcomes).toMatchObject([{ kind: "translated" }]);
  });

  test("has a form that was lost or spoiled asked for alone, and keeps the others", async () => {
    const failure = { kind: "malformed", error: new EngineMalformedError("lost") } as const;
    // The forms beside a lost one may hold its words.
    const bads: [string | EngineItemResult, string[]][] = [
      ["no folder", ["many"]],
      [{ failure }, ["few", "many", "other"]],
    ];
    for (const [bad, again] of bads) {
      const engine = scripted(({ text, form }, call) =>
        call === 1 && form?.category === "many" ? bad : `${call} ${text}`,
      );
      const { outcomes } = await run(batchOf([FILES]), [engine]);
      expect(engine.calls.map(({ items }) => items.map(({ form }) => form?.category))).toEqual([
        ["one", "few", "many", "other"],
        again,
      ]);
      expect(outcomes).toMatchObject([
        { kind: "translated", text: expect.stringMatching(/one \{1 .* many \{2 # files in \{folder\}\} other \{/) },
      ]);
    }
  });

  test("goes to an engine that keeps tags with the number as a numeral", async () => {
    const engine = scripted(({ text }) => `x ${text}`, { protects: "tags" });
    const { outcomes } = await run(batchOf([FILES]), [engine]);
    expect(engine.calls[0]?.items.map(({ text }) => text)).toEqual([
      '1 file in <x id="1"/>',
      '2 files in <x id="2"/>',
      '5 files in <x id="3"/>',
      '1.5 files in <x id="4"/>',
    ]);
    expect(outcomes).toMatchObject([
      { kind: "translated", text: expect.stringContaining("few {x # files in {folder}}"), flags: [] },
    ]);
  });

  test("has its number masked where the numeral does not come back", async () => {
    const engine = scripted(({ text, mask }) => (mask === "tags" ? text.replace(/\d+(?= file)/, "some") : text), {
      protects: "tags",
    });
    const { outcomes } = await run(batchOf([FILES]), [engine]);
    expect(outcomes).toMatchObject([
      { kind: "translated", text: expect.stringContaining("few {# files in {folder}}") },
    ]);
  });

  test("is one form in a language without others, and none is asked for twice", async () => {
    const engine = scripted(({ text }) => `訳 ${text}`);
    await run(batchOf([FILES], {}, "ja"), [engine]);
    expect(engine.calls.map(({ items }) => items.map(({ form }) => form?.category))).toEqual([["other"]]);
    const french = scripted(({ text }) => `fr ${text}`);
    const { outcomes } = await run(batchOf([FILES], {}, "fr"), [french]);
    expect(french.calls[0]?.items.map(({ form }) => form?.category)).toEqual(["one", "other"]);
    expect(outcomes).toMatchObject([{ kind: "translated", text: expect.stringContaining("many {fr # files") }]);
  });
});

describe("a translation whose words look wrong", () => {
  const SOURCE = "The quick brown fox jumps over the lazy dog";
  const LONG = "x".repeat(400);

  test("is asked for once more, with the reason, and the better one is stored", async () => {
    const engine = scripted((_, call) => (call === 1 ? LONG : "Szybki brązowy lis przeskakuje psa"));
    const { outcomes } = await run(batchOf([SOURCE]), [engine]);
    expect(outcomes).toMatchObject([{ kind: "translated", text: "Szybki brązowy lis przeskakuje psa", flags: [] }]);
    expect(engine.calls[1]?.items[0]?.previousFailure).toContain("length");
  });

  test("is stored with its warnings where a second try is no better, or fails", async () => {
    const failure = { kind: "malformed", error: new EngineMalformedError("lost") } as const;
    for (const second of [LONG, { failure }]) {
      const engine = scripted((_, call) => (call === 1 ? LONG : second));
      const { outcomes } = await run(batchOf([SOURCE]), [engine]);
      expect(outcomes).toMatchObject([{ kind: "translated", text: LONG }]);
      expect(engine.calls).toHaveLength(2);
    }
  });

  test("is not asked for again of an engine that cannot be told", async () => {
    const engine = scripted(() => LONG, { protects: "tags" });
    await run(batchOf([SOURCE]), [engine]);
    expect(engine.calls).toHaveLength(1);
  });
});

test("a text without a word between its parts is stored as it is, and no engine is asked", async () => {
  const engine = scripted(() => "x", { protects: "none" });
  const { outcomes, calls } = await run(batchOf(["{a}: %s/{b}"]), [engine]);
  expect(outcomes).toMatchObject([{ kind: "translated", text: "{a}: %s/{b}", flags: [] }]);
  expect(calls).toEqual([]);
});

test("the parts to keep are told one by one, as they stand", () => {
  expect(partsToKeep('Go <b>{name}</b> to <a href="/x">{{place}}</a>%s, {name}', "auto")).toEqual([
    "<b>",
    "{name}",
    "</b>",
    '<a href="/x">',
    "{{place}}",
    "</a>",
    "%s",
  ]);
});

test.each(["\x1b[31mHi {name}\x1b[0m", "Hi {name}\x07", "Hi {name}\ufffe"])(
  "a text with a character that XML cannot hold is never masked by tags: %j",
  (text) => {
    expect(rungsFor("tags", { text, format: "auto" })).toEqual(["words", "split"]);
    expect(rungsFor("instructed", { text, format: "auto" })).toEqual(["raw", "keep", "split"]);
  },
);
