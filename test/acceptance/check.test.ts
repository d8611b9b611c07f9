/** `trans-hub check`: translations that exist are judged without a database. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "@trans-hub/test-support/command";
import { describe, expect } from "vitest";

/** The command must not even try to reach a database. */
const env = { TH_DATABASE_URL: "postgres://someone:hunter2@127.0.0.1:1/nothing" };

const good = { source: "Save {name}", translation: "Enregistrer {name}", sourceLocale: "en", targetLocale: "fr" };
const blocked = { ...good, translation: "Enregistrer" };
const doubtful = { ...good, source: "Save it?", translation: "Enregistrez-le." };
const jsonLines = (...values: unknown[]) =>
  values.map((value) => (typeof value === "string" ? value : JSON.stringify(value))).join("\n");
const parsed = (stdout: string) =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("check --json", () => {
  test("each pair gives a line with its number, and the exit code tells of blocked ones", async ({ commands }) => {
    const input = jsonLines(good, "", blocked, doubtful);
    const { code, stdout, stderr } = await commands.run(["check", "--file", "-", "--json"], { env, input });
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(parsed(stdout)).toEqual([
      { line: 1, blocked: [], warnings: [] },
      { line: 3, blocked: [{ check: "placeholders", message: "1 placeholder missing" }], warnings: [] },
      { line: 4, blocked: [], warnings: [{ check: "end-punctuation", message: "it ends with another mark" }] },
    ]);
  });

  test("warnings alone exit with 0", async ({ commands }) => {
    const input = jsonLines(good, doubtful);
    expect((await commands.run(["check", "--file", "-", "--json"], { env, input })).code).toBe(0);
  });

  test("a line that is no pair is named, without its content, and the rest is judged", async ({ commands }) => {
    const input = jsonLines(
      "{secret",
      [1],
      { source: "a" },
      { ...good, translation: 1 },
      { ...good, targetLocale: "not a locale" },
      { ...good, format: "docx" },
      { ...good, pluralCategory: "several" },
      { ...good, format: null, sourceLocale: null, targetLocale: null, note: "x" },
    );
    const { code, stdout, stderr } = await commands.run(["check", "--file", "-", "--json"], { env, input });
    expect(code).toBe(1);
    const lines = parsed(stdout);
    expect(lines.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(lines.slice(0, 7).map(({ error }) => error.message)).toEqual([
      "is not JSON",
      "must be a JSON object",
      "translation: is missing",
      "translation: must be a string",
      expect.stringMatching(/^targetLocale: /),
      expect.stringMatching(/^format: must be one of auto, /),
      expect.stringMatching(/^pluralCategory: must be /),
    ]);
    expect(lines[7]).toEqual({ line: 8, blocked: [], warnings: [] });
    expect(stderr).toContain('ignored unknown fields of pairs: "note"');
    expect(stdout + stderr).not.toContain("secret");
  });

  test("the options stand for what a line leaves out", async ({ commands }) => {
    const { sourceLocale: _, targetLocale: __, ...bare } = good;
    const sentence = { source: "Save all changes", translation: "Save all changes" };
    const input = jsonLines(bare, sentence, { ...sentence, targetLocale: "en-GB" });
    const run = (...options: string[]) => commands.run(["check", "--file", "-", "--json", ...options], { env, input });
    expect(parsed((await run("--from", "en", "--to", "fr")).stdout).map(({ warnings }) => warnings.length)).toEqual([
      0, 1, 0,
    ]);
    expect(parsed((await run()).stdout).map(({ warnings }) => warnings.length)).toEqual([0, 0, 0]);
  });

  test("the form of a plural is judged as one", async ({ commands }) => {
    const input = jsonLines({
      source: "%d files",
      translation: "%d 个文件",
      targetLocale: "zh-CN",
      pluralCategory: "one",
    });
    const { stdout } = await commands.run(["check", "--file", "-", "--json"], { env, input });
    expect(parsed(stdout)[0].warnings).toMatchObject([{ check: "plural-form-foreign" }]);
  });

  test("a file of any length is read and answered line by line", async ({ commands }) => {
    const file = join(commands.cwd, "pairs.jsonl");
    await writeFile(file, Array.from({ length: 20_000 }, () => JSON.stringify(good)).join("\n"));
    const { code, stdout } = await commands.run(["check", "--file", file, "--json"], { env });
    expect(code).toBe(0);
    expect(parsed(stdout)).toHaveLength(20_000);
  });
});

describe("check for people", () => {
  test("findings are listed with their lines, and counted", async ({ commands }) => {
    const { code, stdout } = await commands.run(["check", "--file", "-"], {
      env,
      input: jsonLines(good, blocked, "x"),
    });
    expect(code).toBe(1);
    expect(stdout).toBe(
      [
        "line\tresult\tcheck\tmessage",
        "2\tblocked\tplaceholders\t1 placeholder missing",
        "3\tno pair\tTH_ITEM_SHAPE\tis not JSON",
        "2 checked, 1 blocked, 0 with warnings only, 1 line that is no pair",
        "",
      ].join("\n"),
    );
  });

  test("a missing file, and a missing option, are wrong usage", async ({ commands }) => {
    for (const args of [["check"], ["check", "--file", "/nowhere/pairs.jsonl"]]) {
      expect((await commands.run(args, { env })).code).toBe(2);
    }
  });
});
