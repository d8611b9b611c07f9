import { expect, test } from "vitest";
import { detectSyntax } from "./syntax.ts";

test("a branch of ICU that begins with an argument is no placeholder of i18next", () => {
  const nested =
    "{count, plural, one {{who, select, her {her photo} other {their photo}}} other {{who, select, her {#} other {#}}}}";
  expect(detectSyntax([nested])).toBe("icu");
  expect(detectSyntax(["{count, plural, one {{name} has # item} other {{name} has # items}}"])).toBe("icu");
});

test("the more frequent of {{name}} and ICU is the syntax of a file", () => {
  const icu = "{count, plural, one {# item} other {# items}}";
  expect(detectSyntax(["Hello {{name}}", "Bye {{name}}", icu])).toBe("i18next");
  expect(detectSyntax(["Due {{date, datetime}}"])).toBe("i18next");
  expect(detectSyntax(["Hello {name}"])).toBe("auto");
});
