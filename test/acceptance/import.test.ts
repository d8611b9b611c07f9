/** `import`: people's texts of catalogs in the store; and `translate --take`, which ends the conflicts. */
import { test } from "@trans-hub/test-support/catalog-repo";
import type { Commands } from "@trans-hub/test-support/command";
import { expect } from "vitest";

const config = (more: object = {}) => ({
  ...{ source: "en", targets: ["fr"], files: [{ in: "src/*/en.json", out: "{dir}/{locale}.json", ...more }] },
});

const get = (commands: Commands, text: string, code = 0) =>
  commands.json(["get", text, "--from", "en", "--to", "fr"], { code });

test("people's values are imported, approved on request, and reach the files of other keys at the next translate", async ({
  commands,
  repo,
  server,
}) => {
  await repo.write({
    "trans-hub.config.json": config(),
    "src/a/en.json": { pay: "Pay", back: "Back", next: "Next", car_one: "{{count}} car", car_other: "{{count}} cars" },
    "src/a/fr.json": {
      pay: "Payer",
      car_one: "{{count}} auto",
      car_many: "{{count}} d'autos",
      car_other: "{{count}} autos",
    },
  });
  const planned = await commands.json(["import", "--approved", "--dry-run"]);
  const many = {
    file: "src/a/fr.json",
    locale: "fr",
    key: "car_many",
    reason: expect.stringContaining("plural forms"),
  };
  expect(planned).toEqual({ dryRun: true, imported: 3, approved: 3, unchanged: 0, skipped: [many], differing: [] });
  expect(await get(commands, "Pay", 3)).toMatchObject({ status: "missing" });
  const report = await commands.json(["import", "--approved", "--by", "mia"]);
  expect(report).toEqual({ ...planned, dryRun: false });
  expect(await get(commands, "Pay")).toMatchObject({
    ...{ status: "approved", text: "Payer", engine: "human", businessIds: ["src/a/en.json#pay"] },
  });
  expect(await commands.json(["import", "--approved"])).toMatchObject({ imported: 0, unchanged: 3 });
  // The second form of the two has no row in the store, so a person says that it fits.
  await commands.run(["lock", "adopt"]);
  await repo.write({ "src/b/en.json": { pay: "Pay" } });
  expect(await repo.translate()).toMatchObject({ translated: 2, reused: 1, notices: [], unknown: 0 });
  expect(server.ledger.map(({ text }) => text).sort()).toEqual(["Back", "Next"]);
  expect(await repo.json("src/b/fr.json")).toEqual({ pay: "Payer" });
  expect(await repo.run("--check")).toMatchObject({ code: 0 });
  expect(await repo.translate()).toMatchObject({ written: [] });
  // A person corrects our value; once it is imported as approved, it replaces our value of the same text elsewhere.
  await repo.write({ "src/b/en.json": { pay: "Pay", back: "Back" } });
  await repo.translate();
  await repo.write({ "src/b/fr.json": { pay: "Payer", back: "Retour" } });
  expect(await commands.json(["import", "--approved", "--json"])).toMatchObject({
    imported: 1,
    approved: 1,
    unchanged: 3,
  });
  expect(await repo.translate()).toMatchObject({ notices: [{ file: "src/a/fr.json", key: "back", kind: "replaced" }] });
  expect(await repo.json("src/a/fr.json")).toMatchObject({ back: "Retour" });
});

test("without --approved a text is translated, and no engine is asked for it", async ({ commands, repo, server }) => {
  await repo.write({ "en.json": { a: "Alpha", b: "Beta" }, "fr.json": { a: "Alpha bis" } });
  const args = ["en.json", "--from", "en", "--to", "fr", "--out", "{locale}.json"];
  expect(await commands.json(["import", ...args])).toMatchObject({ imported: 1, approved: 0 });
  expect(await get(commands, "Alpha")).toMatchObject({ status: "translated", engine: "human" });
  await repo.translate(args);
  expect(server.ledger.map(({ text }) => text)).toEqual(["Beta"]);
});

test("values that differ, break, copy their source or are old are listed, and not imported", async ({
  commands,
  repo,
}) => {
  await repo.write({
    "trans-hub.config.json": config(),
    "src/a/en.json": { lead: "Lead", hello: "Hello {{name}}", same: "Welcome", old: "Old text", ours: "Ours" },
    "src/a/fr.json": { old: "Vieux" },
    "src/b/en.json": { metal: "Lead" },
    "src/b/fr.json": {},
  });
  await repo.translate();
  await commands.run(["lock", "adopt"]);
  await repo.write({
    "src/a/en.json": { lead: "Lead", hello: "Hello {{name}}", same: "Welcome", old: "Changed text", ours: "Ours" },
    "src/a/fr.json": { lead: "Mener", hello: "Bonjour {{nom}}", same: "Welcome", old: "Vieux", ours: "[fr] Ours" },
    "src/b/fr.json": { metal: "Plomb" },
  });
  const report = await commands.json(["import", "--approved"]);
  expect(report).toMatchObject({
    imported: 0,
    skipped: [
      { file: "src/a/fr.json", locale: "fr", key: "hello", reason: expect.stringContaining("placeholder") },
      { key: "same", reason: "it equals its source" },
      { key: "old", reason: expect.stringContaining("source changed") },
    ],
    differing: [
      {
        locale: "fr",
        places: [
          { file: "src/a/fr.json", key: "lead" },
          { file: "src/b/fr.json", key: "metal" },
        ],
      },
    ],
  });
  const said = await commands.run(["import", "--approved"]);
  expect(said).toMatchObject({ code: 0, stderr: expect.stringContaining("distinct") });
  expect(said.stderr).not.toMatch(/Plomb|Mener/);
  await repo.write({ "trans-hub.config.json": config({ distinct: ["lead"] }) });
  expect(await commands.json(["import", "--approved"])).toMatchObject({ imported: 2, differing: [] });
});

test("a person's forms between pipes are imported, with and without spaces beside the pipes", async ({
  commands,
  repo,
}) => {
  await repo.write({
    "trans-hub.config.json": config({ syntax: "vue-i18n" }),
    "src/a/en.json": { car: "{n} car | {n} cars", bus: "{n} bus | {n} buses" },
    "src/a/fr.json": { car: "{n} voiture|{n} voitures", bus: "{n} car" },
  });
  const other = [{ key: "bus", reason: expect.stringContaining("number of plural forms") }];
  // One value of a file counts once, whatever the number of its forms.
  const args = ["import", "--approved"];
  const counts = { unchanged: 0, skipped: other, differing: [] };
  expect(await commands.json([...args, "--dry-run"])).toMatchObject({ imported: 1, approved: 1, ...counts });
  expect(await commands.json(args)).toMatchObject({ imported: 1, approved: 1, ...counts });
  expect(await commands.json(args)).toMatchObject({ imported: 0, approved: 0, ...counts, unchanged: 1 });
});

test("a value between pipes of which the store keeps one form counts as skipped, and once", async ({
  commands,
  repo,
}) => {
  await repo.write({
    "trans-hub.config.json": config({ syntax: "vue-i18n" }),
    "src/a/en.json": { car: "{n} car | {n} cars" },
    "src/a/fr.json": { car: "{n} voiture|{n} voitures" },
  });
  await commands.json(["import", "--approved"]);
  await repo.write({ "src/a/fr.json": { car: "{n} auto|{n} voitures" } });
  expect(await commands.json(["import", "--approved"])).toMatchObject({
    ...{ imported: 0, approved: 0, unchanged: 0 },
    skipped: [{ key: "car", reason: expect.stringContaining("--take") }],
  });
});

test("a conflict is listed, and ends by --take store or --take file", async ({ commands, repo }) => {
  await repo.write({ "trans-hub.config.json": config(), "src/a/en.json": { a: "Alpha", b: "Beta", c: "Gamma" } });
  await repo.translate();
  for (const text of ["Alpha", "Beta", "Gamma"]) {
    await commands.run(["approve", text, "--from", "en", "--to", "fr", "--text", `${text} approuvé`]);
  }
  await repo.write({ "src/a/fr.json": { a: "Mon alpha", b: "Mon bêta", c: "Mon gamma" } });
  const conflicts = ["a", "b", "c"].map((key) => ({ key, kind: "conflict" }));
  expect(await repo.translate()).toMatchObject({ written: [], notices: conflicts });
  expect(await commands.json(["import", "--approved"])).toMatchObject({
    imported: 0,
    skipped: conflicts.map(({ key }) => ({ key, reason: expect.stringContaining("--take") })),
  });
  expect(await repo.translate(["--take", "store", "--only", "a"])).toMatchObject({
    notices: [{ key: "a", kind: "replaced" }],
  });
  expect(await repo.json("src/a/fr.json")).toEqual({ a: "Alpha approuvé", b: "Mon bêta", c: "Mon gamma" });
  expect(await repo.translate(["--take", "file", "--only", "b", "--by", "mia"])).toMatchObject({
    written: [],
    notices: [],
  });
  expect(await get(commands, "Beta")).toMatchObject({ status: "approved", text: "Mon bêta" });
  expect(await get(commands, "Gamma")).toMatchObject({ text: "Gamma approuvé" });
  const lock = await repo.text("trans-hub.lock");
  expect(await repo.translate()).toMatchObject({ written: [], notices: [{ key: "c", kind: "conflict" }] });
  expect(await repo.text("trans-hub.lock")).toBe(lock);
  expect(await repo.run("--check")).toMatchObject({ code: 0 });
});
