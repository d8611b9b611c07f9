import fc from "fast-check";
import { expect, test } from "vitest";
import { Places } from "./places.ts";

test("lines and columns are those of a count from the beginning, in any order of offsets", () => {
  const text = fc.array(fc.constantFrom("a", "é", "\n", "\r", "\r\n", "\n\n\n\n\n"), { maxLength: 40 });
  fc.assert(
    fc.property(text, fc.boolean(), fc.array(fc.nat(60)), (parts, hasReturns, offsets) => {
      const whole = hasReturns ? parts.join("") : parts.join("").replaceAll("\r", "");
      const places = new Places(whole);
      for (const each of offsets) {
        const offset = Math.min(each, whole.length);
        // The place between the two characters of a line end belongs to the line that it ends.
        if (whole.slice(offset - 1, offset + 1) === "\r\n") continue;
        const lines = whole.slice(0, offset).split(/\r\n|\n|\r/);
        expect(places.at(offset)).toEqual({ line: lines.length, column: (lines.at(-1) ?? "").length + 1 });
      }
    }),
    { numRuns: 2_000 },
  );
});

test("a text of line ends alone takes four bytes a line", () => {
  const places = new Places("\n".repeat(1_000_000));
  expect(places.at(1_000_000)).toEqual({ line: 1_000_001, column: 1 });
});
