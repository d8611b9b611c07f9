import type { EngineItem } from "@trans-hub/core/engine";
import { batchOf, httpFaults, kindsIn } from "@trans-hub/test-support/http-engine-suite";
import { HTTP_FAULTS } from "@trans-hub/test-support/http-faults";
import { startHttpServer } from "@trans-hub/test-support/http-server";
import { type LibretranslateRules, libretranslateProtocol } from "@trans-hub/test-support/libretranslate-server";
import { describe, expect, onTestFinished, test } from "vitest";
import { engineConformance } from "../testing/index.ts";
import { libretranslate } from "./libretranslate.ts";

const never = new AbortController().signal;
const KEY = "very-secret-key";

async function start(rules: LibretranslateRules = {}, timeoutMs?: number) {
  const server = await startHttpServer(libretranslateProtocol({ apiKey: KEY, ...rules }));
  onTestFinished(server.close);
  const engine = libretranslate({ url: `${server.url}/`, apiKey: KEY, timeoutMs });
  const asked = () =>
    server.requests
      .filter(({ path }) => path === "/translate")
      .map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  const respond = (status: number, error: string) =>
    server.misbehave((response) => response.writeHead(status).end(JSON.stringify({ error })), "/translate");
  return { server, engine, asked, respond };
}

engineConformance("libretranslate", async () => {
  const server = await startHttpServer(libretranslateProtocol({ apiKey: KEY }));
  const fail = (name: string) => () => server.misbehave(HTTP_FAULTS[name]?.respond ?? (() => {}), "/translate");
  return {
    engine: libretranslate({ url: server.url, apiKey: KEY }),
    dispose: server.close,
    secrets: [KEY],
    flood: fail("an answer without end"),
    hang: () => server.hang("/translate"),
    provoke: {
      rate_limited: () =>
        server.misbehave((response) => response.writeHead(429, { "retry-after": "2" }).end(), "/translate"),
      quota: fail("a payment that is due"),
      config: fail("a wrong key"),
      transient: fail("a fault of the server"),
      refused: fail("a request that is refused"),
      malformed: fail("an answer without end"),
      too_long: fail("a request that is too large"),
    },
  };
});

httpFaults(async (timeoutMs) => {
  const { engine, server } = await start({}, timeoutMs);
  return { engine, server, path: "/translate", maxRequests: 2 };
});

describe("a call", () => {
  test("is one list of texts, with the key in the body and none in the address", async () => {
    const { engine, server, asked } = await start();
    const { results } = await engine.translate(batchOf(["Save", "  Open\n", "", " \t"]), never);
    expect([...results.values()]).toEqual([
      { text: "[es] Save" },
      { text: "  [es] Open\n" },
      { text: "" },
      { text: " \t" },
    ]);
    expect(asked()).toEqual([{ q: ["Save", "Open"], source: "en", target: "es", format: "text", api_key: KEY }]);
    expect(server.requests.every(({ path }) => !path.includes(KEY))).toBe(true);
  });

  test("without a key sends none", async () => {
    const server = await startHttpServer(libretranslateProtocol());
    onTestFinished(server.close);
    await libretranslate({ url: server.url }).translate(batchOf(["Save"]), never);
    expect(JSON.parse(server.requests.at(-1)?.body ?? "")).not.toHaveProperty("api_key");
  });

  test("takes the key of this moment", async () => {
    const { server, asked } = await start();
    let key = "old";
    const engine = libretranslate({ url: server.url, apiKey: () => key });
    expect(kindsIn(await engine.translate(batchOf(["Save"]), never))).toEqual(["config"]);
    key = KEY;
    expect(kindsIn(await engine.translate(batchOf(["Save"]), never))).toEqual(["none"]);
    expect(asked().map(({ api_key }) => api_key)).toEqual(["old", KEY]);
  });

  test("sends masked texts as HTML and others as text", async () => {
    const { engine, asked } = await start();
    const items: EngineItem[] = [
      { id: "a", text: 'Open <x id="1"/> &amp; go', mask: "tags", format: "auto" },
      { id: "b", text: "a < b", format: "auto" },
    ];
    const { results } = await engine.translate(batchOf([], { items }), never);
    expect(results.get("a")).toEqual({ text: '[es] Open <x id="1"/> &amp; go' });
    expect(results.get("b")).toEqual({ text: "[es] a < b" });
    expect(asked().map(({ format }) => format)).toEqual(["text", "html"]);
  });

  test.each<[string, (answers: string[]) => unknown, string[]]>([
    ["too few", (answers) => answers.slice(1), ["malformed", "malformed", "malformed"]],
    ["too many", (answers) => [...answers, "more"], ["malformed", "malformed", "malformed"]],
    ["none", () => [], ["malformed", "malformed", "malformed"]],
    ["a single string for", (answers) => answers.join("\n"), ["transient", "transient", "transient"]],
    ["null among", (answers) => [null, ...answers.slice(1)], ["malformed", "none", "none"]],
    ["a number among", (answers) => [...answers.slice(0, 2), 7], ["none", "none", "malformed"]],
    ["a list among", (answers) => [answers[0], [answers[1]], answers[2]], ["none", "malformed", "none"]],
  ])("with %s answers takes no text by guess", async (_, spoil, kinds) => {
    const { engine } = await start({ spoil });
    expect(kindsIn(await engine.translate(batchOf(["Save", "Open", "Shut"]), never))).toEqual(kinds);
  });
});

describe("a refusal", () => {
  test.each([
    [400, "xx is not supported", "refused"],
    [400, "Spanish (es) is not available as a target language from English (en)", "refused"],
    [400, "Invalid request: request (9000) exceeds text limit (2000)", "too_long"],
    [400, "Invalid request: request (90) exceeds batch limit (50)", "too_long"],
    [400, "Visit https://portal.libretranslate.com to get an API key", "config"],
    [400, "Invalid request: missing q parameter", "malformed"],
    [403, "Invalid API key", "config"],
    [403, "Please contact the server operator to get an API key", "config"],
    [403, "Too many request limits violations", "rate_limited"],
    [403, "You have been banned for Zanzibar", "rate_limited"],
    [429, "Slowdown: 10 per 1 minute", "rate_limited"],
    [500, "Cannot translate text: Zanzibar", "transient"],
    [200, "Zanzibar", "transient"],
  ])("with %i and %j is %s for two texts", async (status, words, kind) => {
    const { engine, respond } = await start();
    respond(status, words);
    const reply = await engine.translate(batchOf(["Zanzibar", "Open"]), never);
    expect(kindsIn(reply)).toEqual([kind, kind]);
    expect(JSON.stringify([...reply.results])).not.toContain("Zanzibar");
  });

  test("by a limit of letters or texts is split until it fits", async () => {
    const { engine } = await start({ batchLimit: 2, charLimit: 20 });
    expect(kindsIn(await engine.translate(batchOf(["a", "b", "c"]), never))).toEqual([
      "too_long",
      "too_long",
      "too_long",
    ]);
    expect(kindsIn(await engine.translate(batchOf(["a", "b"]), never))).toEqual(["none", "none"]);
    expect(kindsIn(await engine.translate(batchOf(["a".repeat(21)]), never))).toEqual(["too_long"]);
  });
});

describe("a pair", () => {
  test.each([
    ["en", "es", "en", "es"],
    ["en-GB", "es-MX", "en", "es"],
    ["und", "fr", "auto", "fr"],
    ["en", "zh-Hans", "en", "zh"],
    ["en", "zh-CN", "en", "zh"],
    ["en", "zh-TW", "en", "zt"],
    ["en", "pt-BR", "en", "pb"],
    ["zh-Hant", "en", "zt", "en"],
  ])("from %s to %s is %s to %s", async (sourceLocale, targetLocale, source, target) => {
    const { engine, asked } = await start();
    expect(kindsIn(await engine.translate(batchOf(["Save"], { sourceLocale, targetLocale }), never))).toEqual(["none"]);
    expect(asked()[0]).toMatchObject({ source, target });
  });

  test.each([
    ["en", "de", 'Engine "libretranslate" has no model from en to de; its targets are es, fr, pb, zh, zt'],
    ["de", "en", 'Engine "libretranslate" has no model from de; its sources are en, es, fr, pb, zh, zt'],
    [
      "und",
      "ja",
      'Engine "libretranslate" has no model from a detected source to ja; its targets are en, es, fr, pb, zh, zt',
    ],
  ])("from %s to %s is refused with those that exist", async (sourceLocale, targetLocale, message) => {
    const { engine, asked } = await start();
    const reply = await engine.translate(batchOf(["Save", "Open"], { sourceLocale, targetLocale }), never);
    expect(reply.results.get("i1")).toMatchObject({ failure: { kind: "refused", error: { message } } });
    expect(asked()).toEqual([]);
  });

  test("of a server without lists of targets is any two languages", async () => {
    const { engine } = await start({ languages: [{ code: "en" }, { code: "es" }] });
    expect(kindsIn(await engine.translate(batchOf(["Save"]), never))).toEqual(["none"]);
  });

  test("that has left the server since is refused, and the list is read again", async () => {
    const { engine, server, respond } = await start();
    respond(400, "es is not supported");
    for (let call = 0; call < 2; call += 1) await engine.translate(batchOf(["Save"]), never);
    expect(server.requests.filter(({ path }) => path === "/languages")).toHaveLength(2);
  });
});

test.each(["libre", "ftp://host", "http://user:hunter2@host", "http://host/?api_key=hunter2"])(
  "the address %s is refused, and not repeated",
  (url) => {
    expect(() => libretranslate({ url })).toThrow(/address of engine "libretranslate"/);
    expect(() => libretranslate({ url })).not.toThrow(/hunter2/);
  },
);
