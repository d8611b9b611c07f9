/** Engines that are not of this release, by the path of their file or the name of their package. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Commands, testOnDatabase as test } from "@trans-hub/test-support/command";
import { describe, expect } from "vitest";

/** The source of an engine that puts its name before each text. */
const engine = (name: string, more = "") => `{
  name: "${name}", version: "1", processor: "local", maxItemsPerCall: 10, maxBytesPerCall: 10_000,
  detectsSource: true, takesContext: false, ${more}
  async translate({ items }) {
    return { results: new Map(items.map(({ id, text }) => [id, { text: "${name}: " + text }])) };
  },
}`;

async function write({ cwd }: Commands, files: Record<string, string>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(cwd, name)), { recursive: true });
    await writeFile(join(cwd, name), content);
  }
}

/** Requests a text into some locales, works, and gives the engine and text of each. */
async function translated(commands: Commands, engines: string, env: Record<string, string> = {}) {
  const options = { env: { ...env, TH_ENGINES: engines } };
  await commands.json(["request", "Pay now", "--from", "en", "--to", "de,fr,ja"], options);
  await commands.json(["worker", "--once"], options);
  const get = (to: string) => commands.json(["get", "Pay now", "--from", "en", "--to", to], options);
  return Object.fromEntries(
    await Promise.all(["de", "fr", "ja"].map(async (to) => [to, (await get(to)).engine] as const)),
  );
}

describe("an engine of one's own translates", () => {
  test("from TypeScript, by locale, in a chain, and where its project allows it by name", async ({ commands }) => {
    await write(commands, {
      "my-engine.ts": `
        interface Context { env: Record<string, string | undefined>; engineTimeoutMs: number }
        export default async ({ env, engineTimeoutMs }: Context) =>
          ({ ...${engine("mine")}, version: \`\${env.ACME_MODEL} \${engineTimeoutMs}\` });`,
      "engines/second.mjs": `export default ${engine("second")};`,
      ".env": "ACME_MODEL=large",
    });
    const env = { TH_PROJECT_ENGINES: "default:mine,second" };
    expect(await translated(commands, "./my-engine.ts:de,fr;./engines/second.mjs", env)).toEqual({
      de: "mine",
      fr: "mine",
      ja: "second",
    });
    const url = pathToFileURL(join(commands.cwd, "my-engine.ts")).href;
    await commands.json(["request", "Later", "--from", "en", "--to", "de"]);
    const worker = await commands.run(["worker", "--once", "--json"], { env: { TH_ENGINES: `${url},pseudo` } });
    expect(worker).toMatchObject({ code: 0, stdout: '{"translated":1,"failed":0,"retrying":0}\n' });
    expect(worker.stderr).not.toContain("warning");
  });

  test("from a class, from CommonJS, and from a package of the working directory", async ({ commands }) => {
    await write(commands, {
      "node_modules/@acme/engine/package.json":
        '{"name":"@acme/engine","type":"module","exports":{"import":"./main.js"}}',
      "node_modules/@acme/engine/main.js": `
        class Engine {
          #prefix = "acme: ";
          name = "acme"; version = "1"; processor = "local"; maxItemsPerCall = 1; maxBytesPerCall = 1000;
          detectsSource = true; takesContext = false;
          async translate({ items }) { return { results: new Map(items.map(({ id, text }) => [id, { text: this.#prefix + text }])) }; }
        }
        export default () => new Engine();`,
      "node_modules/plain/package.json": '{"name":"plain","main":"main.js"}',
      "node_modules/plain/main.js": `exports.__esModule = true; exports.default = ${engine("plain")};`,
      "own.cjs": `module.exports = ${engine("own")};`,
    });
    expect(await translated(commands, "@acme/engine:de;plain:fr;./own.cjs:ja")).toEqual({
      de: "acme",
      fr: "plain",
      ja: "own",
    });
  });

  test("also in doctor, and without its file a command that only requests goes on", async ({ commands }) => {
    await write(commands, { "my-engine.ts": `export default ${engine("mine")};` });
    const env = { TH_ENGINES: "./my-engine.ts" };
    const doctor = await commands.run(["doctor", "--json"], { env });
    const { checks } = JSON.parse(doctor.stdout) as { checks: { name: string; status: string; detail: string }[] };
    expect(checks.find(({ name }) => name === "engine")).toMatchObject({ status: "ok", detail: "mine: set" });
    const gone = { TH_ENGINES: "./gone.ts" };
    expect(await commands.json(["request", "Pay", "--from", "en", "--to", "fr"], { env: gone })).toMatchObject({
      registered: 1,
    });
    const pause = await commands.run(["pause", "--engine", "mine"], { env });
    expect(pause).toMatchObject({ code: 0, stderr: "" });
  });
});

test("an engine that does not fit ends a command in a sentence, before any text is sent", async ({ commands }) => {
  await write(commands, { "throws.ts": 'throw new Error("No licence\\n  for this machine");' });
  for (const command of [
    ["worker", "--once"],
    ["doctor"],
    ["translate", "en.json", "--to", "fr", "--out", "{locale}.json"],
  ]) {
    const ended = await commands.run(command, { env: { TH_ENGINES: "./throws.ts" } });
    const said = ended.stdout + ended.stderr;
    expect(ended.code).toBe(command[0] === "doctor" ? 1 : 2);
    expect(said).toContain("Engine ./throws.ts cannot be loaded: No licence");
    expect(said).not.toMatch(/for this machine|^\s+at /m);
  }
});
