import type { EngineItem } from "@trans-hub/core/engine";
import { type DeeplRules, deeplProtocol } from "@trans-hub/test-support/deepl-server";
import { batchOf, httpFaults, kindsIn } from "@trans-hub/test-support/http-engine-suite";
import { HTTP_FAULTS } from "@trans-hub/test-support/http-faults";
import { startHttpServer } from "@trans-hub/test-support/http-server";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { engineConformance } from "../testing/index.ts";
import { type DeeplOptions, deepl } from "./deepl.ts";
import { sourceCode, targetCode } from "./languages.ts";

const never = new AbortController().signal;
const KEY = "k-very-secret";

async function start(rules: DeeplRules = {}, options: Partial<DeeplOptions> = {}) {
  const server = await startHttpServer(deeplProtocol(rules));
  onTestFinished(server.close);
  const engine = deepl({ apiKey: KEY, url: `${server.url}/`, ...options });
  const asked = () => server.requests.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  const respond = (status: number, message: string) =>
    server.misbehave((response) => response.writeHead(status).end(JSON.stringify({ message })));
  return { server, engine, asked, respond };
}

engineConformance("deepl", async () => {
  const server = await startHttpServer(deeplProtocol());
  const fail = (name: string) => () => server.misbehave(HTTP_FAULTS[name]?.respond ?? (() => {}));
  return {
    engine: deepl({ apiKey: KEY, url: server.url }),
    dispose: server.close,
    secrets: [KEY],
    flood: fail("an answer without end"),
    hang: () => server.hang(),
    provoke: {
      rate_limited: () => server.misbehave((response) => response.writeHead(429, { "retry-after": "2" }).end()),
      quota: () => server.misbehave((response) => response.writeHead(456).end()),
      config: fail("a wrong key"),
      transient: fail("a fault of the server"),
      refused: fail("a request that is refused"),
      malformed: fail("an answer without end"),
      too_long: fail("a request that is too large"),
    },
  };
});

httpFaults(async (timeoutMs) => {
  const { engine, server } = await start({}, { timeoutMs });
  return { engine, server, path: "/", maxRequests: 1 };
});

describe("a call", () => {
  test("is one list of texts, with the key in a header alone", async () => {
    const { engine, server, asked } = await start();
    const { results, model } = await engine.translate(batchOf(["Save", "", " "]), never);
    expect([...results.values()]).toEqual([{ text: "[ES] Save" }, { text: "" }, { text: " " }]);
    expect(model).toBe("quality_optimized");
    expect(asked()).toEqual([
      {
        text: ["Save"],
        source_lang: "EN",
        target_lang: "ES",
        preserve_formatting: true,
        show_billed_characters: true,
        split_sentences: "1",
      },
    ]);
    const [request] = server.requests;
    expect(request?.headers.authorization).toBe(`DeepL-Auth-Key ${KEY}`);
    expect(`${request?.path}${request?.body}`).not.toContain(KEY);
  });

  test("reports the characters that DeepL says it billed, else those of its texts", async () => {
    const { engine } = await start();
    const masked = { id: "m", text: '<x id="1"/>', mask: "tags", format: "auto" } as const;
    const batch = batchOf(["Save 👍"]);
    const reply = await engine.translate({ ...batch, items: [...batch.items, masked] }, never);
    expect([reply.usage?.characters, reply.unconfirmed]).toEqual([6 + 11, "none"]);
    const silent = await start({
      spoil: (answers) => answers.map((each) => ({ text: (each as { text: string }).text })),
    });
    expect((await silent.engine.translate(batchOf(["Save 👍"]), never)).usage?.characters).toBe(6);
    expect(engine.bound?.(batchOf(["Save 👍", "é"]))).toEqual({ characters: 7 });
  });

  test("may have been billed where its answer was lost, and never where the server refused it", async () => {
    const { engine, server } = await start();
    const unconfirmed = async (respond: Parameters<typeof server.misbehave>[0]) => {
      server.misbehave(respond);
      return (await engine.translate(batchOf(["Save"]), never)).unconfirmed;
    };
    for (const status of [400, 429, 456, 500, 503]) {
      expect(await unconfirmed((response) => response.writeHead(status).end())).toBe("none");
    }
    expect(await unconfirmed((response) => response.writeHead(504).end())).toEqual({ characters: 4 });
    expect(await unconfirmed((response) => response.socket?.resetAndDestroy())).toEqual({ characters: 4 });
    await server.close();
    expect((await engine.translate(batchOf(["Save"]), never)).unconfirmed).toBe("none");
  });

  test("of blanks alone asks nothing", async () => {
    const { engine, asked } = await start();
    expect(kindsIn(await engine.translate(batchOf(["", "\n"]), never))).toEqual(["none", "none"]);
    expect(asked()).toEqual([]);
  });

  test("sends masked texts as XML whose tags split no sentence, and others as plain text", async () => {
    const { engine, asked } = await start();
    const items: EngineItem[] = [
      { id: "a", text: 'Open <x id="1"/> &amp; go', mask: "tags", format: "auto" },
      { id: "b", text: "a < b & c", format: "auto" },
      { id: "c", text: "Open Xqzaazqx", mask: "words", format: "auto" },
    ];
    const { results } = await engine.translate(batchOf([], { items }), never);
    expect(Object.fromEntries(results)).toEqual({
      a: { text: '[ES] Open <x id="1"/> &amp; go' },
      b: { text: "[ES] a < b & c" },
      c: { text: "[ES] Open Xqzaazqx" },
    });
    expect(asked()[0]).not.toHaveProperty("tag_handling");
    expect(asked()[1]).toMatchObject({
      tag_handling: "xml",
      split_sentences: "nonewlines",
      outline_detection: false,
      non_splitting_tags: ["x", "g"],
    });
  });

  test("carries the words of a context that all its texts share, and of no other", async () => {
    const { engine, asked } = await start();
    const item = (id: string, context?: Record<string, unknown>): EngineItem => ({
      id,
      text: id,
      format: "auto",
      context,
    });
    const button = { key: "cart.save", note: "A button", max: 7, more: { deep: "no" } };
    await engine.translate(batchOf([], { items: [item("a", button)] }), never);
    await engine.translate(batchOf([], { items: [item("a", button), item("b", button)] }), never);
    await engine.translate(batchOf([], { items: [item("a", button), item("b", { note: "A title" })] }), never);
    await engine.translate(batchOf([], { items: [item("a", button), item("b")] }), never);
    await engine.translate(batchOf([], { items: [item("a", { max: 7 })] }), never);
    await engine.translate(batchOf([], { items: [item("a", { note: "x".repeat(100_000) })] }), never);
    const contexts = asked().map(({ context }) => context);
    expect(contexts.slice(0, 5)).toEqual([
      "cart.save\nA button",
      "cart.save\nA button",
      undefined,
      undefined,
      undefined,
    ]);
    expect(String(contexts[5])).toHaveLength(4_000);
  });

  test.each(["more", "less"] as const)("prefers %s formality, which no target refuses", async (formality) => {
    const { engine, asked } = await start({}, { formality });
    expect(kindsIn(await engine.translate(batchOf(["Save"]), never))).toEqual(["none"]);
    expect(asked()[0]).toMatchObject({ formality: `prefer_${formality}` });
    expect(engine.version).not.toBe(deepl({ apiKey: KEY }).version);
  });

  test("leaves the source of an undetermined locale to DeepL", async () => {
    const { engine, asked } = await start();
    await engine.translate(batchOf(["Save"], { sourceLocale: "und" }), never);
    expect(asked()[0]).not.toHaveProperty("source_lang");
  });

  test("longer than DeepL takes is split without a request", async () => {
    const { engine, asked } = await start();
    const texts = ["\u0001".repeat(12_000), "\u0001".repeat(12_000)];
    expect(kindsIn(await engine.translate(batchOf(texts), never))).toEqual(["too_long", "too_long"]);
    expect(asked()).toEqual([]);
  });

  test.each<[string, (answers: unknown[]) => unknown, string[]]>([
    ["too few", (answers) => answers.slice(1), ["malformed", "malformed", "malformed"]],
    ["too many", (answers) => [...answers, { text: "more" }], ["malformed", "malformed", "malformed"]],
    ["no", () => [], ["malformed", "malformed", "malformed"]],
    ["an object of", (answers) => ({ ...answers }), ["transient", "transient", "transient"]],
    ["null among the", (answers) => [null, ...answers.slice(1)], ["malformed", "none", "none"]],
    ["a string among the", (answers) => [...answers.slice(0, 2), "x"], ["none", "none", "malformed"]],
    [
      "a text that is none among the",
      (answers) => [answers[0], { text: 7 }, answers[2]],
      ["none", "malformed", "none"],
    ],
  ])("with %s answers takes no text by guess", async (_, spoil, kinds) => {
    const { engine } = await start({ spoil });
    expect(kindsIn(await engine.translate(batchOf(["Save", "Open", "Shut"]), never))).toEqual(kinds);
  });
});

describe("a refusal", () => {
  test.each([
    [400, "Value for 'target_lang' not supported.", "refused"],
    [400, "Value for 'source_lang' not supported.", "refused"],
    [400, "'formality' is not supported for given 'target_lang'.", "refused"],
    [400, "Bad request. Reason: Too many texts.", "too_long"],
    [400, "Tag handling parsing failed, please check input.", "malformed"],
    [400, "Zanzibar", "malformed"],
    [403, "Authorization failure, check auth_key", "config"],
    [413, "Request Entity Too Large", "too_long"],
    [414, "URI too long", "too_long"],
    [429, "Too many requests", "rate_limited"],
    [456, "Quota exceeded", "quota"],
    [500, "Zanzibar", "transient"],
    [503, "Resource currently unavailable", "transient"],
    [504, "Zanzibar", "transient"],
    [529, "Too many requests", "rate_limited"],
    [200, "Quota exceeded", "transient"],
  ])("with %i and %j is %s for two texts", async (status, words, kind) => {
    const { engine, respond } = await start();
    respond(status, words);
    const reply = await engine.translate(batchOf(["Zanzibar", "Open"]), never);
    expect(kindsIn(reply)).toEqual([kind, kind]);
    expect(JSON.stringify([...reply.results])).not.toContain("Zanzibar");
  });

  test("names the parameter", async () => {
    const { engine } = await start({ targets: ["DE"] });
    const [result] = (await engine.translate(batchOf(["Save"]), never)).results.values();
    expect(result).toMatchObject({
      failure: { error: { message: 'Engine "deepl" refused the request (status 400, target_lang is not supported)' } },
    });
  });
});

describe("the server", () => {
  test("is that of the free plan for its keys, at each call", async () => {
    const fetched = vi.spyOn(globalThis, "fetch").mockImplementation(async () => Response.json({}));
    onTestFinished(() => fetched.mockRestore());
    let key = "a:fx";
    const engine = deepl({ apiKey: () => key });
    await engine.translate(batchOf(["Save"]), never);
    key = "b";
    await engine.translate(batchOf(["Save"]), never);
    expect(fetched.mock.calls.map(([url]) => url)).toEqual([
      "https://api-free.deepl.com/v2/translate",
      "https://api.deepl.com/v2/translate",
    ]);
  });

  test("says in a probe that the quota is used up", async () => {
    const { engine } = await start({ used: 500_000 });
    expect(await engine.probe?.(never)).toMatchObject({ kind: "quota" });
  });

  test("says in a probe that the key is wrong, without the key", async () => {
    const { engine } = await start({}, { apiKey: "other-secret" });
    const failure = await engine.probe?.(never);
    expect(failure).toMatchObject({ kind: "config" });
    expect(`${failure?.error.message} ${failure?.error.hint}`).not.toContain("secret");
  });
});

test.each([
  ["en", "EN-US"], ["en-US", "EN-US"], ["en-CA", "EN-US"], ["en-GB", "EN-GB"], ["en-AU", "EN-GB"],
  ["pt", "PT-BR"], ["pt-BR", "PT-BR"], ["pt-PT", "PT-PT"], ["pt-AO", "PT-PT"],
  ["zh", "ZH-HANS"], ["zh-CN", "ZH-HANS"], ["zh-Hant", "ZH-HANT"], ["zh-TW", "ZH-HANT"], ["zh-Hant-HK", "ZH-HANT"],
  ["es", "ES"], ["es-ES", "ES"], ["es-MX", "ES-419"], ["es-419", "ES-419"],
  ["de-AT", "DE"], ["fr-CA", "FR"], ["no", "NB"], ["nn", "NB"], ["nb", "NB"], ["sr", "SR"], ["sr-Latn", undefined],
])("the target %s is %s", (locale, code) => {
  expect(targetCode(locale)).toBe(code);
}); // biome-ignore format: a table

test.each([
  ["en-GB", "EN"],
  ["pt-BR", "PT"],
  ["zh-Hant", "ZH"],
  ["nn", "NB"],
])("the source %s is %s", (locale, code) => {
  expect(sourceCode(locale)).toBe(code);
});

test("a target in a script that DeepL does not write is refused without a request", async () => {
  const { engine, asked } = await start();
  expect(kindsIn(await engine.translate(batchOf(["Save", "Open"], { targetLocale: "sr-Latn" }), never))).toEqual([
    "refused",
    "refused",
  ]);
  expect(asked()).toEqual([]);
});

test.each(["deepl", "ftp://host", "http://user:hunter2@host"])("the address %s is refused, and not repeated", (url) => {
  expect(() => deepl({ apiKey: KEY, url })).toThrow(/address of engine "deepl"/);
  expect(() => deepl({ apiKey: KEY, url })).not.toThrow(/hunter2/);
});
