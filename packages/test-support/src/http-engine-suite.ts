/** The faults of HTTP before an engine, as one suite: each is told by its kind, harms no later call, and repeats nothing. */
import type { Engine, EngineBatch, EngineReply } from "@trans-hub/core/engine";
import { describe, expect, onTestFinished, test } from "vitest";
import { HTTP_FAULTS, type HttpFault } from "./http-faults.ts";
import type { HttpServer } from "./http-server.ts";

export interface EngineOverHttp {
  engine: Engine;
  server: HttpServer;
  /** The path of translations; other requests are spared. */
  path: string;
  /** The most requests of one call that meets a fault, with three texts. */
  maxRequests: number;
  /** Faults that this protocol reads otherwise. */
  other?: Readonly<Record<string, Partial<HttpFault>>>;
}

/** Texts for one call; the first is Zanzibar. */
export function batchOf(texts: readonly string[], batch: Partial<EngineBatch> = {}): EngineBatch {
  const items = texts.map((text, at) => ({ id: `i${at}`, text, format: "auto" as const }));
  return { sourceLocale: "en", targetLocale: "es", items, ...batch };
}

/** The kind of each failure; `none` for a translation. */
export function kindsIn({ results }: EngineReply): string[] {
  return [...results.values()].map((result) => ("failure" in result ? result.failure.kind : "none"));
}

export function httpFaults(start: (timeoutMs?: number) => Promise<EngineOverHttp>): void {
  const never = new AbortController().signal;
  async function begin(timeoutMs?: number) {
    const started = await start(timeoutMs);
    onTestFinished(async () => {
      await started.engine.close?.();
      await started.server.close();
    });
    return started;
  }

  describe("a fault of HTTP", () => {
    test.each(Object.keys(HTTP_FAULTS))("%s is told by its kind, and harms no later call", async (name) => {
      const { engine, server, path, maxRequests, other } = await begin();
      const fault = { ...(HTTP_FAULTS[name] as HttpFault), ...other?.[name] };
      for (const [texts, kind] of [
        [["Zanzibar {quux}"], fault.alone],
        [["Zanzibar {quux}", "Open", "Close"], fault.together],
      ] as const) {
        server.misbehave(fault.respond, path);
        server.requests.length = 0;
        const reply = await engine.translate(batchOf(texts), never);
        expect(kindsIn(reply)).toEqual(texts.map(() => kind));
        expect(server.requests.length).toBeLessThanOrEqual(maxRequests);
        for (const result of reply.results.values()) {
          if (!("failure" in result)) continue;
          const { error, retryAfterMs } = result.failure;
          if (kind === "rate_limited") expect(retryAfterMs).toBe(fault.retryAfterMs);
          expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toMatch(/Zanzibar|quux|secret/);
          expect(error.message).toMatch(new RegExp(`engine "${engine.name}"`, "i"));
        }
        server.behave();
        expect(kindsIn(await engine.translate(batchOf(["Save", "Open"]), never))).toEqual(["none", "none"]);
      }
    });

    const MASKED = { id: "masked", text: 'Shut <x id="1"/> Zanzibar', format: "auto", mask: "tags" } as const;
    /** Two plain texts before a masked one, which goes in a request of its own; the fault strikes the request of `word`. */
    async function inTwoRequests(word: string, respond: HttpFault["respond"], timeoutMs?: number) {
      const { engine, server, path } = await begin(timeoutMs);
      server.misbehave((response, good) => {
        if (server.requests.at(-1)?.body.includes(word)) respond(response, good);
        else response.writeHead(good.status, good.headers).end(good.body);
      }, path);
      const items = [...batchOf(["Save", "Open"]).items, MASKED];
      const kinds = kindsIn(await engine.translate(batchOf([], { items }), never));
      return { kinds, asked: server.requests.filter((request) => request.path.startsWith(path)).length };
    }

    test.each([
      "a request that is refused",
      "a request that is too large",
      "an answer without end",
      "a fault of the server",
      "too many requests",
      "a wrong key",
      "half an answer",
      "a connection that is cut within the answer",
    ])("%s for the masked texts of a call leaves the plain ones their translations", async (name) => {
      const fault = HTTP_FAULTS[name] as HttpFault;
      expect((await inTwoRequests("Zanzibar", fault.respond)).kinds).toEqual(["none", "none", fault.alone]);
    });

    test("a server that leaves the masked texts of a call unanswered leaves the plain ones their translations", async () => {
      expect((await inTwoRequests("Zanzibar", () => {}, 500)).kinds).toEqual(["none", "none", "transient"]);
    });

    test.each(["a request that is refused", "a request that is too large", "an answer without end"])(
      "%s for the plain texts of a call does not reach the masked ones",
      async (name) => {
        const fault = HTTP_FAULTS[name] as HttpFault;
        const { kinds } = await inTwoRequests("Save", fault.respond);
        expect(kinds).toEqual([fault.together, fault.together, "none"]);
      },
    );

    test.each(["a fault of the server", "too many requests", "a wrong key"])(
      "%s for the plain texts of a call ends it without a request for the masked ones",
      async (name) => {
        const fault = HTTP_FAULTS[name] as HttpFault;
        const { kinds, asked } = await inTwoRequests("Save", fault.respond);
        expect(kinds).toEqual([fault.alone, fault.alone, fault.alone]);
        expect(asked).toBe(1);
      },
    );

    test("a server that never answers is transient after the call's time, and its requests are ended", async () => {
      const { engine, server, path } = await begin(100);
      void server.hang(path);
      const reply = await engine.translate(batchOf(["Zanzibar"]), never);
      const [result] = reply.results.values();
      expect(result).toMatchObject({
        failure: { kind: "transient", error: { message: `Engine "${engine.name}" did not answer within 0.1 s` } },
      });
      await expect.poll(() => server.waiting).toBe(0);
    });

    test("a server that is away is transient at once, with the code of the system", async () => {
      const { engine, server } = await begin();
      await server.close();
      const [result] = (await engine.translate(batchOf(["Zanzibar"]), never)).results.values();
      expect(result).toMatchObject({
        failure: {
          kind: "transient",
          error: { message: `The connection to engine "${engine.name}" failed (ECONNREFUSED)` },
        },
      });
    });

    test("a probe passes where the server answers, and says why where it does not", async () => {
      const { engine, server } = await begin();
      expect(await engine.probe?.(never)).toBeUndefined();
      for (const [name, kind] of [
        ["a wrong key", "config"],
        ["a fault of the server", "transient"],
        ["a web page instead of an answer", "transient"],
        ["an answer without end", "malformed"],
      ] as const) {
        server.misbehave((HTTP_FAULTS[name] as HttpFault).respond);
        expect(await engine.probe?.(never)).toMatchObject({ kind });
      }
      await server.close();
      expect(await engine.probe?.(never)).toMatchObject({ kind: "transient" });
    });
  });
}
