import { cpuMs } from "@trans-hub/test-support/load";
import { expect, test } from "vitest";
import { judge } from "./judge.ts";
import { markup } from "./markup.ts";
import { CheckSubject } from "./subject.ts";

test.each([
  ["<b>Save</b>", "Enregistrer", "2 tags missing"],
  ["a<br>b", "a</br>b", "1 tag added"],
  ['<a href="x">y</a>', '<a href="z">y</a>', "1 tag missing, 1 tag added"],
  ["{n, plural, other {<b>#</b>}}", "{n, plural, other {#}}", "2 tags missing"],
  ["Click <b>Save</b> or <i>stop</i>", "<i>Arrêter</i> ou <b>enregistrer</b>", undefined],
  ['<a href="x" title="Open">Go</a>', '<a title="Ouvrir" href="x">Aller</a>', undefined],
  ["one<br>two", "un<br />deux", undefined],
  ["{n, plural, other {<b>#</b>}}", "{n, plural, one {<b>#</b>} other {<b>#</b>}}", undefined],
])("%j as %j: %s", (source, translation, message) => {
  expect(markup.check(new CheckSubject({ source, translation }))).toBe(message);
});

test.each([
  ["Some words", "Des mots <!-- et"],
  ["Some words", "Des mots <!-- a > b"],
  ["Some words", "Des mots <img src=x onerror=alert(1)"],
  ["Some words", "Des mots <script"],
  ["Some words", "Des mots <?php echo 1"],
  ["<b>x</b> words", "<b>x</b> mots <a href=x "],
  ["<b>x</b> words", "<iframe src=y <b>x</b> mots"],
  ["<b>x</b> words", "<b>x</b> mots </div"],
])("a translation of %s does not begin what it does not end: %s", (source, translation) => {
  expect(judge({ source, translation }).blocked?.check).toBe("markup");
});

test.each([
  ["if a <b then", "si a <b alors"],
  ["at most 5", "<5 max"],
  ["Love you", "Je t'aime <3"],
  ["Less than a minute", "< 1 min"],
  ["See here", "Voir <ici"],
  ["Open <b>it", "Ouvrez <b>le"],
  ["A comment <!-- x", "Un commentaire <!-- x"],
])("a sign of %s is no tag of %s", (source, translation) => {
  expect(judge({ source, translation }).blocked?.check).toBeUndefined();
});

test("a text of a million signs is read once", async () => {
  const ms = await cpuMs(() => {
    judge({ source: "<a ".repeat(300_000), translation: "<!--<a ".repeat(140_000) });
    judge({ source: "x".repeat(1_000_000), translation: `<a${" ".repeat(1_000_000)}` });
  });
  expect(ms).toBeLessThan(5_000);
});
