import { expect, test } from "vitest";
import { formatConformance } from "../testing/conformance.ts";
import { properties } from "./properties.ts";

formatConformance(properties, [
  {
    name: "comments, separators, continued lines, escapes",
    content: [
      "# Shop",
      "",
      "# The button",
      "cart.add = Add to cart",
      "! another remark",
      "a\\ key:with colon",
      "long = first \\",
      "       second \\",
      "       third",
      "empty =",
      "tab\\u0041\\=key\tvalue\\twith tab",
      "caf\\u00e9 = Caf\\u00e9 \\\\ bar",
      "last without line end = yes",
    ].join("\n"),
    unlike: ["long"],
  },
  { name: "CRLF and a byte order mark", content: "\uFEFFa=1é\r\nb=2\r\n" },
  {
    name: "Latin-1",
    content: Buffer.from("gr\u00fc\u00dfe=Gr\u00fc\u00dfe\nb=c\n", "latin1"),
    unlike: ["gr\u00fc\u00dfe"],
  },
]);

test("a file without any character beyond ASCII gets escapes", () => {
  const document = properties.read(Buffer.from("a=b\n"), { file: "m.properties" });
  const { bytes } = document.write([{ kind: "set", id: "a", value: "é" }]);
  expect(Buffer.from(bytes).toString()).toBe("a=\\u00e9\n");
});

test.each([
  ["a b", ": c", "a \\: c"],
  ["a\t\\\n  b", "=c", "a\t\\\n  \\=c"],
  ["a\\: b", "=c", "a\\: \\=c"],
  ["a = b", "=c", "a = =c"],
])("a value in %j that begins like a separator is read back", (content, value, wanted) => {
  const document = properties.read(Buffer.from(`${content}\n`), { file: "m.properties" });
  const [unit] = document.units;
  const { bytes } = document.write([{ kind: "set", id: unit?.id ?? "", value }]);
  expect(Buffer.from(bytes).toString()).toBe(`${wanted}\n`);
  expect(properties.read(bytes, { file: "m.properties" }).units).toEqual([{ ...unit, value }]);
});

test.each([
  ["a b\n", "=", "a \\=\n"],
  ["a\tb\n", ": c", "a\t\\: c\n"],
  ["a b\n", "c = d", "a c = d\n"],
  ["a\n", "b", "a=b\n"],
  ["a\\=\n", "b", "a\\==b\n"],
  ["a\\= x\n", "=b", "a\\= \\=b\n"],
])("a value behind a key without a sign between them is read back: %j", (content, value, wanted) => {
  const document = properties.read(Buffer.from(content), { file: "m.properties" });
  const id = document.units[0]?.id ?? "";
  const { bytes } = document.write([{ kind: "set", id, value }]);
  expect(Buffer.from(bytes).toString()).toBe(wanted);
  expect(properties.read(bytes, { file: "m.properties" }).units).toMatchObject([{ id, value }]);
  const { bytes: added } = properties
    .read(Buffer.from("z=z\n"), { file: "t.properties" })
    .write([{ kind: "add", id, value, from: document, after: "z" }]);
  expect(properties.read(added, { file: "t.properties" }).units).toMatchObject([{ id: "z" }, { id, value }]);
});

test("the comment above an entry is its note, and goes with it", () => {
  const document = properties.read(Buffer.from("# Shop\n\n# The button\na=b\nc=d\n"), { file: "m.properties" });
  expect(document.units[0]?.note).toBe("The button");
  expect(Buffer.from(document.write([{ kind: "remove", id: "a" }]).bytes).toString()).toBe("# Shop\n\nc=d\n");
});
