/** `translate --estimate` and `--changed`: what a run would cost and change, with nothing written or sent. */
import { readdir } from "node:fs/promises";
import { test } from "@trans-hub/test-support/catalog-repo";
import { expect } from "vitest";

const config = {
  ...{ source: "en", targets: ["fr", "de"] },
  files: [{ in: "src/*/en.json", out: "{dir}/{locale}.json" }],
};

test("--estimate counts texts, calls and tokens as the run then asks for them", async ({ repo, server, commands }) => {
  const many = Object.fromEntries(Array.from({ length: 120 }, (_, at) => [`k${at}`, `Text number ${at}`]));
  await repo.write({
    "trans-hub.config.json": config,
    "src/a/en.json": { ...many, pay: "Pay", number: "24/7" },
    "src/b/en.json": { pay: "Pay", back: "Back" },
    "src/b/fr.json": { back: "Retour" },
  });
  await commands.json(["request", "Back", "--from", "en", "--to", "de"], { env: repo.env });
  await commands.run(["worker", "--until-empty"], { env: repo.env });
  server.clear();
  const before = await readdir(commands.cwd, { recursive: true });
  const report = await repo.translate(["--estimate"]);
  expect(report).toMatchObject({ items: 124 * 2 - 1, unique: 122 + 123, stored: 3, toTranslate: 242, database: true });
  expect(report.perLocale).toMatchObject([
    { locale: "fr", engine: "openai", items: 123, unique: 122, stored: 1, toTranslate: 121 },
    { locale: "de", items: 124, unique: 123, stored: 2, toTranslate: 121 },
  ]);
  expect(server.calls).toEqual([]);
  expect(await readdir(commands.cwd, { recursive: true })).toEqual(before);
  expect((await repo.run("--estimate")).stdout).toContain("242 to translate");
  await repo.translate();
  expect(server.ledger).toHaveLength(242);
  expect(server.calls).toHaveLength(report.calls as number);
  const bytes = server.calls.reduce((sum, { body }) => sum + Buffer.byteLength(JSON.stringify(body.messages)), 0);
  const { input } = report.tokens as { input: number };
  expect(input).toBeGreaterThan(bytes / 6);
  expect(input).toBeLessThan(bytes / 2);
  expect(await repo.translate(["--estimate"])).toMatchObject({ items: 0, calls: 0, tokens: { input: 0, output: 0 } });
});

test("--estimate and --changed answer from the files alone when no database can be reached", async ({
  repo,
  commands,
}) => {
  await repo.write({ "trans-hub.config.json": config, "src/a/en.json": { pay: "Pay" } });
  const env = { ...repo.env, TH_DATABASE_URL: "postgres://127.0.0.1:1/none" };
  const estimate = await commands.run(["translate", "--estimate"], { env });
  expect(estimate).toMatchObject({ code: 0, stdout: expect.stringContaining("The store was not asked") });
  expect(await commands.json(["translate", "--changed"], { env })).toMatchObject({ database: false });
});

test("--changed shows the diff of each file, with the store's texts in it and no other", async ({
  repo,
  server,
  commands,
}) => {
  await repo.write({
    "trans-hub.config.json": { ...config, targets: ["fr"] },
    "src/a/en.json": { a: "Alpha", b: "Beta", c: "Gamma" },
  });
  await repo.translate();
  await commands.run(["approve", "Alpha", "--from", "en", "--to", "fr", "--text", "Alpha approuvé"]);
  await repo.write({ "src/a/en.json": { a: "Alpha", b: "Better", c: "Gamma", d: "Delta" } });
  const [target, lock] = [await repo.text("src/a/fr.json"), await repo.text("trans-hub.lock")];
  server.clear();
  const shown = await repo.run("--changed");
  expect(shown).toMatchObject({ code: 0 });
  expect(shown.stdout).toBe(`--- a/src/a/fr.json
+++ b/src/a/fr.json
@@ -1,5 +1,4 @@
 {
-  "a": "[fr] Alpha",
-  "b": "[fr] Beta",
+  "a": "Alpha approuvé",
   "c": "[fr] Gamma"
 }
# src/a/fr.json: b (fr) would be translated
# src/a/fr.json: d (fr) would be translated
`);
  expect(await repo.translate(["--changed"])).toMatchObject({
    database: true,
    files: [
      {
        file: "src/a/fr.json",
        translate: [
          { locale: "fr", key: "b" },
          { locale: "fr", key: "d" },
        ],
        left: [],
      },
    ],
  });
  expect([await repo.text("src/a/fr.json"), await repo.text("trans-hub.lock")]).toEqual([target, lock]);
  expect(server.calls).toEqual([]);
  await repo.translate();
  expect((await repo.run("--changed")).stdout).toBe("Nothing would change.\n");
});

test("--changed names the values of people that stay although their source or the store changed", async ({
  repo,
  commands,
}) => {
  await repo.write({
    "trans-hub.config.json": { ...config, targets: ["fr"] },
    "src/a/en.json": { a: "Alpha", b: "Beta" },
  });
  await repo.translate();
  await repo.write({ "src/a/fr.json": { a: "Alfa", b: "Bêta" } });
  await repo.translate();
  await commands.run(["approve", "Alpha", "--from", "en", "--to", "fr", "--text", "Alpha approuvé"]);
  await repo.write({ "src/a/en.json": { a: "Alpha", b: "Better" } });
  const { stdout } = await repo.run("--changed");
  expect(stdout).toContain("# src/a/fr.json: b (fr) would be kept: a person's value, whose source changed");
  expect(stdout).toContain("# src/a/fr.json: a (fr) would be kept: a person's value; a person approved another text");
  expect(stdout).not.toContain("Nothing would change");
  expect(await repo.translate(["--changed"])).toEqual({
    database: true,
    files: [
      {
        ...{ file: "src/a/fr.json", diff: "", translate: [], left: [] },
        kept: [
          { locale: "fr", key: "a", reason: "a person's value; a person approved another text in the store" },
          { locale: "fr", key: "b", reason: "a person's value, whose source changed" },
        ],
      },
    ],
  });
});
