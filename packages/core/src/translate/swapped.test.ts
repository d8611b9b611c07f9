import { cpuMs } from "@trans-hub/test-support/load";
import { expect, test } from "vitest";
import type { Engine, EngineBatch, EngineReply } from "../contract/engine.ts";
import { EngineMalformedError, EngineRateLimitedError } from "../contract/errors.ts";
import type { WorkBatch, WorkOutcome } from "../contract/work.ts";
import { suspectedOfSwap } from "./swapped.ts";
import { translateBatch } from "./translate-batch.ts";

const FRENCH: Readonly<Record<string, string>> = {
  "Add to cart": "Ajouter au panier",
  "Your order has been shipped and will arrive in two or three working days.":
    "Votre commande a été expédiée et arrivera dans deux ou trois jours ouvrables.",
  "Forgot your password?": "Mot de passe oublié ?",
  Cancel: "Annuler",
  "Sign in with GitHub": "Se connecter avec GitHub",
  "Sign in with Google": "Se connecter avec Google",
  "The file is larger than 25 MB": "Le fichier dépasse 25 Mo",
  "Delete this project and all of its files? This cannot be undone.":
    "Supprimer ce projet et tous ses fichiers ? Cette action est irréversible.",
  Settings: "Paramètres",
  "Welcome back!": "Content de vous revoir !",
  "Available from 9 to 17:30": "Disponible de 9 à 17 h 30",
  "Show more": "Afficher plus",
  "We could not reach the server.\nTry again in a few minutes.":
    "Impossible de joindre le serveur.\nRéessayez dans quelques minutes.",
  "Language:": "Langue :",
  "Export as PDF": "Exporter en PDF",
  "Export as CSV": "Exporter en CSV",
};
const TEXTS = Object.keys(FRENCH);
const right = (text: string) => FRENCH[text] ?? "";

/** An engine that mixes up the answers of a call of several texts. */
function mixing(mix: (translations: string[]) => string[]): Engine & { calls: EngineBatch[] } {
  const calls: EngineBatch[] = [];
  return {
    name: "mixing",
    version: "1",
    processor: "local",
    maxItemsPerCall: 100,
    maxBytesPerCall: 100_000,
    detectsSource: true,
    takesContext: true,
    calls,
    async translate(batch): Promise<EngineReply> {
      calls.push(batch);
      const translations = batch.items.map(({ text }) => right(text));
      const given = batch.items.length > 1 ? mix(translations) : translations;
      return { results: new Map(batch.items.map(({ id }, at) => [id, { text: given[at] ?? "" }])) };
    },
  };
}

const batch: WorkBatch = {
  project: "default",
  sourceLocale: "en",
  targetLocale: "fr",
  items: TEXTS.map((text, at) => ({
    key: { contentNo: String(at), contextNo: 0, targetLocale: "fr", project: "default" },
    revision: 1,
    text,
    context: null,
    format: "auto",
    attempt: 1,
    previousFailure: undefined,
  })),
};

async function run(engine: Engine, signal = new AbortController().signal) {
  const translate = translateBatch({ engines: [engine], maxAttempts: 5, engineTimeoutMs: 60_000 });
  return (await translate(batch, signal)).outcomes;
}

const textsOf = (calls: readonly EngineBatch[]) => calls.map(({ items }) => items.map(({ text }) => text));

function exchanged(one: number, other: number) {
  return (given: string[]) =>
    given.map((text, at) => (at === one ? given[other] : at === other ? given[one] : text) as string);
}

test("right answers are asked for once", async () => {
  const engine = mixing((given) => given);
  const outcomes = await run(engine);
  expect(outcomes).toMatchObject(TEXTS.map((text) => ({ kind: "translated", text: right(text) })));
  expect(engine.calls).toHaveLength(1);
});

test.each([
  ["by length", 0, 1],
  ["by a name", 4, 5],
  ["by a number", 6, 8],
  ["by a last character and length", 2, 3],
])(
  "two answers that were exchanged are found %s, and only these texts are asked for again, alone",
  async (_, one, other) => {
    const engine = mixing(exchanged(one, other));
    const outcomes = await run(engine);
    expect(outcomes).toMatchObject(TEXTS.map((text) => ({ kind: "translated", text: right(text) })));
    expect(textsOf(engine.calls.slice(1)).flat().toSorted()).toEqual([TEXTS[one], TEXTS[other]].toSorted());
    expect(engine.calls.slice(1).every(({ items }) => items.length === 1)).toBe(true);
  },
);

test("a suspected text whose second question fails loses no attempt, at the last one either, and counts when asked alone", async () => {
  const engine = mixing(exchanged(0, 1));
  const { translate: good } = engine;
  const failing: Engine = {
    ...engine,
    translate: async (given, signal) => {
      const reply = await good(given, signal);
      if (given.items.length > 1) return reply;
      const failure = { kind: "malformed", error: new EngineMalformedError("{") } as const;
      return { results: new Map(given.items.map(({ id }) => [id, { failure }])) };
    },
  };
  const translate = translateBatch({ engines: [failing], maxAttempts: 1, engineTimeoutMs: 60_000 });
  const outcomes = async () => (await translate(batch, new AbortController().signal)).outcomes.map(({ kind }) => kind);
  expect((await outcomes()).slice(0, 3)).toEqual(["released", "released", "translated"]);
  expect((await outcomes()).slice(0, 2)).toEqual(["failed", "failed"]);
});

test.each<[string, (given: string[]) => string[]]>([
  ["rotated", (given) => [...given.slice(1), given[0] as string]],
  ["reversed", (given) => given.toReversed()],
  ["shifted by one, so that the first comes twice", (given) => [given[0] as string, ...given.slice(0, -1)]],
])("answers that were all %s are asked for again, and each text gets its own", async (_, mix) => {
  const engine = mixing(mix);
  const outcomes = await run(engine);
  expect(outcomes).toMatchObject(TEXTS.map((text) => ({ kind: "translated", text: right(text) })));
  expect(engine.calls.length).toBeLessThanOrEqual(1 + TEXTS.length);
});

test("a suspected text that is not asked for again because of a stop is released, and its neighbours are stored", async () => {
  const stop = new AbortController();
  const engine = mixing((given) => {
    stop.abort(new Error("stop"));
    return exchanged(0, 1)(given);
  });
  const answering: Engine = {
    ...engine,
    // An engine whose answer is there already when the stop comes.
    translate: (asked) => engine.translate(asked, new AbortController().signal),
  };
  const outcomes = await run(answering, stop.signal);
  expect(outcomes).toMatchObject(
    TEXTS.map((text, at) => (at < 2 ? { kind: "released" } : { kind: "translated", text: right(text) })),
  );
});

test("an engine that takes one call at a time before its limit is not paid for the same suspects again and again", async () => {
  const exchanging = mixing((given) => [...given.slice(0, -2), ...given.slice(-2).toReversed()]);
  let left = 0;
  const limited: Engine = {
    ...exchanging,
    async translate(asked, signal) {
      if (left > 0) {
        left -= 1;
        return exchanging.translate(asked, signal);
      }
      const failure = { kind: "rate_limited", error: new EngineRateLimitedError("429"), retryAfterMs: 1 } as const;
      return { results: new Map(asked.items.map(({ id }) => [id, { failure }])) };
    },
  };
  const translate = translateBatch({ engines: [limited], maxAttempts: 5, engineTimeoutMs: 60_000 });
  let open = batch.items;
  const found = new Map<string, WorkOutcome>();
  for (let round = 0; round < 3 && open.length > 0; round += 1) {
    left = 1;
    const { outcomes } = await translate({ ...batch, items: open }, new AbortController().signal);
    for (const [at, { text }] of open.entries()) found.set(text, outcomes[at] as WorkOutcome);
    open = open.filter(({ text }) => found.get(text)?.kind !== "translated");
  }
  expect(open).toEqual([]);
  for (const [text, outcome] of found) expect(outcome).toMatchObject({ kind: "translated", text: right(text) });
  expect(exchanging.calls.map(({ items }) => items.length)).toEqual([TEXTS.length, 1, 1]);
});

test("equal translations of different texts, and different translations of equal texts, are not suspected", () => {
  const same = [
    { source: "OK", translation: "Einverstanden, weiter geht es" },
    { source: "This is a long sentence about a page", translation: "Einverstanden, weiter geht es" },
    { source: "OK", translation: "Ja" },
  ];
  expect(suspectedOfSwap(same)).toEqual(new Set());
  expect(suspectedOfSwap([])).toEqual(new Set());
});

test("a thousand texts of many marks are compared at once", async () => {
  const texts = Array.from({ length: 1_000 }, (_, at) => {
    const text = Array.from({ length: 200 }, (_, word) => `name${at}x${word % 50} ${word}`).join(" ");
    return { source: text, translation: text };
  });
  const ms = await cpuMs(() => {
    expect(suspectedOfSwap(texts).size).toBe(0);
  });
  expect(ms).toBeLessThan(3_000);
});
