/** `trans-hub lock`: git joins the locks of two branches, and the values of both stay known. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test, testOnDatabase } from "@trans-hub/test-support/command";
import { expect } from "vitest";

const BIN = fileURLToPath(new URL("../../packages/cli/src/bin.js", import.meta.url));
const hash = (digit: number) => String(digit).repeat(32);
const entry = (source: number, written: number) => ({ source: hash(source), written: hash(written) });

function lockText(entries: Record<string, unknown>): string {
  const lines = Object.entries(entries).map(([key, value]) => `      ${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  return `{\n  "version": 2,\n  "targets": {\n    "fr.json": {\n${lines.join(",\n")}\n    }\n  }\n}\n`;
}

test("git's merge with the driver joins both branches by key, and an entry that both changed stays twice", async ({
  commands: { cwd },
}) => {
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd, stdio: "pipe", env: { ...process.env, HOME: cwd } });
  const commit = (entries: Record<string, unknown>) => {
    writeFileSync(join(cwd, "trans-hub.lock"), lockText(entries));
    git("add", "-A");
    git("commit", "-qm", "lock");
  };
  git("init", "-q", "-b", "main");
  git("config", "user.email", "one@example.org");
  git("config", "user.name", "One");
  git("config", "merge.trans-hub.driver", `'${process.execPath}' '${BIN}' lock merge %O %A %B`);
  writeFileSync(join(cwd, ".gitattributes"), "trans-hub.lock merge=trans-hub\n");
  commit({ a: entry(1, 1), b: entry(2, 2), c: entry(3, 3) });
  git("checkout", "-qb", "other");
  commit({ a: entry(4, 4), b: entry(2, 5), c: entry(3, 3) });
  git("checkout", "-q", "main");
  commit({ a: entry(6, 6), c: entry(3, 3), d: entry(7, 7) });
  git("merge", "-q", "--no-edit", "other");
  expect(JSON.parse(readFileSync(join(cwd, "trans-hub.lock"), "utf8")).targets["fr.json"]).toEqual({
    a: [entry(6, 6), entry(4, 4)],
    b: entry(2, 5),
    c: entry(3, 3),
    d: entry(7, 7),
  });
  expect(git("status", "--short").toString()).toBe("");
});

test("a damaged side ends the driver with an error, and git leaves the file to a person", async ({ commands }) => {
  const { cwd } = commands;
  const good = lockText({ a: entry(1, 1) });
  for (const [name, text] of Object.entries({ base: good, ours: good, theirs: "{" }))
    writeFileSync(join(cwd, name), text);
  const { code, stderr } = await commands.run(["lock", "merge", "base", "ours", "theirs"]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/theirs.* is no lock: it is not valid JSON/);
  expect(readFileSync(join(cwd, "ours"), "utf8")).toBe(good);
});

testOnDatabase("one branch's older value beside the other branch's entry is translated again", async ({ commands }) => {
  const { cwd } = commands;
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd, stdio: "pipe", env: { ...process.env, HOME: cwd } }).toString();
  const put = (file: string, text: string) => writeFileSync(join(cwd, file), text);
  const work = async (branch: string, texts: object) => {
    git("checkout", "-qB", branch);
    put("en.json", `${JSON.stringify(texts, null, 2)}\n`);
    await commands.json(["translate"], { env: { TH_ENGINES: "pseudo" } });
    git("add", "-A");
    git("commit", "-qm", branch);
  };
  git("init", "-q", "-b", "main");
  git("config", "user.email", "one@example.org");
  git("config", "user.name", "One");
  put(
    "trans-hub.config.json",
    '{"source": "en", "targets": ["fr"], "files": [{"in": "en.json", "out": "{locale}.json"}]}',
  );
  // Lines between the two changes: git joins the lock without a conflict, by taking one branch's line for each value.
  const between = { b: "Back", c: "Close", d: "Done", e: "Edit" };
  await work("main", { a: "Add", ...between, pay: "Pay" });
  await work("feature", { a: "Add", ...between, pay: "Pay now" });
  git("checkout", "-q", "main");
  await work("main", { a: "Add to cart", ...between, pay: "Pay" });
  const older = JSON.parse(readFileSync(join(cwd, "fr.json"), "utf8"));
  git("merge", "-q", "--no-edit", "feature");
  expect(readFileSync(join(cwd, "trans-hub.lock"), "utf8")).not.toContain("<<<<");
  // A person took the target file whole from one side.
  git("checkout", "-q", "HEAD^1", "--", "fr.json");
  const { problems } = await commands.json<{ problems: object[] }>(["translate", "--check"], { code: 1 });
  expect(problems).toContainEqual(
    expect.objectContaining({ key: "pay", kind: "stale", message: "its source changed" }),
  );
  await commands.json(["translate"], { env: { TH_ENGINES: "pseudo" } });
  const now = JSON.parse(readFileSync(join(cwd, "fr.json"), "utf8"));
  expect(now).toEqual({ ...older, pay: now.pay });
  expect(now.pay).not.toBe(older.pay);
  expect(await commands.json(["translate", "--check"])).toMatchObject({ ok: true });
});
