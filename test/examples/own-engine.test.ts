/** examples/own-engine: the contract of an engine; its use by the commands, and by its worker, on a real PostgreSQL. */
import { execFile } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { json } from "node:stream/consumers";
import { promisify } from "node:util";
import { Coordinator } from "@trans-hub/core";
import { engineConformance } from "@trans-hub/engines/testing";
import { testOnDatabase as test } from "@trans-hub/test-support/command";
import { expect, onTestFinished } from "vitest";
import { inHouse } from "../../examples/own-engine/my-engine.ts";

const folder = join(resolve(import.meta.dirname, "../.."), "examples/own-engine");
const TOKEN = "token-of-the-service";

interface Asked {
  target: string;
  texts: { id: string; text: string }[];
}

/** How the service answers one call. */
type Behaviour = (asked: Asked, response: ServerResponse) => void;

const translated = ({ id, text }: Asked["texts"][number], target: string) => ({ id, text: `[${target}] ${text}` });

const answers = (translations: (asked: Asked) => unknown): Behaviour => {
  return (asked, response) => response.end(JSON.stringify({ translations: translations(asked) }));
};
const answersStatus = (status: number, headers: Record<string, string> = {}): Behaviour => {
  return (asked, response) => response.writeHead(status, headers).end(`${TOKEN}: ${asked.texts[0]?.text}`);
};

const good = answers(({ texts, target }) => texts.map((text) => translated(text, target)));

/** The team's service. It answers well until a test replaces `behaviour`. */
async function startService() {
  const calls = new EventEmitter();
  const close = async () => {
    server.closeAllConnections();
    server.close();
  };
  const service = { calls, behaviour: good, url: "", close };
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    void json(request).then((asked) => {
      calls.emit("call");
      service.behaviour(asked as Asked, response);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  service.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return service;
}

engineConformance("an engine of one's own", async () => {
  const service = await startService();
  const behave = (behaviour: Behaviour) => () => {
    service.behaviour = behaviour;
  };
  return {
    engine: inHouse({ url: service.url, token: TOKEN }),
    dispose: service.close,
    secrets: [TOKEN],
    reorder: behave(answers(({ texts, target }) => texts.map((text) => translated(text, target)).reverse())),
    flood: behave((_, response) => {
      const go = () => {
        while (response.writable && response.write("x".repeat(256 * 1024)));
      };
      response.on("drain", go).on("error", () => undefined);
      go();
    }),
    hang() {
      // Once: the call after the abort must work.
      service.behaviour = () => {
        service.behaviour = good;
      };
      return once(service.calls, "call");
    },
    provoke: {
      rate_limited: behave(answersStatus(429, { "retry-after": "2" })),
      quota: behave(answersStatus(402)),
      config: behave(answersStatus(401)),
      transient: behave(answersStatus(503)),
      refused: behave(answers(({ texts }) => texts.map(({ id }) => ({ id, refused: true })))),
      malformed: behave((_, response) => response.end("no JSON")),
      too_long: behave(answersStatus(413)),
    },
  };
});

test("the worker of the example translates with the engine of the example", async ({ database }) => {
  const service = await startService();
  onTestFinished(service.close);
  const hub = await Coordinator.connect({ databaseUrl: database.url, sourceLocale: "en" });
  onTestFinished(() => hub.close());
  await hub.request({ text: "Add to cart", targetLocales: ["fr"] });
  const env = { ...process.env, TH_DATABASE_URL: database.url, IN_HOUSE_URL: service.url };
  await promisify(execFile)(process.execPath, [join(folder, "worker.ts"), "--once"], { env });
  const translation = await hub.getTranslation({ text: "Add to cart", targetLocale: "fr" });
  expect(translation).toMatchObject({ status: "translated", text: "[fr] Add to cart", engine: "in-house" });
});

test("the commands translate with the engine of the example, by its path", async ({ commands }) => {
  const service = await startService();
  onTestFinished(service.close);
  const env = { IN_HOUSE_URL: service.url, TH_ENGINES: "./my-engine.ts" };
  const options = { env, cwd: folder };

  const source = join(commands.cwd, "en.json");
  await writeFile(source, JSON.stringify({ pay: "Pay {amount} now" }));
  const files = [source, "--from", "en", "--to", "fr", "--out", join(commands.cwd, "{locale}.json")];
  const lock = ["--lock", join(commands.cwd, "trans-hub.lock")];
  const asked = ["translate", ...files, ...lock, "--engine", "./my-engine.ts"];
  expect(await commands.json(asked, { ...options, env: { IN_HOUSE_URL: service.url } })).toMatchObject({
    engines: ["in-house"],
    translated: 1,
  });
  expect(JSON.parse(await readFile(join(commands.cwd, "fr.json"), "utf8"))).toEqual({ pay: "[fr] Pay {amount} now" });

  await commands.json(["request", "Add to cart", "--from", "en", "--to", "de"], options);
  expect(await commands.json(["worker", "--once"], options)).toEqual({ translated: 1, failed: 0, retrying: 0 });
  const get = ["get", "Add to cart", "--from", "en", "--to", "de"];
  expect(await commands.json(get)).toMatchObject({ text: "[de] Add to cart", engine: "in-house" });

  const refused = await commands.run(["worker", "--once"], { ...options, env: { TH_ENGINES: "./my-engine.ts" } });
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("Engine ./my-engine.ts cannot be made: IN_HOUSE_URL is missing");
});
