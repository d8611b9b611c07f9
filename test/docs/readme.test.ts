/** The examples of README.md are run exactly as written there. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { test } from "@trans-hub/test-support/database";
import { expect, onTestFinished } from "vitest";

const call = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");
const readme = readFileSync(join(root, "README.md"), "utf8");

function example(language: string): string {
  const [, code] = new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, "m").exec(readme) ?? [];
  if (code === undefined) throw new Error(`README.md has no example in ${language}`);
  return code;
}

test("the README's library example registers, translates and reads", async ({ database }) => {
  const { stdout } = await call(
    process.execPath,
    ["--no-warnings", "--input-type=module-typescript", "--eval", example("ts")],
    { cwd: root, env: { ...process.env, TH_DATABASE_URL: database.url } },
  );
  expect(stdout).toMatch(/^translated \[.*\]$/m);
  expect(stdout).toContain("businessIds: [ 'shop.cart.add' ]");
});

test("the README's SQL example registers, and returns the receipt shown below it", async ({ db }) => {
  const [request = "", read = ""] = example("sql").split(/^-- .*$/m);
  const receipt = JSON.parse(/^-- (\{.*\})$/m.exec(example("sql"))?.[1] ?? "");
  expect(Object.values((await db.query(request)).rows[0])).toEqual([receipt]);
  const [translations] = Object.values((await db.query(read)).rows[0]);
  expect(translations).toMatchObject([
    { sourceText: "Back", status: "pending" },
    { sourceText: "Next", status: "pending" },
  ]);
});

test("the README's PATH lines find the command, and leave the user's own programs first", async () => {
  const programs = mkdtempSync(join(tmpdir(), "readme-"));
  onTestFinished(() => rmSync(programs, { recursive: true }));
  for (const name of ["node", "tsc", "vite"]) {
    writeFileSync(join(programs, name), "#!/bin/sh\necho own\n", { mode: 0o755 });
  }
  const lines = [...readme.matchAll(/export PATH="[^"]*"/g)].map(([line]) => line);
  expect(lines).not.toEqual([]);
  for (const line of lines) {
    const { stdout } = await call(
      "sh",
      ["-c", `${line}; node --version; tsc --version; vite --version; trans-hub --version`],
      {
        cwd: root,
        env: { PATH: `${programs}:/usr/bin:/bin` },
      },
    );
    expect(stdout).toMatch(/^own\nown\nown\n\d+\.\d+\.\d+/);
  }
});
