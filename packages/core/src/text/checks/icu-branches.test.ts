import { expect, test } from "vitest";
import { icuBranches } from "./icu-branches.ts";
import { CheckSubject } from "./subject.ts";

test.each([
  [
    "{n, plural, one {#} other {#}}",
    "{n, plural, un {#} other {#}}",
    "a plural form is none of zero, one, two, few, many, other",
  ],
  ["{n, plural, one {#} other {#}}", "{n, plural, one {#}}", "a plural lost its form other"],
  ["{n, plural, one {#}}", "{n, plural, one {#}}", undefined],
  ["{n, plural, =0 {none} other {#}}", "{n, plural, =0 {rien} =1 {un} other {#}}", undefined],
  ["{n, selectordinal, one {#st} other {#th}}", "{n, selectordinal, few {#-е} other {#-й}}", undefined],
  ["{g, select, male {a} other {b}}", "{g, select, homme {a} other {b}}", "1 select option missing, 1 added"],
  ["{g, select, a {x} b {y} other {z}}", "{g, select, other {z}}", "2 select options missing, 0 added"],
  ["{n, plural, other {<b>#</b> of {max}}}", "{n, plural, one {<b>#</b>} other {<b>#</b> sur {max}}}", undefined],
  ["Save", "Enregistrer", undefined],
])("%j as %j: %s", (source, translation, message) => {
  expect(icuBranches.check(new CheckSubject({ source, translation }))).toBe(message);
});
