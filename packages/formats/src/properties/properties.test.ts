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

test("the comment above an entry is its note, and goes with it", () => {
  const document = properties.read(Buffer.from("# Shop\n\n# The button\na=b\nc=d\n"), { file: "m.properties" });
  expect(document.units[0]?.note).toBe("The button");
  expect(Buffer.from(document.write([{ kind: "remove", id: "a" }]).bytes).toString()).toBe("# Shop\n\nc=d\n");
});
