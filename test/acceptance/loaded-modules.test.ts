/** The modules that a real process loads: a command waits for none that it does not need. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Commands, testOnDatabase as test } from "@trans-hub/test-support/command";
import { describe, expect } from "vitest";
import manifest from "../../packages/formats/package.json" with { type: "json" };

/** Writes the URLs of all modules that the process loaded to the file that MODULES names. */
const OBSERVER = `
  import { writeFileSync } from "node:fs";
  import { registerHooks } from "node:module";
  const loaded = [];
  registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
  process.on("exit", () => writeFileSync(process.env.MODULES, JSON.stringify(loaded)));`;

/** The modules of a command, each as `core/src/index.ts` or `npm:yaml`. */
async function modulesOf(commands: Commands, args: readonly string[], env: Record<string, string> = {}) {
  const file = join(commands.cwd, "modules.json");
  const observed = { MODULES: file, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(OBSERVER)}` };
  const ended = await commands.run([...args], { env: { ...env, ...observed } });
  const { default: urls } = (await import(file, { with: { type: "json" } })) as { default: string[] };
  const modules = new Set(urls.map(shortName));
  return { ended, modules: [...modules] };
}

function shortName(url: string): string {
  const [, dependency] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? [];
  if (dependency !== undefined) return `npm:${dependency}`;
  return url.replace(/.*\/packages\//, "");
}

/** The way of a text to an engine, and the checks of a translation. */
const ENGINES_SIDE = /^core\/src\/(?:translate|text\/(?:checks|mask|message|repairs))\//;

describe("a command that reads or registers", () => {
  test.for([
    ["get", "Pay", "--from", "en", "--to", "fr"],
    ["request", "Pay", "--from", "en", "--to", "fr"],
    ["status"],
  ])("loads nothing of the engines' side: %s", async (args, { commands }) => {
    const { ended, modules } = await modulesOf(commands, args);
    expect([0, 3]).toContain(ended.code);
    expect(modules).toContain("core/src/coordinator/coordinator.ts");
    expect(modules.filter((name) => ENGINES_SIDE.test(name))).toEqual([]);
  });

  test("an approval loads the checks, for its warnings", async ({ commands }) => {
    await commands.json(["request", "Pay {amount}", "--from", "en", "--to", "fr"]);
    const approve = ["approve", "Pay {amount}", "--from", "en", "--to", "fr", "--text", "Payer", "--by", "mia"];
    const { ended, modules } = await modulesOf(commands, approve);
    expect(ended).toMatchObject({ code: 0, stderr: expect.stringContaining("1 placeholder missing") });
    expect(modules).toContain("core/src/text/checks/judge.ts");
  });
});

describe("a catalog of JSON", () => {
  /** The packages that `@trans-hub/formats` stands on, but the one for JSON. */
  const PARSERS = Object.keys(manifest.dependencies).filter((name) => !/^(@trans-hub\/core|jsonc-parser)$/.test(name));
  const files = { "en.json": { pay: "Pay {amount}" }, "fr.json": { pay: "Payer {amount}" } };
  const named = ["en.json", "--from", "en", "--to", "fr", "--out", "{locale}.json"];

  test.for([
    ["translate", ...named, "--engine", "pseudo"],
    ["translate", ...named, "--check"],
    ["import", ...named],
  ])("is read without the parser of any other format: %s", async (args, { commands }) => {
    for (const [name, content] of Object.entries(files)) {
      await writeFile(join(commands.cwd, name), JSON.stringify(content));
    }
    const { ended, modules } = await modulesOf(commands, args);
    expect(ended.code, ended.stderr).toBeLessThan(2);
    expect(modules.filter((name) => name.startsWith("formats/src/json/")).length).toBeGreaterThan(0);
    expect(modules.filter((name) => PARSERS.includes(name.replace("npm:", "")))).toEqual([]);
    const folders = modules.flatMap((name) => /^formats\/src\/([\w-]+)\//.exec(name)?.[1] ?? []);
    expect([...new Set(folders)].sort()).toEqual(["json"]);
  });

  test("and a catalog of YAML loads the parser of YAML, so that the list can fail", async ({ commands }) => {
    await writeFile(join(commands.cwd, "en.yml"), "en:\n  pay: Pay\n");
    const { modules } = await modulesOf(commands, [
      "translate",
      "en.yml",
      ...named.slice(1, -1),
      "{locale}.yml",
      "--check",
    ]);
    expect(modules).toContain("npm:yaml");
  });
});
