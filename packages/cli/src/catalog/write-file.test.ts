import { execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { CatalogError } from "@trans-hub/core/operations";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeFileByRename } from "./write-file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "write-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const isRoot = process.getuid?.() === 0;

async function modeOf(file: string): Promise<number> {
  return (await stat(file)).mode & 0o7777;
}

test("a new file is written with its folders, and no other file stays behind", async () => {
  const file = join(folder, "locales", "fr", "shop.json");
  await writeFileByRename(file, '{"a": "é"}\n');
  expect(await readFile(file, "utf8")).toBe('{"a": "é"}\n');
  expect(await readdir(join(folder, "locales", "fr"))).toEqual(["shop.json"]);
  expect(await modeOf(file)).toBe(0o666 & ~process.umask());
});

test.each([0o600, 0o664, 0o444])(
  "an existing file is replaced, not written into, and keeps its mode %o",
  async (mode) => {
    const file = join(folder, "fr.json");
    await writeFile(file, "old");
    await chmod(file, mode);
    const before = await stat(file);
    await writeFileByRename(file, "new");
    expect(await readFile(file, "utf8")).toBe("new");
    expect(await modeOf(file)).toBe(mode);
    expect((await stat(file)).ino).not.toBe(before.ino);
  },
);

test("a symbolic link stays a symbolic link", async () => {
  const file = join(folder, "real.json");
  await writeFile(file, "old");
  await symlink(file, join(folder, "link.json"));
  await writeFileByRename(join(folder, "link.json"), "new");
  expect((await lstat(join(folder, "link.json"))).isSymbolicLink()).toBe(true);
  expect(await readFile(file, "utf8")).toBe("new");
});

test("a dangling link, a pipe and a loop of links are refused and stay as they are", async () => {
  const at = (name: string) => join(folder, name);
  await symlink("nowhere", at("dangling"));
  await symlink("loop", at("loop"));
  execFileSync("mkfifo", [at("pipe")]);
  for (const [name, problem] of [
    ["dangling", "a symbolic link to a file that does not exist"],
    ["loop", "a loop of symbolic links"],
    ["pipe", "is a pipe, not a regular file"],
  ] as const) {
    await expect(writeFileByRename(at(name), "x")).rejects.toThrow(problem);
  }
  expect((await lstat(at("dangling"))).isSymbolicLink()).toBe(true);
  expect((await lstat(at("pipe"))).isFIFO()).toBe(true);
  expect((await readdir(folder)).sort()).toEqual(["dangling", "loop", "pipe"]);
});

test("a writer that is killed at any moment leaves the old or the new text, whole", async () => {
  const file = join(folder, "fr.json");
  const texts = ["a", "b"].map((letter) => letter.repeat(2_000_000));
  await writeFile(file, texts[0] ?? "");
  const script = `
    const { writeFileByRename } = await import(${JSON.stringify(join(import.meta.dirname, "write-file.ts"))});
    const [file] = process.argv.slice(-1);
    for (let at = 0; ; at += 1) {
      await writeFileByRename(file, (at % 2 ? "a" : "b").repeat(2_000_000));
      process.stdout.write(".");
    }`;
  for (let kill = 0; kill < 8; kill += 1) {
    const writer = spawn(process.execPath, ["--input-type=module", "--eval", script, file]);
    const ended = once(writer, "exit");
    await once(writer.stdout, "data");
    for (let turn = 0; turn < kill; turn += 1) await setImmediate();
    writer.kill("SIGKILL");
    await ended;
    expect(texts.includes(await readFile(file, "utf8"))).toBe(true);
  }
});

test("a write removes the abandoned temporary files of this file, and no others", async () => {
  const old = new Date(Date.now() - 120_000);
  const [abandoned, other, running] = [randomUUID(), randomUUID(), randomUUID()];
  const names = [`.fr.json.${abandoned}.tmp`, `.de.json.${other}.tmp`, ".fr.json.bak.tmp"];
  for (const name of names) {
    await writeFile(join(folder, name), "half");
    await utimes(join(folder, name), old, old);
  }
  await writeFile(join(folder, `.fr.json.${running}.tmp`), "of a running process");
  await writeFileByRename(join(folder, "fr.json"), "new");
  expect((await readdir(folder)).sort()).toEqual(
    [`.de.json.${other}.tmp`, ".fr.json.bak.tmp", `.fr.json.${running}.tmp`, "fr.json"].sort(),
  );
});

test("a folder or a file in the way is an error that names the path, and leaves nothing behind", async () => {
  await mkdir(join(folder, "fr.json"));
  await writeFile(join(folder, "plain"), "x");
  await expect(writeFileByRename(join(folder, "fr.json"), "x")).rejects.toThrow(
    `${folder}/fr.json: cannot be written: it is a folder`,
  );
  for (const file of [join(folder, "plain", "fr.json"), join(folder, "plain", "fr", "shop.json")]) {
    const error: unknown = await writeFileByRename(file, "x").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CatalogError);
    expect(error).toMatchObject({
      file,
      message: expect.stringContaining("is a file, not a folder"),
      cause: expect.anything(),
    });
  }
  expect((await readdir(folder)).sort()).toEqual(["fr.json", "plain"]);
});

test.skipIf(isRoot)("a folder without write permission is named, and the old file stays", async () => {
  const file = join(folder, "fr.json");
  await writeFile(file, "old");
  await chmod(folder, 0o555);
  await expect(writeFileByRename(file, "new")).rejects.toThrow(`no right to write in ${folder}`);
  expect(await readFile(file, "utf8")).toBe("old");
  await chmod(folder, 0o755);
});

test("concurrent writers leave one writer's text, whole", async () => {
  const file = join(folder, "fr.json");
  const texts = Array.from({ length: 20 }, (_, index) => String(index).repeat(50_000));
  await Promise.all(texts.map((text) => writeFileByRename(file, text)));
  expect(texts).toContain(await readFile(file, "utf8"));
  expect(await readdir(folder)).toEqual(["fr.json"]);
});
