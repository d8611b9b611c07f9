// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders of other languages are the subject here
import { cpuMs } from "@trans-hub/test-support/load";
import { expect, test } from "vitest";
import type { TextFormat } from "../../contract/engine.ts";
import { judge } from "./judge.ts";

const blocked = (source: string, translation: string, format?: TextFormat) =>
  judge({ source, translation, format, by: "machine" }).blocked?.check;

test.each<[string, string, TextFormat?]>([
  ["Hello", "Bonjour {{x", "i18next"],
  ["Hello {{name}}", "Bonjour {{name}} {{x", "i18next"],
  ["Hello {{name}}", "Bonjour {{name}} $t(a", "i18next"],
  ["Hello", "Bonjour $t(a"],
  ["Hello", "Bonjour ${x"],
  ["Hello", "Bonjour %{x"],
  ["Hello", "Bonjour {% if x"],
  ["Hello {name}", "Bonjour {name} {x"],
  ["Hello {name}", "Bonjour {name} }"],
  ["Use {{ to open, {{name}}", "{{name}} {{ ouvre, {{"],
])("%j as %j is blocked", (source, translation, format) => {
  expect(blocked(source, translation, format)).toBe("placeholders");
});

test.each<[string, string, TextFormat?]>([
  ["Hello {{name}}", "Bonjour {{name}}", "i18next"],
  ["Type {{ to begin", "Tapez {{ pour commencer"],
  ["A brace", "Une accolade {"],
  ["Choose a set: {1, 2}", "Choisissez : {1, 2}"],
  ["Costs $t", "Coûte $t"],
  ["Hello $t(key)", "Bonjour $t(key)", "i18next"],
  ["{n, plural, one {# file} other {# files}}", "{n, plural, one {# fichier} other {# fichiers}}"],
  ["if (a) { b }", "si (a) { b }", "text"],
])("%j as %j is not", (source, translation, format) => {
  expect(blocked(source, translation, format)).toBeUndefined();
});

test("a text full of openings takes no longer than its length", async () => {
  const text = "{{a $t(".repeat(150_000);
  const ms = await cpuMs(() => {
    expect(blocked("{{a}}", `{{a}}${text}`)).toBeDefined();
  });
  expect(ms).toBeLessThan(5_000);
});
