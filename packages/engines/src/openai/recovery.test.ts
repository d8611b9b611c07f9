/** Answers that hold some of their texts: what they hold is kept, and the rest is asked for again. */
import { translateBatch, type WorkBatch, type WorkItem } from "@trans-hub/core/store";
import type { Fault } from "@trans-hub/test-support/openai-faults";
import { startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { expect, onTestFinished, test } from "vitest";
import { openai } from "./openai.ts";

const TEXTS = [
  "Add to cart",
  "Delete the account of {name}?",
  "Your order was shipped on {date}.",
  "Sign in",
  "The password is too short.",
  "{count} results for “{query}”",
];

/** The texts as a store hands them out at an attempt. */
function batchOf(texts: readonly string[], attempt: number): WorkBatch {
  const items = texts.map((text) => {
    const key = { contentNo: `${TEXTS.indexOf(text) + 1}`, targetLocale: "fr", contextNo: 0, project: "shop" };
    return { key, revision: attempt, text, context: null, format: "auto", attempt, previousFailure: undefined };
  });
  return { project: "shop", sourceLocale: "en", targetLocale: "fr", items: items as unknown as WorkItem[] };
}

// Where a text is missing, two others are asked for alone as well: their answers could be those of that text.
test.each<[string, Fault, kept: number]>([
  ["was cut by a limit of its length", { kind: "truncate" }, 5],
  ["left a text out", { kind: "drop", match: "account" }, 3],
  ["held a text twice", { kind: "duplicate", match: "order" }, 3],
  ["held an item without a text", { kind: "no_text", match: "password" }, 3],
  ["lost a placeholder", { kind: "lose_placeholders", match: "results" }, 5],
  ["is no JSON", { kind: "not_json" }, 0],
  ["is an error within a success", { kind: "error_in_200", code: 502 }, 0],
  ["is filtered", { kind: "content_filter" }, 0],
])(
  "an answer that %s: what it held is kept, and each of the others comes right within two questions",
  async (_, fault, kept) => {
    const server = await startOpenaiServer({ rules: [{ fault, times: 1 }] });
    onTestFinished(server.close);
    const engines = [openai({ baseURL: server.url })];
    const translate = translateBatch({ engines, maxAttempts: 5, engineTimeoutMs: 10_000 });

    const stored = new Map<string, string>();
    let left: readonly string[] = TEXTS;
    for (let attempt = 1; left.length > 0 && attempt <= 3; attempt += 1) {
      const { outcomes } = await translate(batchOf(left, attempt), new AbortController().signal);
      for (const [at, outcome] of outcomes.entries()) {
        if (outcome.kind === "translated") stored.set(left[at] ?? "", outcome.text);
      }
      left = left.filter((text) => !stored.has(text));
    }

    expect(Object.fromEntries(stored)).toEqual(Object.fromEntries(TEXTS.map((text) => [text, `[fr] ${text}`])));
    const timesAsked = TEXTS.map((text) => server.ledger.filter((entry) => entry.text === text).length);
    expect(timesAsked.filter((times) => times === 1)).toHaveLength(kept);
    expect(Math.max(...timesAsked)).toBe(2);
  },
);
