/** `translate` with a configuration, as a team runs it in its repository. */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "@trans-hub/test-support/catalog-repo";
import { timeFor } from "@trans-hub/test-support/load";
import { expect } from "vitest";

const strings = (...values: string[]) =>
  `<resources>\n${values.map((value, at) => `    <string name="s${at}">${value}</string>\n`).join("")}</resources>\n`;

test("a configuration alone translates all files into all locales, under the names that the repository has", async ({
  commands,
  repo,
}) => {
  await repo.write({
    "package.json": { name: "shop" },
    "trans-hub.config.ts": `type Style = string;
const style: Style = "underscore";
export default {
  source: "en",
  targets: ["fr", "pt-BR", "zh-Hans"],
  fileLocales: { "zh-Hans": "zh_CN" },
  files: [
    { in: "packages/*/locales/en.json", out: "{dir}/{locale}.json", localeStyle: style },
    { in: "app/src/main/res/values/strings.xml", out: "app/src/main/res/values-{locale:android}/{name}.{ext}" },
    { in: "src/{locale}/**/*.json", out: "src/{locale}/{path}/{name}.json", fileLocales: { "pt-BR": "brazil" } },
  ],
};
`,
    "packages/shop/locales/en.json": { pay: "Pay" },
    "packages/shop/locales/zh_CN.json": { pay: "付款" },
    "packages/admin/locales/en.json": { users: "Users" },
    "packages/admin/node_modules/lib/locales/en.json": { no: "No" },
    "app/src/main/res/values/strings.xml": strings("Cart"),
    "src/en/deep/er/list.json": { list: "List" },
    "src/en/top.json": { top: "Top" },
  });
  const first = await commands.run(["translate", "--json"], { env: repo.env });
  expect(first).toMatchObject({ code: 0, stderr: expect.not.stringMatching(/warn/i) });
  const report = JSON.parse(first.stdout);
  expect(report).toMatchObject({
    translated: 14,
    kept: 1,
    copied: 0,
    failed: 0,
    unsupported: 0,
    broken: [],
    notices: [],
  });
  expect(report.files.sort()).toEqual([
    "app/src/main/res/values-fr/strings.xml",
    "app/src/main/res/values-pt-rBR/strings.xml",
    "app/src/main/res/values-zh-rCN/strings.xml",
    "packages/admin/locales/fr.json",
    "packages/admin/locales/pt_BR.json",
    "packages/admin/locales/zh_CN.json",
    "packages/shop/locales/fr.json",
    "packages/shop/locales/pt_BR.json",
    "packages/shop/locales/zh_CN.json",
    "src/brazil/deep/er/list.json",
    "src/brazil/top.json",
    "src/fr/deep/er/list.json",
    "src/fr/top.json",
    "src/zh_CN/deep/er/list.json",
    "src/zh_CN/top.json",
  ]);
  expect(await repo.json("packages/shop/locales/zh_CN.json")).toEqual({ pay: "付款" });
  expect(await repo.json("packages/shop/locales/pt_BR.json")).toEqual({ pay: "[pt-BR] Pay" });
  expect(await repo.text("app/src/main/res/values-zh-rCN/strings.xml")).toBe(strings("[zh-Hans] Cart"));

  const lock = await repo.text("trans-hub.lock");
  expect(await repo.translate()).toMatchObject({ translated: 0, reused: 0, kept: 15, written: [] });
  expect(await repo.text("trans-hub.lock")).toBe(lock);

  await repo.write({ "packages/shop/locales/en.json": { pay: "Pay now" }, "src/en/top.json": { top: "Summit" } });
  const narrow = await repo.translate(["packages/s*/locales/en.json", "--to", "fr"]);
  expect(narrow).toMatchObject({ files: ["packages/shop/locales/fr.json"], translated: 1 });
  expect(await repo.json("packages/shop/locales/pt_BR.json")).toEqual({ pay: "[pt-BR] Pay" });
  const id = ["get", "--business-id", "packages/shop/locales/en.json#pay", "--to", "fr"];
  expect(await commands.json(id)).toMatchObject({ text: "[fr] Pay now" });
});

test("a quoted glob is expanded, and a new file is spelled as those that exist", async ({ commands, repo }) => {
  await repo.write({
    "packages/shop/locales/en.json": { pay: "Pay" },
    "packages/admin/locales/en.json": { users: "Users" },
    "locales/en_US.json": { hello: "Hello" },
    "locales/zh_CN.json": { hello: "你好" },
    "values/strings.xml": strings("Cart"),
    "docs/guide.json": { title: "Guide" },
    "docs/deep/er.json": { title: "Deep" },
  });
  const beside = ["packages/*/locales/en.json", "--from", "en", "--to", "fr", "--out", "{dir}/{locale}.json"];
  expect(await repo.translate(beside)).toMatchObject({
    written: ["packages/admin/locales/fr.json", "packages/shop/locales/fr.json"],
  });
  const spelled = ["locales/en_US.json", "--from", "en_US", "--to", "zh_CN,pt_BR", "--out", "locales/{locale}.json"];
  expect(await repo.translate(spelled)).toMatchObject({ kept: 1, written: ["locales/pt_BR.json"] });
  expect((await readdir(join(commands.cwd, "locales"))).sort()).toEqual(["en_US.json", "pt_BR.json", "zh_CN.json"]);
  const android = [
    "values/strings.xml",
    "--from",
    "en",
    "--to",
    "pt-BR,zh-Hans,he",
    "--out",
    "values-{locale}/strings.xml",
  ];
  expect(await repo.translate(android)).toMatchObject({
    written: ["values-pt-rBR/strings.xml", "values-b+zh+Hans/strings.xml", "values-iw/strings.xml"],
  });
  const docs = ["docs/**/*.json", "--from", "en", "--to", "fr", "--out", "{dir}/{name}.{locale}.{ext}"];
  for (const written of [["docs/deep/er.fr.json", "docs/guide.fr.json"], []]) {
    expect(await repo.translate(docs)).toMatchObject({
      files: ["docs/deep/er.fr.json", "docs/guide.fr.json"],
      written,
    });
  }

  const wrong = await repo.run(
    "values/strings.xml",
    "--from",
    "en",
    "--to",
    "zh_CN",
    "--out",
    "values-{androidLocale}/x.xml",
  );
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("did you mean {locale:android}?") });
  const nothing = await repo.run("packages/*/nothing.json", "--to", "fr", "--out", "{dir}/{locale}.json");
  expect(nothing).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("no file matches packages/*/nothing.json"),
  });
  const bare = await repo.run("docs/guide.json", "--to", "fr", "--out", "{locale}/{path}/{name}.json");
  expect(bare).toMatchObject({ code: 2, stderr: expect.stringMatching(/\{path\} has no meaning.*\n.*in quotes/) });
  const one = await repo.run("docs/guide.json", "--to", "fr,de", "--out", "out.json");
  expect(one).toMatchObject({ code: 2, stderr: expect.stringMatching(/out\.json would hold .* fr and de/) });
});

test("texts are ignored, copied, kept or told apart as the configuration says, and only the others are sent", async ({
  repo,
  server,
}) => {
  const config = {
    source: "en",
    targets: ["fr"],
    files: [
      {
        in: "en.json",
        out: "{locale}.json",
        ignore: ["internal.**"],
        copy: ["brand.*"],
        keep: ["dateFormat"],
        distinct: ["metals.*", "sales.*"],
      },
    ],
  };
  const source = {
    internal: { deep: { note: "Internal note" } },
    brand: { name: "Trans-Hub" },
    dateFormat: "MM/DD/YYYY",
    metals: { lead: "Lead" },
    sales: { lead: "Lead" },
    lead: "Lead",
    pay: "Pay",
  };
  await repo.write({ "trans-hub.config.json": config, "en.json": source });
  expect(await repo.translate()).toMatchObject({ translated: 4, copied: 2, notices: [] });
  expect(server.ledger.map(({ text }) => text).sort()).toEqual(["Lead", "Lead", "Lead", "Pay"]);
  const told = server.ledger.flatMap(({ text, context }) => (text === "Lead" && context ? [context] : []));
  expect(told).toEqual(expect.arrayContaining([{ key: "metals.lead" }, { key: "sales.lead" }]));
  const fr = {
    brand: { name: "Trans-Hub" },
    dateFormat: "MM/DD/YYYY",
    metals: { lead: "[fr] Lead" },
    sales: { lead: "[fr] Lead" },
    lead: "[fr] Lead",
    pay: "[fr] Pay",
  };
  expect(await repo.json("fr.json")).toEqual(fr);
  const lock = await repo.text("trans-hub.lock");
  server.clear();
  expect(await repo.translate()).toMatchObject({ translated: 0, reused: 0, kept: 6, copied: 0, written: [] });
  expect(await repo.text("trans-hub.lock")).toBe(lock);

  // Two meanings are two rows: a person may approve them apart.
  const edited = {
    ...fr,
    internal: { deep: { note: "Une note" } },
    brand: { name: "Trans-Moyeu" },
    dateFormat: "DD/MM/YYYY",
  };
  await repo.write({
    "fr.json": edited,
    "en.json": { ...source, internal: { deep: { note: "Changed" } }, brand: { name: "Hub" }, dateFormat: "YYYY" },
  });
  expect(await repo.translate()).toMatchObject({
    copied: 1,
    kept: 5,
    notices: [{ key: "brand.name", kind: "replaced", reason: "the configuration copies its source" }],
  });
  expect(await repo.json("fr.json")).toEqual({ ...edited, brand: { name: "Hub" } });
  expect(await repo.translate(["--force"])).toMatchObject({ reused: 4, kept: 2, written: [], notices: [] });
  expect(server.ledger).toEqual([]);

  await repo.write({
    "trans-hub.config.json": { ...config, files: [{ ...config.files[0], keep: ["dateformat", "pay"] }] },
  });
  expect((await repo.run()).stderr).toContain(
    "trans-hub.config.json: files[0].keep[0]: no text has a key like dateformat",
  );
});

test("an approval of one of two equal texts is not one of the other where they are distinct", async ({
  commands,
  repo,
}) => {
  await repo.write({
    "trans-hub.config.json": {
      source: "en",
      targets: ["fr"],
      files: [{ in: "en.json", out: "{locale}.json", distinct: ["**"] }],
    },
    "en.json": { metal: "Lead", sale: "Lead" },
  });
  await repo.translate();
  const approve = ["approve", "--business-id", "en.json#metal", "--to", "fr", "--text", "Plomb", "--from", "en"];
  await commands.json(approve);
  await repo.translate();
  expect(await repo.json("fr.json")).toEqual({ metal: "Plomb", sale: "[fr] Lead" });
});

test("the syntax and the format of a file are those that the configuration says", async ({ commands, repo }) => {
  const text = "It''s {name}";
  const files = [
    { in: "icu.json", out: "icu.{locale}.json", syntax: "icu" },
    { in: "printf.json", out: "printf.{locale}.json", syntax: "printf", format: "json" },
  ];
  await repo.write({
    "trans-hub.config.json": { source: "en", targets: ["fr"], files },
    "icu.json": { own: text },
    "printf.json": { own: "%s of it" },
  });
  expect(await repo.translate()).toMatchObject({ translated: 2, failed: 0 });
  const find = (...args: string[]) => commands.run(["get", ...args, "--from", "en", "--to", "fr"]);
  expect(await find(text, "--format", "icu")).toMatchObject({ code: 0 });
  expect(await find("%s of it", "--format", "printf")).toMatchObject({ code: 0 });
  expect(await find(text)).toMatchObject({ code: 3 });
  files[1] = { in: "printf.json", out: "printf.{locale}.json", syntax: "printf", format: "android-xml" };
  await repo.write({ "trans-hub.config.json": { source: "en", targets: ["fr"], files } });
  expect(await repo.translate([], 1)).toMatchObject({ broken: [{ file: "printf.json" }], kept: 1 });
});

const po = (...entries: string[]) =>
  `msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Language: fr\\n"\n"Plural-Forms: nplurals=2; plural=(n > 1);\\n"\n${entries.map((entry) => `\n${entry}\n`).join("")}`;
const pay = 'msgid "Pay"\nmsgstr ""';
const files = 'msgid "%d file"\nmsgid_plural "%d files"\nmsgstr[0] ""\nmsgstr[1] ""';

test("machine values are marked for review, and such a value is current until a person looks at it", async ({
  commands,
  repo,
}) => {
  await repo.write({
    "trans-hub.config.json": {
      source: "en",
      targets: ["fr"],
      files: [{ in: "messages.pot", out: "{locale}.po", review: true }],
    },
    "messages.pot": po(pay, files),
  });
  expect(await repo.translate()).toMatchObject({ translated: 3, notices: [] });
  const first = await repo.text("fr.po");
  expect(first.match(/^#, .*fuzzy/gm)).toHaveLength(2);
  const lock = await repo.text("trans-hub.lock");
  expect(await repo.translate()).toMatchObject({ kept: 3, translated: 0, reused: 0, written: [], notices: [] });
  expect(await repo.text("trans-hub.lock")).toBe(lock);

  // A person accepts one value and corrects none; another tool guesses a value, which is none.
  const seen = first.replace(/#, fuzzy\n(msgid "Pay")/, "$1");
  expect(seen).not.toBe(first);
  await repo.write({ "fr.po": seen, "messages.pot": po(pay, files, 'msgid "Back"\nmsgstr ""') });
  expect(await repo.translate()).toMatchObject({ kept: 3, translated: 1 });
  expect((await repo.text("fr.po")).match(/^#, .*fuzzy/gm)).toHaveLength(2);
  await repo.write({ "fr.po": (await repo.text("fr.po")).replace('"[fr] Back"', '"Guess"') });
  expect(await repo.translate()).toMatchObject({ kept: 3, reused: 1 });
  expect(await repo.text("fr.po")).toContain('#, fuzzy\nmsgid "Back"\nmsgstr "[fr] Back"');

  await commands.json(["approve", "Pay", "--from", "en", "--to", "fr", "--text", "Payer"]);
  await repo.translate();
  expect(await repo.text("fr.po")).toMatch(/(?<!fuzzy\n)msgid "Pay"\nmsgstr "Payer"/);
});

test("a file with its sources beside its values is translated in place, into the locale that it says", async ({
  commands,
  repo,
}) => {
  const config = { source: "en", targets: ["fr", "de"], files: [{ in: "po/*.po" }] };
  await repo.write({
    "trans-hub.config.json": config,
    "po/fr.po": po(pay),
    "po/de.po": po(pay).replace("Language: fr", "Language: de"),
  });
  expect(await repo.translate()).toMatchObject({ files: ["po/de.po", "po/fr.po"], translated: 2 });
  expect(await repo.text("po/fr.po")).toContain('msgstr "[fr] Pay"');
  expect(await repo.text("po/de.po")).toContain('msgstr "[de] Pay"');
  expect(await repo.translate()).toMatchObject({ kept: 2, written: [] });
  await repo.write({ "en.json": { pay: "Pay" }, "trans-hub.config.json": { ...config, files: [{ in: "en.json" }] } });
  expect(await repo.run()).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("trans-hub.config.json: files[0].out is missing: en.json can hold one locale only"),
  });
  await rm(join(commands.cwd, "trans-hub.config.json"));
  const alone = ["po/de.po", "--from", "en", "--to", "de"];
  expect(await repo.translate(alone)).toMatchObject({ kept: 1, files: ["po/de.po"], written: [] });
  expect(await repo.run("en.json", "--to", "fr")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--out is missing: en.json can hold one locale only"),
  });
});

test("a broken file harms itself alone", async ({ repo }) => {
  const merge = '{\n<<<<<<< HEAD\n  "pay": "Payer"\n=======\n  "pay": "Régler"\n>>>>>>> other\n}\n';
  await repo.write({
    "trans-hub.config.json": {
      source: "en",
      targets: ["fr", "de"],
      files: [
        { in: "{a,b,c}/en.json", out: "{dir}/{locale}.json" },
        { in: "values/strings.xml", out: "values-{locale}/strings.xml" },
      ],
    },
    "values/strings.xml": strings("Cart"),
    "values-fr/strings.xml": `<resources>\n<<<<<<< HEAD\n    <string name="s0">Panier</string>\n</resources>\n`,
    "a/en.json": { pay: "Pay" },
    "a/fr.json": merge,
    "b/en.json": '{"pay" "Pay"}',
    "c/en.json": { back: "Back" },
    "c/de.json/folder": "",
  });
  const report = await repo.translate([], 1);
  expect(report).toMatchObject({
    translated: 3,
    failed: 0,
    written: ["a/de.json", "c/fr.json", "values-de/strings.xml"],
    broken: [
      { file: "c/de.json", locales: ["de"], code: "TH_CATALOG", message: expect.stringContaining("is a folder") },
      {
        file: "a/fr.json",
        locales: ["fr"],
        message: expect.stringMatching(/^a\/fr\.json:2:1: /),
        hint: expect.stringMatching(/merge/),
      },
      { file: "b/en.json", locales: ["fr", "de"], message: expect.stringMatching(/^b\/en\.json:1:\d+: /) },
      { file: "values-fr/strings.xml", message: expect.stringMatching(/: holds an unresolved merge$/) },
    ],
  });
  expect(await repo.text("a/fr.json")).toBe(merge);
  const again = await repo.run();
  expect(again).toMatchObject({ code: 1, stdout: expect.stringContaining("3 kept") });
  for (const file of ["a/fr.json:2:1", "b/en.json:1", "c/de.json"]) expect(again.stderr).toContain(`warning: ${file}`);
  expect(again.stderr).not.toContain("Régler");
});

test("a configuration elsewhere has its paths from its own folder", async ({ commands, repo }) => {
  await repo.write({
    "web/package.json": {
      name: "web",
      "trans-hub": {
        source: "en",
        targets: ["fr"],
        files: [{ in: "i18n/en.json", out: "i18n/{locale}.json" }],
        project: "web",
      },
    },
    "web/i18n/en.json": { pay: "Pay" },
  });
  expect(await repo.translate(["--config", "web/package.json"])).toMatchObject({ written: ["web/i18n/fr.json"] });
  expect(await repo.text("web/trans-hub.lock")).toContain('"i18n/fr.json"');
  const id = ["get", "--business-id", "i18n/en.json#pay", "--to", "fr", "--project", "web"];
  expect(await commands.json(id)).toMatchObject({ text: "[fr] Pay" });
  const inside = await commands.run(["translate", "--json"], { env: repo.env, cwd: join(commands.cwd, "web") });
  expect(JSON.parse(inside.stdout)).toMatchObject({ kept: 1, written: [] });
});

test("what cannot be done is said with its cure", { timeout: timeFor(16) }, async ({ commands, repo }) => {
  const usage = async (args: string[], message: RegExp) => {
    expect(await repo.run(...args)).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(message) });
  };
  await usage([], /no configuration here, and no file was named\nhint: `trans-hub init`/);
  await repo.write({ "en.json": { pay: "Pay" }, "other.json": {} });
  await usage(["en.json"], /--to is missing/);
  await usage(["en.json", "--to", "fr"], /--out is missing/);
  const config = { source: "en", targets: ["fr"], files: [{ in: "en.json", out: "{locale}.json" }] };
  await repo.write({ "trans-hub.config.json": config });
  await usage(["--to", "de"], /de is not among the targets of trans-hub\.config\.json: fr\nhint: /);
  await usage(["other.json"], /other\.json is no source file of trans-hub\.config\.json\nhint: /);
  await usage(["--out", "{locale}.json"], /no file was named/);
  await usage(["--out", "{locale}.json", "--config", "trans-hub.config.json"], /--out and --config exclude each other/);
  await usage(["--config", "nope.ts"], /nope\.ts does not exist/);
  await repo.write({ "trans-hub.config.json": { ...config, files: [{ in: "src/*.json", out: "x" }] } });
  await usage([], /files\[0\]\.in: no file matches src\/\*\.json/);
  await repo.write({ "trans-hub.config.json": { ...config, files: [config.files[0], config.files[0]] } });
  await usage([], /trans-hub\.config\.json: fr\.json would hold en\.json in fr twice/);
  await repo.write({ "trans-hub.config.json": { ...config, target: ["fr"] } });
  await usage([], /trans-hub\.config\.json: target: is not a key of the configuration; did you mean "targets"\?/);
  await rm(join(commands.cwd, "trans-hub.config.json"));
  for (const content of ["export default {}; enum Colour { Red }", "export default {"]) {
    await repo.write({ "trans-hub.config.ts": content });
    await usage([], /^error: trans-hub\.config\.ts: cannot be loaded: SyntaxError: [^\n]*\n$/);
  }
});
