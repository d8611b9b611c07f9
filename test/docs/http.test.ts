/** The lines of docs/http.md are run as they stand there, but for the port of the server. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { testOnDatabase as test } from "@trans-hub/test-support/command";
import { expect } from "vitest";
import { SCOPES } from "../../packages/server/src/auth/principal.ts";
import { ROUTES } from "../../packages/server/src/routes/index.ts";

const call = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/http.md"), "utf8");

function examples(language: string): string[] {
  return Array.from(
    page.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, "gm")),
    ([, code = ""]) => code,
  );
}

/** `# {"a":1,…}` matches any answer that has its parts in their order. */
function shownBelow(code: string): RegExp[] {
  return Array.from(code.matchAll(/^# (\{.*\})$/gm), ([, line = ""]) => {
    const parts = line.split("…").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    return new RegExp(parts.join("[\\s\\S]*"));
  });
}

test("its curl lines run, and give the answers shown below them", async ({ commands }) => {
  const [start = "", ...lines] = examples("sh");
  expect(start).toMatch(/^trans-hub migrate\ntrans-hub serve\ntrans-hub worker .*\n$/);
  const running = commands.start(["serve", "--port", "0"], { env: { TH_LOG_FORMAT: "json" } });
  await running.says('"server.listening"');
  const port = /"port":(\d+)/.exec(running.stderr)?.[1] ?? "";
  const worker = commands.start(["worker"], { env: { TH_LOG_FORMAT: "json" } });
  await worker.says('"worker.ready"');
  const [api = ""] = /^API=.*$/m.exec(lines.join("\n")) ?? [];
  for (const code of lines) {
    const script = `${code.includes("API=") ? "" : `${api}\n`}${code}`.replaceAll(":8080/", `:${port}/`);
    const { stdout } = await call("bash", ["-euc", script]);
    expect(stdout).toMatch(/^(HTTP\/1.1 200|\{)/);
    for (const shown of shownBelow(code)) expect(stdout).toMatch(shown);
    if (code.includes(":wait")) expect(JSON.parse(stdout)).toMatchObject({ settled: true });
  }
  expect(lines).toHaveLength(12);
  for (const each of [worker, running]) each.kill("SIGTERM");
});

test("its program mounts the routes", async ({ database }) => {
  const [code = ""] = examples("ts");
  const flags = ["--no-warnings", "--input-type=module-typescript", "--eval", code];
  const cwd = join(root, "packages/server");
  const { stdout } = await call(process.execPath, flags, {
    cwd,
    env: { ...process.env, TH_DATABASE_URL: database.url },
  });
  expect(stdout).toBe("200 /texts\n");
});

test("it names every scope, and each scope that a route wants is one of them", () => {
  const rows = [...page.matchAll(/^\| `(\w+)` \| [a-z]/gm)].map(([, scope]) => scope);
  expect(rows).toEqual([...SCOPES]);
  for (const { scope } of ROUTES) if (scope !== undefined) expect(rows).toContain(scope);
});
