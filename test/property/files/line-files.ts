import fc from "fast-check";
import { any, type FileKind, joined, type Literal, type Pieces, several, text, withLineEnds } from "./pieces.ts";

const asAscii = (word: string) =>
  word.replace(/[^ -~]/g, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0").toUpperCase()}`)
      .join(""),
  );

const property = text({
  atoms: [
    ["\\", "\\\\"],
    ["\n", "\\n"],
    ["\t", "\\t"],
    ["=", "="],
    [":", "\\:"],
    ["#", "#"],
    ["é", "\\u00e9"],
    ["x", "\\\n    x"],
    ["q", "\\q"],
  ],
});

const latin = text({ words: ["Größe", "Café", "Pay now"], atoms: [["–", "\\u2013"]] });
const ascii = text({ spelled: asAscii, atoms: [["\n", "\\n"]] });

const properties = (value: fc.Arbitrary<Literal>, encodings: readonly ("utf8" | "utf8-bom" | "latin1")[]) =>
  withLineEnds(
    several((at) =>
      joined(
        any("", "", "\n", "# the button\n", "! = no value\n", "  # deep\n\n"),
        any("", "  ", "\t"),
        any("key", "a.b", "with\\ space", "a\\:b", "\\u0041"),
        `${at}`,
        any("=", " = ", ":", " : ", " ", "\t=\t"),
        value,
        "\n",
      ),
    ),
    { encodings, lineEnds: ["\n", "\r\n", "\r"] },
  );

const appleString = text({
  open: '"',
  close: '"',
  atoms: [
    ['"', '\\"'],
    ["\\", "\\\\"],
    ["\n", "\\n"],
    ["\t", "\\t"],
    ["é", "\\U00e9"],
    ["'", "'"],
    ["%@", "%@"],
    ["; /* no */", "; /* no */"],
  ],
});

const cell = fc.oneof(
  text({ words: ["Save", "Pay now", "été", "it's"] }),
  text({
    open: '"',
    close: '"',
    atoms: [
      ['"', '""'],
      [",", ","],
      [";", ";"],
      ["\t", "\t"],
    ],
  }),
);

const po = text({
  open: '"',
  close: '"',
  atoms: [
    ['"', '\\"'],
    ["\\", "\\\\"],
    ["\n", '\\n"\n"'],
    ["\t", "\\t"],
    ["", '"\n"'],
    ["%s", "%s"],
  ],
});

const folded = po.map(({ literal, value }): Literal => ({ literal: `""\n${literal}`, value }));
const message = fc.oneof(po, folded, fc.constant<Literal>({ literal: '""', value: "" }));

function poEntry(at: number): Pieces {
  return joined(
    any("", "# a remark\n", "#. to translators\n#: a.py:1\n", "#, python-format\n"),
    any("", 'msgctxt "verb"\n'),
    fc.oneof(
      joined(`msgid "Text ${at}"\nmsgstr `, message, "\n"),
      joined(`msgid ""\n"Text "\n"${at}"\nmsgstr `, message, "\n"),
      joined(`msgid "%d file ${at}"\nmsgid_plural "%d files"\nmsgstr[0] `, po, "\nmsgstr[1]  ", po, "\n"),
    ),
    any("\n", "\n\n", '\n#~ msgid "Gone"\n#~ msgstr "Weg"\n\n'),
  );
}

const cueText = text({
  words: ["Save", "Pay now", "Zażółć", "日本語"],
  atoms: [
    ["\n", "\n"],
    ["<i>it</i>", "<i>it</i>"],
  ],
}).map(
  ({ literal, value }): Literal => ({
    literal: literal.replace(/\n[ \n]*/g, "\n"),
    value: value.replace(/\n[ \n]*/g, "\n"),
  }),
);

const time = (at: number, mark: string) => `00:00:${String(10 + at)}${mark}000`;

const fluentText = text({
  atoms: [
    ["{ $name }", "{ $name }"],
    ["{ -brand }", "{ -brand }"],
    ['{"{"}', '{"{"}'],
    ["\nx", "\n    x"],
  ],
});

export const LINE_FILES: readonly FileKind[] = [
  {
    name: "properties in UTF-8",
    format: "properties",
    file: "m.properties",
    files: properties(property, ["utf8", "utf8-bom"]),
  },
  { name: "properties in Latin-1", format: "properties", file: "m.properties", files: properties(latin, ["latin1"]) },
  { name: "properties in ASCII", format: "properties", file: "m.properties", files: properties(ascii, ["utf8"]) },
  {
    name: "Apple strings",
    format: "apple-strings",
    file: "Localizable.strings",
    files: withLineEnds(
      several((at) =>
        joined(
          any("", "", "/* the button */\n", "// one line\n", '/* " = ";\n two */ '),
          any(`"key ${at}"`, `"a \\"b\\" ${at}"`, `bare_${at}`),
          any(" = ", "=", " =\n  "),
          appleString,
          any(";\n", " ;\n\n", "; "),
        ),
      ),
      { encodings: ["utf8", "utf8-bom", "utf16le", "utf16be"] },
    ),
  },
  ...([",", ";", "\t"] as const).map(
    (delimiter): FileKind => ({
      name: `table with ${delimiter === "\t" ? "tabs" : delimiter}`,
      format: "csv",
      file: delimiter === "\t" ? "t.tsv" : "t.csv",
      locale: "en",
      files: withLineEnds(
        joined(
          ["key", "en", "description", "fr"].join(delimiter),
          "\n",
          several((at) =>
            joined(
              `k${at}${delimiter}`,
              cell,
              delimiter,
              any("", '"a, note"', "note"),
              delimiter,
              any("", '"x"', "x"),
              "\n",
            ),
          ),
        ),
      ),
    }),
  ),
  {
    name: "gettext",
    format: "gettext-po",
    file: "de.po",
    files: withLineEnds(
      joined(
        any("", "# the team\n"),
        'msgid ""\nmsgstr ""\n"Language: de\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n',
        several(poEntry),
      ),
      { encodings: ["utf8"] },
    ),
  },
  {
    name: "Fluent",
    format: "fluent",
    file: "app.ftl",
    files: withLineEnds(
      several((at) =>
        fc.oneof(
          joined(any("", "# the button\n", "## Group\n\n"), `key${at} = `, fluentText, "\n"),
          joined(`-term${at} = `, fluentText, "\n    .gender = ", fluentText, "\n\n"),
          joined(`key${at} =\n    `, fluentText, "\n    .title = ", fluentText, "\n"),
          joined(
            `key${at} = { $count ->\n    [one] `,
            fluentText.map(oneLine),
            "\n   *[other] ",
            fluentText.map(oneLine),
            "\n}\n",
          ),
        ),
      ),
    ),
  },
  {
    name: "SubRip",
    format: "srt",
    file: "film.srt",
    files: withLineEnds(
      several((at) =>
        joined(
          `${at + 1}\n${time(at, ",")} --> ${time(at + 1, ",")}`,
          any("", " X1:10 X2:20"),
          "\n",
          cueText,
          any("\n\n", "\n\n\n"),
        ),
      ),
    ),
  },
  {
    name: "WebVTT",
    format: "vtt",
    file: "film.vtt",
    files: withLineEnds(
      joined(
        any(
          "WEBVTT\n\n",
          "WEBVTT - The film\n\nNOTE a remark\nof two lines\n\n",
          "WEBVTT\n\nSTYLE\n::cue { color: red }\n\n",
        ),
        several((at) =>
          joined(
            any("", `cue ${at}\n`),
            `${time(at, ".")} --> ${time(at + 1, ".")}`,
            any("", " align:start"),
            "\n",
            cueText,
            any("\n\n", "\n\n\n"),
          ),
        ),
      ),
    ),
  },
];

function oneLine({ literal, value }: Literal): Literal {
  return { literal: literal.replace(/\n\s*/g, ""), value: value.replace(/\n/g, "") };
}
