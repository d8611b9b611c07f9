import { describe, expect, it } from "vitest";
import { pluralContext, pluralFormOf } from "./plural-context.ts";

describe("the context of a plural form", () => {
  it("says the form, and nothing where it is a word of the producer's own", () => {
    const form = { category: "few", example: 2, of: "" };
    expect(pluralFormOf({ ...pluralContext(form), note: "x" })).toEqual(form);
    expect(pluralFormOf({ plural: { category: "few", example: 2 } })).toEqual(form);
    for (const plural of ["few", null, {}, { category: "some", example: 1 }, { category: "few", example: "2" }]) {
      expect(pluralFormOf({ plural })).toBeUndefined();
    }
    expect(pluralFormOf(null)).toBeUndefined();
  });
});
