/** The command that the tests start is the command of the sources. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, inject } from "vitest";
import { testOnDatabase as test } from "./command.ts";

const SOURCES = fileURLToPath(new URL("../../cli/src/bin.js", import.meta.url));
const bundle = inject("commandBin");

describe("the bundled command", () => {
  test.for([
    "--help",
    "translate --help",
    "--version",
    "migrate --json",
    "status --json",
    "no-such-command",
    "translate gone.json --from en --to fr --out {locale}.json",
  ])("says what the sources say: %s", async (line, { commands }) => {
    const args = line.split(" ");
    const [bundled, sources] = [await commands.run(args), await commands.run(args, { bin: SOURCES })];
    expect({ ...bundled, ms: 0 }).toEqual({ ...sources, ms: 0 });
  });

  test("loads modules of no package of the repository", async ({ commands }) => {
    const tell = `import { registerHooks } from "node:module";
      registerHooks({ load(url, context, next) { process.stderr.write(url + "\\n"); return next(url, context); } });`;
    const options = { env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(tell)}` } };
    const { stderr: sources } = await commands.run(["status"], options);
    expect(sources).toContain(join("packages", "core", "src"));
    const { stderr: bundled } = await commands.run(["status"], { ...options, bin: bundle });
    expect(bundled).toContain("main.js");
    expect(bundled).not.toContain(join("packages", "core", "src"));
  });
});
