import fc from "fast-check";
import { any, type FileKind, joined, type Pieces, several, text, withLineEnds } from "./pieces.ts";

const string = text({
  open: '"',
  close: '"',
  atoms: [
    ['"', '\\"'],
    ["\\", "\\\\"],
    ["/", "\\/"],
    ["/", "/"],
    ["\n", "\\n"],
    ["\t", "\\t"],
    ["é", "\\u00e9"],
    ["é", "é"],
    ["😀", "\\ud83d\\ude00"],
    ["<b>", "<b>"],
    ["%s", "%s"],
    ["'", "'"],
  ],
});

const blank = any("", " ", "\n", "\n  ", "\n\t", " \n \n");
const remark = any("", "", "// to the shop\n", '/* a, { " */', "/* two\nlines */ ");
const scalar = any("1.50", "-0", "12345678901234567890", "true", "false", "null", '""', "{}", "[]", "1E5");

const NAMES = ["key", "a.b", "__proto__", "été", "with space", "12", "constructor", "\\u0041", '\\"'];
const name = (at: number) => fc.constantFrom(...NAMES).map((each) => `"${each}${at}"`);

/** @param gap White space, with remarks where the file may have them. */
function member(at: number, depth: number, gap: fc.Arbitrary<string>): Pieces {
  const kinds: Pieces[] = [
    joined(gap, name(at), blank, ":", gap, string),
    joined(gap, name(at), ": ", string),
    joined(gap, name(at), ":", blank, scalar),
    joined(gap, `"n${at}_one":`, string, gap, ",", gap, `"n${at}_other"`, blank, ":", string),
  ];
  if (depth > 0) {
    kinds.push(
      joined(
        gap,
        name(at),
        ":",
        blank,
        container("{", "}", (inner) => member(inner, depth - 1, gap), gap),
      ),
    );
    kinds.push(
      joined(
        gap,
        name(at),
        ": ",
        container("[", "]", () => fc.oneof(joined(gap, string), joined(gap, scalar)), gap),
      ),
    );
  }
  return fc.oneof(...kinds);
}

function container(
  open: string,
  close: string,
  of: (at: number) => Pieces,
  gap: fc.Arbitrary<string>,
  last: fc.Arbitrary<string> = any(""),
): Pieces {
  const commaed = (at: number) => (at === 0 ? of(at) : joined(gap, ",", of(at)));
  return joined(open, several(commaed), last, gap, close);
}

const encodings = ["utf8", "utf8-bom", "utf16le", "utf16be"] as const;
const commented = fc.tuple(blank, remark, blank).map((all) => all.join(""));

const file = (pieces: Pieces) => withLineEnds(joined(blank, pieces, any("", "\n")), { encodings });

export const JSON_FILES: readonly FileKind[] = [
  {
    name: "nested JSON",
    format: "json",
    file: "app.json",
    locale: "en",
    files: file(container("{", "}", (at) => member(at, 2, blank), blank)),
  },
  {
    name: "JSON with remarks and last commas",
    format: "json",
    file: "app.jsonc",
    locale: "en",
    files: file(container("{", "}", (at) => member(at, 2, commented), commented, any("", ","))),
  },
  {
    name: "ARB",
    format: "arb",
    file: "app_en.arb",
    files: file(
      container(
        "{",
        "}",
        (at) =>
          fc.oneof(
            joined(blank, `"m${at}":`, string),
            joined(blank, `"m${at}": `, string, `,\n "@m${at}": {"description": "a button", "x": [1]}`),
          ),
        blank,
      ),
    ),
  },
  {
    name: "formatjs before compilation",
    format: "formatjs-json",
    file: "extracted.json",
    files: file(
      container(
        "{",
        "}",
        (at) =>
          fc.oneof(
            joined(blank, `"m${at}": {"defaultMessage":`, string, blank, ', "description": "a button"}'),
            joined(blank, `"m${at}": {"description" : {"a": 1},`, blank, '"defaultMessage": ', string, "}"),
          ),
        blank,
      ),
    ),
  },
  {
    name: "messages of a browser extension",
    format: "chrome-json",
    file: "messages.json",
    files: file(
      container(
        "{",
        "}",
        (at) =>
          fc.oneof(
            joined(blank, `"m${at}": {"message":`, string, blank, "}"),
            joined(
              blank,
              `"m${at}": {"description" : "a button",`,
              blank,
              '"message": ',
              string,
              ', "placeholders": {"a": {"content": "$1", "example": "Ada"}}}',
            ),
          ),
        blank,
      ),
    ),
  },
  {
    name: "string catalog",
    format: "xcstrings",
    file: "Localizable.xcstrings",
    files: withLineEnds(
      joined(
        '{\n  "sourceLanguage" : "en",\n  "strings" : ',
        container("{", "}", (at) => joined("\n    ", catalogEntry(at)), any("\n  ")),
        ',\n  "version" : "1.0"\n}',
        any("", "\n"),
      ),
    ),
  },
];

function catalogEntry(at: number): Pieces {
  const unit = joined('{ "stringUnit" : { "state" : "translated", "value" :', blank, string, " } }");
  return fc.oneof(
    joined(
      `"k${at}" : {\n "localizations" : { "en" :`,
      blank,
      unit,
      ' , "fr": { "stringUnit": {"state": "new", "value": "x"} } } }',
    ),
    joined(
      `"k${at}" : { "comment" : "a button", "extractionState" : "manual",\n "localizations" : { "en" : `,
      unit,
      " } }",
    ),
    joined(
      `"k${at}" : { "localizations" : { "en" : { "variations" : { "plural" : { "one" : `,
      unit,
      ', "other" : ',
      unit,
      blank,
      "} } } } }",
    ),
  );
}
