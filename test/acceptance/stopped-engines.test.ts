/** Engines that get no calls: what a person sees, and how the fleet goes on once the fault is corrected. */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openai } from "@trans-hub/engines";
import { type Commands, testOnDatabase as test } from "@trans-hub/test-support/command";
import { deeplProtocol } from "@trans-hub/test-support/deepl-server";
import { startHttpServer } from "@trans-hub/test-support/http-server";
import { expectWithin } from "@trans-hub/test-support/load";
import { startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { item, test as testOnStore } from "@trans-hub/test-support/store";
import { createLogger, runWorker } from "@trans-hub/worker";
import { describe, expect, onTestFinished } from "vitest";

const WRONG_KEY = { fault: { kind: "status", status: 401, code: "invalid_api_key" } } as const;
const NO_CREDIT = { fault: { kind: "status", status: 429, code: "insufficient_quota" } } as const;
const ARGS = ["translate", "locales/en.json", "--from", "en", "--to", "fr", "--out", "locales/{locale}.json"];

async function serve() {
  const server = await startOpenaiServer();
  onTestFinished(() => server.close());
  return { server, env: { TH_ENGINES: "openai", TH_OPENAI_ENDPOINT: server.url } };
}

async function writeCatalog({ cwd }: Commands, catalog: Record<string, string>): Promise<void> {
  await mkdir(join(cwd, "locales"), { recursive: true });
  await writeFile(join(cwd, "locales", "en.json"), `${JSON.stringify(catalog, null, 2)}\n`);
}

async function readCatalog({ cwd }: Commands): Promise<unknown> {
  return JSON.parse(await readFile(join(cwd, "locales", "fr.json"), "utf8"));
}

const circuitOf = async (commands: Commands) => {
  const { limits } = await commands.json<{ limits: { circuit: string }[] }>(["status"]);
  return limits.map(({ circuit }) => circuit).join();
};

describe("after a wrong key was corrected", () => {
  test("the next translate translates at once: the engine's own answer closes the circuit", async ({ commands }) => {
    const { server, env } = await serve();
    await writeCatalog(commands, Object.fromEntries(Array.from({ length: 120 }, (_, at) => [`k${at}`, `Text ${at}`])));
    server.misbehave(WRONG_KEY);
    expect(await commands.run(ARGS, { env })).toMatchObject({ code: 2, stdout: "" });
    expect(await circuitOf(commands)).toBe("open");
    server.behave();
    const again = await commands.run([...ARGS, "--json"], { env });
    expect({ code: again.code, ...JSON.parse(again.stdout) }).toMatchObject({ code: 0, translated: 120, pending: 0 });
    expect(again.stderr).toContain("engine openai answers again");
    expectWithin(again.ms, 25_000);
    expect(await circuitOf(commands)).toBe("closed");
  });

  test("a worker that runs goes on at a resume, and not at the end of the circuit", async ({ commands, db }) => {
    const { server, env } = await serve();
    server.misbehave(WRONG_KEY);
    const input = Array.from({ length: 60 }, (_, at) => JSON.stringify({ text: `Text number ${at}` })).join("\n");
    await commands.json(["request", "--file", "-", "--from", "en", "--to", "fr"], { input });
    const worker = commands.start(["worker"], { env: { ...env, TH_BATCH_SIZE: "5" } });
    onTestFinished(() => void worker.kill("SIGTERM"));
    const count = async (sql: string) => Number((await db.query(sql)).rows[0].count);
    const waiting = () => count("select count(*) from trans_hub.batch where is_postponed and run_at > now()");
    await expect.poll(waiting).toBeGreaterThan(0);
    await expect.poll(() => count("select count(*) from trans_hub.batch where not is_postponed")).toBe(0);
    const { stdout: shown } = await commands.run(["status"], { env });
    expect(shown).toMatch(/engine openai: gets no calls until \d{4}-.*TH_ENGINE_CONFIG.*resume --engine openai/);
    server.behave();
    const at = performance.now();
    expect(await commands.json(["resume", "--engine", "openai"])).toEqual({ paused: [], called: ["openai"] });
    const translated = () => count("select count(*) from trans_hub.translation where status = 'translated'");
    await expect.poll(translated).toBe(60);
    expectWithin(performance.now() - at, 20_000);
    expect(await circuitOf(commands)).toBe("closed");
  });

  test("a doctor whose call is answered closes the circuit, and without a call it names the cure", async ({
    commands,
    db,
  }) => {
    const { env } = await serve();
    await db.query(
      "insert into trans_hub.rate_limit (engine, circuit, reason, open_until) values ('openai', 'open', 'TH_ENGINE_CONFIG', now() + interval '5 min')",
    );
    const circuit = async (...more: string[]) => {
      const { stdout } = await commands.run(["doctor", "--json", ...more], { env });
      const { checks } = JSON.parse(stdout) as { checks: { name: string }[] };
      return checks.filter(({ name }) => name === "circuit");
    };
    expect(await circuit("--no-engine-call")).toMatchObject([
      { status: "warn", cure: expect.stringContaining("resume --engine openai") },
    ]);
    expect(await circuit()).toMatchObject([{ status: "ok", detail: expect.stringContaining("closed now") }]);
    expect(await circuit()).toEqual([]);
    expect(await circuitOf(commands)).toBe("closed");
  });
});

describe("a run that no engine can finish", () => {
  test("writes the ready values, ends with exit code 4, and says why and until when", async ({ commands }) => {
    const { server, env } = await serve();
    await commands.json(["request", "Pay", "--from", "en", "--to", "fr"]);
    await commands.json(["worker", "--once"], { env });
    server.misbehave(NO_CREDIT);
    await writeCatalog(commands, { pay: "Pay", back: "Back" });
    for (const _ of [1, 2]) {
      const { code, stdout } = await commands.run([...ARGS, "--json"], { env });
      expect({ code, ...JSON.parse(stdout) }).toMatchObject({
        code: 4,
        pending: 1,
        failed: 0,
        error: { code: "TH_ENGINES_STOPPED", message: expect.any(String), hint: expect.any(String) },
      });
      expect(await readCatalog(commands)).toEqual({ pay: "[fr] Pay" });
    }
    const people = await commands.run(ARGS, { env });
    expect(people).toMatchObject({
      code: 4,
      stdout: "",
      stderr: expect.stringMatching(
        /1 values still wait[\s\S]*error: .*not asked until \d{4}-.*Z.*no credit[\s\S]*resume --engine openai/,
      ),
    });
    expect(people.stderr).not.toContain("fleet still");
    server.behave();
    await commands.json(["resume"]);
    expect(await commands.json(ARGS, { env })).toMatchObject({ translated: 1, pending: 0 });
    expect(await readCatalog(commands)).toEqual({ pay: "[fr] Pay", back: "[fr] Back" });
  });

  test("whose texts wait because nothing answers is incomplete after a minute, and the same command tries them again", {
    timeout: 180_000,
  }, async ({ commands }) => {
    const { env } = await serve();
    await writeCatalog(commands, { pay: "Pay", back: "Back" });
    const away = { ...env, TH_OPENAI_ENDPOINT: "http://127.0.0.1:1/v1", TH_MAX_ATTEMPTS: "1" };
    expect(await commands.json(ARGS, { env: away, code: 4 })).toMatchObject({
      failed: 0,
      pending: 2,
      error: {
        code: "TH_ENGINES_STOPPED",
        message: expect.stringContaining("no answer since"),
        hint: expect.any(String),
      },
    });
    expect(await commands.json(ARGS, { env })).toMatchObject({ translated: 2, failed: 0 });
    expect(await readCatalog(commands)).toEqual({ pay: "[fr] Pay", back: "[fr] Back" });
  });

  test("that is waited for while nothing answers says so", async ({ commands }) => {
    const { server, env } = await serve();
    await writeCatalog(commands, { pay: "Pay" });
    server.misbehave({ fault: { kind: "reset" } });
    const running = commands.start(ARGS, { env });
    await expect.poll(() => running.stderr).toMatch(/the last attempt failed: .*openai/);
    server.behave();
    expect(await running.ended()).toMatchObject({ code: 0 });
  });

  test("writes every value that the store has at its end, those of its last calls included", async ({ commands }) => {
    const { server, env } = await serve();
    await writeCatalog(commands, Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`k${at}`, `Text ${at}`])));
    server.misbehave({ fault: { kind: "slow", ms: 400 } });
    server.events.on("answered", ({ call }) => {
      if (call === 4) server.misbehave(NO_CREDIT);
    });
    const { code, stdout } = await commands.run([...ARGS, "--json"], { env: { ...env, TH_BATCH_SIZE: "4" } });
    const { translations } = await commands.json<{ translations: { translated: number } }>(["status"]);
    expect(translations.translated).toBeGreaterThan(0);
    expect(translations.translated).toBeLessThan(200);
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({
      code: 4,
      translated: translations.translated,
      pending: 200 - translations.translated,
    });
    expect(Object.keys((await readCatalog(commands)) as object)).toHaveLength(translations.translated);
  });

  test.for(["--once", "--until-empty"])(
    "of worker %s ends with exit code 4 each time, and with 0 when nothing waits",
    async (pass, { commands }) => {
      const { server, env } = await serve();
      server.misbehave(NO_CREDIT);
      await commands.json(["request", "Pay", "--from", "en", "--to", "fr"]);
      const first = await commands.run(["worker", pass, "--json"], { env });
      expect({ code: first.code, ...JSON.parse(first.stdout) }).toMatchObject({
        code: 4,
        error: { code: "TH_ENGINES_STOPPED" },
      });
      // Nothing is due now, and the text still waits.
      const second = await commands.run(["worker", "--once", "--json"], { env });
      expect({ code: second.code, ...JSON.parse(second.stdout) }).toMatchObject({
        code: 4,
        error: { code: "TH_ENGINES_STOPPED", message: expect.stringContaining("not asked until") },
      });
      await commands.json(["cancel", "--to", "fr", "--yes"]);
      expect(await commands.json(["worker", pass], { env })).toEqual({ translated: 0, failed: 0, retrying: 0 });
    },
  );

  testOnStore("ends after a time without any answer, and keeps its texts", async ({ store, openStore }) => {
    const server = await startOpenaiServer();
    onTestFinished(() => server.close());
    server.misbehave({ fault: { kind: "status", status: 503 } });
    await store.register(Array.from({ length: 20 }, (_, at) => item(`Text number ${at}`)));
    const working = runWorker({
      connect: () => openStore(),
      engines: [openai({ apiKey: "sk-test", baseURL: server.url })],
      logger: createLogger({ destination: { write: () => undefined } }),
      until: "empty",
      signal: new AbortController().signal,
      concurrency: 2,
      batchSize: 5,
      maxAttempts: 50,
      engineTimeoutMs: 5_000,
      drainMs: 1_000,
      outageMs: 1_500,
    });
    await expect(working).rejects.toMatchObject({
      code: "TH_ENGINES_STOPPED",
      message: expect.stringMatching(/^No engine \(openai\) has answered for 2 s.*503/),
    });
    expect((await store.status()).translations).toMatchObject({ pending: 20, failed: 0, translated: 0 });
  });
});

describe("a run with a chain for one locale, of which no engine can be asked", () => {
  async function route() {
    const { server, env } = await serve();
    const deepl = await startHttpServer(deeplProtocol());
    onTestFinished(() => deepl.close());
    deepl.misbehave((response) => void response.writeHead(456).end('{"message":"Quota exceeded"}'));
    const routed = { TH_ENGINES: "deepl:de;openai", TH_DEEPL_API_KEY: "k-very-secret", TH_DEEPL_URL: deepl.url };
    return { server, deepl, env: { ...env, ...routed } };
  }
  const TO_BOTH = ARGS.map((argument) => (argument === "fr" ? "de,fr" : argument));

  test("translates the other locales, writes them, and ends with exit code 4", async ({ commands }) => {
    const { deepl, env } = await route();
    const catalog = Object.fromEntries(Array.from({ length: 80 }, (_, at) => [`k${at}`, `Text ${at}`]));
    await writeCatalog(commands, catalog);
    const { code, stdout, ms } = await commands.run([...TO_BOTH, "--json"], { env });
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({
      code: 4,
      translated: 80,
      pending: 80,
      failed: 0,
      error: { code: "TH_ENGINES_STOPPED", message: expect.stringMatching(/for de;.*deepl/) },
    });
    expectWithin(ms, 45_000);
    expect(Object.keys((await readCatalog(commands)) as object)).toHaveLength(80);
    deepl.behave();
    await commands.json(["resume"]);
    expect(await commands.json(TO_BOTH, { env })).toMatchObject({ translated: 80, pending: 0 });
  });

  test.for(["--once", "--until-empty"])("of worker %s does the same", async (pass, { commands }) => {
    const { env } = await route();
    await commands.json(["request", "Pay", "Back", "--from", "en", "--to", "de,fr"]);
    const { code, stdout } = await commands.run(["worker", pass, "--json"], { env });
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({
      code: 4,
      error: { code: "TH_ENGINES_STOPPED", message: expect.stringContaining("deepl") },
    });
    const status = await commands.json<{ locales: Record<string, object>; limits: object[] }>(["status"]);
    expect(status.locales).toMatchObject({ fr: { translated: 2, pending: 0 }, de: { translated: 0, pending: 2 } });
    expect(status.limits).toMatchObject([{ engine: "deepl", circuit: "open", reason: "TH_ENGINE_QUOTA" }]);
    await commands.json(["cancel", "--to", "de", "--yes"]);
    await commands.json(["request", "Pay again", "--from", "en", "--to", "fr"]);
    expect(await commands.json(["worker", pass], { env })).toMatchObject({ translated: 1, failed: 0 });
  });

  testOnStore("keeps no slot for texts whose engine is rate limited for a minute", async ({ store, openStore, db }) => {
    const { server } = await serve();
    const limited = await startOpenaiServer();
    onTestFinished(() => limited.close());
    limited.misbehave({ kind: "rate_limit", retryAfter: 60 });
    // Texts of both locales are claimed by turns.
    for (let at = 0; at < 40; at += 1) {
      await store.register([item(`German ${at}`, { targetLocales: ["de"] })]);
      await store.register([item(`French ${at}`, { targetLocales: ["fr"] })]);
    }
    const stop = new AbortController();
    const startedAt = performance.now();
    const working = runWorker({
      connect: () => openStore(),
      engines: [
        { ...openai({ apiKey: "sk-test", baseURL: limited.url }), name: "limited", targetLocales: ["de"] },
        openai({ apiKey: "sk-test", baseURL: server.url }),
      ],
      logger: createLogger({ destination: { write: () => undefined } }),
      until: "stopped",
      signal: stop.signal,
      concurrency: 2,
      batchSize: 1,
      maxAttempts: 5,
      engineTimeoutMs: 5_000,
      drainMs: 1_000,
    });
    const counts = async () => (await store.status()).locales;
    await expect.poll(counts).toMatchObject({ fr: { translated: 40, pending: 0 } });
    expectWithin(performance.now() - startedAt, 15_000);
    // The texts that wait lost no attempt, and the engine got no call in its pause.
    expect(await counts()).toMatchObject({ de: { pending: 40, failed: 0, translated: 0 } });
    expect(limited.calls.length).toBeLessThanOrEqual(2);
    const { rows } = await db.query("select max(attempt) as most from trans_hub.batch");
    expect(rows).toEqual([{ most: 0 }]);
    stop.abort();
    await working;
  });

  testOnStore(
    "ends after a time without an answer of that chain, although another engine answers",
    async ({ store, openStore }) => {
      const { server } = await serve();
      server.misbehave({ fault: { kind: "slow", ms: 500 } });
      // The other engine has texts for longer than the time.
      const others = Array.from({ length: 12 }, (_, at) => item(`Text ${at}`, { targetLocales: ["fr"] }));
      await store.register([item("Never", { targetLocales: ["de"] }), ...others]);
      const down = await startOpenaiServer();
      onTestFinished(() => down.close());
      down.misbehave({ fault: { kind: "status", status: 503 } });
      const away = { ...openai({ apiKey: "sk-test", baseURL: down.url }), name: "away", targetLocales: ["de"] };
      const working = runWorker({
        connect: () => openStore(),
        engines: [away, openai({ apiKey: "sk-test", baseURL: server.url })],
        logger: createLogger({ destination: { write: () => undefined } }),
        until: "empty",
        signal: new AbortController().signal,
        concurrency: 3,
        batchSize: 1,
        maxAttempts: 50,
        engineTimeoutMs: 5_000,
        drainMs: 1_000,
        outageMs: 1_500,
      });
      await expect(working).rejects.toMatchObject({
        code: "TH_ENGINES_STOPPED",
        message: expect.stringMatching(/^No engine.*for de.*503/),
      });
      const { locales } = await store.status();
      expect(locales).toMatchObject({ de: { pending: 1, failed: 0 }, fr: { pending: 0, translated: 12 } });
    },
  );
});
