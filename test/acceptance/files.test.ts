/** Files that are not ordinary ones: each is named in one clear error, no command hangs, and a pipe of items works. */

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { lstat, mkdir, open, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Commands, type Ended, test, testOnDatabase } from "@trans-hub/test-support/command";
import { expectWithin } from "@trans-hub/test-support/load";
import { describe, expect } from "vitest";

/** A database that no command here may reach: a bad file is found before it. */
const NOWHERE = { TH_DATABASE_URL: "postgres://u:p@127.0.0.1:1/nothing", TH_ENGINES: "pseudo" };

function makePipe(path: string): void {
  execFileSync("mkfifo", [path]);
}

function expectError({ code, stdout, stderr, ms }: Ended, expectedCode: number, message: RegExp): void {
  expect({ code, stderr, stdout }).toMatchObject({ code: expectedCode, stderr: expect.stringMatching(message) });
  expect(stdout).toBe("");
  expect(stderr.split("\n").filter((line) => line.startsWith("error:"))).toHaveLength(1);
  expectWithin(ms, 10_000);
}

/** Files of every kind but the regular one, each with the words that must name it. */
const KINDS: Record<string, [make: (path: string) => unknown, problem: RegExp]> = {
  "a named pipe": [makePipe, /is a pipe, not a regular file/],
  "a device": [(path) => symlink("/dev/zero", path), /is a device, not a regular file/],
  "a folder": [(path) => mkdir(path), /is a folder/],
  "a loop of links": [(path) => symlink(path, path), /is a loop of symbolic links/],
};

async function translate(commands: Commands, ...more: string[]): Promise<Ended> {
  const args = ["translate", "en.json", "--from", "en", "--to", "fr", "--out", "out/{locale}.json", ...more];
  return commands.run(args, { env: NOWHERE });
}

async function makeCatalog(commands: Commands): Promise<void> {
  await writeFile(join(commands.cwd, "en.json"), '{"pay": "Pay"}\n');
  await mkdir(join(commands.cwd, "out"));
}

describe("translate takes regular files only, and names any other before it does any work:", () => {
  for (const [kind, [make, problem]] of Object.entries(KINDS)) {
    test(`${kind} as a target file`, async ({ commands }) => {
      await makeCatalog(commands);
      await make(join(commands.cwd, "out/fr.json"));
      expectError(await translate(commands), 1, new RegExp(`out/fr\\.json.*${problem.source}`));
    });
    test(`${kind} as a source`, async ({ commands }) => {
      await make(join(commands.cwd, "en.json"));
      expectError(await translate(commands), 1, new RegExp(`en\\.json.*${problem.source}`));
    });
    test(`${kind} as the lock file`, async ({ commands }) => {
      await makeCatalog(commands);
      await make(join(commands.cwd, "trans-hub.lock"));
      expectError(await translate(commands), 1, new RegExp(`trans-hub\\.lock.*${problem.source}`));
    });
  }

  test("a link to a file that does not exist, as target or lock file, which stays a link", async ({ commands }) => {
    await makeCatalog(commands);
    await symlink("nowhere.json", join(commands.cwd, "out/fr.json"));
    expectError(await translate(commands), 1, /out\/fr\.json.*is a symbolic link to a file that does not exist/);
    expect((await lstat(join(commands.cwd, "out/fr.json"))).isSymbolicLink()).toBe(true);
    await symlink("nowhere.lock", join(commands.cwd, "other.lock"));
    expectError(
      await translate(commands, "--out", "{locale}.json", "--lock", "other.lock"),
      1,
      /other\.lock.*symbolic link/,
    );
    expect(await readdir(join(commands.cwd, "out"))).toEqual(["fr.json"]);
  });

  test("a target file that is the source behind a link", async ({ commands }) => {
    await makeCatalog(commands);
    await symlink("../en.json", join(commands.cwd, "out/fr.json"));
    expectError(await translate(commands), 2, /out\/fr\.json.*en\.json/);
    expect(await readFile(join(commands.cwd, "en.json"), "utf8")).toBe('{"pay": "Pay"}\n');
  });
});

describe("a file of settings is a regular one:", () => {
  for (const [kind, [make]] of Object.entries(KINDS)) {
    test(`${kind} as .env or behind TH_…_FILE is a bad setting`, async ({ commands }) => {
      await make(join(commands.cwd, "secret"));
      const env = { ...NOWHERE, TH_OPENAI_API_KEY_FILE: "secret" };
      expectError(await commands.run(["status"], { env }), 2, /TH_OPENAI_API_KEY_FILE: names/);
      await make(join(commands.cwd, ".env"));
      expectError(await commands.run(["status"], { env: NOWHERE }), 2, /\.env: /);
    });
  }

  test("a pipe as a password file is refused", async ({ commands }) => {
    makePipe(join(commands.cwd, "worker"));
    const ended = await commands.run(["roles", "create", "--password-files", "."], { env: NOWHERE });
    expectError(ended, 2, /password file worker.*is a pipe/);
  });

  test("UTF-16 is named, and a UTF-8 byte order mark is not part of the first name or value", async ({ commands }) => {
    const at = (name: string) => join(commands.cwd, name);
    await writeFile(at("secret"), Buffer.from("\uFEFFsk-1\n", "utf16le"));
    const env = { ...NOWHERE, TH_OPENAI_API_KEY_FILE: "secret" };
    expectError(await commands.run(["status"], { env }), 2, /TH_OPENAI_API_KEY_FILE: .*UTF-16/);
    await writeFile(at(".env"), Buffer.from("TH_PROJECT=shop\n", "utf16le"));
    expectError(await commands.run(["status"], { env: NOWHERE }), 2, /\.env: .*UTF-16/);
    await writeFile(at(".env"), "\uFEFFTH_BATCH_SIZE=none\n");
    expectError(await commands.run(["status"], { env: NOWHERE }), 2, /TH_BATCH_SIZE/);
  });
});

describe("request --file", () => {
  const request = (file: string) => ["request", "--file", file, "--from", "en", "--to", "fr", "--json"];
  const item = '{"text":"Pay"}\n';

  testOnDatabase("reads a named pipe to its end, also when its writer comes late", async ({ commands }) => {
    const path = join(commands.cwd, "items");
    makePipe(path);
    const running = commands.start(request("items"));
    const writer = await open(path, "w");
    await writer.write(item);
    await writer.write('{"text":"Back"}\n');
    await writer.close();
    const { code, stdout } = await running.ended();
    expect({ code, report: JSON.parse(stdout) }).toMatchObject({ code: 0, report: { registered: 2 } });
  });

  testOnDatabase("reads process substitution, /dev/stdin and -", async ({ commands, database }) => {
    const bin = join(import.meta.dirname, "../../packages/cli/src/bin.js");
    const call = `exec "$0" "${bin}" request --from en --to fr --json --file`;
    const env = { PATH: process.env.PATH ?? "", TH_DATABASE_URL: database.url };
    const scripts = [
      `${call} <(echo '{"text":"One"}')`,
      `echo '{"text":"Two"}' | (${call} /dev/stdin)`,
      `echo '{"text":"Three"}' | (${call} /proc/self/fd/0)`,
      `echo '{"text":"Four"}' | (${call} -)`,
      `${call} /dev/stdin < four.jsonl`,
    ];
    await writeFile(join(commands.cwd, "four.jsonl"), '{"text":"Five"}\n');
    for (const script of scripts) {
      const stdout = execFileSync("bash", ["-c", script, process.execPath], {
        cwd: commands.cwd,
        env,
        encoding: "utf8",
      });
      expect(JSON.parse(stdout), script).toMatchObject({ registered: 1, rejected: [] });
    }
    const empty = execFileSync("bash", ["-c", `${call} <(true)`, process.execPath], { cwd: commands.cwd, env });
    expect(JSON.parse(String(empty))).toMatchObject({ registered: 0, existing: 0 });
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    testOnDatabase(`ends on ${signal} while it waits for a pipe without a writer`, async ({ commands }) => {
      makePipe(join(commands.cwd, "items"));
      const running = commands.start(request("items"));
      await running.says(/Reading the pipe items/);
      running.kill(signal);
      const { code, ms } = await running.ended();
      expect(code).toBe(signal === "SIGINT" ? 130 : 143);
      expectWithin(ms, 9_000);
    });
  }

  testOnDatabase(
    "ends on SIGTERM while a writer keeps the pipe open, and keeps what it registered",
    async ({ commands, db }) => {
      const path = join(commands.cwd, "items");
      makePipe(path);
      const running = commands.start(request("items"));
      const writer = await open(path, "w");
      // Two full chunks: the first is registered while the pipe stays open.
      for (let at = 0; at < 1_000; at += 1) await writer.write(`{"text":"Text ${at}"}\n`);
      await expect
        .poll(async () => (await db.query("select count(*)::int as n from trans_hub.source")).rows[0].n)
        .toBeGreaterThanOrEqual(500);
      const asked = performance.now();
      running.kill("SIGTERM");
      const { code } = await running.ended();
      expect(code).toBe(143);
      expectWithin(performance.now() - asked, 5_000);
      await writer.close();
    },
  );

  testOnDatabase("- ends on SIGTERM while stdin stays open", async ({ commands, database, db }) => {
    const bin = join(import.meta.dirname, "../../packages/cli/src/bin.js");
    const env = { PATH: process.env.PATH ?? "", TH_DATABASE_URL: database.url };
    const child = spawn(process.execPath, [bin, ...request("-")], {
      cwd: commands.cwd,
      env,
      stdio: ["pipe", "ignore", "ignore"],
    });
    const ended = once(child, "exit");
    child.stdin.write(item.repeat(500));
    const registered = async () => (await db.query("select count(*)::int as n from trans_hub.source")).rows[0].n;
    await expect.poll(registered).toBe(1);
    const asked = performance.now();
    child.kill("SIGTERM");
    expect(await ended).toEqual([143, null]);
    expectWithin(performance.now() - asked, 5_000);
  });

  for (const [kind, [make, problem]] of Object.entries(KINDS)) {
    if (kind === "a named pipe") continue;
    test(`refuses ${kind} by its name`, async ({ commands }) => {
      await make(join(commands.cwd, "items"));
      const ended = await commands.run(["request", "--file", "items", "--from", "en", "--to", "fr"], { env: NOWHERE });
      expectError(ended, 2, new RegExp(`items.*${problem.source.replace(", not a regular file", "")}`));
    });
  }

  test("names a file that does not exist, before the database is reached", async ({ commands }) => {
    const ended = await commands.run(["request", "--file", "items", "--from", "en", "--to", "fr"], { env: NOWHERE });
    expectError(ended, 2, /items.*does not exist/);
  });

  for (const [name, encoding, mark] of [
    ["UTF-16 with a byte order mark", "utf16le", "\uFEFF"],
    ["UTF-16 without one", "utf16le", ""],
  ] as const) {
    testOnDatabase(`refuses ${name} in one error that names file and line`, async ({ commands, db }) => {
      const lines = mark + item.repeat(300);
      await writeFile(join(commands.cwd, "items.jsonl"), Buffer.from(lines, encoding));
      const little = await commands.run(request("items.jsonl").filter((arg) => arg !== "--json"));
      expectError(little, 2, /items\.jsonl:1: is UTF-16, not UTF-8\nhint: .*UTF-8/);
      await writeFile(join(commands.cwd, "items.jsonl"), Buffer.from(lines, encoding).swap16());
      expectError(await commands.run(request("items.jsonl").filter((arg) => arg !== "--json")), 2, /:1: is UTF-16/);
      expect((await db.query("select count(*)::int as n from trans_hub.source")).rows).toEqual([{ n: 0 }]);
    });
  }

  testOnDatabase("tells of a plain text file once, with the form of a line", async ({ commands }) => {
    await writeFile(join(commands.cwd, "letter.txt"), "Dear customer,\n".repeat(300));
    const args = ["request", "--file", "letter.txt", "--from", "en", "--to", "fr"];
    const { code, stderr } = await commands.run(args);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^letter\.txt: none of 300 lines is an item; line 1: .*is not JSON.*\{"text":"Pay".*\n$/);
    expect(stderr).not.toContain("Dear");
    const report = await commands.json<{ rejected: unknown[] }>(args, { code: 1 });
    expect(report).toMatchObject({ registered: 0, rejectedCount: 300, hint: expect.stringContaining('{"text":') });
    expect(report.rejected.length).toBeLessThanOrEqual(20);
  });

  testOnDatabase("names the first bad lines between good ones, and counts the rest", async ({ commands }) => {
    await writeFile(join(commands.cwd, "items.jsonl"), `${item}no JSON\n`.repeat(300));
    const args = ["request", "--file", "items.jsonl", "--from", "en", "--to", "fr"];
    const { stderr, stdout } = await commands.run(args);
    expect(stderr.split("\n").filter((line) => line.includes("is not JSON"))).toHaveLength(20);
    expect(stderr).toContain("items.jsonl: line 2: TH_ITEM_SHAPE is not JSON");
    expect(stderr).toContain("and 280 more rejected lines");
    expect(stdout).toContain("300 rejected");
    expect(await commands.json(args, { code: 1 })).toMatchObject({ existing: 300, rejected: { length: 300 } });
  });

  testOnDatabase("rejects a line of 200 MB by file and line, in bounded memory", async ({ commands }) => {
    await writeFile(join(commands.cwd, "items.jsonl"), item);
    const writer = await open(join(commands.cwd, "items.jsonl"), "a");
    await writer.write('{"text":"');
    for (let written = 0; written < 200; written += 4) await writer.write(Buffer.alloc(4_194_304, "x"));
    await writer.write(`"}\n${item}`);
    await writer.close();
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(TELL_MEMORY)}` };
    const { code, stdout, stderr } = await commands.run(
      ["request", "--file", "items.jsonl", "--from", "en", "--to", "fr"],
      { env },
    );
    expect({ code, stdout }).toMatchObject({ code: 1, stdout: expect.stringContaining("1 rejected") });
    expect(stderr).toMatch(/items\.jsonl: line 2: TH_ITEM_SHAPE is longer than \d+ bytes/);
    expect(Number(/peak (\d+) MiB/.exec(stderr)?.[1])).toBeLessThan(250);
  });

  testOnDatabase("a catalog of 50 MB is refused by its name, its size and the bound", async ({ commands }) => {
    await writeFile(join(commands.cwd, "en.json"), `{"a":"${"x".repeat(50_000_000)}"}`);
    expectError(await translate(commands), 1, /en\.json: is larger than 16 MiB: it has 50,000,008 bytes/);
  });
});

const TELL_MEMORY = `process.on("exit", () => console.error("peak", Math.round(process.resourceUsage().maxRSS / 1024), "MiB"))`;
