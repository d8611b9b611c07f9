/** The page of the library is held to the sources. */
import { readFileSync } from "node:fs";
import { Coordinator } from "@trans-hub/core";
import { expect, test } from "vitest";
import { withLibraryTables } from "../../scripts/library-tables.ts";

const page = readFileSync(new URL("../../docs/library.md", import.meta.url), "utf8");

test("its tables are the generated ones (node scripts/library-tables.ts writes them)", () => {
  expect(withLibraryTables(page)).toBe(page);
});

test("it lists every method of a coordinator", () => {
  const methods = Object.getOwnPropertyNames(Coordinator.prototype).filter((name) => {
    const { value } = Object.getOwnPropertyDescriptor(Coordinator.prototype, name) ?? {};
    return name !== "constructor" && typeof value === "function";
  });
  for (const method of [...methods, "connect"]) expect(page).toContain(`| \`${method}\``);
});
