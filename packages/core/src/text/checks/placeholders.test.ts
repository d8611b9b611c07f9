// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders of other languages are the subject here
import { expect, test } from "vitest";
import type { TextFormat } from "../../contract/engine.ts";
import { placeholders } from "./placeholders.ts";
import { CheckSubject } from "./subject.ts";

const check = (source: string, translation: string, format?: TextFormat) =>
  placeholders.check(new CheckSubject({ source, translation, format }));

test.each([
  ["Hi {name}", "Salut {nom}", "1 placeholder missing, 1 placeholder added"],
  ["{a} {a} {b}", "{a}", "2 placeholders missing"],
  ["Hi {{name}}", "Salut {name}", "1 placeholder missing, 1 placeholder added"],
  ["${a} of %1$d", "a sur 1", "2 placeholders missing"],
  ["%1 of %2", "%1 %1 %2", "1 placeholder added"],
  ["<b>{n}</b>", "<b>", "1 placeholder missing; 1 tag missing"],
  ["Hello {name}, {count} new", "{count} nouveaux, bonjour {name}", undefined],
  ["Save 50% today", "50 % d'économie", undefined],
  ["5% off", "%5 indirim", undefined],
  ["100% sure", "100%-a biztos", undefined],
  ["Order #{id}", "Nr. {id}", undefined],
  ["24/7", "24/7", undefined],
  ["Price: $5", "Preis: 5 $", undefined],
  ["{n, plural, other {# of {max}}}", "{n, plural, one {# sur {max}} other {# sur {max}}}", undefined],
])("%j as %j: %s", (source, translation, message) => {
  expect(check(source, translation)).toBe(message);
});

test("in declared plain text nothing that only may be a placeholder counts", () => {
  expect(check("%1 left", "un reste")).toBe("1 placeholder missing");
  expect(check("%1 left", "un reste", "text")).toBeUndefined();
});
