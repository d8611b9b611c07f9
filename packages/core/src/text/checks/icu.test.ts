import { expect, test } from "vitest";
import type { TextFormat } from "../../contract/engine.ts";
import { icu } from "./icu.ts";
import { judge } from "./judge.ts";
import { CheckSubject } from "./subject.ts";

const check = (source: string, translation: string, format?: TextFormat) =>
  icu.check(new CheckSubject({ source, translation, format }));

test.each([
  [
    "{n, plural, one {#} other {#}}",
    "{n, plural, one {#} other {#}",
    "its braces do not balance or hold no ICU argument",
  ],
  ["{n, plural, one {#} other {#}}", "{n, pluriel, one {#} other {#}}", "1 ICU argument missing, 1 ICU argument added"],
  ["{n, plural, other {# a}}", "# a", "1 ICU argument missing"],
  ["{n, plural, other {<b>{a}</b>}}", "{n, plural, other {}}", "1 ICU argument missing; 2 tags missing"],
  [
    "{n, plural, one {# file} other {# files}}",
    "{n, plural, one {# plik} few {# pliki} many {# plików} other {# pliku}}",
    undefined,
  ],
  [
    "{g, select, male {He} other {They}} {n, number, ::.00}",
    "{n,number, ::.00 } {g, select, male {Il} other {Iels}}",
    undefined,
  ],
  ["Hello {name}", "Bonjour {nom}", undefined],
])("%j as %j: %s", (source, translation, message) => {
  expect(check(source, translation)).toBe(message);
});

test("a declared ICU message is one, without a branch too", () => {
  expect(check("It''s {price, number}", "C''est {price}", "icu")).toBe("1 ICU argument missing, 1 ICU argument added");
  expect(check("It''s {price, number}", "C''est {price}")).toBeUndefined();
});

test.each([
  "mots {n, plural, other {z}}",
  "mots {n, plural, one {x} other {z}}",
  "mots {n, selectordinal, other {#}}",
  "mots {g, select, other {z}}",
])("a plain text does not become the message %s", (translation) => {
  for (const by of ["person", "machine"] as const) {
    expect(judge({ source: "plain words", translation, by }).blocked?.check).toBe("icu");
  }
});
