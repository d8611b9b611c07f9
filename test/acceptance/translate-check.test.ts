/** `translate --check` and `lock adopt`: the state of target files is known from files alone. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Commands, test, testOnDatabase } from "@trans-hub/test-support/command";
import { describe, expect } from "vitest";

/** The command must not even try to reach a database, or an engine. */
const offline = { env: { TH_DATABASE_URL: "postgres://someone:hunter2@127.0.0.1:1/nothing", TH_ENGINES: "" } };

interface Report {
  ok: boolean;
  problems: { file: string; locale: string; key: string; kind: string; severity: string; line?: number }[];
  checked: number;
}

async function project({ cwd }: Commands, files: Record<string, object>): Promise<void> {
  await mkdir(join(cwd, "locales"), { recursive: true });
  const config = {
    source: "en",
    targets: ["fr", "de"],
    files: [{ in: "locales/en.json", out: "locales/{locale}.json" }],
  };
  await writeFile(join(cwd, "trans-hub.config.json"), JSON.stringify(config));
  for (const [name, content] of Object.entries(files)) await write(cwd, name, content);
}

function write(cwd: string, locale: string, content: object): Promise<void> {
  return writeFile(join(cwd, "locales", `${locale}.json`), `${JSON.stringify(content, null, 2)}\n`);
}

async function check(commands: Commands, code: number, ...more: string[]): Promise<string[]> {
  const report = await commands.json<Report>(["translate", "--check", ...more], { ...offline, code });
  expect(report.ok).toBe(code === 0);
  return report.problems.map(({ severity, kind, file, key }) => `${severity} ${kind} ${file} ${key}`.trimEnd());
}

test.for([
  ["--check", "--take", "store"],
  ["--estimate", "--take", "file"],
  ["--changed", "--take", "store"],
  ["--estimate", "--check"],
  ["--estimate", "--changed"],
  ["--changed", "--check"],
  ["--check", "--engine", "pseudo"],
  ["--check", "--force"],
  ["--check", "--again"],
  ["--check", "--prune"],
  ["--check", "--no-worker"],
  ["--check", "--max-cost", "1"],
  ["--allow", "missing", "--force"],
])("translate %s is refused: one of the two would be ignored", async (args, { commands }) => {
  const { error } = await commands.json<{ error: { code: string; message: string } }>(["translate", ...args], {
    ...offline,
    code: 2,
  });
  expect(error).toMatchObject({ code: "TH_USAGE", message: expect.stringContaining("cannot be used with") });
  const named = args.filter((arg) => arg.startsWith("--")).map((flag) => flag.replace("--allow", "--check"));
  for (const flag of named) expect(error.message).toContain(`'${flag}`);
});

describe("without a lock", () => {
  test("values are of unknown age, one problem a file, until they are adopted; a second adoption finds none", async ({
    commands,
  }) => {
    await project(commands, {
      en: { pay: "Pay", back: "Back" },
      fr: { pay: "Payer", back: "Retour" },
      de: { pay: "Zahlen" },
    });
    expect(await check(commands, 1)).toEqual([
      "error missing locales/de.json back",
      "error unknown locales/de.json",
      "error unknown locales/fr.json",
    ]);
    const adopted = await commands.json(["lock", "adopt"], offline);
    expect(adopted).toEqual({
      adopted: 3,
      files: [
        { file: "locales/fr.json", locale: "fr", adopted: 2 },
        { file: "locales/de.json", locale: "de", adopted: 1 },
      ],
    });
    expect(await check(commands, 1)).toEqual(["error missing locales/de.json back"]);
    expect(await check(commands, 0, "--allow", "missing,stale")).toEqual(["warning missing locales/de.json back"]);
    expect(await commands.json(["lock", "adopt"], offline)).toEqual({ adopted: 0, files: [] });
  });

  test("a damaged lock makes values unknown, and adoption writes it anew", async ({ commands }) => {
    await project(commands, { en: { pay: "Pay" }, fr: { pay: "Payer" }, de: { pay: "Zahlen" } });
    await writeFile(join(commands.cwd, "trans-hub.lock"), '{"version": 2, "targets": {');
    expect(await check(commands, 1)).toEqual(["error unknown locales/de.json", "error unknown locales/fr.json"]);
    const { code, stderr } = await commands.run(["lock", "adopt"], offline);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining("was damaged (it is not valid JSON)"),
    });
    expect(await check(commands, 0)).toEqual([]);
  });
});

test("a lock that would be written over a catalog is refused, also before the catalog is there", async ({
  commands,
}) => {
  await project(commands, { en: { pay: "Pay" } });
  const refusal = async (...args: string[]) => {
    const { code, stderr } = await commands.run(args, offline);
    return `${code} ${stderr.split("\n")[0]}`;
  };
  for (const command of [
    ["translate", "--check"],
    ["lock", "adopt"],
  ]) {
    expect(await refusal(...command, "--lock", "locales/en.json")).toBe(
      "2 error: locales/en.json is the lock file, and a source file too",
    );
    expect(await refusal(...command, "--lock", "locales/fr.json")).toBe(
      "2 error: locales/fr.json is the lock file, and a target file too",
    );
  }
  const inPlace = ["translate", "locales/en.json", "--from", "en", "--to", "fr", "--out", "trans-hub.lock", "--check"];
  expect(await refusal(...inPlace)).toBe("2 error: trans-hub.lock is the lock file, and a target file too");
});

test("a configuration that waits for ever is named, and not left to Node's exit code", async ({ commands }) => {
  await writeFile(join(commands.cwd, "trans-hub.config.mjs"), "await new Promise(() => undefined);\n");
  const { code, stderr } = await commands.run(["translate", "--check"], offline);
  expect({ code, stderr: stderr.trim() }).toEqual({
    code: 2,
    stderr: "error: trans-hub.config.mjs: cannot be loaded: Error: it waits for something that never comes",
  });
});

test("a bad kind, a bad form and a file that cannot be read are told", async ({ commands }) => {
  await project(commands, { en: { pay: "Pay" }, fr: { pay: "Payer" } });
  const kind = await commands.run(["translate", "--check", "--allow", "mising"], offline);
  expect(kind).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean "missing"?') });
  await writeFile(join(commands.cwd, "locales/fr.json"), '{\n  "pay": "Payer"\n  "back": ""\n}\n');
  await writeFile(join(commands.cwd, "locales/de.json"), '{\n<<<<<<< HEAD\n  "pay": "Zahlen"\n=======\n>>>>>>> x\n}\n');
  expect(await check(commands, 1)).toEqual(["error conflict locales/de.json", "error invalid locales/fr.json"]);
  const github = await commands.run(["translate", "--check", "--format", "github"], offline);
  expect(github.stdout).toMatch(/^::error file=locales\/fr\.json,line=3,col=\d+,title=invalid/m);
});

testOnDatabase(
  "translate leaves the check green, and what happens after is named by key and line",
  async ({ commands }) => {
    const { cwd } = commands;
    await project(commands, { en: { pay: "Pay", hello: "Hello {name}", next: "Next page" } });
    expect(await check(commands, 1)).toHaveLength(6);
    await commands.json(["translate"]);
    expect(await check(commands, 0)).toEqual([]);

    const fr = JSON.parse(await readFile(join(cwd, "locales/fr.json"), "utf8"));
    await write(cwd, "fr", { ...fr, hello: "Bonjour {nom}", next: "Next page", old: "Vieux" });
    await write(cwd, "en", { pay: "Pay now", hello: "Hello {name}", next: "Next page" });
    expect(await check(commands, 1)).toEqual([
      "error stale locales/de.json pay",
      "error stale locales/fr.json pay",
      "error broken locales/fr.json hello",
      "warning same locales/fr.json next",
      "warning orphan locales/fr.json old",
    ]);
    // The broken value of a person stays; it is the person who mends it.
    await commands.json(["translate"]);
    expect(await check(commands, 1)).toEqual([
      "error broken locales/fr.json hello",
      "warning same locales/fr.json next",
      "warning orphan locales/fr.json old",
    ]);
    await write(cwd, "fr", { ...fr, pay: "Payer", hello: "Bonjour {name}", next: "Suite" });
    await commands.json(["translate"]);
    expect(await check(commands, 0)).toEqual([]);

    await write(cwd, "fr", { pay: "Payer" });
    expect(await check(commands, 1, "--allow", "missing")).toContain("error fewer locales/fr.json");
    await rm(join(cwd, "trans-hub.lock"));
    expect(await check(commands, 1, "--allow", "missing")).toContain("error unknown locales/de.json");
  },
);

testOnDatabase(
  "a person's value whose source changed is an error until a run has named it, then a warning",
  async ({ commands }) => {
    const { cwd } = commands;
    await project(commands, { en: { pay: "Pay" } });
    await commands.json(["translate"]);
    await write(cwd, "fr", { pay: "Payer" });
    await commands.json(["translate"]);
    await write(cwd, "en", { pay: "Pay now" });
    expect(await check(commands, 1)).toContain("error stale locales/fr.json pay");
    await commands.json(["translate"]);
    expect(await check(commands, 0)).toEqual(["warning stale locales/fr.json pay"]);
    await write(cwd, "fr", { pay: "Payer maintenant" });
    await commands.json(["translate"]);
    expect(await check(commands, 0)).toEqual([]);
  },
);

testOnDatabase(
  "lock adopt --stale says that values fit their changed source, and keeps the author of each",
  async ({ commands }) => {
    const { cwd } = commands;
    await project(commands, { en: { pay: "Pya", back: "Bakc", next: "Next" } });
    await commands.json(["translate"]);
    const de = JSON.parse(await readFile(join(cwd, "locales/de.json"), "utf8"));
    await write(cwd, "fr", { pay: "Payer", back: "Retour", next: "Suivant" });
    await commands.json(["translate"]);
    await write(cwd, "en", { pay: "Pay", back: "Back", next: "Next" });
    expect(await check(commands, 1)).toHaveLength(4);
    const { stderr, stdout } = await commands.run(["lock", "adopt"], offline);
    expect(stdout).toBe("0 adopted\n");
    expect(stderr).toContain("4 values whose source changed are left; --stale");
    expect(await commands.json(["lock", "adopt", "--stale", "--only", "pay"], offline)).toEqual({
      adopted: 2,
      files: [
        { file: "locales/fr.json", locale: "fr", adopted: 1 },
        { file: "locales/de.json", locale: "de", adopted: 1 },
      ],
    });
    expect(await check(commands, 1)).toEqual(["error stale locales/de.json back", "error stale locales/fr.json back"]);
    expect(await commands.json(["lock", "adopt", "--stale"], offline)).toMatchObject({ adopted: 2 });
    expect(await check(commands, 0)).toEqual([]);
    // Trans-Hub's own value stays its own: no run sends it, and it goes with its source.
    const again = await commands.json<{ kept: number; written: string[] }>(["translate"]);
    expect(again).toMatchObject({ kept: 6, written: [] });
    await write(cwd, "en", { back: "Back", next: "Next" });
    await commands.json(["translate"]);
    expect(JSON.parse(await readFile(join(cwd, "locales/de.json"), "utf8"))).toEqual({ back: de.back, next: de.next });
    expect(JSON.parse(await readFile(join(cwd, "locales/fr.json"), "utf8"))).toMatchObject({ pay: "Payer" });
  },
);

test("lock adopt --only leaves the other values of an unknown file unknown", async ({ commands }) => {
  await project(commands, { en: { pay: "Pay", back: "Back" }, fr: { pay: "Payer", back: "Retour" } });
  expect(await commands.json(["lock", "adopt", "--only", "pay", "--to", "fr"], offline)).toMatchObject({ adopted: 1 });
  expect(await check(commands, 1, "--to", "fr")).toEqual(["error unknown locales/fr.json"]);
});

test("a pattern of --only that no key is like is named, and so is the earlier key of a value", async ({ commands }) => {
  const { cwd } = commands;
  await project(commands, { en: { pay: "Pay", back: "Back" }, fr: { pay: "Payer", back: "Retour" } });
  await commands.json(["lock", "adopt"], offline);
  await write(cwd, "en", { checkout: "Pay", back: "Back" });
  const args = ["translate", "--check", "--to", "fr"];
  const { stdout, stderr } = await commands.run([...args, "--only", "checkuot"], offline);
  expect(stderr).toContain("--only: no text has a key like checkuot");
  expect(stdout).toContain("0 values");
  const whole = await commands.run(args, offline);
  expect(whole.stdout).toContain("its value stands under the earlier key pay; the next run moves it");
});

test("every file with the marks of a merge is named", async ({ commands }) => {
  const { cwd } = commands;
  await project(commands, { en: { pay: "Pay" } });
  for (const locale of ["fr", "de"]) {
    await writeFile(
      join(cwd, "locales", `${locale}.json`),
      '{\n<<<<<<< a\n"pay": "x"\n=======\n"pay": "y"\n>>>>>>> b\n}\n',
    );
  }
  const { code, stderr } = await commands.run(["translate", "--engine", "pseudo"], offline);
  expect(code).toBe(1);
  for (const locale of ["fr", "de"]) expect(stderr).toContain(`locales/${locale}.json:2:1: `);
});
