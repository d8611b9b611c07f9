/** `translate --prune` and the brake before great losses; `--only`. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "@trans-hub/test-support/catalog-repo";
import { expect } from "vitest";

const config = (more: object = {}) => ({
  ...{ source: "en", targets: ["fr"], files: [{ in: "src/*/en.json", out: "{dir}/{locale}.json" }] },
  ...more,
});

const keys = (count: number, from = 0) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at + from}`, `Text number ${at + from}`]));

test("--prune removes what the source has not, whoever wrote it, and nothing else", async ({ commands, repo }) => {
  await repo.write({
    "trans-hub.config.json": config(),
    "src/a/en.json": { pay: "Pay", back: "Back", car_one: "{{count}} car", car_other: "{{count}} cars" },
    "src/a/fr.json": { pay: "Payer", stray: "Perdu", car_one: "{{count}} auto", car_many: "{{count}} a", car_two: "x" },
  });
  await commands.run(["lock", "adopt"]);
  const kept = await repo.translate();
  expect(kept).toMatchObject({ kept: 3, notices: [] });
  expect(await repo.json("src/a/fr.json")).toMatchObject({ stray: "Perdu", car_two: "x" });
  const pruned = await repo.translate(["--prune"]);
  expect(pruned).toMatchObject({
    written: ["src/a/fr.json"],
    notices: [
      { key: "stray", kind: "removed" },
      { key: "car_two", kind: "removed" },
    ],
  });
  expect(Object.keys(await repo.json("src/a/fr.json")).sort()).toEqual([
    "back",
    "car_many",
    "car_one",
    "car_other",
    "pay",
  ]);
  expect(await repo.translate(["--prune"])).toMatchObject({ written: [], notices: [] });
  expect(await repo.run("--check")).toMatchObject({ code: 0 });
});

test("a run that would remove a fifth of a file and 20 values does not write that file, and writes the others", async ({
  repo,
}) => {
  await repo.write({
    "trans-hub.config.json": config(),
    "src/a/en.json": keys(100),
    "src/b/en.json": keys(40),
    "src/c/en.json": keys(100),
  });
  await repo.translate();
  const before = [await repo.text("src/a/fr.json"), await repo.text("trans-hub.lock")];
  await repo.write({
    "src/a/en.json": { ...keys(79), come: "Come" },
    "src/b/en.json": keys(21),
    "src/c/en.json": { ...keys(80), come: "Come" },
  });
  const braked = await repo.translate([], 1);
  expect(braked).toMatchObject({
    written: expect.arrayContaining(["src/b/fr.json", "src/c/fr.json"]),
    broken: [{ file: "src/a/fr.json", locales: ["fr"], code: "TH_CATALOG", hint: expect.stringContaining("--prune") }],
  });
  expect(String((braked.broken as { message: string }[])[0]?.message)).toContain("21 of its 100 values");
  expect(await repo.text("src/a/fr.json")).toBe(before[0]);
  expect(Object.keys(await repo.json("src/c/fr.json"))).toHaveLength(81);
  expect(await repo.run()).toMatchObject({ code: 1, stderr: expect.stringContaining("src/a/fr.json") });
  await repo.write({ "src/a/en.json": { ...keys(100), come: "Come" } });
  expect(await repo.translate()).toMatchObject({ written: ["src/a/fr.json"], kept: expect.any(Number), broken: [] });
  await repo.write({ "src/a/en.json": keys(50) });
  expect(await repo.translate(["--prune"])).toMatchObject({ written: ["src/a/fr.json"], broken: [] });
  expect(Object.keys(await repo.json("src/a/fr.json"))).toHaveLength(50);
});

test("the targets of a source that is gone are named; --prune takes them out of the lock and leaves the files", async ({
  commands,
  repo,
}) => {
  await repo.write({ "trans-hub.config.json": config(), "src/a/en.json": { a: "One" }, "src/b/en.json": { b: "Two" } });
  await repo.translate();
  await rm(join(commands.cwd, "src/b/en.json"));
  const stray = { file: "src/b/fr.json", locale: "", key: "", kind: "orphan" };
  expect(await repo.translate()).toMatchObject({ written: [], notices: [stray] });
  expect(await repo.run()).toMatchObject({
    code: 0,
    stderr: expect.stringContaining("src/b/fr.json is without a source"),
  });
  const checked = await commands.json<{ problems: object[] }>(["translate", "--check"], { env: repo.env });
  expect(checked.problems).toMatchObject([{ ...stray, severity: "warning" }]);
  expect(await repo.text("trans-hub.lock")).toContain("src/b/fr.json");
  await repo.translate(["src/a/en.json", "--prune"]);
  expect(await repo.text("trans-hub.lock")).not.toContain("src/b/fr.json");
  expect(await repo.text("trans-hub.lock")).toContain("src/a/fr.json");
  expect(await repo.json("src/b/fr.json")).toEqual({ b: "[fr] Two" });
  expect(await repo.translate()).toMatchObject({ notices: [] });
});

test("the targets of a named source that is gone are named", async ({ repo, commands }) => {
  const args = ["en.json", "other.json", "--from", "en", "--to", "fr,de", "--out", "{locale}-{name}.json"];
  await repo.write({ "en.json": { a: "One" }, "other.json": { b: "Two" } });
  await repo.translate(args);
  await rm(join(commands.cwd, "other.json"));
  expect(await repo.translate(args, 1)).toMatchObject({
    broken: [{ file: "other.json", hint: expect.stringMatching(/fr-other\.json, de-other\.json/) }],
  });
});

test("--only translates the keys that it names, and leaves the others as they are, in the lock too", async ({
  repo,
  server,
}) => {
  await repo.write({
    "trans-hub.config.json": config(),
    "src/a/en.json": { cart: { pay: "Pay", back: "Back", list: ["One", "Two"] }, title: "Shop", gone: "Gone" },
    "src/a/fr.json": { cart: { back: "Retour" } },
  });
  await repo.translate();
  await repo.write({
    "src/a/en.json": {
      cart: { pay: "Pay now", back: "Go back", list: ["One", "Two"] },
      title: "My shop",
      more: "More",
    },
  });
  const lock = await repo.text("trans-hub.lock");
  server.clear();
  const report = await repo.translate(["--only", "cart.{pay,list.*},none"]);
  expect(server.ledger.map(({ text }) => text)).toEqual(["Pay now"]);
  expect(report).toMatchObject({ translated: 1, kept: 2, notices: [{ key: "cart.pay", kind: "replaced" }] });
  expect(await repo.json("src/a/fr.json")).toEqual({
    cart: { pay: "[fr] Pay now", back: "Retour", list: ["[fr] One", "[fr] Two"] },
    title: "[fr] Shop",
    gone: "[fr] Gone",
  });
  const changed = (await repo.text("trans-hub.lock"))
    .split("\n")
    .filter((line) => !lock.includes(line.replace(/,$/, "")));
  expect(changed).toHaveLength(1);
  expect(changed[0]).toContain("cart.pay");
  expect((await repo.run("--only", "none")).stderr).toContain("--only: no text has a key like none");
  expect(await repo.run("--only", "{")).toMatchObject({ code: 2, stderr: expect.stringContaining("without its }") });
  const rest = await repo.translate();
  expect(rest).toMatchObject({ translated: 2, kept: 4 });
});

test("with --only, values of unknown age stay unknown, and a renamed key waits for its own run", async ({ repo }) => {
  await repo.write({
    "trans-hub.config.json": config(),
    "src/a/en.json": { a: "Alpha", b: "Beta" },
    "src/a/fr.json": { a: "Un", b: "Deux" },
  });
  await repo.translate(["--only", "a"]);
  const { problems } = await repo.translate(["--check"], 1);
  expect(problems).toMatchObject([{ kind: "unknown", message: expect.stringContaining("2 values") }]);
  await repo.write({ "src/a/en.json": { a: "Alpha", b: "Beta", c: "Gamma" } });
  await repo.translate();
  await repo.write({ "src/a/en.json": { a: "Alpha", b: "Beta", d: "Gamma" } });
  await repo.translate(["--only", "c,a"]);
  expect(await repo.json("src/a/fr.json")).toMatchObject({ c: "[fr] Gamma" });
  expect(await repo.translate()).toMatchObject({ notices: [{ key: "d", kind: "moved" }] });
});
