import type { EngineItem } from "@trans-hub/core/engine";
import { type ApertiumRules, apertiumProtocol } from "@trans-hub/test-support/apertium-server";
import { batchOf, httpFaults, kindsIn } from "@trans-hub/test-support/http-engine-suite";
import { HTTP_FAULTS } from "@trans-hub/test-support/http-faults";
import { startHttpServer } from "@trans-hub/test-support/http-server";
import { describe, expect, onTestFinished, test } from "vitest";
import { engineConformance } from "../testing/index.ts";
import { apertium } from "./apertium.ts";

const never = new AbortController().signal;

async function start(rules: ApertiumRules = {}, timeoutMs?: number) {
  const server = await startHttpServer(apertiumProtocol(rules));
  onTestFinished(server.close);
  const engine = apertium({ url: server.url, timeoutMs });
  const translations = async (items: readonly Partial<EngineItem>[], targetLocale = "es") => {
    const all = items.map((item, at) => ({ id: `${at}`, text: "", format: "auto" as const, ...item }));
    const { results } = await engine.translate({ sourceLocale: "en", targetLocale, items: all }, never);
    return all.map(({ id }) => {
      const result = results.get(id);
      return result === undefined || "failure" in result ? (result?.failure.kind ?? "missing") : result.text;
    });
  };
  const asked = () =>
    server.requests
      .filter(({ path }) => path === "/translate")
      .map(({ body }) => Object.fromEntries(new URLSearchParams(body)));
  return { server, engine, translations, asked };
}

engineConformance("apertium", async () => {
  const server = await startHttpServer(apertiumProtocol());
  const fail = (name: string) => () => server.misbehave(HTTP_FAULTS[name]?.respond ?? (() => {}), "/translate");
  return {
    engine: apertium({ url: server.url }),
    dispose: server.close,
    flood: fail("an answer without end"),
    hang: () => server.hang("/translate"),
    provoke: {
      rate_limited: () =>
        server.misbehave((response) => response.writeHead(429, { "retry-after": "2" }).end(), "/translate"),
      quota: fail("a payment that is due"),
      config: fail("a path that does not exist"),
      transient: fail("a fault of the server"),
      refused: fail("a request that is refused"),
      malformed: fail("an answer without end"),
      too_long: fail("a request that is too large"),
    },
  };
});

httpFaults(async (timeoutMs) => {
  const { engine, server } = await start({}, timeoutMs);
  return { engine, server, path: "/translate", maxRequests: 4 };
});

describe("a call", () => {
  test("joins texts of one line, each in its own place, and asks for others alone", async () => {
    const { translations, asked } = await start();
    const texts = ["Save", "  Open\t", "one\ntwo", "", "Close", "a\r\n\r\nb"];
    expect(await translations(texts.map((text) => ({ text })))).toEqual([
      "[spa] Save",
      "  [spa] Open\t",
      "[spa] one\ntwo",
      "",
      "[spa] Close",
      "[spa] a\r\n\r\nb",
    ]);
    expect(asked()[0]).toEqual({ langpair: "eng|spa", q: "Save\n\nOpen\n\nClose", markUnknown: "no", format: "txt" });
    expect(asked()).toHaveLength(3);
  });

  test("sends masked texts as HTML and others as plain text, where < and & are letters", async () => {
    const { translations, asked } = await start();
    const items = [
      { text: 'Open <x id="1"/> &amp; go', mask: "tags" },
      { text: "a < b & c" },
      { text: 'Shut <g id="1">it</g>', mask: "tags" },
      { text: "Xqzaazqx files", mask: "words" },
    ] as const;
    expect(await translations(items)).toEqual([
      '[spa] Open <x id="1"/> &amp; go',
      "[spa] a < b & c",
      '[spa] Shut <g id="1">it</g>',
      "[spa] Xqzaazqx files",
    ]);
    expect(asked().map(({ format }) => format)).toEqual(["txt", "html"]);
  });

  test("asks for each text alone where the parts of the answer are not those of the question", async () => {
    const faults: NonNullable<ApertiumRules["spoil"]>[] = [
      (answer) => answer.replaceAll("\n\n", " "),
      (answer) => `${answer}\n\nmore`,
      (answer) => answer.split("\n\n").slice(1).join("\n\n"),
      (answer) => (answer.includes("\n\n") ? "" : answer),
    ];
    for (const spoil of faults) {
      const { translations, asked } = await start({
        spoil: (answer, request) => (request.get("q")?.includes("\n\n") ? spoil(answer, request) : answer),
      });
      expect(await translations([{ text: "Save" }, { text: "Open" }, { text: "Shut" }])).toEqual([
        "[spa] Save",
        "[spa] Open",
        "[spa] Shut",
      ]);
      expect(asked()).toHaveLength(4);
    }
  });

  test("asks for each masked text alone where paragraphs are lost, doubled, nested or followed by words", async () => {
    for (const spoil of [
      (answer: string) => answer.replace("</p>\n<p>", " "),
      (answer: string) => `${answer}<p>more</p>`,
      (answer: string) => answer.replace("</p>", ""),
      (answer: string) => `${answer} more`,
      (answer: string) => answer.replace("</p>\n", "</p>\nmore "),
    ]) {
      const { translations } = await start({
        spoil: (answer, request) => (request.get("q")?.startsWith("<p>") ? spoil(answer) : answer),
      });
      const items = ["Save", "Open", "Shut"].map((text) => ({ text, mask: "tags" as const }));
      expect(await translations(items)).toEqual(["[spa] Save", "[spa] Open", "[spa] Shut"]);
    }
  });

  test("asks for no further text once the server fails for one alone", async () => {
    const { engine, server, asked } = await start();
    server.misbehave(HTTP_FAULTS["a fault of the server"]?.respond ?? (() => {}), "/translate");
    const texts = Array.from({ length: 50 }, (_, at) => `one\ntwo ${at}`);
    expect(new Set(kindsIn(await engine.translate(batchOf(texts), never)))).toEqual(new Set(["transient"]));
    expect(asked().length).toBeLessThanOrEqual(4);
  });

  test("lets a refused text alone keep no other from its translation", async () => {
    const { engine, server } = await start();
    server.misbehave((response, good) => {
      if (server.requests.at(-1)?.body.includes("bad") === true) response.writeHead(400).end("{}");
      else response.writeHead(good.status, good.headers).end(good.body);
    }, "/translate");
    const reply = await engine.translate(batchOf(["one\ntwo", "bad\nbad", "three\nfour"]), never);
    expect(reply.results.get("i0")).toEqual({ text: "[spa] one\ntwo" });
    expect(reply.results.get("i1")).toMatchObject({ failure: { kind: "refused" } });
    expect(reply.results.get("i2")).toEqual({ text: "[spa] three\nfour" });
  });

  test.each([null, 7, [], {}, "x"])("with %j for a text is transient", async (translatedText) => {
    const { engine, server } = await start();
    server.misbehave(
      (response) =>
        response.end(
          JSON.stringify({ responseData: typeof translatedText === "string" ? translatedText : { translatedText } }),
        ),
      "/translate",
    );
    expect(kindsIn(await engine.translate(batchOf(["Save"]), never))).toEqual(["transient"]);
  });

  test.each([
    [{ status: "error", code: 429, explanation: "Zanzibar" }, "rate_limited"],
    [{ responseData: { translatedText: "x" }, responseStatus: 500 }, "transient"],
    [{ status: "error", code: 400, explanation: "That pair is not installed" }, "refused"],
  ])("with the error %j inside a success is %s", async (body, kind) => {
    const { engine, server } = await start();
    server.misbehave((response) => response.end(JSON.stringify(body)), "/translate");
    expect(kindsIn(await engine.translate(batchOf(["Save"]), never))).toEqual([kind]);
  });
});

describe("a pair", () => {
  test.each([
    ["en", "es", "eng|spa"],
    ["en-GB", "es-MX", "eng|spa"],
    ["en", "ca-valencia", "eng|cat_valencia"],
    ["es", "en-US", "spa|eng_US"],
  ])("from %s to %s is %s", async (sourceLocale, targetLocale, pair) => {
    const { engine, asked } = await start();
    await engine.translate(batchOf(["Save"], { sourceLocale, targetLocale }), never);
    expect(asked()[0]?.langpair).toBe(pair);
  });

  test.each([
    ["en", "de", 'Engine "apertium" has no pair from en to de; its targets are cat_valencia, fra, spa'],
    ["de", "en", 'Engine "apertium" has no pair from de; its sources are eng, spa'],
    ["en", "es-Cyrl", 'Engine "apertium" has no pair from en to es-Cyrl; its targets are cat_valencia, fra, spa'],
  ])("from %s to %s is refused with the pairs that exist", async (sourceLocale, targetLocale, message) => {
    const { engine, asked } = await start();
    const reply = await engine.translate(batchOf(["Save", "Open"], { sourceLocale, targetLocale }), never);
    expect(kindsIn(reply)).toEqual(["refused", "refused"]);
    expect(reply.results.get("i0")).toMatchObject({ failure: { error: { message } } });
    expect(asked()).toHaveLength(0);
  });

  test("that has left the server since is refused, and the list is read again", async () => {
    const pairs: [string, string][] = [["eng", "spa"]];
    const { engine, server } = await start({ pairs });
    await engine.translate(batchOf(["Save"]), never);
    pairs[0] = ["eng", "fra"];
    for (let call = 0; call < 2; call += 1) {
      expect(kindsIn(await engine.translate(batchOf(["Save", "Open"]), never))).toEqual(["refused", "refused"]);
    }
    expect(server.requests.filter(({ path }) => path === "/listPairs")).toHaveLength(2);
  });

  test("list that holds other things than codes is read for its codes alone", async () => {
    const { engine, server } = await start();
    const responseData = [
      null,
      7,
      { sourceLanguage: "eng" },
      { sourceLanguage: "eng", targetLanguage: "Zanzibar is no code" },
      { sourceLanguage: "eng", targetLanguage: "fra" },
    ];
    server.misbehave((response) => response.end(JSON.stringify({ responseData })), "/listPairs");
    const [result] = (await engine.translate(batchOf(["Save"]), never)).results.values();
    expect(result).toMatchObject({
      failure: {
        kind: "refused",
        error: { message: 'Engine "apertium" has no pair from en to es; its targets are fra' },
      },
    });
  });
});

test.each([
  ["http://localhost:2737", "local"],
  ["http://127.0.0.1:2737", "local"],
  ["http://[::1]:2737", "local"],
  ["http://10.1.2.3", "local"],
  ["http://172.20.0.2", "local"],
  ["http://192.168.1.9", "local"],
  ["http://apertium:2737", "local"],
  ["http://apertium.mt.svc.cluster.local", "local"],
  ["https://apertium.org/apy", "third-party"],
  ["http://172.32.0.1", "third-party"],
  ["http://8.8.8.8", "third-party"],
  ["http://10.example.com", "third-party"],
])("a server at %s is %s", (url, processor) => {
  expect(apertium({ url }).processor).toBe(processor);
  expect(apertium({ url, processor: "local" }).processor).toBe("local");
});

test.each(["apertium", "ftp://host", "http://user:hunter2@host", "http://host/?q=hunter2"])(
  "the address %s is refused, and not repeated",
  (url) => {
    expect(() => apertium({ url })).toThrow(/address of engine "apertium"/);
    expect(() => apertium({ url })).not.toThrow(/hunter2/);
  },
);
