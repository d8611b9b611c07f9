import { parseItem } from "@trans-hub/core/store";
import { expect, test } from "vitest";
import { hintOf } from "./hint-of.ts";

const message = { key: "cart.pay", text: "Pay", line: 1, column: 1 };

test("the note, the key and the length of a message are its hint", () => {
  expect(hintOf({ ...message, note: "A button", maxLength: 12 })).toEqual({
    hint: { note: "A button", key: "cart.pay", maxLength: 12 },
  });
  expect(hintOf(message)).toEqual({ hint: { key: "cart.pay" } });
});

test("a key that holds the text, or is part of the identity, is left out; so is a key of the length of a text", () => {
  for (const key of ["Pay", "verb\u0004Pay", "Pay[one]", "verb\u0004Pay[few]", "k".repeat(501)]) {
    expect(hintOf({ ...message, key })).toEqual({ hint: {} });
  }
  expect(hintOf({ ...message, distinct: "cart.pay" })).toEqual({ hint: {} });
  expect(hintOf({ ...message, key: "Payments.Pay" })).toEqual({ hint: { key: "Payments.Pay" } });
});

test("whatever a file says, the store takes it", () => {
  const notes = ["", "x\0y", "\ud83d", "é".repeat(5_000), `${"x".repeat(2_996)}😀😀`];
  for (const note of notes) {
    for (const maxLength of [0, -1, 1.5, Number.NaN, 2_000_000]) {
      const { hint } = hintOf({ ...message, key: "k".repeat(500), note, maxLength });
      expect(() => parseItem({ text: "Pay", targetLocales: ["fr"], hint }, {}, { maxTextBytes: 99 })).not.toThrow();
      expect(hint).not.toHaveProperty("maxLength");
    }
  }
  const { hint } = hintOf({ ...message, note: `${"x".repeat(2_996)}😀😀` });
  expect(hint?.note).toBe(`${"x".repeat(2_996)}…`);
});
