/** `translate`, as a front-end team uses it in CI. */

import { mkdir, readFile, rm, stat, watch, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Commands, testOnDatabase } from "@trans-hub/test-support/command";
import { TESTS_ALL } from "@trans-hub/test-support/extent";
import { expectWithin } from "@trans-hub/test-support/load";
import { type OpenaiServer, startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { goesThroughServer } from "@trans-hub/test-support/through-server";
import { expect } from "vitest";

const test = testOnDatabase
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads a fixture's needs from the pattern; this one has none
  .extend("server", async ({}, { onCleanup }): Promise<OpenaiServer> => {
    const server = await startOpenaiServer();
    onCleanup(() => server.close());
    return server;
  })
  .extend("catalogs", ({ commands, server }: { commands: Commands; server: OpenaiServer }) => {
    const env = { TH_ENGINES: "openai", TH_OPENAI_ENDPOINT: server.url };
    const args = ["translate", "locales/en.json", "--from", "en", "--to", "fr,de", "--out", "locales/{locale}.json"];
    const path = (locale: string) => join(commands.cwd, "locales", `${locale}.json`);
    return {
      env,
      args,
      path,
      write: async (locale: string, catalog: object) => {
        await mkdir(join(commands.cwd, "locales"), { recursive: true });
        await writeFile(path(locale), `${JSON.stringify(catalog, null, 2)}\n`);
      },
      read: async (locale: string) => JSON.parse(await readFile(path(locale), "utf8")),
      translate: (code = 0, ...more: string[]) => commands.json([...args, ...more], { env, code }),
    };
  });

/** For runs whose engine is of this process, or whose fleet must not be at work. */
const onDatabase = test.skipIf(goesThroughServer());

/**
 * For facts of files, locks and forms, which the command settles alone after the store has answered: behind a server the same
 * code does it, and the run that has all tests shows it there too.
 */
const solo = test.skipIf(goesThroughServer() && !TESTS_ALL);

test("a catalog is translated, then only its changed messages", async ({ catalogs, server, commands }) => {
  await catalogs.write("en", { cart: { pay: "Pay", title: "Your cart" }, back: "Back" });
  await catalogs.write("fr", { back: "Retour" });
  expect(await catalogs.translate()).toMatchObject({
    files: ["locales/fr.json", "locales/de.json"],
    translated: 5,
    reused: 0,
    kept: 1,
    failed: 0,
  });
  expect(await catalogs.read("fr")).toEqual({ cart: { pay: "[fr] Pay", title: "[fr] Your cart" }, back: "Retour" });
  const id = ["get", "--business-id", "locales/en.json#cart.pay", "--to", "fr"];
  expect(await commands.json(id)).toMatchObject({ text: "[fr] Pay", engine: "openai" });

  const before = await stat(catalogs.path("fr"));
  expect(await catalogs.translate()).toMatchObject({ translated: 0, reused: 0, kept: 6 });
  expect((await stat(catalogs.path("fr"))).mtimeMs).toBe(before.mtimeMs);

  await catalogs.write("en", { cart: { pay: "Pay now", title: "Your cart" } });
  server.clear();
  expect(await catalogs.translate()).toMatchObject({ translated: 2, kept: 2 });
  expect(server.ledger.map(({ text, target }) => `${target} ${text}`).sort()).toEqual(["de Pay now", "fr Pay now"]);
  // The source has no message "back" any more, but a person wrote its value.
  expect(await catalogs.read("fr")).toEqual({ cart: { pay: "[fr] Pay now", title: "[fr] Your cart" }, back: "Retour" });
  expect(await catalogs.read("de")).toEqual({ cart: { pay: "[de] Pay now", title: "[de] Your cart" } });

  await catalogs.write("fr", { cart: { pay: "Payer", title: "[fr] Your cart" } });
  server.clear();
  expect(await catalogs.translate(0, "--force")).toMatchObject({ translated: 0, reused: 3, kept: 1, written: [] });
  expect(server.calls).toEqual([]);
  expect(await catalogs.read("fr")).toEqual({ cart: { pay: "Payer", title: "[fr] Your cart" } });
});

solo(
  "a person's text stays when its source changes or the run is forced, and is named",
  async ({ catalogs, commands }) => {
    await catalogs.write("en", { pay: "Pay", back: "Back", next: "Next" });
    await catalogs.translate();
    await catalogs.write("fr", { pay: "Payer", back: "[fr] Back", next: "[fr] Next" });
    await catalogs.translate();
    await catalogs.write("fr", { pay: "Payer", back: "Retour", next: "[fr] Next" });
    await catalogs.write("en", { pay: "Pay now", back: "Go back", next: "Next page" });
    for (const more of [[], ["--force"]]) {
      const ended = await commands.run([...catalogs.args, ...more], { env: catalogs.env });
      expect(ended.code).toBe(0);
      expect(await catalogs.read("fr")).toEqual({ pay: "Payer", back: "Retour", next: "[fr] Next page" });
      for (const key of ["pay", "back"]) expect(ended.stderr).toMatch(new RegExp(`locales/fr\\.json: ${key} is kept`));
      expect(ended.stderr.match(/Delete a person's value from its file/g)).toHaveLength(1);
      expect(ended.stderr).not.toContain("Payer");
    }
    const { notices } = await catalogs.translate();
    expect(notices).toEqual([
      { file: "locales/fr.json", locale: "fr", key: "pay", kind: "stale", reason: expect.any(String) },
      { file: "locales/fr.json", locale: "fr", key: "back", kind: "stale", reason: expect.any(String) },
    ]);
  },
);

solo(
  "values of unknown age are kept and counted, also when the lock is lost, damaged or holds the marks of a merge",
  async ({ catalogs, commands }) => {
    const lock = join(commands.cwd, "trans-hub.lock");
    await catalogs.write("en", { pay: "Pay", back: "Back" });
    await catalogs.write("fr", { pay: "Payer" });
    expect(await catalogs.translate()).toMatchObject({ kept: 1, unknown: 1 });
    await catalogs.write("en", { pay: "Pay now", back: "Back" });
    expect(await catalogs.translate()).toMatchObject({ kept: 3, unknown: 1 });
    expect(await catalogs.read("fr")).toMatchObject({ pay: "Payer" });

    await writeFile(lock, "{");
    const ended = await commands.run(catalogs.args, { env: catalogs.env });
    expect(ended).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("the lock was damaged (it is not valid JSON)"),
    });
    expect(ended.stderr).toContain("1 value is of unknown age");
    expect(await catalogs.read("fr")).toMatchObject({ pay: "Payer" });

    // A person corrects the value, which ends the doubt; another branch had it translated from an older source.
    await catalogs.write("fr", { pay: "Payer maintenant", back: "[fr] Back" });
    expect(await catalogs.translate()).toMatchObject({ unknown: 0 });
    const ours = await readFile(lock, "utf8");
    const line = /^ {6}"pay": .*$/m.exec(ours.slice(ours.indexOf("fr.json")))?.[0] ?? "";
    const theirs = `      "pay": {"source":"${"0".repeat(32)}","written":"${"1".repeat(32)}"},`;
    await writeFile(lock, ours.replace(line, `<<<<<<< HEAD\n${line}\n=======\n${theirs}\n>>>>>>> other`));
    expect(await catalogs.translate()).toMatchObject({ unknown: 0, notices: [], written: [] });
    expect(await readFile(lock, "utf8")).toBe(ours);
  },
);

test("an approved text reaches the file without --force, but not over a person's value", async ({
  catalogs,
  commands,
}) => {
  await catalogs.write("en", { pay: "Pay", back: "Back" });
  await catalogs.write("fr", { back: "Retour" });
  await catalogs.translate();
  await commands.json(["request", "Back", "--from", "en", "--to", "fr"]);
  for (const [text, approved] of [
    ["Pay", "Régler"],
    ["Back", "Revenir"],
  ] as const) {
    await commands.json(["approve", text, "--from", "en", "--to", "fr", "--text", approved]);
  }
  expect(await catalogs.translate()).toMatchObject({
    written: ["locales/fr.json"],
    notices: [
      { key: "pay", kind: "replaced" },
      { key: "back", kind: "conflict" },
    ],
  });
  expect(await catalogs.read("fr")).toEqual({ pay: "Régler", back: "Retour" });
  expect(await catalogs.translate()).toMatchObject({ written: [], notices: [{ key: "back", kind: "conflict" }] });
});

onDatabase("pseudo fills files only when it is named, and says so", async ({ catalogs, commands }) => {
  await catalogs.write("en", { pay: "Pay" });
  await commands.json(["request", "Pay", "--from", "en", "--to", "fr,de"]);
  await commands.json(["worker", "--once"]);
  for (const more of [[], ["--embedded"]]) {
    const refused = await commands.run([...catalogs.args, ...more], { env: { TH_ENGINES: "" } });
    expect(refused).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(/TH_ENGINES.*\n.*--engine/) });
  }
  const none = { env: { TH_ENGINES: "" } };
  expect(await commands.json([...catalogs.args, "--no-worker"], none)).toMatchObject({ reused: 0, pending: 2 });
  expect(await catalogs.read("fr")).toEqual({});

  const named = await commands.run([...catalogs.args, "--engine", "pseudo"], none);
  expect(named).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/warning: the engine pseudo does not translate/),
  });
  const pseudo = await catalogs.read("fr");
  expect(pseudo.pay).not.toMatch(/^\[fr\]|^Pay$/);
  expect(await commands.json(catalogs.args, { env: { TH_ENGINES: "pseudo" } })).toMatchObject({
    engines: ["pseudo"],
    kept: 2,
  });

  const openai = { TH_OPENAI_ENDPOINT: String(catalogs.env.TH_OPENAI_ENDPOINT), TH_ENGINES: "pseudo" };
  expect(await commands.json([...catalogs.args, "--engine", "openai"], { env: openai })).toMatchObject({
    translated: 2,
  });
  expect(await catalogs.read("fr")).toEqual({ pay: "[fr] Pay" });
  expect(await commands.run([...catalogs.args, "--engine", "opnai"])).toMatchObject({ code: 2 });
});

test("a text by pseudo does not stand in for one that the named engine cannot translate", async ({
  catalogs,
  commands,
  server,
}) => {
  await catalogs.write("en", { pay: "Pay {name}", back: "Back" });
  await commands.json([...catalogs.args, "--engine", "pseudo"]);
  server.misbehave({ fault: { kind: "nul", match: "Pay" } });
  const env = { ...catalogs.env, TH_MAX_ATTEMPTS: "1" };
  expect(await commands.json(catalogs.args, { env, code: 1 })).toMatchObject({ translated: 2, failed: 2, pending: 0 });
  expect(await catalogs.read("fr")).toEqual({ back: "[fr] Back" });
});

onDatabase(
  "only files that changed are called written, and each value left out or removed is named in a bounded list",
  async ({ catalogs, commands }) => {
    await catalogs.write("en", { pay: "Pay", old: "Old" });
    const first = await commands.run(catalogs.args, { env: catalogs.env });
    expect(first.stdout).toMatch(/^wrote locales\/fr\.json\nwrote locales\/de\.json\n/);
    const more = Array.from({ length: 60 }, (_, at) => [`n${at}`, `Number ${at}`]);
    await catalogs.write("en", { pay: "Pay", old: "Old", ...Object.fromEntries(more) });
    const left = await commands.run([...catalogs.args, "--no-worker"], { env: catalogs.env });
    expect(left.stderr.match(/is left out/g)).toHaveLength(20);
    expect(left.stderr).toContain("and 100 more");
    await catalogs.write("en", { pay: "Pay" });
    await catalogs.write("de", { pay: "[de] Pay" });
    const second = await commands.run(catalogs.args, { env: catalogs.env });
    expect(second.stdout).toMatch(/^wrote locales\/fr\.json\n0 translated/);
    expect(second.stderr).toContain("locales/fr.json: old is removed");
  },
);

solo(
  "a run that is killed while it writes leaves whole files, and the next run knows its own values",
  async ({ catalogs, commands }) => {
    const messages = Array.from({ length: 300 }, (_, at) => [`k${at}`, `Text number ${at}`]);
    await catalogs.write("en", Object.fromEntries(messages));
    await mkdir(join(commands.cwd, "locales"), { recursive: true });
    const running = commands.start([...catalogs.args, "--json"], { env: catalogs.env });
    for await (const { filename } of watch(join(commands.cwd, "locales"))) if (filename === "fr.json") break;
    running.kill("SIGKILL");
    await running.ended();
    expect(Object.keys(await catalogs.read("fr"))).toHaveLength(300);
    expect(await catalogs.translate()).toMatchObject({ notices: [] });
    await catalogs.write("en", Object.fromEntries([...messages, ["k0", "Another text"]]));
    expect(await catalogs.translate()).toMatchObject({
      translated: 2,
      notices: [{ kind: "replaced" }, { kind: "replaced" }],
    });
  },
);

solo(
  "a value that a person writes during the run stays, and so does the lock of another run",
  async ({ catalogs, server, commands }) => {
    await catalogs.write("en", { pay: "Pay", back: "Back", next: "Next", end: "End" });
    await catalogs.write("fr", { back: "Retour", next: "Suivant" });
    const asked = new Promise<void>((resolve) => {
      server.events.once("answered", () => resolve());
    });
    const env = { ...catalogs.env, TH_BATCH_SIZE: "1", TH_CONCURRENCY: "1" };
    server.misbehave({ fault: { kind: "slow", ms: 1_000 } });
    const running = commands.start([...catalogs.args, "--json"], { env });
    await asked;
    // A person writes one value that waits to be translated, changes another, deletes a third, and adds one of its own.
    await catalogs.write("fr", { pay: "Payer", back: "Revenir", own: "A moi" });
    const lock = join(commands.cwd, "trans-hub.lock");
    await writeFile(
      lock,
      JSON.stringify({ version: 2, targets: { "locales/it.json": { pay: { source: "0".repeat(32) } } } }),
    );
    expect(await running.ended()).toMatchObject({ code: 0 });
    expect(await catalogs.read("fr")).toEqual({ pay: "Payer", back: "Revenir", end: "[fr] End", own: "A moi" });
    const { targets } = JSON.parse(await readFile(lock, "utf8"));
    expect(Object.keys(targets)).toEqual(["locales/de.json", "locales/fr.json", "locales/it.json"]);
    expect(targets["locales/fr.json"]).toMatchObject({
      pay: { person: expect.any(String) },
      end: { written: expect.any(String) },
    });

    server.behave();
    expect(await catalogs.translate()).toMatchObject({ notices: [] });
    expect(await catalogs.read("fr")).toMatchObject({
      pay: "Payer",
      back: "Revenir",
      next: "[fr] Next",
      end: "[fr] End",
    });
  },
);

test("a failed message is left out and named, and --force tries it again", async ({ catalogs, server, commands }) => {
  await catalogs.write("en", { pay: "Pay {name}", back: "Back" });
  server.misbehave({ fault: { kind: "nul", match: "Pay" } });
  const env = { ...catalogs.env, TH_MAX_ATTEMPTS: "1" };
  const ended = await commands.run([...catalogs.args, "--json"], { env });
  server.behave();
  expect(ended.code).toBe(1);
  const report = JSON.parse(ended.stdout);
  expect(report).toMatchObject({ translated: 2, failed: 2 });
  expect(ended.stderr).toMatch(/locales\/fr\.json: pay failed: TH_TRANSLATION_BLOCKED/);
  expect(ended.stderr).not.toContain("Pay {name}");
  expect(await catalogs.read("fr")).toEqual({ back: "[fr] Back" });
  expect(await catalogs.translate(1)).toMatchObject({ kept: 2, failed: 2 });
  expect(await catalogs.translate(0, "--force")).toMatchObject({ failed: 0 });
  expect(await catalogs.read("fr")).toEqual({ pay: "[fr] Pay {name}", back: "[fr] Back" });
});

test("--again asks the engine for texts that the store has, and spares those of people", async ({
  catalogs,
  server,
  commands,
}) => {
  await catalogs.write("en", { pay: "Pay", back: "Back", end: "End", own: "Own" });
  await catalogs.translate();
  await catalogs.write("fr", { pay: "[fr] Pay", back: "[fr] Back", end: "[fr] End", own: "À moi" });
  await commands.run(["approve", "End", "--from", "en", "--to", "fr", "--text", "Fin"]);
  await catalogs.translate();
  server.clear();
  const asked = () => server.ledger.map(({ text, target }) => `${target} ${text}`).sort();
  const estimate = await catalogs.translate(0, "--again", "--only", "pay", "--estimate");
  expect(estimate).toMatchObject({ items: 2, stored: 0, toTranslate: 2 });
  expect(await catalogs.translate(0, "--again", "--only", "pay")).toMatchObject({ translated: 2, reused: 0 });
  expect(asked()).toEqual(["de Pay", "fr Pay"]);
  server.clear();
  // German has all four from the engine; of French, one is approved, and one is a person's in the file.
  expect(await catalogs.translate(0, "--again")).toMatchObject({ translated: 6, reused: 1, kept: 1 });
  expect(asked()).toEqual(["de Back", "de End", "de Own", "de Pay", "fr Back", "fr Pay"]);
  expect(await catalogs.read("fr")).toEqual({ pay: "[fr] Pay", back: "[fr] Back", end: "Fin", own: "À moi" });
});

test("a refusal without a source locale says that one was not given", async ({ catalogs, commands }) => {
  await catalogs.write("en", { pay: "Pay" });
  await writeFile(
    join(commands.cwd, "deaf.ts"),
    `export default { name: "deaf", version: "1", processor: "local", maxItemsPerCall: 9, maxBytesPerCall: 9000, detectsSource: false,
      takesContext: false, protects: "none", async translate({ items }) { return { results: new Map(items.map(({ id }) => [id, { text: "x" }])) }; } };`,
  );
  const args = [
    "translate",
    "locales/en.json",
    "--to",
    "fr",
    "--out",
    "locales/{locale}.json",
    "--engine",
    "./deaf.ts",
  ];
  const { code, stderr } = await commands.run(args, { env: catalogs.env });
  expect(code).toBe(1);
  expect(stderr).toContain("No source locale was given, and some engines need it: add --from");
});

solo("values that fail for one reason are named in one line", async ({ catalogs, server, commands }) => {
  await catalogs.write("en", Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`k${at}`, `Pay ${at} {name}`])));
  server.misbehave({ fault: { kind: "nul", match: "Pay" } });
  const { code, stderr } = await commands.run(catalogs.args, { env: { ...catalogs.env, TH_MAX_ATTEMPTS: "1" } });
  expect(code).toBe(1);
  expect(stderr.match(/failed: TH_TRANSLATION_BLOCKED/g)).toHaveLength(2);
  expect(stderr).toMatch(/locales\/fr\.json: k0, k1, k2, k3, k4, and 3 more failed: TH_TRANSLATION_BLOCKED/);
});

test("a stored text that is too long to be shown is left out of the file and named, without harm to the others", async ({
  catalogs,
  commands,
  db,
}) => {
  await catalogs.write("en", { pay: "Pay", back: "Back" });
  await catalogs.translate();
  await rm(catalogs.path("fr"));
  await db.query("update trans_hub.translation set text = repeat('x', 20000000) where text = '[fr] Pay'");
  const report = await catalogs.translate(1);
  expect(report).toMatchObject({ failed: 1 });
  expect(report.failures).toMatchObject([{ key: "pay", code: "TH_TEXT_TOO_LONG" }]);
  expect(await catalogs.read("fr")).toEqual({ back: "[fr] Back" });
  const shown = await commands.json(["get", "Pay", "--from", "en", "--to", "fr"], { code: 3 });
  expect(shown).toMatchObject({ text: null, error: { code: "TH_TEXT_TOO_LONG" } });
});

test("a message that the store refuses is named and left out, without harm to the others", async ({
  catalogs,
  commands,
}) => {
  const deep = "deep".repeat(64); // a key of any length has a business id
  const good = { pay: "Pay", kept: "Back\0" };
  await catalogs.write("en", {
    ...good,
    half: "half \ud800 a pair",
    nul: "a \0 in it",
    long: "x".repeat(101),
    [deep]: "Go",
  });
  await catalogs.write("fr", { kept: "Retour" });
  const env = { ...catalogs.env, TH_MAX_TEXT_BYTES: "100" };
  const { code, stdout, stderr } = await commands.run([...catalogs.args, "--json"], { env });
  expect({ code, stderr }).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("locales/fr.json: half, nul failed: TH_TEXT_CHARACTERS"),
  });
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ translated: 4, kept: 1, failed: 7 });
  const codes = report.failures
    .filter(({ locale }: { locale: string }) => locale === "fr")
    .map(({ code: why }: { code: string }) => why);
  expect(codes).toEqual(["TH_TEXT_CHARACTERS", "TH_TEXT_CHARACTERS", "TH_TEXT_TOO_LONG"]);
  expect(await catalogs.read("fr")).toEqual({ pay: "[fr] Pay", kept: "Retour", [deep]: "[fr] Go" });
});

solo(
  "a plural family gets the keys of its target, and every key keeps a person's value",
  async ({ catalogs, commands, server }) => {
    await catalogs.write("en", {
      title: "Mail",
      n_one: "{{count}} item",
      n_other: "{{count}} items",
      icu: "{n, plural, one {# file} other {# files}}",
      phone_other: "Other phone",
    });
    await catalogs.write("pl", { n_few: "{{count}} rzeczy" });
    const args = catalogs.args.map((each) => (each === "fr,de" ? "pl,ja" : each));
    const translate = () => commands.json(args, { env: catalogs.env });
    expect(await translate()).toMatchObject({ translated: 10, kept: 1, failed: 0 });
    const id = ["get", "--business-id", "locales/en.json#n_many", "--to", "pl"];
    expect(await commands.json(id)).toMatchObject({
      text: "[pl] {{count}} items",
      context: { plural: { category: "many" } },
    });
    const pl = await catalogs.read("pl");
    expect(Object.keys(pl)).toEqual(["title", "n_one", "n_few", "n_many", "n_other", "icu", "phone_other"]);
    expect(pl).toMatchObject({
      n_one: "[pl] {{count}} item",
      n_few: "{{count}} rzeczy",
      n_many: "[pl] {{count}} items",
    });
    expect(Object.keys(await catalogs.read("ja"))).toEqual(["title", "n_other", "icu", "phone_other"]);

    server.clear();
    expect(await translate()).toMatchObject({ translated: 0, kept: 11, written: [] });
    await catalogs.write("en", { title: "Mail", n_one: "one item", n_other: "{{count}} items" });
    // Only the form whose words changed is asked for.
    expect(await translate()).toMatchObject({ translated: 1 });
    expect(server.ledger.map(({ text, target }) => `${target} ${text}`)).toEqual(["pl one item"]);
  },
);

solo("an ICU catalog is translated as ICU, in texts without plurals too", async ({ catalogs, commands }) => {
  await catalogs.write("en", { files: "{n, plural, one {# file} other {# files}}", owner: "It''s {name}", pay: "Pay" });
  expect(await catalogs.translate()).toMatchObject({ translated: 6, failed: 0 });
  expect(await catalogs.translate()).toMatchObject({ translated: 0, kept: 6, written: [] });
  const owner = ["get", "--business-id", "locales/en.json#owner", "--to", "fr"];
  expect(await commands.json(owner)).toMatchObject({ engine: "openai", text: expect.stringContaining("{name}") });
  // A text that reads the same in every syntax is shared with all other files.
  expect(await commands.json(["get", "Pay", "--from", "en", "--to", "fr"])).toMatchObject({ text: "[fr] Pay" });
  expect(Object.keys(await catalogs.read("fr"))).toEqual(["files", "owner", "pay"]);
});

solo(
  "a plural family whose source is gone goes as a whole, with the forms that only the target has",
  async ({ catalogs, commands }) => {
    const args = catalogs.args.map((each) => (each === "fr,de" ? "ru" : each));
    const mail = { mail_one: "письмо", mail_few: "письма", mail_many: "писем", mail_other: "письма" };
    await catalogs.write("en", { title: "Mail box", mail_one: "{{count}} letter", mail_other: "{{count}} letters" });
    await catalogs.write("ru", mail);
    await commands.json(args, { env: catalogs.env });
    expect(await catalogs.read("ru")).toEqual({ title: "[ru] Mail box", ...mail });
    await catalogs.write("en", { title: "Mail box" });
    const { notices } = await commands.json<{ notices: { key: string; kind: string }[] }>(args, { env: catalogs.env });
    expect(await catalogs.read("ru")).toEqual({ title: "[ru] Mail box" });
    expect(notices.map(({ key, kind }) => `${kind} ${key}`)).toEqual(Object.keys(mail).map((key) => `removed ${key}`));
  },
);

solo(
  "each form of a plural between pipes is translated by itself, and the message is one value",
  async ({ catalogs, commands, server }) => {
    await catalogs.write("en", { cars: "no cars | {n} cars", a: "Pay" });
    await catalogs.write("fr", { cars: "aucune voiture | {n} voitures" });
    expect(await catalogs.translate()).toMatchObject({ translated: 3, kept: 1, failed: 0 });
    expect(await catalogs.read("fr")).toEqual({ cars: "aucune voiture | {n} voitures", a: "[fr] Pay" });
    expect(await catalogs.read("de")).toEqual({ cars: "[de] no cars | [de] {n} cars", a: "[de] Pay" });
    server.clear();
    expect(await catalogs.translate()).toMatchObject({ translated: 0, kept: 4, written: [] });
    // The lock is lost: the values in the file are known by the store's texts.
    await rm(join(commands.cwd, "trans-hub.lock"));
    await catalogs.write("en", { cars: "no cars | {n} cars", a: "Pay" });
    expect(await catalogs.translate()).toMatchObject({ translated: 0, kept: 4 });
    await catalogs.write("en", { cars: "no cars | {n} fast cars", a: "Pay" });
    expect(await catalogs.translate()).toMatchObject({ translated: 1, kept: 3 });
    expect((await catalogs.read("de")).cars).toBe("[de] no cars | [de] {n} fast cars");
  },
);

solo("nothing is lost after Ctrl-C, and the same command goes on", async ({ catalogs, server, commands }) => {
  await catalogs.write(
    "en",
    Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`k${at}`, `Text number ${at}`])),
  );
  server.misbehave({ fault: { kind: "slow", ms: 300 } });
  const env = { ...catalogs.env, TH_BATCH_SIZE: "10", TH_CONCURRENCY: "2" };
  const running = commands.start([...catalogs.args, "--json"], { env });
  await new Promise((resolve) => server.events.once("answered", resolve));
  await new Promise((resolve) => server.events.once("answered", resolve));
  running.kill("SIGINT");
  const { code, stdout } = await running.ended();
  expect({ code, error: JSON.parse(stdout) }).toMatchObject({ code: 130, error: { error: { code: "TH_CANCELLED" } } });
  const sent = server.ledger.length;
  expect(sent).toBeLessThan(400);

  server.behave();
  const report = await catalogs.translate();
  expect(report).toMatchObject({ failed: 0, pending: 0 });
  expect(Number(report.translated) + Number(report.reused)).toBe(400);
  expect(report.reused).toBeGreaterThan(0);
  expect(Object.keys(await catalogs.read("de"))).toHaveLength(200);
});

onDatabase("work left to the fleet is done by the fleet", async ({ catalogs, commands }) => {
  await catalogs.write("en", { pay: "Pay" });
  expect(await catalogs.translate(0, "--no-worker")).toMatchObject({ translated: 0, pending: 2 });
  expect(await catalogs.read("fr")).toEqual({});
  await commands.json(["worker", "--once"], { env: catalogs.env });
  expect(await catalogs.translate(0, "--no-worker")).toMatchObject({ reused: 2, pending: 0 });
  expect(await catalogs.read("fr")).toEqual({ pay: "[fr] Pay" });
});

onDatabase("an engine with a wrong setting is reported, and not waited for", async ({ catalogs, commands, server }) => {
  await catalogs.write("en", { pay: "Pay" });
  server.misbehave({ fault: { kind: "status", status: 401, code: "invalid_api_key" } });
  const ended = await commands.run(catalogs.args, { env: catalogs.env });
  expect(ended).toMatchObject({ code: 2, stdout: "" });
  expectWithin(ended.ms, 15_000);
});

solo("a file that is not a catalog is named with line and column", async ({ catalogs, commands }) => {
  await catalogs.write("en", {});
  await writeFile(catalogs.path("en"), '{\n  "a": "Pay",\n  "a": "Pay"\n}\n');
  const ended = await commands.run(catalogs.args, { env: catalogs.env });
  expect(ended).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringMatching(/^error: locales\/en\.json:3:\d+/),
  });
});

solo(
  "families around empty forms, other values and arrays are written once, and a person's form stays",
  async ({ catalogs }) => {
    await catalogs.write("en", {
      empty_one: "",
      empty_other: "{{count}} empties",
      list: ["Words", { row_one: "{{count}} row", row_other: "{{count}} rows" }],
      num_many: 5,
      num_one: "{{count}} num",
      num_other: "{{count}} nums",
    });
    await catalogs.write("fr", { empty_one: "{{count}} vide" });
    await catalogs.translate();
    const french = await catalogs.read("fr");
    expect(french).toMatchObject({ empty_one: "{{count}} vide", list: ["[fr] Words", {}], num_many: 5 });
    expect(Object.keys(french.list[1])).toEqual(["row_one", "row_many", "row_other"]);
    for (const more of [[], ["--force"]]) {
      expect(await catalogs.translate(0, ...more)).toMatchObject({ translated: 0, failed: 0, written: [] });
    }
    expect(await catalogs.read("fr")).toEqual(french);
  },
);
