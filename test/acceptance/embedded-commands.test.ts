/** `dev` and `demo`: everything in one folder, with nothing installed. */
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { findDataDir, stopEmbedded } from "@trans-hub/embedded";
import { test as base, type Commands, signalledAtStart } from "@trans-hub/test-support/command";
import { startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { expect, onTestFinished } from "vitest";

/** Uses a data folder of its own, whose server is stopped at the end. */
const test = base.extend("dataDir", async ({ commands }: { commands: Commands }, { onCleanup }): Promise<string> => {
  await mkdir(join(commands.cwd, ".trans-hub"));
  const dataDir = findDataDir(commands.cwd);
  onCleanup(async () => {
    await stopEmbedded({ dataDir });
  });
  return dataDir;
});

interface DemoReport {
  translated: number;
  failed: number;
  verbatim: number;
  seconds: number;
  engine: string;
  workers: { pid: number; translated: number }[];
  files: string[];
}

test("demo translates a catalog with two workers, on every run", async ({ commands, dataDir }) => {
  expect(dataDir).toContain(".trans-hub");
  const first = await commands.json<DemoReport>(["demo"]);
  expect(first).toMatchObject({ failed: 0, engine: "pseudo", seconds: expect.any(Number) });
  expect(first.workers).toHaveLength(2);
  expect(first.workers.reduce((sum, { translated }) => sum + translated, 0)).toBe(first.translated);
  // All registered rows are counted.
  const { translations } = await commands.json<{ translations: { translated: number } }>([
    "status",
    "--project",
    "demo",
  ]);
  expect(first.translated + first.verbatim).toBe(translations.translated);
  expect(first.verbatim).toBeGreaterThan(0);
  const catalogs = await Promise.all(first.files.map(async (file) => JSON.parse(await readFile(file, "utf8"))));
  // Plural families have the keys of each locale; the mark of a form is pseudo's.
  const forms = catalogs.map(({ cart }) => Object.entries<string>(cart).filter(([key]) => key.startsWith("items_")));
  expect(forms.map((entries) => entries.map(([key, text]) => `${key} ${/^\[\w+/.exec(text)}`))).toEqual([
    ["items_one [one", "items_many [other", "items_other [other"],
    ["items_one [one", "items_other [other"],
    ["items_other [other"],
  ]);

  const again = await commands.run(["demo"]);
  expect(again.code).toBe(0);
  expect(again.stdout).toContain(`${first.translated} translated, 0 failed`);
  expect(again.stdout).toMatch(/^Add to cart\t\[/m);
  expect(again.stdout).toMatch(/^\{\{count\}\} items\t\[other: .*\t\[other: .*\t\[other: /m);
  expect(again.stderr).toContain("Using the embedded PostgreSQL in");
  expect(again.stderr).not.toContain("Making a new");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what must not be there
  expect(again.stdout + again.stderr).not.toMatch(/\u001b/);
});

test("the workers of a demo share the catalog while an engine takes its time", async ({ commands, dataDir }) => {
  expect(dataDir).toContain(".trans-hub");
  const engine = await startOpenaiServer({
    rules: [{ fault: { kind: "slow", ms: 100 }, times: Number.POSITIVE_INFINITY }],
  });
  onTestFinished(() => engine.close());
  const env = { TH_OPENAI_ENDPOINT: engine.url, TH_OPENAI_API_KEY: "key", TH_OPENAI_MODEL: "any" };
  const { workers } = await commands.json<DemoReport>(["demo"], { env });
  for (const { translated } of workers) expect(translated).toBeGreaterThan(0);
});

test("the workers of a killed demo end with it", async ({ commands, dataDir }) => {
  expect(dataDir).toContain(".trans-hub");
  const demo = commands.start(["demo"]);
  await demo.says("Using the embedded");
  await commands.run(["status"]);
  demo.kill("SIGKILL");
  await demo.ended();
  await expect.poll(async () => (await commands.json<{ workers: unknown[] }>(["status"])).workers.length).toBe(0);
});

test("dev prints a database that other commands can use, and ends well on Ctrl-C", async ({ commands, dataDir }) => {
  expect(dataDir).toContain(".trans-hub");
  const dev = commands.start(["dev", "--json"]);
  await dev.says("worker.ready");
  expect(dev.stderr).toContain(`Making a new embedded PostgreSQL in ${dataDir}`);
  const { databaseUrl } = JSON.parse(dev.stdout);
  const env = { TH_DATABASE_URL: databaseUrl };
  await commands.json(["request", "Pay", "--from", "en", "--to", "fr"], { env });
  await dev.says("batch.settled");
  expect(await commands.json(["get", "Pay", "--from", "en", "--to", "fr"])).toMatchObject({ engine: "pseudo" });
  dev.kill("SIGINT");
  expect(await dev.ended()).toMatchObject({ code: 0, stdout: `${JSON.stringify({ databaseUrl })}\n` });
});

test("dev ends well on Ctrl-C while it starts, and leaves nothing that blocks the next start", async ({
  commands,
  dataDir,
}) => {
  const dev = commands.start(["dev"]);
  // From this point, making a new cluster takes a second.
  await expect.poll(() => existsSync(join(dataDir, "server.log")), { interval: 10 }).toBe(true);
  dev.kill("SIGINT");
  const endsWell = { code: 0, stderr: expect.stringContaining("worker.stopping") };
  expect(await dev.ended()).toMatchObject({ ...endsWell, stdout: "" });
  expect(await commands.run(["dev"], { env: signalledAtStart("SIGINT") })).toMatchObject(endsWell);
  expect(await commands.json(["status"])).toMatchObject({ translations: { pending: 0 } });
});
