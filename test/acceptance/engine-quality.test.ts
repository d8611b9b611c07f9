/** An engine is measured without a database: by the doctor's probes, and by `trans-hub quality`. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "@trans-hub/test-support/command";
import { type OpenaiServer, type OpenaiServerOptions, startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { describe, expect } from "vitest";

/** The commands must not even try to reach a database. */
const NOWHERE = "postgres://someone:hunter2@127.0.0.1:1/nothing";
const KEY = "a-key-of-the-test";

type Env = Record<string, string>;

async function withServer(options: OpenaiServerOptions, work: (env: Env, server: OpenaiServer) => Promise<void>) {
  const server = await startOpenaiServer({ apiKey: KEY, ...options });
  try {
    await work({ TH_DATABASE_URL: NOWHERE, TH_OPENAI_ENDPOINT: server.url, TH_OPENAI_API_KEY: KEY }, server);
  } finally {
    await server.close();
  }
}

interface DoctorResult {
  checks: { name: string; status: string; detail: string; cure: string | null }[];
  engine?: {
    name: string;
    targetLocale: string;
    estimate: { calls: number; characters: number; estimatedTokens: number | null };
    probes: {
      name: string;
      result: string;
      translation: string | null;
      repairs: object;
      flags: string[];
      reason: string | null;
    }[];
    calls: number;
    inputTokens: number;
  };
}

const statusOf = ({ checks }: DoctorResult, name: string) => checks.find((check) => check.name === name)?.status;

describe("doctor --engine", () => {
  test("says the cost, asks for every probe, and tells what was kept", async ({ commands }) => {
    await withServer({}, async (env, server) => {
      const { code, stdout, stderr } = await commands.run(["doctor", "--engine", "openai", "--to", "ja", "--json"], {
        env,
      });
      const result = JSON.parse(stdout) as DoctorResult;
      expect(stderr).toMatch(
        /^Calls openai \(a third party\) for 15 texts: 15 calls, about [\d,]+ tokens, [\d,]+ characters/,
      );
      expect(code).toBe(0);
      expect(result.checks.map(({ name }) => name)).toEqual(["settings", "prices", "secrets", "engine", "probes"]);
      expect(result.engine).toMatchObject({ name: "openai", targetLocale: "ja", calls: server.calls.length });
      expect(result.engine?.inputTokens).toBeGreaterThan(0);
      const plural = result.engine?.probes.find(({ name }) => name === "icu-plural");
      expect(plural).toMatchObject({ translation: expect.stringContaining("other {") });
      expect(result.engine?.probes.every(({ translation }) => translation !== null)).toBe(true);
    });
  });

  test("names the repaired, the ones that were asked again or split, and the lost", async ({ commands }) => {
    const translate = ({ text, mask, keep }: { text: string; mask?: string; keep?: string[] }) => {
      if (text.includes("{name}")) return `Là, ${text.replace("{name}", "{ NAME }")}`;
      if (text.includes("%1$s") && keep === undefined) return text.replace("%1$s", "");
      if (mask === "tags") return text.replace(/<[xg][^>]*>|<\/g>/g, "");
      if (text.includes("</a>")) return text.replaceAll("</a>", "");
      return `${text.replace(/[.!?]$/, "")} là${/[.!?]$/.exec(text)?.[0] ?? ""}`;
    };
    await withServer({ translate }, async (env) => {
      const { engine, ...result } = await commands.json<DoctorResult>(["doctor", "--engine", "openai"], { env });
      const probe = (name: string) => engine?.probes.find((each) => each.name === name);
      expect(probe("braces")).toMatchObject({ result: "repaired", repairs: { "placeholder-case": 1 } });
      expect(probe("printf")).toMatchObject({ result: "asked-again" });
      expect(probe("tags")).toMatchObject({ result: "split", flags: expect.arrayContaining(["split"]) });
      expect(probe("plain")).toMatchObject({ result: "kept" });
      expect(statusOf(result, "probes")).toBe("warn");
    });
    await withServer({ translate: () => "" }, async (env) => {
      const result = await commands.json<DoctorResult>(["doctor", "--engine", "openai"], { env, code: 1 });
      expect(statusOf(result, "probes")).toBe("fail");
      expect(result.engine?.probes.map(({ result: each }) => each)).not.toContain("kept");
    });
  });

  test("with a wrong key names it and sends no text", async ({ commands }) => {
    await withServer({}, async (env, server) => {
      const wrong = { ...env, TH_OPENAI_API_KEY: "another" };
      const result = await commands.json<DoctorResult>(["doctor", "--engine", "openai"], { env: wrong, code: 1 });
      expect(statusOf(result, "engine")).toBe("fail");
      expect(result.engine).toBeUndefined();
      expect(server.ledger).toEqual([]);
    });
  });

  test.for([
    ["doctor", "--to", "fr"],
    ["doctor", "--engine", "openai,pseudo"],
    ["doctor", "--engine", "pseudo", "--no-engine-call"],
  ])("%j is refused", async (args, { commands }) => {
    expect((await commands.run(args, { env: { TH_DATABASE_URL: NOWHERE } })).code).toBe(2);
  });
});

interface Figures {
  texts: number;
  translated: number;
  protected: { texts: number; identical: number };
  blocked: Record<string, number>;
  repaired: Record<string, number>;
  plurals: { texts: number; right: number };
  chrf: { texts: number; score: number; mean: number } | null;
  calls: number;
  inputTokens: number;
  estimate: { calls: number; estimatedTokens: number };
}

describe("quality", () => {
  test("asks nothing of anybody without a terminal and --yes", async ({ commands }) => {
    await withServer({}, async (env, server) => {
      const { code, stderr } = await commands.run(["quality", "--engine", "openai", "--to", "fr"], { env });
      expect(code).toBe(2);
      expect(stderr).toMatch(
        /this would call openai \(a third party\) for 200 texts: \d+ calls?, about [\d,]+ tokens, .*\n.*--yes/s,
      );
      expect(server.calls).toEqual([]);
    });
  });

  test("gives the figures of the built-in texts", async ({ commands }) => {
    await withServer({}, async (env, server) => {
      const args = ["quality", "--engine", "openai", "--to", "pl", "--limit", "60", "--yes"];
      const figures = await commands.json<Figures>(args, { env });
      expect(figures).toMatchObject({ texts: 60, translated: 60, blocked: {}, chrf: null, calls: server.calls.length });
      expect(figures.protected.identical).toBe(figures.protected.texts);
      expect(figures.plurals.right).toBe(figures.plurals.texts);
      expect(figures.plurals.texts).toBeGreaterThan(2);
      expect(figures.inputTokens).toBeGreaterThan(0);
      expect(figures.estimate.estimatedTokens).toBeGreaterThan(0);
    });
  });

  test("counts chrF with the translations of a file, and takes texts from all its parts", async ({ commands }) => {
    const pairs = ["Save it", "Close the door", "Leave"].map((source) => ({ source, translation: `${source} là` }));
    const lines = [...pairs, { ...pairs[0], source: "Salir ya", targetLocale: "es" }];
    const file = join(commands.cwd, "pairs.jsonl");
    await writeFile(file, lines.map((line) => JSON.stringify(line)).join("\n"));
    await withServer({ translate: ({ text }) => `${text} là` }, async (env, server) => {
      const args = ["quality", "--engine", "openai", "--to", "fr", "--from", "en", "--file", file, "--yes"];
      expect((await commands.json<Figures>(args, { env })).chrf).toEqual({ texts: 3, score: 100, mean: 100 });
      await commands.json<Figures>([...args, "--limit", "2"], { env });
      expect(server.ledger.slice(3).map(({ text }) => text)).toEqual(["Save it", "Close the door"]);
    });
    await writeFile(file, '{"source":"a"}\n{secret');
    const bad = await commands.run(["quality", "--engine", "pseudo", "--to", "fr", "--file", file, "--yes"]);
    expect(bad).toMatchObject({ code: 2, stderr: expect.stringContaining(":2: is not JSON") });
    expect(bad.stderr).not.toContain("secret");
  });

  test("takes a catalog, with the plural forms of the target language", async ({ commands }) => {
    const file = join(commands.cwd, "en.json");
    await writeFile(
      file,
      JSON.stringify({ items_one: "{{count}} item", items_other: "{{count}} items", save: "Save" }),
    );
    await withServer({}, async (env, server) => {
      const args = ["quality", "--engine", "openai", "--to", "pl", "--file", file, "--yes"];
      expect(await commands.json<Figures>(args, { env })).toMatchObject({ texts: 5, translated: 5 });
      expect(server.ledger).toHaveLength(5);
    });
  });

  test("ends with the engine's error where its account is at fault", async ({ commands }) => {
    await withServer({}, async (env) => {
      const args = ["quality", "--engine", "openai", "--to", "fr", "--yes", "--json"];
      const { code, stdout } = await commands.run(args, { env: { ...env, TH_OPENAI_API_KEY: "another" } });
      expect(code).not.toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ error: { code: "TH_ENGINE_CONFIG" } });
    });
  });
});
