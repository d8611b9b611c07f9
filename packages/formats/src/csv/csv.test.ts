import { cpuMs } from "@trans-hub/test-support/load";
import { expect, test } from "vitest";
import type { Change, ReadOptions } from "../contract.ts";
import { formatConformance } from "../testing/conformance.ts";
import { csv } from "./csv.ts";

const SAMPLE = `key,en,fr,note
hi,"Say ""hi"", now",,"two
lines"
bye,Bye,Adieu,
"a,b","Quoted","Cité","x"
empty,,,
,no key,,
last,Last {name}
`;

formatConformance(csv, [
  { name: "the source", content: SAMPLE },
  { name: "a locale that it has", content: SAMPLE, options: { locale: "fr" } },
  { name: "a locale that it has not", content: SAMPLE, options: { locale: "pl" } },
  {
    name: "semicolons, CRLF, a byte order mark, no end of the last line",
    content: `\uFEFF${SAMPLE.trimEnd().replaceAll(",", ";").replaceAll("\n", "\r\n")}`,
    options: { locale: "fr" },
  },
  {
    name: "tabs",
    content: 'id\tde_DE\ten_US\na\tJa\tYes\nb\t"Nein"\tNo\t\n',
    options: { sourceLocale: "en-US", locale: "de-DE" },
  },
  {
    name: "quotes everywhere",
    content: '"fr","key","en"\n"","a","A"\n"Bé","b","B"\n',
    options: { sourceLocale: "en", locale: "fr" },
  },
]);

function read(content: string, locale?: string, options: Partial<ReadOptions> = {}) {
  return csv.read(Buffer.from(content), { file: "texts.csv", locale, ...options });
}

function written(content: string, values: Record<string, string>, locale: string): string {
  const changes = Object.entries(values).map(([id, value]): Change => ({ kind: "set", id, value }));
  const { bytes, refused } = read(content, locale).write(changes);
  expect(refused).toEqual([]);
  return Buffer.from(bytes).toString();
}

test("a row is a text with its remarks, and an empty cell no value", () => {
  const units = read(SAMPLE, "fr").units;
  expect(units.map(({ id, source, value, translate }) => [id, source, value, translate])).toEqual([
    ["hi", 'Say "hi", now', undefined, true],
    ["bye", "Bye", "Adieu", true],
    ["a,b", "Quoted", "Cité", true],
    ["empty", "", undefined, false],
    ["last", "Last {name}", undefined, true],
  ]);
  expect(units[0]).toMatchObject({ note: "two\nlines", state: "new", line: 2 });
  expect(units[1]).toMatchObject({ state: "translated", line: 4, column: 9 });
});

test("a value takes the quotes of its cell, or those that it needs", () => {
  expect(written(SAMPLE, { bye: "Au revoir", "a,b": "Cité!", hi: "Dites", last: "Fin, {name}" }, "fr")).toBe(
    SAMPLE.replace("Adieu", "Au revoir")
      .replace("Cité", "Cité!")
      .replace('now",,', 'now","Dites",')
      .replace("{name}\n", '{name},"Fin, {name}"\n'),
  );
});

test("a locale without a column gets one at the end, in each row", () => {
  expect(written("key,en\r\na,A\r\n\r\nb,B", { b: "Be" }, "de")).toBe("key,en,de\r\na,A,\r\n\r\nb,B,Be");
  expect(written("key;en_US\na;A\n", { a: "Á" }, "pt-BR")).toBe("key;en_US;pt_BR\na;A;Á\n");
  expect(written("key,en\na,A\n", {}, "de")).toBe("key,en\na,A\n");
});

test.each([
  ["key,en,fr", "en", ["en", "fr"]],
  ["Key,English (en),Français [fr-CA]", "en", ["en", "fr-CA"]],
  ["en,fr,id", "en", ["en", "fr"]],
  ["key,en,id", "en", ["en", "id"]],
  ["description,string,ja,pt_BR", "ja", ["ja", "pt-BR"]],
])("the header %s has its locales", (header, locale, locales) => {
  expect(read(`${header}\n1,2,3,4\n`)).toMatchObject({ locale, locales });
});

test("rows and source texts follow those of another file", () => {
  const from = read("key,en,note\na,A2,\nb,B,about\n", "fr", { file: "source.csv" });
  const changes: Change[] = [
    { kind: "set", id: "a", value: "Ah2", from },
    { kind: "add", id: "b", value: "Bé", from, after: "a" },
  ];
  const { bytes, refused } = read("key;note;fr;en\na;x;Ah;A\nc;;;C\n", "fr", { sourceLocale: "en" }).write(changes);
  expect(refused).toEqual([]);
  expect(Buffer.from(bytes).toString()).toBe("key;note;fr;en\na;x;Ah2;A2\nb;about;Bé;B\nc;;;C\n");
});

test.each([
  ["no header", "a,b\n", /:1:1: has no header row with a key and locales/],
  ["no row", "\n\n", /:1:1: has no header row/],
  ["an open quote", 'key,en\na,"b\n', /:2:3: has a quote without an end/],
  ["text behind a quote", 'key,en\na,"b"c\n', /:2:6: has text behind a closing quote/],
  ["a key twice", "key,en\na,b\na,c\n", /:3:1: repeats the key of line 2/],
])("%s is refused with its place", (_, content, message) => {
  expect(() => read(content)).toThrow(message);
});

test("a source locale without a column is named", () => {
  expect(() => read("key,en\na,A\n", "fr", { sourceLocale: "de" })).toThrow(/has no column de/);
});

test("100,000 rows are read and written in time", async () => {
  const rows = Array.from({ length: 100_000 }, (_, at) => `k${at},"Text ""${at}""",Texte\n`);
  const content = `key,en,fr\n${rows.join("")}`;
  const ms = await cpuMs(() => {
    const document = read(content, "fr");
    const { bytes } = document.write(document.units.map(({ id }): Change => ({ kind: "set", id, value: "x" })));
    expect(bytes.length).toBe(content.length - "Text".length * rows.length);
  });
  expect(ms).toBeLessThan(5_000);
});
