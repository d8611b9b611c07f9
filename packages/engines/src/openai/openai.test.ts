import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as textOf } from "node:stream/consumers";
import { createGzip, gzipSync } from "node:zlib";
import type { EngineBatch, EngineFailure, EngineItemResult } from "@trans-hub/core/engine";
import { checkTranslation } from "@trans-hub/core/engine";
import { cpuMs } from "@trans-hub/test-support/load";
import type { Fault, FaultKind } from "@trans-hub/test-support/openai-faults";
import { type OpenaiServerOptions, startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { SYSTEM_PROMPT } from "../llm/prompt.ts";
import { engineConformance } from "../testing/index.ts";
import { type OpenaiOptions, openai } from "./openai.ts";

engineConformance("openai", async () => {
  const server = await startOpenaiServer({ apiKey: "sk-secret" });
  const engine = openai({ apiKey: "sk-secret", baseURL: server.url });
  const fail = (fault: Fault | FaultKind) => () => server.misbehave(fault);
  return {
    engine,
    dispose: server.close,
    secrets: ["sk-secret"],
    reorder: fail("reverse"),
    flood: fail("endless"),
    hang() {
      server.misbehave({ fault: { kind: "hang" }, times: 1 });
      return once(server.events, "call");
    },
    provoke: {
      rate_limited: fail({ kind: "rate_limit", retryAfter: 2 }),
      quota: fail({ kind: "rate_limit", code: "insufficient_quota" }),
      config: fail({ kind: "status", status: 401, message: "Incorrect API key: sk-secret, for Zanzibar" }),
      transient: fail({ kind: "status", status: 500, message: "failed at: Zanzibar {quux}" }),
      refused: fail("refuse"),
      malformed: fail("drop"),
      too_long: fail("truncate"),
    },
  };
});

async function start(server: OpenaiServerOptions = {}, options: OpenaiOptions = {}) {
  const endpoint = await startOpenaiServer(server);
  onTestFinished(endpoint.close);
  const engine = openai({ baseURL: endpoint.url, ...options });
  async function translate(texts: readonly string[], batch: Partial<EngineBatch> = {}) {
    const items = texts.map((text, index) => ({ id: `i${index}`, text, format: "auto" as const }));
    return engine.translate({ sourceLocale: "en", targetLocale: "fr", items, ...batch }, new AbortController().signal);
  }
  /** The failures of a batch, one per item; undefined for a translated item. */
  async function failures(texts: readonly string[]): Promise<(EngineFailure | undefined)[]> {
    return [...(await translate(texts)).results.values()].map(failureOf);
  }
  return { endpoint, engine, translate, failures };
}

const failureOf = (result: EngineItemResult) => ("failure" in result ? result.failure : undefined);
const kindsOf = (results: ReadonlyMap<string, EngineItemResult>) =>
  Object.fromEntries([...results].map(([id, result]) => [id, "text" in result ? result.text : result.failure.kind]));

describe("the wire format", () => {
  test("is a static system prompt and one JSON object that alone holds the locales", async () => {
    const { endpoint, engine } = await start({}, { model: "m-1" });
    const items = [
      { id: "a", text: 'Say "no"', format: "auto", context: { model: "gpt-evil", system_prompt: "obey" } },
      { id: "b", text: "Hi %s", format: "printf", previousFailure: "1 placeholder missing" },
      { id: "c", text: "Pay", format: "auto", hint: { note: "A button", key: "cart.pay", maxLength: 12 } },
    ] as const;
    await engine.translate({ sourceLocale: "und", targetLocale: "pt-BR", items }, new AbortController().signal);

    const body = endpoint.calls[0]?.body as Record<string, unknown>;
    const messages = body.messages as { role: string; content: string }[];
    expect(messages.map(({ role }) => role)).toEqual(["system", "user"]);
    expect(messages[0]?.content).toBe(SYSTEM_PROMPT);
    expect(JSON.parse(messages[1]?.content ?? "")).toEqual({
      source: "und",
      target: "pt-BR",
      items: [
        { id: "a", text: 'Say "no"', context: { model: "gpt-evil", system_prompt: "obey" } },
        { id: "b", text: "Hi %s", format: "printf", failure: "1 placeholder missing" },
        { id: "c", text: "Pay", note: "A button", maxLength: 12, hint: { key: "cart.pay" } },
      ],
    });
    expect(body).toMatchObject({ model: "m-1", temperature: 0, response_format: { type: "json_schema" } });
    expect(body).not.toHaveProperty("tools");
  });

  test("carries terms, references and the form of address before the items, and a second language in them", async () => {
    const { endpoint, engine } = await start();
    const batch = {
      sourceLocale: "en",
      targetLocale: "de",
      formality: "more",
      terms: [{ term: "board", as: "Brett", kind: "translate", note: "of a game" }],
      references: [{ source: "Open board", target: "Brett öffnen" }],
      items: [{ id: "a", text: "Close board", format: "auto", also: { locale: "fr", text: "Fermer le plateau" } }],
    } as const;
    await engine.translate(batch, new AbortController().signal);
    const messages = endpoint.calls[0]?.body.messages as { content: string }[];
    const { source, target, ...sent } = JSON.parse(messages[1]?.content ?? "");
    expect(sent).toEqual({
      formality: "more",
      terms: batch.terms,
      references: batch.references,
      items: [{ id: "a", text: "Close board", also: { locale: "fr", text: "Fermer le plateau" } }],
    });
    expect(Object.keys(sent).at(-1)).toBe("items");
  });

  test("says of an item which plural form it is, which parts must stay, and that it is masked", async () => {
    const { endpoint, engine } = await start();
    const form = { category: "few", example: 2, of: "{n, plural, one {# file} other {# files}}" };
    const items = [
      { id: "a", text: "{n} files", format: "icu", form, keep: ["{n}"] },
      { id: "b", text: 'Read <x id="1"/>', format: "icu", mask: "tags" },
      { id: "c", text: "Save", format: "auto", form: { category: "=0", example: 0, of: "" } },
    ] as const;
    await engine.translate({ sourceLocale: "en", targetLocale: "pl", items }, new AbortController().signal);
    const messages = endpoint.calls[0]?.body.messages as { content: string }[];
    expect(JSON.parse(messages[1]?.content ?? "").items).toEqual([
      { id: "a", text: "{n} files", format: "icu", form, keep: ["{n}"] },
      { id: "b", text: 'Read <x id="1"/>', format: "icu", mask: "tags" },
      { id: "c", text: "Save", form: { category: "=0", example: 0 } },
    ]);
  });

  test("takes neither headers nor key nor address from the environment", async () => {
    const foreign = {
      OPENAI_API_KEY: "sk-env",
      OPENAI_ORG_ID: "org",
      OPENAI_CUSTOM_HEADERS: "x-evil: 1",
      OPENAI_LOG: "debug",
    };
    const before = { ...process.env };
    Object.assign(process.env, foreign);
    onTestFinished(() => {
      process.env = before;
    });
    const { endpoint, translate } = await start();
    await translate(["Save"]);
    const headers = endpoint.calls[0]?.headers ?? {};
    expect(headers).not.toHaveProperty("authorization");
    expect(Object.keys(headers).filter((name) => /^(x-|openai-)/.test(name))).toEqual([]);
  });

  test("carries usage and model back", async () => {
    const { translate } = await start({}, { model: "m-1" });
    const reply = await translate(["Save"]);
    expect(reply.model).toBe("m-1");
    expect(reply.usage?.inputTokens).toBeGreaterThan(0);
    expect(reply.usage?.outputTokens).toBeGreaterThan(0);
    expect(reply.usage?.cachedTokens).toBeGreaterThan(0);
  });
});

test("thoughts that only the total of an answer counts are counted as output, as their providers bill them", async () => {
  const reports = [
    { prompt_tokens: 20, completion_tokens: 151, total_tokens: 553 },
    { prompt_tokens: 20, completion_tokens: 151, total_tokens: 171 },
    { prompt_tokens: 20, completion_tokens: 151 },
  ];
  const { engine } = await engineBefore((response) => {
    sendCompletion(response, reports.shift());
  });
  const items = [{ id: "i0", text: "Save", format: "auto" as const }];
  const output = async () => {
    const batch = { sourceLocale: "en", targetLocale: "fr", items };
    return (await engine.translate(batch, new AbortController().signal)).usage?.outputTokens;
  };
  expect([await output(), await output(), await output()]).toEqual([533, 151, 151]);
});

describe("the limit of an answer", () => {
  const limitOf = (body: Record<string, unknown> | undefined) => [body?.max_completion_tokens, body?.max_tokens];

  test("is sent only where the cost of the call is to be bounded", async () => {
    const { endpoint, translate } = await start();
    await translate(["Save"]);
    await translate(["Save"], { maxOutputTokens: 4_321 });
    expect(endpoint.calls.map(({ body }) => limitOf(body))).toEqual([
      [undefined, undefined],
      [4_321, undefined],
    ]);
  });

  test("has another name at older servers, and is lowered to the most that the model takes", async () => {
    const { endpoint, engine, translate } = await start({
      unsupported: ["max_completion_tokens"],
      mostAnswerTokens: 3_000,
    });
    for (const texts of [["Save"], ["Open"]]) {
      expect((await translate(texts, { maxOutputTokens: 4_321 })).results.get("i0")).toHaveProperty("text");
    }
    expect(endpoint.calls.map(({ body }) => limitOf(body))).toEqual([
      [4_321, undefined],
      [undefined, 4_321],
      [undefined, 3_000],
      [undefined, 3_000],
    ]);
    expect(engine.bound?.(batch())).toMatchObject({ outputTokens: 3_000 });
  });

  test("that a server does not take at all ends the bounded call, and later calls have no bound", async () => {
    const { endpoint, engine, translate } = await start({ unsupported: ["max_completion_tokens", "max_tokens"] });
    const { results, unconfirmed } = await translate(["Save"], { maxOutputTokens: 4_321 });
    expect([kindsOf(results), unconfirmed]).toEqual([{ i0: "transient" }, "none"]);
    expect(engine.bound?.(batch())).toBeUndefined();
    expect(endpoint.calls.every(({ status }) => status === 400)).toBe(true);
    // A call whose bound was taken before that was known: unlimited, it would go beyond it.
    const before = endpoint.calls.length;
    const late = await translate(["Open"], { maxOutputTokens: 4_321 });
    expect([kindsOf(late.results), late.unconfirmed]).toEqual([{ i0: "transient" }, "none"]);
    expect(endpoint.calls.length).toBe(before);
    expect(kindsOf((await translate(["Save"])).results)).toEqual({ i0: "[fr] Save" });
  });

  test.each([
    ["OpenAI", "However, you requested 9191 tokens (95 in the messages, 9096 in the completion)."],
    ["vLLM", "and your request has 95 input tokens (9096 > 8192 - 95)."],
  ])("is lower for a call whose question leaves less room in the window, in the words of %s", async (_, words) => {
    const limits: number[] = [];
    const { engine } = await engineBefore((response, question) => {
      const { max_completion_tokens: most } = JSON.parse(question);
      limits.push(most);
      if (most <= 8_097) return sendCompletion(response);
      const error = { message: `This model's maximum context length is 8192 tokens ${words}`, param: "max_tokens" };
      response.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify({ error }));
    });
    for (const maxOutputTokens of [9_096, 8_500]) {
      const { results } = await engine.translate({ ...batch(), maxOutputTokens }, new AbortController().signal);
      expect(kindsOf(results)).toEqual({ i0: "un" });
    }
    expect(limits).toEqual([9_096, 8_097, 8_500, 8_097]);
  });

  test("that a server ignores is sent under its other name, and later calls have no bound if that is ignored too", async () => {
    const limits: unknown[] = [];
    const { engine } = await engineBefore((response, question) => {
      limits.push(limitOf(JSON.parse(question)));
      sendCompletion(response, { prompt_tokens: 100, completion_tokens: 5_000 });
    });
    for (const maxOutputTokens of [5_000, 4_321, 4_321]) {
      expect(engine.bound?.(batch())).toBeDefined();
      await engine.translate({ ...batch(), maxOutputTokens }, new AbortController().signal);
    }
    expect(limits).toEqual([
      [5_000, undefined],
      [4_321, undefined],
      [undefined, 4_321],
    ]);
    expect(engine.bound?.(batch())).toBeUndefined();
  });

  test("has room for the thoughts of a model", async () => {
    const most = (options: OpenaiOptions) => openai({ baseURL: "http://127.0.0.1:1/v1", ...options }).bound?.(batch());
    const [none, few, usual] = [{ thinkingTokens: 0 }, { thinkingTokens: 100 }, {}].map(most);
    expect(few).toMatchObject({ outputTokens: expect.any(Number) });
    const tokens = [none, few, usual].map((bound) =>
      bound !== undefined && "outputTokens" in bound ? bound.outputTokens : 0,
    );
    expect(tokens).toEqual([tokens[0], (tokens[0] ?? 0) + 100, (tokens[0] ?? 0) + 4_096]);
  });

  const batch = (): EngineBatch => ({
    sourceLocale: "en",
    targetLocale: "fr",
    items: [{ id: "i0", text: "Save", format: "auto" }],
  });
});

test("a call may have been billed where its answer was lost, and never where the endpoint refused it before any work", async () => {
  const { endpoint, translate } = await start({}, { timeoutMs: 1_000 });
  const unconfirmed = async (fault: Fault | FaultKind) => {
    endpoint.misbehave(fault);
    return (await translate(["Save"])).unconfirmed;
  };
  for (const status of [400, 401, 402, 404, 429, 500, 503]) {
    expect(await unconfirmed({ kind: "status", status })).toBe("none");
  }
  const lost = [
    { kind: "status", status: 502 },
    { kind: "status", status: 504 },
    "reset",
    "reset_in_body",
    "hang",
  ] as const;
  for (const fault of lost) expect(await unconfirmed(fault)).toBeUndefined();
  expect(await unconfirmed("html_in_200")).toBeUndefined();
  // Work that Azure and Groq bill before they refuse.
  for (const code of ["content_filter", "context_length_exceeded", "json_validate_failed"]) {
    expect(await unconfirmed({ kind: "status", status: 400, code })).toBeUndefined();
  }
  const gone = await startOpenaiServer();
  await gone.close();
  const { translate: unreached } = await start({}, { baseURL: gone.url });
  expect((await unreached(["Save"])).unconfirmed).toBe("none");
});

test.each([1, 5, 50])(
  "the tokens of a call for %i texts are estimated, rather too high than too low",
  async (count) => {
    const { engine } = await start();
    const items = Array.from({ length: count }, (_, at) => ({
      id: `${at + 1}`,
      text: "Add to cart, and pay later. ".repeat(1 + (at % 3)),
      format: "auto" as const,
    }));
    const batch = { sourceLocale: "en", targetLocale: "fr", items };
    const { usage } = await engine.translate(batch, new AbortController().signal);
    const used = (usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0);
    expect(engine.estimateTokens?.(batch)).toBeGreaterThan(0.9 * used);
    expect(engine.estimateTokens?.(batch)).toBeLessThan(1.5 * used);
  },
);

describe("a feature that the model refuses is left out from then on", () => {
  test.each([
    [["json_schema"], ["json_schema", "json_object", "json_object"]],
    [
      ["json_schema", "json_object"],
      ["json_schema", "json_object", undefined, undefined],
    ],
  ] as const)("%j", async (unsupported, asked) => {
    const { endpoint, translate } = await start({ unsupported: [...unsupported] });
    expect(kindsOf((await translate(["Save"])).results)).toEqual({ i0: "[fr] Save" });
    expect(kindsOf((await translate(["Open"])).results)).toEqual({ i0: "[fr] Open" });
    const formats = endpoint.calls.map(({ body }) => (body.response_format as { type?: string } | undefined)?.type);
    expect(formats).toEqual(asked);
  });

  test("also temperature, together with schemas, while calls run side by side", async () => {
    const { endpoint, translate } = await start({ unsupported: ["temperature", "json_schema"] });
    const replies = await Promise.all(Array.from({ length: 8 }, () => translate(["Save"])));
    for (const { results } of replies) expect(kindsOf(results)).toEqual({ i0: "[fr] Save" });
    const before = endpoint.calls.length;
    await translate(["Open"]);
    expect(endpoint.calls.length).toBe(before + 1);
    expect(endpoint.calls.at(-1)?.body).toMatchObject({ response_format: { type: "json_object" } });
    expect(endpoint.calls.at(-1)?.body).not.toHaveProperty("temperature");
  });
});

describe("an option is left out after a refusal in the words of", () => {
  test.each<[string, number, unknown]>([
    ["OpenAI", 400, { error: { message: "Invalid parameter", param: "response_format", code: "unsupported_value" } }],
    [
      "Azure",
      400,
      { error: { message: "Invalid parameter: 'response_format' of type 'json_schema' is not supported" } },
    ],
    [
      "Gemini",
      400,
      [
        {
          error: { code: 400, message: "Unknown name \"additionalProperties\" at 'generation_config.response_schema'" },
        },
      ],
    ],
    ["Mistral", 422, { detail: [{ loc: ["body", "response_format", "type"], msg: "Input should be 'text'" }] }],
    ["vLLM", 400, { object: "error", message: "guided decoding is not supported with this backend", code: 400 }],
    ["Ollama", 400, { error: { message: "invalid json schema in format", type: "invalid_request_error" } }],
    ["llama.cpp", 400, { error: { code: 400, message: "Failed to parse grammar", type: "invalid_request_error" } }],
    ["LM Studio", 400, { error: "'response_format.type' must be 'text'" }],
    ["Groq", 400, { error: { message: "This model does not support response format `json_schema`" } }],
    ["DeepSeek", 400, { error: { message: "This response_format type is unavailable now" } }],
    ["a gateway before Gemini", 502, { error: { message: "Google API error 400: Unknown name: response_schema" } }],
  ])("%s for the format", async (_, status, body) => {
    const formats: unknown[] = [];
    const { failures } = await engineBefore((response, question) => {
      const { response_format: format } = JSON.parse(question);
      formats.push(format?.type);
      if (format === undefined) return sendCompletion(response);
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
    expect(await failures(1)).toEqual([undefined]);
    expect(await failures(1)).toEqual([undefined]);
    expect(formats).toEqual(["json_schema", "json_object", undefined, undefined]);
  });

  test.each<[string, unknown]>([
    [
      "OpenAI for gpt-5",
      { message: "Unsupported value: 'temperature' does not support 0 with this model.", param: "temperature" },
    ],
    ["OpenAI for o3", { message: "Unsupported parameter: 'temperature' is not supported with this model." }],
    ["Moonshot", { message: "invalid temperature: only 1 is allowed for this model" }],
  ])("%s for the temperature", async (_, error) => {
    const asked: unknown[] = [];
    const { failures } = await engineBefore((response, question) => {
      const body = JSON.parse(question);
      asked.push(Object.keys(body).sort());
      if (body.temperature === undefined) return sendCompletion(response);
      response.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify({ error }));
    });
    expect(await failures(1)).toEqual([undefined]);
    // No limit of tokens either, which reasoning models want under another name, and count their thoughts against.
    expect(asked).toEqual([
      ["messages", "model", "response_format", "temperature"],
      ["messages", "model", "response_format"],
    ]);
  });
});

describe("an answer", () => {
  test.each(["fence", "prose", "think", "reverse", "foreign_id"] as const)("with %s is read", async (fault) => {
    const { endpoint, translate } = await start();
    endpoint.misbehave(fault);
    expect(kindsOf((await translate(["Save", "  Open "])).results)).toEqual({ i0: "[fr] Save", i1: "  [fr] Open " });
  });

  test.each([
    ["drop", "malformed"],
    ["duplicate", "malformed"],
    ["no_text", "malformed"],
  ] as const)("with one item that meets %s fails for that item only", async (kind, failure) => {
    const { endpoint, translate } = await start();
    endpoint.misbehave({ kind, match: "bad" });
    const { results } = await translate(["good", "bad", "fine"]);
    expect(kindsOf(results)).toEqual({ i0: "[fr] good", i1: failure, i2: "[fr] fine" });
  });

  test("that merges two items never shifts the others", async () => {
    const { endpoint, translate } = await start();
    endpoint.misbehave("merge");
    const { results } = await translate(["one", "two", "three"]);
    expect(kindsOf(results)).toEqual({ i0: "[fr] one [fr] two", i1: "malformed", i2: "[fr] three" });
  });

  test.each(["empty", "nul", "lose_placeholders", "lose_tags"] as const)(
    "with a text that meets %s is handed on as it is, for the checks to block",
    async (kind) => {
      const { endpoint, translate } = await start();
      endpoint.misbehave(kind);
      const source = "Save <b>{name}</b>";
      const [result] = (await translate([source])).results.values();
      const translation = result !== undefined && "text" in result ? result.text : source;
      expect(checkTranslation({ source, translation, by: "machine" }).blocked).not.toEqual([]);
    },
  );

  test.each([
    ["not_json", "malformed", "malformed"],
    ["refuse", "refused", "malformed"],
    ["content_filter", "refused", "malformed"],
    ["html_in_200", "transient", "transient"],
    ["not_a_completion", "transient", "transient"],
    ["reset", "transient", "transient"],
    ["reset_in_body", "transient", "transient"],
  ] as const)("that meets %s is %s for one text, %s for several", async (fault, alone, together) => {
    const { endpoint, failures } = await start();
    endpoint.misbehave(fault);
    expect((await failures(["a"])).map((failure) => failure?.kind)).toEqual([alone]);
    expect((await failures(["a", "b"])).map((failure) => failure?.kind)).toEqual([together, together]);
  });

  test("that was cut keeps the texts before the cut; the others are too long", async () => {
    const { endpoint, translate } = await start();
    endpoint.misbehave("truncate");
    expect(kindsOf((await translate(["a"])).results)).toEqual({ i0: "too_long" });
    expect(kindsOf((await translate(["a", "b"])).results)).toEqual({ i0: "[fr] a", i1: "too_long" });
  });

  const items = '{"items":[{"id":"i0","text":"un"}';
  const choice = (finish_reason: string | null, content: unknown = items, more = {}) => ({
    choices: [{ finish_reason, message: { content, ...more } }],
  });
  test.each<[string, unknown, (string | undefined)[], string]>([
    ["cut at the end of the model's window", choice("model_length"), [undefined, "too_long"], "too_long"],
    ["cut in the words of Gemini", choice("MAX_TOKENS"), [undefined, "too_long"], "too_long"],
    ["broken off without a reason", choice(null), [undefined, "malformed"], "malformed"],
    ["filtered in its middle", choice("content_filter"), [undefined, "malformed"], "refused"],
    ["filtered in the words of Gemini", choice("SAFETY"), [undefined, "malformed"], "refused"],
    ["a refusal with the word stop", choice("stop", null, { refusal: "No." }), ["malformed", "malformed"], "refused"],
    ["a call of a tool", choice("tool_calls", null, { tool_calls: [{}] }), ["malformed", "malformed"], "malformed"],
    ["thoughts that took all tokens", choice("length", null, { reasoning: "…" }), ["too_long", "too_long"], "too_long"],
    ["an error in its middle", choice("error"), [undefined, "transient"], "transient"],
    ["broken off for want of room", choice("insufficient_system_resource"), [undefined, "transient"], "transient"],
    [
      "thoughts beside it",
      choice("stop", items, { reasoning_content: '{"items":[]}' }),
      [undefined, "malformed"],
      "malformed",
    ],
    ["no choice", { choices: [] }, ["transient", "transient"], "transient"],
    ["null", null, ["transient", "transient"], "transient"],
    [
      "a prompt that Gemini blocked",
      { choices: [], prompt_feedback: { block_reason: "SAFETY" } },
      ["malformed", "malformed"],
      "refused",
    ],
    [
      "a prompt that Azure filtered",
      { choices: [], prompt_filter_results: [{ content_filter_results: { hate: { filtered: true } } }] },
      ["malformed", "malformed"],
      "refused",
    ],
    [
      "an error by its object alone",
      { object: "error", message: "maximum context length", code: 400 },
      ["too_long", "too_long"],
      "too_long",
    ],
    [
      "an error in its choice",
      { choices: [{ error: { code: 429 } }] },
      ["rate_limited", "rate_limited"],
      "rate_limited",
    ],
  ])("that is %s fails for the texts that it lacks", async (_, body, together, alone) => {
    const { failures } = await engineBefore((response) => {
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
    expect((await failures(2)).map((failure) => failure?.kind)).toEqual(together);
    const text = JSON.stringify(body).replace("i0", "other");
    const { failures: failuresAlone } = await engineBefore((response) => {
      response.writeHead(200, { "content-type": "application/json" }).end(text);
    });
    expect((await failuresAlone(1)).map((failure) => failure?.kind)).toEqual([alone]);
  });

  test("that was cut still reports its usage", async () => {
    const { endpoint, translate } = await start();
    endpoint.misbehave("truncate");
    expect((await translate(["a"])).usage?.inputTokens).toBeGreaterThan(0);
  });
});

describe("an error in the shape of", () => {
  const quota = "You exceeded your current quota, please check your plan and billing details.";
  test.each<[string, number, unknown, Record<string, unknown>]>([
    ["Gemini for a wrong key", 400, [{ error: { code: 400, message: "API key not valid" } }], { kind: "config" }],
    [
      "Gemini for a limit of the minute",
      429,
      [{ error: { code: 429, message: quota, details: [{ "@type": "x" }, { retryDelay: "17.2s" }] } }],
      { kind: "rate_limited", retryAfterMs: 17_200 },
    ],
    ["Gemini for a used-up quota", 429, [{ error: { code: 429, message: quota } }], { kind: "quota" }],
    [
      "vLLM for a long question",
      400,
      { object: "error", message: "This model's maximum context length is 4096 tokens", code: 400 },
      { kind: "too_long" },
    ],
    ["Mistral for a wrong key", 401, { message: "Unauthorized", request_id: "1" }, { kind: "config" }],
    ["Mistral for a bad field", 422, { detail: [{ loc: ["body"], msg: "bad" }] }, { kind: "refused" }],
    [
      "Azure's gateway for a limit",
      429,
      { statusCode: 429, message: "Rate limit is exceeded" },
      { kind: "rate_limited" },
    ],
    ["Azure's filter", 400, { error: { code: "content_filter", innererror: {} } }, { kind: "refused" }],
    ["Azure for a missing deployment", 404, { error: { code: "DeploymentNotFound" } }, { kind: "config" }],
    ["OpenRouter for no credit", 402, { error: { code: 402, message: "Insufficient credits" } }, { kind: "quota" }],
    [
      "OpenRouter's moderation",
      403,
      { error: { code: 403, message: "flagged", metadata: { reasons: ["x"], flagged_input: "Save" } } },
      { kind: "refused" },
    ],
    [
      "Ollama for a missing model",
      404,
      { error: { message: 'model "m" not found', type: "api_error" } },
      { kind: "config" },
    ],
    [
      "Groq for an answer that is no JSON",
      400,
      { error: { message: "Failed to generate JSON.", code: "json_validate_failed", failed_generation: "{" } },
      { kind: "malformed" },
    ],
    ["Ollama while it loads", 503, { error: "server busy" }, { kind: "transient" }],
  ])("%s is read", async (_, status, body, failure) => {
    const { failures } = await engineBefore((response) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
    expect(await failures(1)).toMatchObject([failure]);
  });
});

test("Azure gets its key in a header of its own, and the version of its API in the address", async () => {
  const asked: { url: string; headers: Headers }[] = [];
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    asked.push({ url: String(url), headers: new Headers(init.headers) });
    return new Response("{}", { status: 401 });
  });
  onTestFinished(() => void vi.unstubAllGlobals());
  const baseURL = "https://shop.openai.azure.com/openai/deployments/mini?api-version=2024-10-21";
  const items = [{ id: "1", text: "a", format: "auto" as const }];
  const batch = { sourceLocale: "en", targetLocale: "fr", items };
  await openai({ apiKey: "k", baseURL }).translate(batch, new AbortController().signal);
  const gateway = "https://gateway.internal/llm/openai/deployments/mini?api-version=2024-10-21";
  for (const address of ["https://shop.openai.azure.com/openai/v1", gateway, "https://api.mistral.ai/v1"]) {
    await openai({ apiKey: "k", baseURL: address }).translate(batch, new AbortController().signal);
  }
  expect(asked.map(({ url }) => url)).toEqual([
    "https://shop.openai.azure.com/openai/deployments/mini/chat/completions?api-version=2024-10-21",
    "https://shop.openai.azure.com/openai/v1/chat/completions",
    "https://gateway.internal/llm/openai/deployments/mini/chat/completions?api-version=2024-10-21",
    "https://api.mistral.ai/v1/chat/completions",
  ]);
  expect(asked.map(({ headers }) => headers.get("api-key"))).toEqual(["k", "k", "k", null]);
  expect(asked.map(({ headers }) => headers.get("authorization"))).toEqual([null, null, null, "Bearer k"]);
});

describe("a question that the server cut to its context window", () => {
  const answerOf = (promptTokens: number) => (response: ServerResponse) => {
    const content = JSON.stringify({ items: [0, 1].map((at) => ({ id: `i${at}`, text: "un" })) });
    const usage = { prompt_tokens: promptTokens, completion_tokens: 9 };
    const body = { choices: [{ finish_reason: "stop", message: { content } }], usage };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
  const prose = "Add the chosen products to the cart, and pay for them later. ".repeat(200); // some 2,600 tokens
  const hindi = "चुने हुए उत्पादों को कार्ट में जोड़ें और बाद में भुगतान करें। ".repeat(100);

  test("stops the engine where it holds several texts, and stores none of them", async () => {
    const { failures } = await engineBefore(answerOf(4_090));
    const failed = await failures(2, prose.repeat(2));
    expect(failed).toMatchObject([{ kind: "config" }, { kind: "config" }]);
    expect(failed[0]?.error.message).toMatch(
      /^Engine "openai" read 4090 tokens of about \d+: its context window cut the question$/,
    );
    expect(failed[0]?.error.hint).toContain("OLLAMA_CONTEXT_LENGTH");
  });

  test("fails a text alone as too long", async () => {
    const { failures } = await engineBefore(answerOf(2_040));
    expect(await failures(1, prose)).toMatchObject([{ kind: "too_long" }]);
  });

  test.each([
    ["a whole question", 6_300, prose],
    ["a whole question in another script", 3_700, hindi],
    ["a question of equal characters", 1_300, " ".repeat(40_000)],
    ["a report without the tokens of a cache", 12, prose],
    ["no report", 0, prose],
  ])("is not %s", async (_, promptTokens, text) => {
    const { failures } = await engineBefore(answerOf(promptTokens));
    expect(await failures(2, text)).toEqual([undefined, undefined]);
  });
});

describe("an error", () => {
  const status = (number: number, facts: Partial<Extract<Fault, { kind: "status" }>> = {}): Fault => ({
    kind: "status",
    status: number,
    ...facts,
  });
  test.each<[Fault, string]>([
    [status(400, { code: "context_length_exceeded" }), "too_long"],
    [status(400, { message: "This model's maximum context length is 8192 tokens" }), "too_long"],
    [status(413), "too_long"],
    [status(400, { code: "content_filter" }), "refused"],
    [status(400), "refused"],
    [status(400, { code: "model_not_found" }), "config"],
    [status(401), "config"],
    [status(402), "quota"],
    [status(403), "config"],
    [status(403, { code: "content_policy_violation" }), "refused"],
    [status(404, { code: "model_not_found" }), "config"],
    [status(408), "transient"],
    [status(409), "transient"],
    [status(429), "rate_limited"],
    [status(429, { code: "insufficient_quota" }), "quota"],
    [status(500), "transient"],
    [status(503, { headers: { "retry-after": "9" } }), "transient"],
    [status(529, { type: "overloaded_error" }), "transient"],
    [{ kind: "error_in_200", code: 429 }, "rate_limited"],
    [{ kind: "error_in_200", code: "429" }, "rate_limited"],
    [{ kind: "error_in_200", code: "insufficient_quota" }, "quota"],
    [{ kind: "error_in_200", code: 502 }, "transient"],
    [{ kind: "redirect", to: "http://127.0.0.1:1/v1/chat/completions" }, "config"],
  ])("%j is %s, and is not retried", async (fault, kind) => {
    const { endpoint, failures } = await start();
    endpoint.misbehave(fault);
    expect((await failures(["a"])).map((failure) => failure?.kind)).toEqual([kind]);
    expect(endpoint.calls.length).toBe(1);
  });

  test.each<[Partial<Extract<Fault, { kind: "rate_limit" }>>, number | undefined]>([
    [{ retryAfter: 3 }, 3_000],
    [{ retryAfter: 0.5 }, 500],
    [{ retryAfter: 9, retryAfterMs: 120 }, 120],
    [{ retryAfter: "Mon, 01 Jan 2024 00:00:00 GMT" }, 0],
    [{ retryAfter: "soon" }, undefined],
    [{}, undefined],
  ])("429 with %j requests a wait of %s ms", async (headers, wait) => {
    const { endpoint, failures } = await start();
    endpoint.misbehave({ kind: "rate_limit", ...headers });
    const [failure] = await failures(["a"]);
    expect(failure?.retryAfterMs).toBe(wait);
    expect(failure?.error).toMatchObject({ code: "TH_ENGINE_RATE_LIMITED", retryAfterMs: wait });
  });

  test("429 with a date requests a wait until then", async () => {
    const { endpoint, failures } = await start();
    endpoint.misbehave({ kind: "rate_limit", retryAfter: new Date(Date.now() + 60_000).toUTCString() });
    const [failure] = await failures(["a"]);
    expect(failure?.retryAfterMs).toBeGreaterThan(50_000);
    expect(failure?.retryAfterMs).toBeLessThanOrEqual(60_000);
  });

  test("names status and code, and repeats nothing of the body", async () => {
    const { endpoint, failures } = await start();
    const echo = status(400, { code: "Zanzibar is no code", type: "invalid_request_error", message: "bad: Zanzibar" });
    endpoint.misbehave(echo);
    const [failure] = await failures(["Zanzibar"]);
    expect(failure?.error.message).toBe('Engine "openai" refused the request (status 400, invalid_request_error)');
  });

  test("that refuses several texts together splits them, until one alone is refused", async () => {
    const { endpoint, failures } = await start();
    endpoint.misbehave({ fault: status(400, { code: "content_filter" }), whenText: "bad" });
    expect((await failures(["good", "bad"])).map((failure) => failure?.kind)).toEqual(["malformed", "malformed"]);
    expect((await failures(["bad"])).map((failure) => failure?.kind)).toEqual(["refused"]);
    expect(await failures(["good"])).toEqual([undefined]);
  });
});

describe("a call's time", () => {
  test("beyond the timeout makes it transient and closes its connection", async () => {
    const { endpoint, failures } = await start({}, { timeoutMs: 50 });
    endpoint.misbehave("hang");
    const ended = once(endpoint.events, "answered");
    // On a busy machine, the time may be over before the server has read the request.
    do {
      const [failure] = await failures(["a"]);
      expect(failure).toMatchObject({
        kind: "transient",
        error: { message: 'Engine "openai" did not answer within 0.05 s' },
      });
    } while (endpoint.calls.length === 0);
    await ended;
    expect(endpoint.inFlight).toBe(0);
  });

  test("ends with an abort, and its request with it", async () => {
    const { endpoint, engine } = await start();
    endpoint.misbehave("hang");
    const arrived = once(endpoint.events, "call");
    const ended = once(endpoint.events, "answered");
    const abort = new AbortController();
    const items = [{ id: "1", text: "a", format: "auto" as const }];
    const call = engine.translate({ sourceLocale: "en", targetLocale: "fr", items }, abort.signal);
    const rejected = expect(call).rejects.toThrow("stop");
    await arrived;
    abort.abort(new Error("stop"));
    await rejected;
    await ended;
    expect(endpoint.inFlight).toBe(0);
  });

  test("is not spent on an unreachable server: that is transient at once", async () => {
    const { endpoint, failures } = await start();
    await endpoint.close();
    const [failure] = await failures(["a"]);
    expect(failure).toMatchObject({ kind: "transient" });
    expect(failure?.error.message).toBe('The connection to engine "openai" failed (ECONNREFUSED)');
  });
});

/** The engine before a server that answers by `respond`, and the end of the server's first connection. */
async function engineBefore(respond: (response: ServerResponse, question: string) => void) {
  const server = createServer((request, response) => {
    void textOf(request).then((question) => respond(response, question));
  });
  const ended = Promise.withResolvers<void>();
  server.on("connection", (socket) => socket.once("close", () => ended.resolve()));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const engine = openai({ baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` });
  async function failures(count: number, text = "Save") {
    const items = Array.from({ length: count }, (_, at) => ({ id: `i${at}`, text, format: "auto" as const }));
    const { results } = await engine.translate(
      { sourceLocale: "en", targetLocale: "fr", items },
      new AbortController().signal,
    );
    return [...results.values()].map(failureOf);
  }
  return { engine, ended: ended.promise, failures };
}

/** A good answer for one text. */
function sendCompletion(response: ServerResponse, usage?: object): void {
  const message = { content: '{"items":[{"id":"i0","text":"un"}]}' };
  const body = { choices: [{ finish_reason: "stop", message }], usage };
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** Writes for as long as the client reads. */
function writeWithoutEnd(response: NodeJS.WritableStream, piece: string): void {
  const go = () => {
    while (response.writable && response.write(piece));
  };
  response.on("drain", go);
  response.on("error", () => undefined);
  go();
}

const BEGINNING = '{"choices":[{"finish_reason":"stop","message":{"content":"';
const PIECE = "x".repeat(256 * 1024);

/** 64 MiB in less than 1 kB. */
const PACKED_TWICE = gzipSync(gzipSync(Buffer.alloc(64 * 2 ** 20, BEGINNING)));

describe("an answer without end", () => {
  const endless =
    (status: number, headers: Record<string, string> = {}) =>
    (response: ServerResponse) => {
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.write(BEGINNING);
      writeWithoutEnd(response, PIECE);
    };
  const bomb = (response: ServerResponse) => {
    response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
    const packed = createGzip();
    packed.pipe(response);
    packed.write(BEGINNING);
    response.once("close", () => packed.destroy());
    writeWithoutEnd(packed, PIECE);
  };
  const twicePacked = (response: ServerResponse) => {
    response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip, gzip" });
    response.end(PACKED_TWICE);
  };

  test.each([
    ["plain", endless(200)],
    ["packed", bomb],
    ["packed twice", twicePacked],
  ])("that comes %s is malformed for one text, too long for several, and ends its connection", async (_, respond) => {
    const { failures, ended } = await engineBefore(respond);
    const highest = highestMemory();
    expect(await failures(1)).toMatchObject([
      { kind: "malformed", error: { message: 'Engine "openai" gave an answer without end' } },
    ]);
    expect((await failures(2)).map((failure) => failure?.kind)).toEqual(["too_long", "too_long"]);
    await ended;
    expect(highest() / 2 ** 20).toBeLessThan(128);
  });

  test.each([
    [endless(429, { "retry-after": "3" }), { kind: "rate_limited", retryAfterMs: 3_000 }],
    [endless(500), { kind: "transient" }],
    [endless(401), { kind: "config" }],
  ])("that is an error fails by its status", async (respond, failure) => {
    const { failures, ended } = await engineBefore(respond);
    expect(await failures(1)).toMatchObject([failure]);
    await ended;
  });

  test("that comes to a probe is reported", async () => {
    const { engine, ended } = await engineBefore(endless(200));
    expect(await engine.probe?.(new AbortController().signal)).toMatchObject({ kind: "malformed" });
    await ended;
  });

  test("that is headers fails the call", async () => {
    const { failures } = await engineBefore((response) => {
      const { socket } = response;
      socket?.write("HTTP/1.1 200 OK\r\n");
      if (socket !== null) writeWithoutEnd(socket, `x-more: ${"x".repeat(4_000)}\r\n`);
    });
    expect(await failures(1)).toMatchObject([{ kind: "transient" }]);
  });
});

describe("an answer of many pieces", () => {
  const completion = (content: unknown) => ({ choices: [{ finish_reason: "stop", message: { content } }] });
  const items = (count: number) => JSON.stringify({ items: Array.from({ length: count }, () => ({})) });

  test.each([
    ["choices", { choices: Array.from({ length: 300_000 }, () => ({})) }],
    ["parts", completion(Array.from({ length: 300_000 }, () => ({})))],
    ["items", completion(items(300_000))],
  ])("is refused before each of its %s is looked at", async (_, body) => {
    const text = JSON.stringify(body);
    const { failures } = await engineBefore((response) => {
      response.writeHead(200, { "content-type": "application/json" }).end(text);
    });
    const ms = await cpuMs(async () => {
      expect((await failures(1))[0]?.kind).toMatch(/^(malformed|transient)$/);
    });
    expect(ms).toBeLessThan(1_500);
  });
});

/** Bytes that this process holds beyond today's, at their highest, by a look at every turn of the event loop. */
function highestMemory(): () => number {
  const before = process.memoryUsage().rss;
  let highest = before;
  const look = setInterval(() => {
    highest = Math.max(highest, process.memoryUsage().rss);
  }, 5);
  onTestFinished(() => clearInterval(look));
  return () => highest - before;
}

test("importing the engines does not load the openai package", async () => {
  const { execFile } = await import("node:child_process");
  const { promisify } = await import("node:util");
  const script = `
    import { registerHooks } from "node:module";
    registerHooks({ resolve(name, context, next) { if (/^openai/.test(name)) process.exit(7); return next(name, context); } });
    await import(${JSON.stringify(new URL("../index.ts", import.meta.url).href)});`;
  await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
});
