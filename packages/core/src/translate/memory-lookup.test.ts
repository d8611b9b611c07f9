import { describe, expect, test } from "vitest";
import type { Engine, EngineBatch } from "../contract/engine.ts";
import { EngineTransientError } from "../contract/errors.ts";
import type { BatchMemory, MemoryMatch } from "../contract/memory.ts";
import type { WorkBatch, WorkItem } from "../contract/work.ts";
import type { MemoryLookup } from "./memory-lookup.ts";
import { type TranslateBatchOptions, translateBatch } from "./translate-batch.ts";

const match = (source: string, target: string, given: Partial<MemoryMatch> = {}): MemoryMatch => ({
  ...{ unit: "7", source, target, sourceLocale: "en", targetLocale: "fr", origin: "approved", score: 0.9 },
  at: new Date(0),
  ...given,
});

function engineWith(given: Partial<Engine> = {}): Engine & { calls: EngineBatch[] } {
  const calls: EngineBatch[] = [];
  return {
    ...{ name: "first", version: "1", processor: "local", maxItemsPerCall: 100, maxBytesPerCall: 100_000 },
    ...{ detectsSource: true, takesContext: true, takesReferences: true },
    ...given,
    calls,
    async translate(batch) {
      calls.push(batch);
      return { results: new Map(batch.items.map(({ id, text }) => [id, { text: text.toUpperCase() }])) };
    },
  };
}

function batchOf(texts: readonly string[], memory: BatchMemory | undefined, given: Partial<WorkItem> = {}): WorkBatch {
  return {
    ...{ project: "default", sourceLocale: "en", targetLocale: "fr", memory },
    items: texts.map((text, at) => ({
      key: { contentNo: String(at), contextNo: 0, targetLocale: "fr", project: "default" },
      ...{ revision: 1, text, context: null, format: "auto", attempt: 1, previousFailure: undefined },
      ...given,
    })),
  };
}

const memoryOf = (similar: Record<string, MemoryMatch[]>, same: Record<string, MemoryMatch> = {}): BatchMemory => ({
  similar: async (texts) => texts.map((text) => similar[text] ?? []),
  same: async (texts) => texts.map((text) => same[text]),
});

const work = (batch: WorkBatch, options: Partial<TranslateBatchOptions> & Pick<TranslateBatchOptions, "engines">) =>
  translateBatch({ maxAttempts: 5, engineTimeoutMs: 1_000, ...options })(batch, new AbortController().signal);

describe("the references of a batch", () => {
  test("are at most three of a text, each once, and are noted with the texts that they were for", async () => {
    const engine = engineWith();
    const pairs = ["a", "b", "c", "d"].map((unit, at) => match(`Save it ${at}`, `Garder ${at}`, { unit }));
    const memory = memoryOf({ "Save it": pairs, "Save it!": pairs.slice(0, 1) });
    const { outcomes } = await work(batchOf(["Save it", "Save it!", "Other"], memory), { engines: [engine] });
    expect(engine.calls[0]?.references).toEqual(
      [0, 1, 2].map((at) => ({ source: `Save it ${at}`, target: `Garder ${at}` })),
    );
    expect(outcomes).toMatchObject([{ memoryUnits: ["a", "b", "c"] }, { memoryUnits: ["a"] }, { text: "OTHER" }]);
    expect(outcomes[2]).not.toHaveProperty("memoryUnits");
    expect(engine.calls[0]?.items.every((item) => !("references" in item))).toBe(true);
  });

  test("have the placeholders of the text, on both sides", async () => {
    const engine = engineWith();
    const memory = memoryOf({
      "Delete {name} now?": [
        match("Delete {title} now?", "Supprimer {title} ?"),
        match("Delete {name} now!", "Supprimer !"),
        match("Delete it now?", "Supprimer ?"),
        match("Delete {name} for ever?", "Supprimer {name} à jamais ?"),
      ],
    });
    await work(batchOf(["Delete {name} now?"], memory), { engines: [engine] });
    expect(engine.calls[0]?.references).toEqual([
      { source: "Delete {name} for ever?", target: "Supprimer {name} à jamais ?" },
    ]);
  });

  test("never go with masked texts, nor to an engine that does not read them", async () => {
    const pair = match("Delete {name} for ever?", "Supprimer {name} à jamais ?");
    const memory = memoryOf({ "Delete {name} now?": [pair], "Back now": [match("Back", "Retour")] });
    const [masking, blind] = [engineWith({ protects: "tags" }), engineWith({ takesReferences: false })];
    await work(batchOf(["Delete {name} now?"], memory), { engines: [masking] });
    expect(masking.calls[0]?.items[0]?.mask).toBe("tags");
    expect(masking.calls[0]).not.toHaveProperty("references");
    const { outcomes } = await work(batchOf(["Back now"], memory), { engines: [blind] });
    expect(blind.calls[0]).not.toHaveProperty("references");
    expect(outcomes[0]).not.toHaveProperty("memoryUnits");
  });

  test("are left out first where a call cannot hold them with the text", async () => {
    const engine = engineWith({ maxBytesPerCall: 60, takesHint: true });
    const memory = memoryOf({ "Save it": [match("Save it now or never", "x".repeat(60))] });
    await work(batchOf(["Save it"], memory, { hint: { note: "A button" } }), { engines: [engine] });
    expect(engine.calls[0]).not.toHaveProperty("references");
    expect(engine.calls[0]?.items[0]?.hint).toEqual({ note: "A button" });
  });

  test("count as bytes of the text that they go with", async () => {
    const engine = engineWith({ maxBytesPerCall: 200 });
    const memory = memoryOf({ One: [match("One two", "y".repeat(80))], Two: [match("Two one", "z".repeat(80))] });
    await work(batchOf(["One", "Two"], memory), { engines: [engine] });
    expect(engine.calls.map(({ items }) => items.length)).toEqual([1, 1]);
  });

  test("are done without where the look-up fails", async () => {
    const engine = engineWith();
    const lookups: MemoryLookup[] = [];
    const memory: BatchMemory = {
      similar: () => Promise.reject(new Error("down")),
      same: () => Promise.reject(new Error("down")),
    };
    const onMemory = (lookup: MemoryLookup) => lookups.push(lookup);
    const { outcomes } = await work(batchOf(["Save it"], memory), {
      engines: [engine],
      memoryReuse: "approved",
      onMemory,
    });
    expect(outcomes).toMatchObject([{ kind: "translated", text: "SAVE IT", engine: "first" }]);
    expect(lookups).toMatchObject([{ texts: 1, found: 0, reused: 0, error: { message: "down" } }]);
  });

  test("are withheld from the message of an engine that quotes them", async () => {
    const engine = engineWith();
    const quoting = {
      ...engine,
      async translate({ items }: EngineBatch) {
        const error = new EngineTransientError("Garder la chose");
        return { results: new Map(items.map(({ id }) => [id, { failure: { kind: "transient" as const, error } }])) };
      },
    };
    const memory = memoryOf({ "Save it": [match("Save it all", "Garder la chose")] });
    const { outcomes } = await work(batchOf(["Save it"], memory), { engines: [quoting] });
    expect(JSON.stringify(outcomes)).not.toContain("Garder");
  });
});

describe("reuse", () => {
  const same = { "Save it": match("Save it", "Garder", { unit: "9", score: 1 }) };

  test("is off unless it is asked for", async () => {
    const engine = engineWith();
    const { outcomes } = await work(batchOf(["Save it"], memoryOf({}, same)), { engines: [engine] });
    expect(outcomes).toMatchObject([{ engine: "first" }]);
  });

  test("gives a text its approved pair before any engine is asked, flagged and with its origin", async () => {
    const engine = engineWith();
    const memory = memoryOf({}, same);
    const asked = { engines: [engine], memoryReuse: "approved" as const };
    const { outcomes, calls } = await work(batchOf(["Save it", "Other"], memory), asked);
    expect(outcomes).toEqual([
      {
        ...{ kind: "translated", text: "Garder", engine: "memory", model: null, flags: ["reused"] },
        memoryUnits: ["9"],
      },
      expect.objectContaining({ engine: "first", text: "OTHER" }),
    ]);
    expect(calls).toHaveLength(1);
    expect(engine.calls[0]?.items.map(({ text }) => text)).toEqual(["Other"]);
    const alone = await work(batchOf(["Save it"], memory), asked);
    expect(alone).toMatchObject({ outcomes: [{ engine: "memory" }], calls: [] });
  });

  test("takes no imported pair, none that fails a check, and none for a plural form", async () => {
    const engine = engineWith();
    const pairs = {
      Imported: match("Imported", "Importé", { origin: "tmx" }),
      "Save {name}": match("Save {name}", "Garder"),
    };
    const asked = { engines: [engine], memoryReuse: "approved" as const };
    const { outcomes } = await work(batchOf(Object.keys(pairs), memoryOf({}, pairs)), asked);
    expect(outcomes).toMatchObject([{ engine: "first" }, { engine: "first" }]);
    const form = { context: { plural: { category: "one", example: 1, of: "" } } };
    const [plural] = (await work(batchOf(["Save it"], memoryOf({}, same), form), asked)).outcomes;
    expect(plural).toMatchObject({ engine: "first" });
    // A reviewer has rejected a text: another one is wanted.
    const [rejected] = (await work(batchOf(["Save it"], memoryOf({}, same), { reviewNote: "No" }), asked)).outcomes;
    expect(rejected).toMatchObject({ engine: "first" });
  });
});
