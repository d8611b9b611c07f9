/**
 * The way of a catalog into the store and out of it over HTTP: `trans-hub translate` and `import` register it, `trans-hub serve`
 * exports it, and i18next or next-intl would load the same texts as from the files.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Commands, testOnDatabase } from "@trans-hub/test-support/command";
import { expect } from "vitest";

const LONG = `${"This key is its text. ".repeat(15)}It is longer than an id may be.`;

const I18NEXT = {
  cart: { title: "Cart", "item.count": "A key with a dot", nested: { deep: { er: "Deeper" } } },
  mail_one: "{{count}} mail",
  mail_other: "{{count}} mails",
  place_ordinal_one: "{{count}}st place",
  place_ordinal_two: "{{count}}nd place",
  place_ordinal_few: "{{count}}rd place",
  place_ordinal_other: "{{count}}th place",
  friend_male: "A boyfriend",
  faq: [
    { q: "Why?", a: "Because." },
    { q: "How?", a: "So." },
  ],
  days: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "A", "B", "C", "D", "E"],
  errors: { "404": "Not found", "500": "Broken" },
  "back\\slash": "A backslash",
  "Save changes to {{name}}?": "Save changes to {{name}}?",
  [LONG]: LONG,
};

const ICU = {
  Cart: {
    title: "Your cart",
    items: "{count, plural, =0 {No items} one {# item} other {# items}}",
    by: "{gender, select, female {She paid {amount}} other {They paid {amount}}}",
  },
};

async function write(commands: Commands, file: string, content: unknown): Promise<void> {
  const path = join(commands.cwd, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, typeof content === "string" ? content : `${JSON.stringify(content, null, 2)}\n`);
}

/**
 * Forms that another locale of the family has are exported too, where both locales make them from the same text. i18next asks for none
 * of them.
 */
function withoutOtherForms(exported: object, wanted: object): object {
  const isOther = (key: string) => /_(zero|one|two|few|many)$/.test(key) && !(key in wanted);
  return Object.fromEntries(Object.entries(exported).filter(([key]) => !isOther(key)));
}

async function serve(commands: Commands, env: Record<string, string> = {}): Promise<string> {
  const serving = commands.start(["serve", "--port", "0", "--json"], { env });
  const listening = /"port":(\d+)/;
  await serving.says(listening);
  const [, port] = listening.exec(serving.stdout + serving.stderr) ?? [];
  return `http://127.0.0.1:${port}/v1/projects/default/locales`;
}

testOnDatabase(
  "a catalog comes back from the export as it stands in its files",
  { timeout: 180_000 },
  async ({ commands }) => {
    const targets = ["fr", "pl", "ar", "ja", "ru", "de"];
    await write(commands, "locales/en/common.json", I18NEXT);
    await write(commands, "messages/en.json", ICU);
    const files = [
      { in: "locales/en/common.json", out: "locales/{locale}/common.json", syntax: "i18next" },
      { in: "messages/en.json", out: "messages/{locale}.json", syntax: "icu" },
    ];
    await write(commands, "trans-hub.config.json", { source: "en", targets, files });
    expect(await commands.json(["translate"])).toMatchObject({ failed: 0, unsupported: 0, broken: [] });
    const base = await serve(commands);
    for (const locale of targets) {
      for (const [namespace, file] of [
        ["common", `locales/${locale}/common.json`],
        ["messages%2Fen", `messages/${locale}.json`],
      ]) {
        const response = await fetch(`${base}/${locale}/${namespace}.json`);
        const wanted: object = JSON.parse(await readFile(join(commands.cwd, file ?? ""), "utf8"));
        expect(withoutOtherForms((await response.json()) as object, wanted), `${locale}: ${file}`).toEqual(wanted);
      }
    }
    // The texts of the source stand for themselves; families have the forms of all targets.
    const english = await (await fetch(`${base}/en/messages%2Fen.json`)).json();
    expect(english).toEqual(ICU);
    expect(await (await fetch(`${base}/en/common.json`)).json()).toMatchObject({
      cart: I18NEXT.cart,
      faq: I18NEXT.faq,
    });
  },
);

testOnDatabase(
  "people's texts that were imported are exported, and only they where approved ones are wanted",
  async ({ commands }) => {
    await write(commands, "en.json", { pay: "Pay", back: "Back" });
    await write(commands, "fr.json", { pay: "Payer" });
    expect(
      await commands.json(["translate", "en.json", "--from", "en", "--to", "fr", "--out", "{locale}.json"]),
    ).toMatchObject({
      failed: 0,
    });
    const imported = [
      "import",
      "en.json",
      "--from",
      "en",
      "--to",
      "fr",
      "--out",
      "{locale}.json",
      "--approved",
      "--by",
      "mia",
    ];
    expect(await commands.json(imported)).toMatchObject({ approved: 1 });
    const base = await serve(commands, { TH_HTTP_PUBLIC_EXPORTS: "default" });
    const headers = { origin: "https://app.example" };
    const approved = await fetch(`${base}/fr.json?prefer=approved`, { headers });
    expect(approved.headers.get("access-control-allow-origin")).toBe("*");
    expect(await approved.json()).toEqual({ pay: "Payer" });
    const all = await fetch(`${base}/fr.json`);
    expect(all.headers.get("cache-control")).toMatch(/^public, max-age=60/);
    expect(await all.json()).toEqual({ pay: "Payer", back: expect.stringMatching(/^\[/) });
    const got = await commands.run(["get", "--business-id", "en.json#back", "--to", "fr", "--prefer", "approved"]);
    expect(got).toMatchObject({ code: 3, stdout: "", stderr: expect.stringContaining("not approved by a person") });
    const exported = await commands.run(["export", "--to", "fr", "--prefer", "approved"]);
    const lines = exported.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ text, status }) => [text, status]).sort()).toEqual([
      [null, "translated"],
      ["Payer", "approved"],
    ]);
  },
);
