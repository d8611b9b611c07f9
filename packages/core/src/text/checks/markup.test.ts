import { expect, test } from "vitest";
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
