/**
 * A contestant of `http.ts`, in a process of its own. `ours`: the HTTP API on a database. `bare`: Fastify without schemas, which
 * parses the body and answers with the same bytes, as an object that it serializes.
 */
import { createHash } from "node:crypto";
import type { AddressInfo } from "node:net";
import { Coordinator } from "@trans-hub/core";
import { PostgresPersistenceHandler } from "@trans-hub/core/store";
import { startServer } from "@trans-hub/server";
import Fastify from "fastify";

/** The JSON of each answer. */
export interface BareAnswers {
  one: string;
  page: string;
  post: string;
  export: string;
}

const [, , role = "", argument = ""] = process.argv;
process.on("message", (message: { cpu?: true }) => {
  if (message.cpu) process.send?.({ cpu: process.cpuUsage() });
});
if (role === "ours") await ours(argument);
else await bare(JSON.parse(argument) as BareAnswers);

async function ours(databaseUrl: string): Promise<void> {
  const store = await PostgresPersistenceHandler.connect({ databaseUrl });
  const hub = new Coordinator(store, { sourceLocale: "en" });
  const { port } = await startServer({ hub, store }, { port: 0 });
  process.send?.({ port });
}

async function bare(answers: BareAnswers): Promise<void> {
  const app = Fastify({ bodyLimit: 4 * 2 ** 20 });
  const parsed = { one: JSON.parse(answers.one), page: JSON.parse(answers.page), post: JSON.parse(answers.post) };
  let body = Buffer.from("");
  let etag = "";
  app.get("/v1/projects/:project/translations", async () => parsed.one);
  app.post("/v1/projects/:project/translations::read", async () => parsed.page);
  app.post("/v1/projects/:project/requests", async () => parsed.post);
  app.get("/v1/projects/:project/locales/:file", async (request, reply) => {
    reply.header("etag", etag);
    if (request.headers["if-none-match"] !== undefined) return reply.code(304).send();
    return reply.type("application/json; charset=utf-8").send(body);
  });
  process.on("message", (message: { export?: string }) => {
    if (message.export === undefined) return;
    body = Buffer.from(message.export);
    etag = `"${createHash("sha256").update(body).digest("base64url")}"`;
    process.send?.({ ready: true });
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  process.send?.({ port: (app.server.address() as AddressInfo).port });
}
