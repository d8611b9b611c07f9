/** The examples of README.md are run exactly as written there. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { test } from "@trans-hub/test-support/database";
import { expect } from "vitest";

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

test("the examples on the page of the SQL functions run as written, and give what is shown below them", async ({
  db,
}) => {
  const page = readFileSync(join(root, "docs/sql.md"), "utf8");
  const examples = Array.from(page.matchAll(/^```sql\n([\s\S]*?)^```$/gm), ([, code = ""]) => code);
  expect(examples).toHaveLength(4);
  const [request = "", trigger = "", read = "", review = ""] = examples;
  const shown = /^-- (\[.*\])$/m.exec(request)?.[1];
  expect(Object.values((await db.query(request)).rows[0])).toEqual([shown]);
  await db.query(trigger);
  const { rows } = await db.query(
    "select item ->> 'text' as text from trans_hub.inbox, jsonb_array_elements(items) as item",
  );
  expect(rows).toEqual([{ text: "Mug" }, { text: "Plate" }]);
  expect((await db.query({ text: read, rowMode: "array" })).rows).toEqual([
    ["pending", null],
    [null, null],
  ]);
  // The example's id is of no text here.
  expect((await db.query(review)).rows).toEqual([{ problems: ["missing"], present_revisions: [null] }]);
});

test("the README's line for the command changes no other program of the shell, and runs beside an old Node", async () => {
  const line = /^npm run setup && (.*trans-hub.*)$/m.exec(readme)?.[1] ?? "";
  const folder = await mkdtemp(join(tmpdir(), "trans-hub-readme-"));
  try {
    await writeFile(join(folder, "node"), "#!/bin/sh\necho v20.19.0\n", { mode: 0o755 });
    const script = `shopt -s expand_aliases\n${line}\nnode\ncd /\ntrans-hub --version\n`;
    const { stdout } = await call("bash", ["-c", script], { cwd: root, env: { PATH: `${folder}:/usr/bin:/bin` } });
    expect(stdout).toMatch(/^v20\.19\.0\n\d+\.\d+\.\d+\n$/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
