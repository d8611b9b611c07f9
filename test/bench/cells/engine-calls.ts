/** The number of engine calls and tokens for a thousand short strings, many of them with contexts. */
import { Coordinator } from "@trans-hub/core";
import { openai } from "@trans-hub/engines";
import { type OpenaiServer, startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { makeRandom, WORDS } from "@trans-hub/test-support/strings";
import { FRESH, type Stage } from "../stage.ts";
import type { Family } from "./cell.ts";

const COUNT = 1_000;

export const engineCalls: Family = {
  name: "calls",
  what: `engine calls and prompt tokens for ${COUNT} short strings with mixed contexts`,
  isQuick: true,
  async measure(stage) {
    const ours = await ask(stage, 50);
    const single = await ask(stage, 1);
    stage.progress(
      `  ours ${ours.calls} calls, ${ours.tokens} tokens; one a string ${single.calls} calls, ${single.tokens} tokens`,
    );
    const common = {
      family: "calls",
      better: "less",
      phase: FRESH,
      note: "counted by the server on receipt, four characters a token",
    } as const;
    const cell = `for ${COUNT.toLocaleString("en")} short strings with mixed contexts to one locale`;
    stage.record(
      {
        ...common,
        cell: `engine calls ${cell}`,
        against: "one call a string",
        unit: "calls",
        ours: [ours.calls],
        theirs: [single.calls],
        reach: 20,
        bound: "ours",
      },
      {
        ...common,
        cell: `prompt tokens ${cell}`,
        against: "one call a string, the same instructions",
        unit: "tokens",
        ours: [ours.tokens],
        theirs: [single.tokens],
        reach: 0.35,
      },
      {
        ...common,
        cell: `prompt tokens ${cell}`,
        against: "one call a string, the shortest of instructions",
        unit: "tokens",
        ours: [ours.tokens],
        theirs: [shortestTokens()],
      },
    );
  },
};

async function ask(stage: Stage, batchSize: number): Promise<{ calls: number; tokens: number }> {
  const server = await startOpenaiServer();
  const engine = openai({ baseURL: server.url, apiKey: "bench", model: "test-model" });
  try {
    return await stage.database(async ({ url }) => {
      const hub = await Coordinator.connect({ databaseUrl: url, sourceLocale: "en", engines: [engine], batchSize });
      await hub.request(strings(), { targetLocales: ["fr"] });
      let translated = 0;
      for await (const { status } of hub.processPendingTranslations("fr")) if (status === "translated") translated += 1;
      await hub.close();
      if (translated !== COUNT) throw new Error(`${translated} of ${COUNT} were translated`);
      return { calls: server.calls.length, tokens: promptTokens(server) };
    });
  } finally {
    await engine.close?.();
    await server.close();
  }
}

/** Two to four words; one string in five has a note, which few others share. */
function strings() {
  const random = makeRandom(5);
  const word = () => WORDS[Math.floor(random() * WORDS.length)] as string;
  return Array.from({ length: COUNT }, (_, at) => ({
    text: `${word()} ${word()} ${at}`,
    ...(at % 5 === 0 && { context: { note: `on the ${word()} ${word()} page` } }),
  }));
}

function promptTokens(server: OpenaiServer): number {
  return server.calls.reduce((sum, { body }) => sum + tokensOf(body.messages), 0);
}

function tokensOf(messages: unknown): number {
  return Math.ceil(JSON.stringify(messages).length / 4);
}

/**
 * Tokens of a program that sends each string with a line of instruction, and with its note: no rule about markup, no
 * example.
 */
function shortestTokens(): number {
  return strings().reduce(
    (sum, { text, context }) =>
      sum +
      tokensOf([
        { role: "system", content: "You are a professional translator." },
        {
          role: "user",
          content: `Translate the following text from en to fr. Return only the translation.${context ? ` Context: ${context.note}.` : ""}\n\n"${text}"`,
        },
      ]),
    0,
  );
}
