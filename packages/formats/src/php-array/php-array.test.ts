import { expect, test } from "vitest";
import type { CatalogDocument, Change, ReadOptions } from "../contract.ts";
import { formatConformance } from "../testing/conformance.ts";
import { randomEdits } from "../testing/random-edits.ts";
import { phpArray } from "./php-array.ts";

const SAMPLE = `<?php

declare(strict_types=1);

/*
|--------
| Shop
*/
return [
    // The button
    'add' => 'It\\'s :name', // beside
    "lines" => "line\\n:count \\u{e9}\\x41 \\$5 \\"x\\"",
    'path' => 'C:\\dir\\\\',
    'n' => 1, 'neg' => -1, 'nothing' => null,
    'call' => __('x'),
    'joined' => 'one '
        . 'two',
    'var' => "a $b",
    'heredoc' => <<<EOT
    x
    EOT,
    'ranges' => '{0} No box|[1,19] Some|[20,*] Many',
    'title' => 'Home | Shop',
    'empty' => '',
    'nested' => array('a' => 'A', 'b' => [
        'c.d' => 'C', # deep
    ]),
    'list' => ['one', "two"],
    5 => 'five',
    Shop::NAME => 'z',
    'raw' => 'two
lines',
    'last' => 'no comma'
];
`;

formatConformance(phpArray, [
  { name: "both quotes, nested arrays, expressions", content: SAMPLE },
  {
    name: "CRLF, a byte order mark, array()",
    content: "\uFEFF<?php\r\nreturn array(\r\n\t'a' => 'b',\r\n\t'c' => \"d\",\r\n);\r\n",
  },
]);

randomEdits(phpArray, [SAMPLE]);

function read(content: string, options: Partial<ReadOptions> = {}): CatalogDocument {
  return phpArray.read(Buffer.from(content), { file: "lang/en/shop.php", ...options });
}

function written(document: CatalogDocument, changes: Change[], locale?: string): string {
  const { bytes, refused } = document.write(changes, { locale });
  expect(refused).toEqual([]);
  return Buffer.from(bytes).toString();
}

test("values are what PHP reads, and expressions are named", () => {
  const { units } = read(SAMPLE);
  const values = new Map(units.map(({ id, value }) => [id, value]));
  expect(values.get("add")).toBe("It's :name");
  expect(values.get("lines")).toBe('line\n:count éA $5 "x"');
  expect(values.get("path")).toBe("C:\\dir\\");
  expect(values.get("nested.b.c\\.d")).toBe("C");
  expect(values.get("ranges")).toBe("{0} No box|[1,19] Some|[20,*] Many");
  expect(units.flatMap(({ id, note }) => (note === undefined ? [] : [[id, note]]))).toEqual([
    ["add", "The button\nbeside"],
    ["nested.b.c\\.d", "deep"],
  ]);
  expect(units.filter(({ translate }) => !translate).map(({ id }) => id)).toEqual([
    ...["n", "neg", "nothing", "call", "joined", "var", "heredoc", "empty"],
  ]);
  expect(read(SAMPLE).write([{ kind: "set", id: "joined", value: "x" }]).refused[0]?.reason).toMatch(/expression/);
});

test("forms between pipes are a family, in the order in which Laravel counts", () => {
  const content = "<?php return ['a' => 'one box|:count boxes'];\n";
  const source = read(content);
  expect(source.units[0]?.value).toEqual({
    forms: new Map([
      ["one", "one box"],
      ["other", ":count boxes"],
    ]),
  });
  const cs = new Map([
    ["one", "1"],
    ["few", "2"],
    ["many", "1,5"],
    ["other", "5"],
  ]);
  const czech = written(source, [{ kind: "set", id: "a", value: { forms: cs } }], "cs");
  expect(czech).toContain("'1|2|5|1,5'");
  expect(read(czech, { file: "lang/cs/shop.php", source }).units[0]?.value).toEqual({ forms: cs });
  const ja = written(source, [{ kind: "set", id: "a", value: { forms: new Map([["other", "箱"]]) } }], "ja");
  expect(ja).toContain("'箱'");
  expect(read(ja, { file: "lang/ja/shop.php", source }).units[0]?.value).toEqual({ forms: new Map([["other", "箱"]]) });
  const brackets = new Map([
    ["one", "[1] x"],
    ["other", "{y}"],
  ]);
  const bracketed = written(source, [{ kind: "set", id: "a", value: { forms: brackets } }]);
  expect(bracketed).toContain("' [1] x| {y}'");
  expect(read(bracketed).units[0]?.value).toEqual({ forms: brackets });
  const piped = {
    forms: new Map([
      ["one", "a|b"],
      ["other", "c"],
    ]),
  };
  expect(source.write([{ kind: "set", id: "a", value: piped }]).refused).toHaveLength(1);
});

test("a dollar behind an emoji begins no variable", () => {
  const { bytes } = read('<?php\nreturn ["a" => "x"];\n').write([
    { kind: "set", id: "a", value: "😀 $name 😀😀 $é $5" },
  ]);
  expect(Buffer.from(bytes).toString()).toBe('<?php\nreturn ["a" => "😀 \\$name 😀😀 \\$é $5"];\n');
});

test("new texts come behind their neighbours, in the habits of the file", () => {
  const from = read(SAMPLE);
  const target = read("<?php\nreturn [\n  'add' => 'Ajouter', // bouton\n  'last' => 'Fin' // fin\n];\n", {
    file: "lang/fr/shop.php",
  });
  const content = written(target, [
    { kind: "add", id: "lines", value: "l'un\n$x", from, after: "add" },
    { kind: "add", id: "nested.b.c\\.d", value: "C", from, after: "lines" },
    { kind: "add", id: "list.0", value: "un", from, after: "nested.b.c\\.d" },
    { kind: "add", id: "list.1", value: "deux", from, after: "list.0" },
    { kind: "add", id: "5", value: "cinq", from, after: "last" },
  ]);
  expect(content).toBe(
    "<?php\nreturn [\n  'add' => 'Ajouter', // bouton\n  \"lines\" => \"l'un\\n\\$x\",\n  'nested' => [\n    'b' => [\n      'c.d' => 'C',\n    ],\n  ],\n  'list' => [\n    'un',\n    \"deux\",\n  ],\n  'last' => 'Fin', // fin\n  5 => 'cinq'\n];\n",
  );
});

test("a removed text takes its lines and its remarks with it", () => {
  expect(written(read(SAMPLE), [{ kind: "remove", id: "add" }])).toContain('return [\n    "lines"');
  expect(written(read("<?php return ['a' => 'b', 'c' => 'd'];"), [{ kind: "remove", id: "c" }])).toBe(
    "<?php return ['a' => 'b'];",
  );
  expect(
    written(read("<?php return [];"), [
      { kind: "add", id: "a", value: "x", from: read("<?php return ['a' => 'b'];"), after: undefined },
    ]),
  ).toBe("<?php return [\n    'a' => 'x',\n];");
});

test.each([
  ["a syntax error", "<?php\nreturn ['secret' => 'secret' 'x'];", /^sample:2:\d+: invalid PHP/],
  ["a file that returns no array", "<?php\nreturn secret();", /^sample:2:8: returns no array/],
  ["a file without PHP", "secret", /^sample:1:1: returns no array/],
  ["nesting without end", `<?php return ${"[".repeat(50_000)}`, /too deeply/],
])("%s is refused with its place and without a text", (_, content, message) => {
  const open = () => phpArray.read(Buffer.from(content), { file: "sample" });
  expect(open).toThrow(message);
  expect(open).not.toThrow(/secret/);
});
