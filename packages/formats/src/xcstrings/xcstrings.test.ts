import { expect, test } from "vitest";
import type { Change, ReadOptions, UnitState, Value } from "../contract.ts";
import { formatConformance } from "../testing/conformance.ts";
import { xcstrings } from "./xcstrings.ts";

/** As Xcode prints it. */
function xcode(strings: object, sourceLanguage = "en"): string {
  return JSON.stringify({ sourceLanguage, strings, version: "1.0" }, null, 2)
    .replace(/^( *)("(?:[^"\\]|\\.)*"): /gm, "$1$2 : ")
    .replace(/^( *)(.*)\{\}/gm, "$1$2{\n\n$1}");
}

const unit = (value: string, state = "translated") => ({ stringUnit: { state, value } });
const plural = (forms: Record<string, string>) => ({
  variations: { plural: Object.fromEntries(Object.entries(forms).map(([form, text]) => [form, unit(text)])) },
});
const device = (devices: Record<string, object>) => ({ variations: { device: devices } });
const text = (en: object | undefined, others: Record<string, object> = {}) => ({
  localizations: { ...others, ...(en && { en }) },
});

const FILES = {
  ...unit("%#@files@ in %@"),
  substitutions: { files: { argNum: 1, formatSpecifier: "lld", ...plural({ one: "%arg file", other: "%arg files" }) } },
};

const STRINGS = {
  "": {},
  "%lld boxes": { comment: "Badge", ...text(plural({ one: "%lld box", other: "%lld boxes" })) },
  Add: text(undefined, { de: unit("Hinzufügen") }),
  Brand: { shouldTranslate: false },
  "found.files": { extractionState: "manual", ...text(FILES) },
  Old: { extractionState: "stale", ...text(undefined, { fr: unit("Vieux", "needs_review") }) },
  Pay: {},
  Tap: text(device({ mac: unit("Click"), other: unit("Tap here") }), { de: unit("Tippen") }),
  Turn: text(device({ mac: plural({ one: "%d click", other: "%d clicks" }), other: plural({ one: "a", other: "b" }) })),
};

const SAMPLE = xcode(STRINGS);

formatConformance(xcstrings, [
  { name: "the source", content: SAMPLE },
  { name: "a locale that it has in part", content: SAMPLE, options: { locale: "de" } },
  { name: "a locale that it has not", content: SAMPLE, options: { locale: "pl" } },
  {
    name: "CRLF and a byte order mark",
    content: `\uFEFF${SAMPLE.replaceAll("\n", "\r\n")}`,
    options: { locale: "de" },
  },
  {
    name: "one line",
    content: JSON.stringify({ sourceLanguage: "en", strings: STRINGS, version: "1.0" }),
    options: { locale: "pl" },
  },
]);

function read(content: string, locale?: string, options: Partial<ReadOptions> = {}) {
  return xcstrings.read(Buffer.from(content), { file: "Localizable.xcstrings", locale, ...options });
}

function set(id: string, value: Value, state?: UnitState): Change {
  return { kind: "set", id, value, state };
}

function written(content: string, changes: Change[], locale: string): string {
  const { bytes, refused } = read(content, locale).write(changes);
  expect(refused).toEqual([]);
  return Buffer.from(bytes).toString();
}

const forms = (given: Record<string, string>) => ({ forms: new Map(Object.entries(given)) });
const plain = (value: Value | undefined) => (typeof value === "object" ? Object.fromEntries(value.forms) : value);

test("its texts are those that Xcode would have translated", () => {
  const open = read(SAMPLE, "de").units.filter(({ translate }) => translate);
  expect(open.map(({ id, source, value }) => [id, plain(source), plain(value)])).toEqual([
    ["%lld boxes", { one: "%lld box", other: "%lld boxes" }, undefined],
    ["Add", "Add", "Hinzufügen"],
    ["found.files", "%#@files@ in %@", undefined],
    ["found.files#substitutions.files", { one: "%arg file", other: "%arg files" }, undefined],
    ["Pay", "Pay", undefined],
    ["Tap#device.mac", "Click", "Tippen"],
    ["Tap#device.other", "Tap here", "Tippen"],
    ["Turn#device.mac", { one: "%d click", other: "%d clicks" }, undefined],
    ["Turn#device.other", { one: "a", other: "b" }, undefined],
  ]);
  expect(open[0]).toMatchObject({ note: "Badge", syntax: "printf", state: "new" });
  expect(read(SAMPLE, "de")).toMatchObject({ zeroIsNumber: true, locale: "de", locales: ["en", "de", "fr"] });
});

test("a new locale stands where Xcode would put it, and nothing else moves", () => {
  const changes = [
    set("%lld boxes", forms({ one: "1", few: "2", many: "5", other: "1,5" })),
    set("Add", "Dodaj", "needs-review"),
    set("Pay", "Zapłać"),
    set("Tap#device.mac", "K"),
    set("Tap#device.other", "T"),
    set("Turn#device.other", forms({ one: "x", few: "y", many: "z", other: "w" })),
  ];
  const wanted = structuredClone(STRINGS) as Record<string, { localizations?: Record<string, object> }>;
  const put = (key: string, pl: object) => {
    const all = { ...wanted[key]?.localizations, pl };
    const ordered = Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
    wanted[key] = { ...wanted[key], localizations: ordered };
  };
  put("%lld boxes", plural({ few: "2", many: "5", one: "1", other: "1,5" }));
  put("Add", unit("Dodaj", "needs_review"));
  put("Pay", unit("Zapłać"));
  put("Tap", device({ mac: unit("K"), other: unit("T") }));
  put("Turn", device({ other: plural({ few: "y", many: "z", one: "x", other: "w" }) }));
  wanted.Tap = { localizations: { ...wanted.Tap?.localizations } };
  const found = JSON.parse(written(SAMPLE, changes, "pl"));
  expect(found.strings).toEqual(wanted);
  const ordered = (strings: object) => JSON.stringify(strings).replace(/"localizations":\{.*/, "");
  expect(ordered(found.strings)).toBe(ordered(wanted));
  expect(written(xcode({ Pay: {}, Z: {} }), [set("Pay", "Zapłać")], "pl")).toBe(
    xcode({ Pay: { localizations: { pl: unit("Zapłać") } }, Z: {} }),
  );
  const both = xcode({ Pay: text(undefined, { de: unit("Zahlen"), ru: unit("Платить") }) });
  expect(written(both, [set("Pay", "Zapłać")], "pl")).toBe(
    xcode({ Pay: text(undefined, { de: unit("Zahlen"), pl: unit("Zapłać"), ru: unit("Платить") }) }),
  );
});

test("a substitution comes with the facts of its argument, and with its format", () => {
  const given = xcode({ n: text({ ...FILES, ...unit("%#@files@") }) });
  expect(read(given, "pl").units.map(({ id, translate }) => [id, translate])).toEqual([
    ["n", false],
    ["n#substitutions.files", true],
  ]);
  const pl = JSON.parse(written(given, [set("n#substitutions.files", forms({ one: "1", other: "2" }))], "pl"));
  expect(pl.strings.n.localizations.pl).toEqual({
    ...unit("%#@files@"),
    substitutions: { files: { argNum: 1, formatSpecifier: "lld", ...plural({ one: "1", other: "2" }) } },
  });
});

test("the forms of a language replace those of another", () => {
  const given = xcode({ n: text(plural({ one: "1", other: "2" }), { ja: plural({ one: "一", other: "二" }) }) });
  expect(written(given, [set("n", forms({ other: "二" }))], "ja")).toBe(
    xcode({ n: text(plural({ one: "1", other: "2" }), { ja: plural({ other: "二" }) }) }),
  );
});

test("a person's translation that varies in another way than its source stands", () => {
  const more = xcode({
    n: text(undefined, { pl: plural({ one: "a", other: "b" }) }),
    d: text(device({ mac: unit("C") }), { pl: unit("K") }),
  });
  const document = read(more, "pl");
  expect(document.units.map(({ id, value }) => [id, value])).toEqual([
    ["n", "b"],
    ["d#device.mac", "K"],
  ]);
  expect(written(more, [set("n", "b"), set("d#device.mac", "K")], "pl")).toBe(more);
  expect(document.write([set("n", "x"), set("d#device.mac", "y")])).toMatchObject({
    bytes: Buffer.from(more),
    refused: [{ id: "n" }, { id: "d#device.mac" }],
  });
  const less = xcode({ n: text(plural({ one: "1", other: "2" }), { pl: unit("coś") }) });
  expect(plain(read(less, "pl").units[0]?.value)).toEqual({ other: "coś" });
  expect(written(less, [set("n", forms({ other: "coś" }))], "pl")).toBe(less);
  expect(
    JSON.parse(written(less, [set("n", forms({ one: "1", other: "coś" }))], "pl")).strings.n.localizations.pl,
  ).toEqual(plural({ one: "1", other: "coś" }));
});

test("states are read and written, and a changed value keeps its own", () => {
  const given = xcode({
    a: text(undefined, { de: unit("", "new") }),
    b: text(undefined, { de: unit("B", "needs_review") }),
  });
  expect(read(given, "de").units.map(({ state }) => state)).toEqual(["new", "needs-review"]);
  expect(written(given, [set("a", "A", "translated"), set("b", "C")], "de")).toBe(
    xcode({ a: text(undefined, { de: unit("A") }), b: text(undefined, { de: unit("C", "needs_review") }) }),
  );
});

test("a removed translation leaves its key behind", () => {
  const given = xcode({
    a: text(undefined, { de: unit("A") }),
    b: { comment: "c", ...text(undefined, { de: unit("B") }) },
    c: text(unit("C"), { de: unit("Z") }),
  });
  const remove = ["a", "b", "c"].map((id) => ({ kind: "remove", id }) as const);
  expect(written(given, remove, "de")).toBe(xcode({ a: {}, b: { comment: "c" }, c: text(unit("C")) }));
});

test("a file finds its locales however they are spelled, and spells one that it has not as Apple does", () => {
  const given = xcode({ a: text(undefined, { "pt-BR": unit("A"), zh_Hans: unit("B") }) });
  expect(read(given, "pt-br").units[0]?.value).toBe("A");
  expect(read(given, "zh-Hans").units[0]?.value).toBe("B");
  expect(written(xcode({ a: {} }), [set("a", "A")], "zh-CN")).toContain('"zh-Hans" : {');
  expect(written(xcode({ a: {} }), [set("a", "A")], "pt-BR")).toContain('"pt-BR" : {');
});

test("no two texts share an id", () => {
  const keys = ["a#device.mac", "a\\#device.mac", "a\\", "%#@x@", "a"];
  const given = xcode(Object.fromEntries(keys.map((key) => [key, text(device({ mac: unit("x"), other: unit("y") }))])));
  const plainKeys = xcode(Object.fromEntries(keys.map((key) => [key, {}])));
  const ids = [...read(given).units, ...read(plainKeys).units].map(({ id }) => id);
  expect(new Set(ids).size).toBe(15);
});

test("keys and source texts follow those of another file", () => {
  const from = read(xcode({ a: text(unit("A2")), b: text(unit("B"), { de: unit("Be") }), c: {} }), "de", {
    file: "Source.xcstrings",
  });
  const own = xcode({ a: text(unit("A"), { de: unit("Ah") }), c: {} });
  const set1: Change = { kind: "set", id: "a", value: "Ah2", from };
  const add: Change = { kind: "add", id: "b", value: "Bee", from, after: "a" };
  expect(written(own, [set1, add], "de")).toBe(
    xcode({ a: text(unit("A2"), { de: unit("Ah2") }), b: text(unit("B"), { de: unit("Bee") }), c: {} }),
  );
});

test.each([
  ["another file", "{}", /:1:1: has no "sourceLanguage" with "strings"/],
  ["no JSON", '{"sourceLanguage" : "en",\n', /:2:1: invalid JSON/],
  ["two equal keys", '{"strings": {"a": {},\n"a": {}}}', /:2:1: the key "a" stands twice/],
])("%s is refused with its place", (_, content, message) => {
  expect(() => read(content)).toThrow(message);
});

test("a file in another source language is named with it", () => {
  expect(() => read(xcode({}, "de"), "en", { sourceLocale: "en" })).toThrow(/source language is de, not en/);
  expect(read(xcode({ a: {} }, "en-GB"), "en", { sourceLocale: "en" }).units[0]).toMatchObject({ source: "a" });
});

test("a form that varies by device leaves its key alone", () => {
  const odd = { variations: { plural: { other: device({ mac: unit("x") }) } } };
  expect(
    read(xcode({ a: text(odd), b: text(undefined, { de: odd }) }), "de").units.map(({ translate }) => translate),
  ).toEqual([false, true]);
  const given = xcode({ b: text(undefined, { de: odd }) });
  expect(read(given, "de").write([set("b", "x")])).toMatchObject({ refused: [{ id: "b" }], bytes: Buffer.from(given) });
});
