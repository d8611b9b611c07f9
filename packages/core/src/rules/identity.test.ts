import { expect, test } from "vitest";
import { contentId, contextKey } from "./identity.ts";

test("a text's identity is the start of SHA-256 over locale, a zero byte and the text", () => {
  // printf 'en\0Pay' | sha256sum
  expect(contentId("en", "Pay")).toBe("d7e38d81-369b-0d0a-41a9-38934df16c7d");
});

test("locale and text do not run into each other", () => {
  expect(contentId("en", "x")).not.toBe(contentId("e", "nx"));
});

test("a context, a format, or both have an identity; their absence has none", () => {
  expect(contextKey(null, "auto")).toBeUndefined();
  const keys = [contextKey("{}", "auto"), contextKey(null, "icu"), contextKey("{}", "icu"), contextKey("{}", "html")];
  expect(new Set(keys).size).toBe(4);
});
