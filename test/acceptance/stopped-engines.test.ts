/** Engines that get no calls: what a person sees, and how the fleet goes on once the fault is corrected. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openai } from "@trans-hub/engines";
import { type Commands, testOnDatabase as test } from "@trans-hub/test-support/command";
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
    expect(again.ms).toBeLessThan(25_000);
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
    await expect.poll(waiting, { timeout: 30_000 }).toBeGreaterThan(0);
    await expect
      .poll(() => count("select count(*) from trans_hub.batch where not is_postponed"), { timeout: 30_000 })
      .toBe(0);
    const { stdout: shown } = await commands.run(["status"], { env });
    expect(shown).toMatch(/engine openai: gets no calls until \d{4}-.*TH_ENGINE_CONFIG.*resume --engine openai/);
    server.behave();
    const at = performance.now();
    expect(await commands.json(["resume", "--engine", "openai"])).toEqual({ paused: [], called: ["openai"] });
    const translated = () => count("select count(*) from trans_hub.translation where status = 'translated'");
    await expect.poll(translated, { timeout: 30_000 }).toBe(60);
    expect(performance.now() - at).toBeLessThan(20_000);
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
    await expect.poll(() => running.stderr, { timeout: 40_000 }).toMatch(/the last attempt failed: .*openai/);
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
