import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { EngineItemResult } from "@trans-hub/core/engine";
import {
  type AnthropicCall,
  type AnthropicFault,
  sendError,
  sendMessage,
  startAnthropicServer,
  visibleAnswers,
} from "@trans-hub/test-support/anthropic-server";
import { describe, expect, onTestFinished, test } from "vitest";
import { SYSTEM_PROMPT } from "../llm/prompt.ts";
import { engineConformance } from "../testing/index.ts";
import { type AnthropicOptions, anthropic } from "./anthropic.ts";

/** A fault of every call. */
const always =
  (answer: (response: ServerResponse, call: AnthropicCall) => void): AnthropicFault =>
  (response, call) => {
    answer(response, call);
    return true;
  };
const error = (status: number, type: string, message = "", headers = {}) =>
  always((response) => sendError(response, status, type, message, headers));
const content = (text: string, facts = {}) => always((response, call) => sendMessage(response, call, text, facts));
const raw = (status: number, body: string, headers: Record<string, string> = { "content-type": "application/json" }) =>
  always((response) => response.writeHead(status, headers).end(body));
const answers = (change: (items: ReturnType<typeof visibleAnswers>) => unknown, facts = {}) =>
  always((response, call) =>
    sendMessage(response, call, JSON.stringify({ items: change(visibleAnswers(call)) }), facts),
  );
const endless = always((response) => {
  const go = () => {
    while (response.writable && response.write("x".repeat(64 * 1024)));
  };
  response.writeHead(200, { "content-type": "application/json" }).on("drain", go);
  go();
});

engineConformance("anthropic", async () => {
  const server = await startAnthropicServer({ apiKey: "sk-ant-secret" });
  const engine = anthropic({ apiKey: "sk-ant-secret", baseURL: server.url });
  const fail = (fault: AnthropicFault) => () => server.misbehave(fault);
  return {
    engine,
    dispose: server.close,
    secrets: ["sk-ant-secret"],
    reorder: fail(answers((items) => items.reverse())),
    flood: fail(endless),
    hang() {
      let hasHung = false;
      server.misbehave(() => {
        const hangs = !hasHung;
        hasHung = true;
        return hangs;
      });
      return once(server.events, "call");
    },
    provoke: {
      rate_limited: fail(error(429, "rate_limit_error", "Zanzibar", { "retry-after": "2" })),
      quota: fail(error(400, "invalid_request_error", "Your credit balance is too low, Zanzibar")),
      config: fail(error(401, "authentication_error", "invalid x-api-key: sk-ant-secret")),
      transient: fail(error(529, "overloaded_error", "Overloaded: {quux}")),
      refused: fail(content("", { stop_reason: "refusal", content: [] })),
      malformed: fail(content("Sure!")),
      too_long: fail(content('{"items":[{"id":"only","te', { stop_reason: "max_tokens" })),
    },
  };
});

async function start(options: AnthropicOptions = {}) {
  const server = await startAnthropicServer();
  onTestFinished(server.close);
  const engine = anthropic({ baseURL: server.url, ...options });
  async function translate(texts: readonly string[]) {
    const items = texts.map((text, at) => ({ id: `i${at}`, text, format: "auto" as const }));
    return engine.translate({ sourceLocale: "en", targetLocale: "fr", items }, new AbortController().signal);
  }
  return {
    server,
    engine,
    translate,
    kinds: async (texts: readonly string[]) => kindsOf((await translate(texts)).results),
  };
}

const kindsOf = (results: ReadonlyMap<string, EngineItemResult>) =>
  [...results.values()].map((result) => ("text" in result ? result.text : result.failure.kind));

describe("the request", () => {
  test("has the prompt as a system text that is cached, the texts as one JSON object, and room for the answer", async () => {
    const { server, translate } = await start({ apiKey: "k", model: "m-1" });
    await translate(["x".repeat(3_000)]);
    const { body, headers } = server.calls[0] ?? {};
    expect(headers).toMatchObject({ "x-api-key": "k", "anthropic-version": "2023-06-01" });
    expect(body).toMatchObject({
      model: "m-1",
      system: [{ type: "text", text: SYSTEM_PROMPT, cache_control: { type: "ephemeral" } }],
      output_config: { format: { type: "json_schema" } },
    });
    expect(body?.max_tokens).toBeGreaterThan(4_096 + 3_000);
    expect(body).not.toHaveProperty("temperature");
    expect(body).not.toHaveProperty("tools");
    expect(JSON.parse(body?.messages?.[0]?.content ?? "")).toMatchObject({ source: "en", target: "fr" });
  });

  test("carries usage and model back, and counts what the cache served", async () => {
    const { server, translate } = await start({ model: "m-1" });
    server.misbehave(
      answers((items) => items, {
        usage: { input_tokens: 10, cache_creation_input_tokens: 5, cache_read_input_tokens: 1_000, output_tokens: 7 },
      }),
    );
    expect(await translate(["a"])).toMatchObject({
      model: "m-1",
      usage: { inputTokens: 1_015, outputTokens: 7, cachedTokens: 1_000 },
    });
  });

  test("goes on without a schema where the model knows none, and with fewer tokens where it allows fewer", async () => {
    const { server, kinds } = await start();
    server.misbehave((response, { body }) => {
      if (body.output_config !== undefined) {
        sendError(response, 400, "invalid_request_error", "output_config: Extra inputs are not permitted");
        return true;
      }
      if ((body.max_tokens ?? 0) <= 4_096) return false;
      const message = `max_tokens: ${body.max_tokens} > 4096, which is the maximum allowed number of output tokens for m`;
      sendError(response, 400, "invalid_request_error", message);
      return true;
    });
    expect(await kinds(["a"])).toEqual(["[fr] a"]);
    expect(server.calls.length).toBe(3);
    expect(await kinds(["b"])).toEqual(["[fr] b"]);
    expect(server.calls.length).toBe(4);
  });
});

const A = '{"id":"i0","text":"un"}';

describe("a misbehaviour of the protocol harms its own texts alone", () => {
  test.each<[string, AnthropicFault, string[]]>([
    ["an overloaded server", error(529, "overloaded_error"), ["transient", "transient"]],
    ["a fault of the server", error(500, "api_error"), ["transient", "transient"]],
    ["a gateway that waited too long", error(504, "timeout_error"), ["transient", "transient"]],
    ["a limited rate", error(429, "rate_limit_error"), ["rate_limited", "rate_limited"]],
    ["a wrong key", error(401, "authentication_error"), ["config", "config"]],
    ["a key without rights", error(403, "permission_error"), ["config", "config"]],
    ["an unknown model", error(404, "not_found_error", "model: m"), ["config", "config"]],
    ["a request that is too large", error(413, "request_too_large"), ["too_long", "too_long"]],
    ["the page of a proxy for a request that is too large", raw(413, "<html>", {}), ["too_long", "too_long"]],
    [
      "a prompt that is too long",
      error(400, "invalid_request_error", "prompt is too long: 9 > 8"),
      ["too_long", "too_long"],
    ],
    [
      "an account without credit",
      error(400, "invalid_request_error", "Your credit balance is too low"),
      ["quota", "quota"],
    ],
    ["an unpaid account", error(402, "billing_error"), ["quota", "quota"]],
    [
      "a limit of spending",
      error(400, "invalid_request_error", "You have reached your specified API usage limits."),
      ["quota", "quota"],
    ],
    ["a request that it does not take", error(400, "invalid_request_error", "?"), ["malformed", "malformed"]],
    [
      "an error within a success",
      raw(200, '{"type":"error","error":{"type":"overloaded_error"}}'),
      ["transient", "transient"],
    ],
    ["a redirect", raw(307, "", { location: "http://127.0.0.1:1/" }), ["config", "config"]],
    ["a page of a hotel's network", raw(200, "<html>Welcome</html>", {}), ["transient", "transient"]],
    ["an empty body", raw(200, ""), ["transient", "transient"]],
    ["half a body", raw(200, '{"type":"message","content":[{"type":"te'), ["transient", "transient"]],
    ["a success that is no message", raw(200, '{"ok":true}'), ["transient", "transient"]],
    ["a connection that is cut", always((response) => response.socket?.resetAndDestroy()), ["transient", "transient"]],
    ["no content", content("", { content: [] }), ["malformed", "malformed"]],
    ["a content of null blocks", content("", { content: [null, 7] }), ["malformed", "malformed"]],
    [
      "a call of a tool",
      content("", { content: [{ type: "tool_use", input: {} }], stop_reason: "tool_use" }),
      ["malformed", "malformed"],
    ],
    ["a turn that pauses", content(`{"items":[${A}`, { stop_reason: "pause_turn" }), ["un", "malformed"]],
    [
      "an answer cut by max_tokens",
      content(`{"items":[${A},{"id":"i1","te`, { stop_reason: "max_tokens" }),
      ["un", "too_long"],
    ],
    [
      "an answer cut by the window",
      content(`{"items":[${A},`, { stop_reason: "model_context_window_exceeded" }),
      ["un", "too_long"],
    ],
    ["a refusal in its middle", content(`{"items":[${A},`, { stop_reason: "refusal" }), ["un", "malformed"]],
    ["a refusal at its beginning", content("I can't", { stop_reason: "refusal" }), ["malformed", "malformed"]],
    ["a refusal in words alone", content("I'm sorry, but I can't help with that."), ["malformed", "malformed"]],
    [
      "a thought before the answer",
      content("", {
        content: [
          { type: "thinking", thinking: '{"items":[]}', signature: "s" },
          { type: "text", text: `{"items":[${A},{"id":"i1","text":"deux"}]}` },
        ],
      }),
      ["un", "deux"],
    ],
    [
      "an answer in two blocks",
      content("", {
        content: [
          { type: "text", text: `{"items":[${A},{"id":"i1",` },
          { type: "text", text: '"text":"deux"}]}' },
        ],
      }),
      ["un", "deux"],
    ],
    ["a fence", content(`\`\`\`json\n{"items":[${A},{"id":"i1","text":"deux"}]}\n\`\`\``), ["un", "deux"]],
    ["an item left out", answers((items) => items.slice(0, 1)), ["[fr] a", "malformed"]],
    ["an item twice", answers(([first, ...rest]) => [first, first, ...rest]), ["malformed", "[fr] b"]],
    ["an item of its own", answers((items) => [...items, { id: "x", text: "y" }]), ["[fr] a", "[fr] b"]],
    ["texts without ids", answers((items) => items.map(({ text }) => text)), ["malformed", "malformed"]],
  ])("%s", async (_, fault, expected) => {
    const { server, kinds } = await start();
    server.misbehave((response, call) => (call.items.length > 1 ? fault(response, call) : false));
    expect(await kinds(["a", "b"])).toEqual(expected);
    expect(server.calls.length).toBe(1);
    expect(await kinds(["c"])).toEqual(["[fr] c"]);
  });

  test("a server that does not answer is left after the timeout", async () => {
    const { server, kinds } = await start({ timeoutMs: 50 });
    server.misbehave(() => true);
    expect(await kinds(["a"])).toEqual(["transient"]);
  });

  test("a refusal of one text alone is final", async () => {
    const { server, kinds } = await start();
    server.misbehave(content("", { stop_reason: "refusal", content: [] }));
    expect(await kinds(["a"])).toEqual(["refused"]);
  });
});

test("the probe finds a wrong key, and passes a server without a list of models", async () => {
  const server = await startAnthropicServer({ apiKey: "right" });
  onTestFinished(server.close);
  const probe = (apiKey: string, baseURL = server.url) =>
    anthropic({ apiKey, baseURL }).probe?.(new AbortController().signal);
  expect(await probe("wrong")).toMatchObject({
    kind: "config",
    error: { hint: expect.stringContaining("TH_ANTHROPIC_") },
  });
  expect(await probe("right")).toBeUndefined();
  expect(await probe("right", `${server.url}/v1`)).toBeUndefined();
  expect(await probe("right", `${server.url}/elsewhere`)).toBeUndefined();
});
