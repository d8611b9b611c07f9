import fc from "fast-check";
import { any, type FileKind, joined, type Literal, type Pieces, several, text, withLineEnds } from "./pieces.ts";

const plain = text({
  words: ["Save", "Pay now", "Zażółć", "日本語", "été"],
  atoms: [
    ["'", "'"],
    ["%{name}", "%{name}"],
    ["a:b", "a:b"],
    ["x#y", "x#y"],
  ],
});
const single = text({
  open: "'",
  close: "'",
  atoms: [
    ["'", "''"],
    ["\\n", "\\n"],
    [": ", ": "],
    [" # ", " # "],
    ['"', '"'],
  ],
});
const double = text({
  open: '"',
  close: '"',
  atoms: [
    ['"', '\\"'],
    ["\\", "\\\\"],
    ["\n", "\\n"],
    ["\t", "\\t"],
    ["é", "\\u00e9"],
    ["é", "\\xe9"],
    [": ", ": "],
  ],
});

/** A block text of lines, with its chomping. The indentation is that of its key and two. */
function block(indent: string): fc.Arbitrary<Literal> {
  const line = fc.constantFrom("Save it", "Pay: now # here", "- an item", "日本語", "  deeper");
  return fc
    .tuple(fc.constantFrom("|", ">"), fc.constantFrom("", "-", "+"), fc.array(line, { minLength: 1, maxLength: 3 }))
    .map(([style, chomping, [first = "", ...rest]]) => {
      const lines = [first.trim(), ...rest];
      const literal = `${style}${chomping}\n${lines.map((each) => `${indent}  ${each}`).join("\n")}\n`;
      const end = chomping === "-" ? "" : "\n";
      return { literal, value: (style === "|" ? lines.join("\n") : foldedLines(lines)) + end };
    });
}

/** Lines of more indentation are not folded. */
function foldedLines(lines: readonly string[]): string {
  return lines.reduce((all, line, at) => {
    if (at === 0) return line;
    const isDeep = line.startsWith(" ") || (lines[at - 1] ?? "").startsWith(" ");
    return `${all}${isDeep ? "\n" : " "}${line}`;
  }, "");
}

function yamlMember(at: number, indent: string, depth: number): Pieces {
  const key = any(`key${at}`, `"quoted ${at}"`, `'it''s ${at}'`, `with space ${at}`);
  const value = fc.oneof(plain, single, double);
  const kinds: Pieces[] = [
    joined(indent, key, ":", any(" ", "  ", "\t".slice(1) || " "), value, any("\n", "  # a remark\n", "\n\n")),
    joined(indent, key, ": ", block(indent)),
    joined(indent, key, ": ", any("12", "3.5", "true", "null", "~", ":symbol", "2024-01-01"), "\n"),
    joined(indent, key, ": [", fc.oneof(single, double), ", ", fc.oneof(single, double), "]\n"),
    joined(indent, key, ": { a: ", fc.oneof(single, double), ", b: ", double, " }\n"),
    joined(
      indent,
      key,
      `:\n`,
      several(() => joined(indent, "  - ", value, "\n"), { max: 3 }),
    ),
    joined(indent, key, `:\n${indent}  one: `, value, `\n${indent}  other: `, value, "\n"),
    joined(indent, `a${at}: &x${at} `, double, `\n${indent}b${at}: *x${at}\n`),
  ];
  if (depth > 0)
    kinds.push(
      joined(
        indent,
        key,
        ":\n",
        several((inner) => yamlMember(inner, `${indent}  `, depth - 1), { max: 3 }),
      ),
    );
  return joined(any("", "", `${indent}# the button\n`), fc.oneof(...kinds));
}

const phpSingle = text({
  open: "'",
  close: "'",
  atoms: [
    ["'", "\\'"],
    ["\\", "\\\\"],
    ["\\n", "\\n"],
    ['"', '"'],
    [":name", ":name"],
    ["$x", "$x"],
  ],
});
const phpDouble = text({
  open: '"',
  close: '"',
  atoms: [
    ['"', '\\"'],
    ["\\", "\\\\"],
    ["\n", "\\n"],
    ["$", "\\$"],
    ["é", "\\u{e9}"],
    ["'", "'"],
  ],
});
const phpText = fc.oneof(phpSingle, phpDouble);

function phpMember(at: number, indent: string, depth: number): Pieces {
  const key = any(`'key${at}'`, `"key${at}"`, `'a.b${at}'`);
  const kinds: Pieces[] = [
    joined(indent, key, any(" => ", "=>", "  =>\n  "), phpText, any(",\n", " , // short\n")),
    joined(indent, key, " => ", any("12", "null", "true", "trans('x')", "'a' . 'b'"), ",\n"),
    joined(indent, key, " => [", phpText, ", ", phpText, "],\n"),
  ];
  if (depth > 0) {
    kinds.push(
      joined(
        indent,
        key,
        " => [\n",
        several((inner) => phpMember(inner, `${indent}    `, depth - 1), { max: 3 }),
        indent,
        "],\n",
      ),
      joined(
        indent,
        key,
        " => array(\n",
        several((inner) => phpMember(inner, `${indent}\t`, depth - 1), { max: 3 }),
        indent,
        "),\n",
      ),
    );
  }
  return joined(any("", "", `${indent}// the button\n`, `${indent}/* two\n lines */\n`, "\n"), fc.oneof(...kinds));
}

const tomlLiteral = text({
  open: "'",
  close: "'",
  atoms: [
    ['"', '"'],
    ["\\n", "\\n"],
    ["{{ .Name }}", "{{ .Name }}"],
  ],
});
const tomlBasic = text({
  open: '"',
  close: '"',
  atoms: [
    ['"', '\\"'],
    ["\\", "\\\\"],
    ["\n", "\\n"],
    ["\t", "\\t"],
    ["é", "\\u00E9"],
    ["😀", "\\U0001F600"],
    ["'", "'"],
  ],
});
const tomlLong = text({
  open: '"""\n',
  close: '"""',
  atoms: [
    ['"', '"'],
    ["x", "\\\n    x"],
    ["\n", "\\n"],
  ],
});
const tomlText = fc.oneof(tomlLiteral, tomlBasic, tomlLong);

const tomlKey = (at: number) => any(`key${at}`, `"a b ${at}"`, `'quoted.${at}'`, `dotted${at}.x`);

const tomlPair = (at: number): Pieces =>
  joined(
    any("", "", "# the button\n", "\n"),
    any("", "  "),
    fc.oneof(
      joined(tomlKey(at), any(" = ", "=", "  =  "), tomlText, any("\n", " # short\n")),
      joined(tomlKey(at), " = ", any("12", "1.5", "true", "2024-01-01"), "\n"),
      joined(tomlKey(at), " = [", tomlBasic, ", ", tomlLiteral, any("]", ",\n ]"), "\n"),
      joined(tomlKey(at), " = { a = ", tomlBasic, ", b = ", tomlLiteral, " }\n"),
    ),
  );

const tomlTable = (at: number): Pieces =>
  fc.oneof(
    joined(any("", "\n"), `[table${at}]\n`, several(tomlPair, { max: 3 })),
    joined(`[family${at}]\n`, any("", 'description = "a button"\n'), "one = ", tomlText, "\nother = ", tomlText, "\n"),
    joined(`[[list${at}]]\n`, several(tomlPair, { max: 2 }), `[[list${at}]]\n`, several(tomlPair, { max: 2 })),
  );

const mdText = text({
  words: ["Save it", "Pay now", "Zażółć", "日本語", "**big** deal", "[a link](https://example.com/a_b)", "`code` here"],
});
const heading = any("# ", "## ", "### ");

const mdBlock = (at: number): Pieces =>
  fc.oneof(
    joined(heading, mdText, any("\n\n", "\n")),
    joined(mdText, "\n\n"),
    joined(mdText, "\n\n"),
    joined("- ", mdText, "\n- ", mdText, "\n\n<!-- end -->\n\n"),
    joined("1. ", mdText, "\n2. ", mdText, "\n\n<!-- end -->\n\n"),
    joined("> ", mdText, "\n\n"),
    joined("| ", mdText, " | ", mdText, " |\n|---|:-:|\n| ", mdText, " | ", mdText, " |\n\n"),
    joined(mdText, "\n", any("===", "---"), "\n\n"),
    joined("***\n\n"),
    joined(`[ref${at}]: https://example.com "Title"\n\n`),
  );

const htmlText = text({ words: ["Save", "Pay now", "Zażółć", "<b>big</b>", '<a href="x">link</a>', "&amp; co"] });

const htmlBlock = (): Pieces =>
  fc.oneof(
    joined(any("  <p>", '<p class="a">'), htmlText, "</p>\n"),
    joined(any("<h1>", "<h1 id=x>"), htmlText, "</h1>\n"),
    joined("<ul>\n  <li>", htmlText, "</li>\n  <li>", htmlText, "</li>\n</ul>\n"),
    joined("<!-- <p>no</p> -->\n", "<script>let a = '<p>';</script>\n"),
    joined('<p translate="no">Shop</p>\n<pre> x </pre>\n'),
    joined("<table><tr><td>", htmlText, "</td></tr></table>\n"),
  );

export const TREE_FILES: readonly FileKind[] = [
  {
    name: "Rails",
    format: "yaml",
    file: "en.yml",
    locale: "en",
    files: withLineEnds(
      joined(
        any("", "---\n", "# the team\n"),
        "en:\n",
        several((at) => yamlMember(at, "  ", 2)),
      ),
    ),
  },
  {
    name: "plain YAML",
    format: "yaml",
    file: "app.yaml",
    files: withLineEnds(
      joined(
        any("", "---\n", "# the team\n"),
        several((at) => yamlMember(at, "", 2)),
      ),
    ),
  },
  {
    name: "PHP",
    format: "php-array",
    file: "lang/en/shop.php",
    files: withLineEnds(
      joined(
        any("<?php\n\n", "<?php\n\ndeclare(strict_types=1);\n", "<?php // x\n"),
        any("return [\n", "return array(\n"),
        several((at) => phpMember(at, "    ", 2)),
      ).chain((pieces) =>
        fc.constant([...pieces, pieces.some((piece) => piece === "return array(\n") ? ");\n" : "];\n"]),
      ),
      { encodings: ["utf8"] },
    ),
  },
  {
    name: "TOML",
    format: "toml",
    file: "en.toml",
    files: withLineEnds(joined(several(tomlPair), several(tomlTable, { max: 3 }))),
  },
  {
    name: "Markdown",
    format: "markdown",
    file: "page.md",
    files: withLineEnds(
      joined(
        fc.oneof(joined(""), joined("---\ntitle: ", single, "\ndraft: true\n---\n\n")),
        several(mdBlock),
        "```js\ncode()\n```\n\n",
        mdText,
        "\n",
      ),
    ),
  },
  {
    name: "MDX",
    format: "mdx",
    file: "page.mdx",
    files: withLineEnds(
      joined(
        any("", 'import { Box } from "./box"\n\n', "export const a = 1\n\n"),
        several(() =>
          fc.oneof(
            joined(heading, mdText, "\n\n"),
            joined(mdText, "\n\n"),
            joined("- ", mdText, "\n\n"),
            joined("<Box a={1}>\n\n", mdText, "\n\n</Box>\n\n"),
            joined("{/* a remark */}\n\n"),
          ),
        ),
        mdText,
        "\n",
      ),
    ),
  },
  {
    name: "HTML",
    format: "html",
    file: "page.html",
    files: withLineEnds(
      joined(
        '<!doctype html>\n<html lang="en"><head>\n<title>',
        text({ words: ["Save", "Pay now"] }),
        "</title></head>\n<body>\n",
        several(htmlBlock),
        "<p>",
        htmlText,
        "</p>\n</body></html>\n",
      ),
    ),
  },
];
