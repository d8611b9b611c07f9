/** A team's instructions on their way to the language models. */
import { type Engine, TEXT_FORMATS } from "@trans-hub/core/engine";
import { type TranslateBatchOptions, translateBatch, type WorkBatch } from "@trans-hub/core/store";
import { startAnthropicServer } from "@trans-hub/test-support/anthropic-server";
import { startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { expect, onTestFinished, test } from "vitest";
import { anthropic } from "../anthropic/anthropic.ts";
import { engineFailure } from "../failure.ts";
import { openai } from "../openai/openai.ts";
import { scriptedEngine } from "../testing/index.ts";

const [format] = TEXT_FORMATS;
const instructions: TranslateBatchOptions["instructions"] = {
  all: 'Be brief, and say "please".',
  locales: { de: "Say Sie." },
  projects: { legal: { locales: { de: "Be exact." } } },
};

function batchOf(project: string, targetLocale: string, texts: readonly string[]): WorkBatch {
  const items = texts.map((text, at) => {
    const key = { contentNo: `${at + 1}`, targetLocale, contextNo: 0, project };
    return { key, revision: 1, text, context: null, format, attempt: 1, previousFailure: undefined };
  });
  return { project, sourceLocale: "en", targetLocale, items: items as unknown as WorkBatch["items"] };
}

async function ask(engine: Engine, ...batches: WorkBatch[]) {
  const translate = translateBatch({ engines: [engine], instructions, maxAttempts: 5, engineTimeoutMs: 10_000 });
  for (const batch of batches) {
    const { outcomes } = await translate(batch, new AbortController().signal);
    expect(outcomes.every(({ kind }) => kind === "translated")).toBe(true);
  }
}

const BATCHES = [
  batchOf("shop", "fr", ["Save"]),
  batchOf("shop", "fr", ["Open the file", "Close"]),
  batchOf("shop", "de-AT", ["Save"]),
  batchOf("legal", "de-AT", ["Save"]),
];
const BRIEF = 'Be brief, and say "please".';
const SENT = [BRIEF, BRIEF, `${BRIEF}\nSay Sie.`, `${BRIEF}\nSay Sie.\nBe exact.`];

interface Asked {
  /** All that stands before the user message. */
  system: string;
  user: string;
}

async function askedOfOpenai(): Promise<Asked[]> {
  const server = await startOpenaiServer();
  onTestFinished(server.close);
  await ask(openai({ baseURL: server.url }), ...BATCHES);
  return server.calls.map(({ body }) => {
    const messages = body.messages as { content: string }[];
    return { system: JSON.stringify(messages.slice(0, -1)), user: messages.at(-1)?.content ?? "" };
  });
}

async function askedOfAnthropic(): Promise<Asked[]> {
  const server = await startAnthropicServer();
  onTestFinished(server.close);
  await ask(anthropic({ baseURL: server.url }), ...BATCHES);
  return server.calls.map(({ body }) => {
    const { system, messages } = body as { system?: unknown; messages?: { content: string }[] };
    return { system: JSON.stringify(system), user: messages?.at(-1)?.content ?? "" };
  });
}

test.each([
  ["openai", askedOfOpenai],
  ["anthropic", askedOfAnthropic],
])("%s gets those of the project and the locale, behind a prefix of the same bytes", async (_, askedOf) => {
  const asked = await askedOf();
  expect(asked.map(({ user }) => JSON.parse(user).instructions)).toEqual(SENT);
  expect(new Set(asked.map(({ system }) => system)).size).toBe(1);
  expect(asked[0]?.system).not.toContain("please");
  // Calls of one project and locale also share what stands before their items.
  const before = asked.map(({ user }) => user.slice(0, user.indexOf('"items"')));
  expect(before[0]).toBe(before[1]);
  expect(before[0]).not.toBe(before[2]);
});

test("an engine's error that quotes them is kept without its words", async () => {
  const engine = scriptedEngine({
    takesInstructions: true,
    item: (_, { batch }) => ({ failure: engineFailure("refused", `I was told: ${batch.instructions}`) }),
  });
  const translate = translateBatch({ engines: [engine], instructions, maxAttempts: 1, engineTimeoutMs: 10_000 });
  const [german, french] = [batchOf("legal", "de", ["Save"]), batchOf("legal", "fr", ["Save"])];
  for (const batch of [german, french]) {
    const { outcomes } = await translate(batch, new AbortController().signal);
    expect(outcomes).toMatchObject([{ kind: "failed" }]);
    expect(JSON.stringify(outcomes)).not.toMatch(/Be brief|Say Sie|Be exact/);
  }
  expect(engine.calls[0]?.batch.instructions).toBe(SENT[3]);
});

test("an engine that follows none gets none", async () => {
  const engine = scriptedEngine();
  await ask(engine, ...BATCHES);
  expect(engine.calls).toHaveLength(4);
  for (const { batch } of engine.calls) expect(batch).not.toHaveProperty("instructions");
});
