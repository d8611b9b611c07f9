/** The terms and the style of a project on their way to an engine, and the checks of its answers. */

import { scriptedEngine } from "@trans-hub/engines/testing";
import { expect, test } from "vitest";
import type { EngineItem } from "../contract/engine.ts";
import type { Glossary, GlossaryTerm } from "../contract/glossary.ts";
import type { WorkBatch, WorkItem } from "../contract/work.ts";
import { translateBatch } from "./translate-batch.ts";

const at = new Date(0);
const term = (name: string, more: Partial<GlossaryTerm> = {}): GlossaryTerm => ({
  ...{ term: name, sourceLocale: "en", kind: "translate", case: "any", note: null, forms: [], targets: {} },
  ...{ revision: 1, by: null, at, ...more },
});
const BOARD = term("board", { targets: { de: { as: "Brett", forms: [] } } });
const KEEP = term("Trans-Hub", { kind: "keep" });
const FORBID = term("board", { kind: "forbid", targets: { de: { as: "Tafel", forms: [] } } });

function glossaryOf(terms: GlossaryTerm[], styles: Glossary["styles"] = []): Glossary {
  return { project: "shop", revision: 1, terms, styles };
}

function batchOf(glossary: Glossary | undefined, texts: string[], more: Partial<WorkItem> = {}): WorkBatch {
  const items = texts.map((text, place): WorkItem => {
    const key = { contentNo: `${place + 1}`, targetLocale: "de-AT", contextNo: 0, project: "shop" };
    return { key, revision: 1, text, context: null, format: "auto", attempt: 1, previousFailure: undefined, ...more };
  });
  return { project: "shop", sourceLocale: "en", targetLocale: "de-AT", items, ...(glossary && { glossary }) };
}

async function run(batch: WorkBatch, script: Parameters<typeof scriptedEngine>[0]) {
  const engine = scriptedEngine(script);
  const options = { engines: [engine], instructions: "Be brief.", maxAttempts: 5, engineTimeoutMs: 10_000 };
  const { outcomes } = await translateBatch(options)(batch, new AbortController().signal);
  return {
    engine,
    outcomes,
    stored: outcomes.map((each) => (each.kind === "translated" ? [each.text, each.flags] : each.kind)),
  };
}

test("a small glossary goes whole and sorted with each call, and only to an engine that takes terms", async () => {
  const glossary = glossaryOf([BOARD, FORBID, KEEP]);
  const told = await run(batchOf(glossary, ["Save"]), { takesTerms: true, item: () => "Sichern" });
  expect(told.engine.calls[0]?.batch.terms).toEqual([
    { term: "Trans-Hub", as: "Trans-Hub", kind: "keep" },
    { term: "board", as: "Brett", kind: "translate" },
    { term: "board", as: "Tafel", kind: "forbid" },
  ]);
  const untold = await run(batchOf(glossary, ["Save"]), { item: () => "Sichern" });
  expect(untold.engine.calls[0]?.batch).not.toHaveProperty("terms");
  const none = await run(batchOf(undefined, ["Save"]), { takesTerms: true, item: () => "Sichern" });
  expect(none.engine.calls[0]?.batch).not.toHaveProperty("terms");
});

test("of a large glossary only the terms go along that occur in the call", async () => {
  const many = Array.from({ length: 41 }, (_, place) =>
    term(`word${place}`, { targets: { de: { as: `Wort${place}`, forms: [] } } }),
  );
  const { engine } = await run(batchOf(glossaryOf(many), ["See word7", "and word3"]), {
    takesTerms: true,
    item: ({ text }) => text.replace("word", "Wort"),
  });
  expect(engine.calls[0]?.batch.terms?.map(({ term: name }) => name)).toEqual(["word3", "word7"]);
});

test("a style adds instructions behind those of the settings, and a form of address", async () => {
  const base = { instructions: null, formality: null, also: null, revision: 1, by: null, at };
  const styles = [
    { ...base, targetLocale: null, instructions: "No slang.", formality: "more" as const },
    { ...base, targetLocale: "de", instructions: "Say Sie." },
  ];
  const { engine } = await run(batchOf(glossaryOf([], styles), ["Save"]), {
    takesInstructions: true,
    item: () => "Sichern",
  });
  expect(engine.calls[0]?.batch).toMatchObject({ instructions: "Be brief.\nNo slang.\nSay Sie.", formality: "more" });
});

test("the text in a second language goes to an engine that takes references", async () => {
  const batch = batchOf(undefined, ["Save"], { also: { locale: "fr", text: "Sauver" } });
  const { engine } = await run(batch, { takesReferences: true, item: () => "Sichern" });
  expect(engine.calls[0]?.batch.items[0]?.also).toEqual({ locale: "fr", text: "Sauver" });
});

test.each([
  ["keep", KEEP, "Open Trans-Hub now", "Öffne den Knoten", "Öffne Trans-Hub", '"Trans-Hub" must stand in it unchanged'],
  ["forbid", FORBID, "Open the board now", "Öffne die Tafel", "Öffne das Brett", '"Tafel" must not be used'],
])("a broken `%s` is asked for once more, with the reason", async (_, entry, source, bad, good, reason) => {
  const asked: EngineItem[] = [];
  const { engine, stored } = await run(batchOf(glossaryOf([entry]), [source]), {
    takesTerms: true,
    item: (item) => [bad, good][asked.push(item) - 1],
  });
  expect(engine.calls).toHaveLength(2);
  expect(asked[1]?.previousFailure).toContain(reason);
  expect(stored).toEqual([[good, []]]);
  const again = await run(batchOf(glossaryOf([entry]), [source]), { takesTerms: true, item: () => bad });
  expect(again.engine.calls).toHaveLength(2);
  expect(again.stored).toEqual([[bad, ["glossary"]]]);
});

test("a missing translation of a term is stored with a flag, and asked for once", async () => {
  const { engine, stored } = await run(batchOf(glossaryOf([BOARD]), ["Open the board", "Two boards"]), {
    takesTerms: true,
    item: ({ text }) => (text.startsWith("Open") ? "Öffne das Feld" : "Zwei Bretter"),
  });
  expect(engine.calls).toHaveLength(1);
  expect(stored).toEqual([
    ["Öffne das Feld", ["glossary"]],
    ["Zwei Bretter", []],
  ]);
});

test.each(["tags", "words", "none"] as const)(
  "an engine that keeps %s and takes no terms gets terms to keep masked",
  async (protects) => {
    const { engine, stored } = await run(batchOf(glossaryOf([KEEP]), ["Open Trans-Hub now"]), {
      protects,
      item: ({ text }) => text.replace("Open", "Öffne").replace("now", "jetzt"),
    });
    expect(engine.calls.flatMap(({ batch }) => batch.items.map(({ text }) => text)).join(" ")).not.toContain(
      "Trans-Hub",
    );
    expect(stored).toEqual([["Öffne Trans-Hub jetzt", protects === "none" ? ["split"] : []]]);
  },
);

test("an instructed engine that takes no terms is told which words to keep", async () => {
  const { engine, stored } = await run(batchOf(glossaryOf([KEEP]), ["Open Trans-Hub now"]), {
    item: () => "Öffne Trans-Hub",
  });
  expect(engine.calls[0]?.batch.items[0]?.keep).toEqual(["Trans-Hub"]);
  expect(stored).toEqual([["Öffne Trans-Hub", []]]);
});
