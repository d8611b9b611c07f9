/** examples/http, run as its README says: a producer in Python, and one of curl. */
import { spawn, spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { type Commands, testOnDatabase } from "@trans-hub/test-support/command";
import { describe, expect } from "vitest";

const folder = join(resolve(import.meta.dirname, "../.."), "examples/http");
const has = (program: string) => spawnSync(program, ["--version"], { stdio: "ignore" }).error === undefined;
if (!has("python3")) console.warn("No python3: the example in Python is left out");
if (!has("curl")) console.warn("No curl: the example of curl is left out");

interface Api {
  url: string;
  token: string;
}

const test = testOnDatabase.extend("api", ({ commands }): Promise<Api> => startApi(commands));

async function startApi(commands: Commands): Promise<Api> {
  const { token } = await commands.json<{ token: string }>([
    ...["tokens", "create", "--projects", "shop", "--scopes", "request,read"],
  ]);
  const [server, worker] = [commands.start(["serve", "--port", "0", "--json"]), commands.start(["worker"])];
  await worker.says(/worker\.ready/);
  await expect.poll(() => server.stdout, { timeout: 20_000 }).toMatch(/"port":\d+/);
  const [, port] = /"port":(\d+)/.exec(server.stdout) ?? [];
  return { url: `http://127.0.0.1:${port}`, token };
}

/** Runs a program beside the server; the server answers meanwhile. */
function run(
  command: readonly string[],
  { url, token }: Api,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const [program = "", ...args] = command;
  const env = { PATH: process.env.PATH, TH_SERVER: url, TH_TOKEN: token };
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((done) => child.on("close", (code) => done({ code, stdout, stderr })));
}

describe.skipIf(!has("python3"))("the producer in Python", () => {
  const producer = ["python3", join(folder, "producer.py")];

  test("requests a text, waits for its translations and prints them, and reads one again", async ({ api }) => {
    const requested = await run([...producer, "request", "cart.add", "Add to cart", "fr", "de"], api);
    expect(requested).toMatchObject({ code: 0, stderr: "" });
    expect(requested.stdout).toMatch(/^fr\t\[[^A-Za-z]+\]\nde\t\[[^A-Za-z]+\]\n$/);
    const shown = await run([...producer, "show", "cart.add", "fr"], api);
    expect(shown).toMatchObject({ code: 0, stdout: `${requested.stdout.split("\n")[0]}\n` });
    expect(await run([...producer, "show", "cart.nothing", "fr"], api)).toMatchObject({ code: 3, stdout: "fr\t-\n" });
  });

  test("prints the code of a refusal, and no token", async ({ api }) => {
    const refused = await run([...producer, "request", "cart.add", "Add to cart", "fr"], {
      ...api,
      token: "thk_wrong",
    });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("401 TH_UNAUTHORIZED") });
    expect(refused.stderr).not.toContain("thk_wrong");
    const wrong = await run([...producer, "request", "cart.add", "Add to cart", "english"], api);
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining("TH_LOCALE in targetLocales[0]") });
  });
});

describe.skipIf(!has("curl"))("the producer of curl", () => {
  test("requests a text, waits for its translation, and prints both answers", async ({ api }) => {
    const { code, stdout, stderr } = await run(["sh", join(folder, "request.sh")], api);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [receipt, waited] = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(receipt).toMatchObject({ registered: 1, rejected: [] });
    expect(waited).toMatchObject({ settled: true, items: [{ status: "translated" }] });
  });

  test("ends with the problem of a refusal", async ({ api }) => {
    const refused = await run(["sh", join(folder, "request.sh")], { ...api, token: "thk_wrong" });
    expect(refused.code).toBe(22);
    expect(JSON.parse(refused.stdout)).toMatchObject({ status: 401, code: "TH_UNAUTHORIZED" });
  });
});
