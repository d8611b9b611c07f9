import fc from "fast-check";
import { any, type FileKind, joined, type Literal, type Pieces, several, text, withLineEnds } from "./pieces.ts";

const HEAD = any("", '<?xml version="1.0" encoding="utf-8"?>\n', "<?xml version='1.0'?>\n<!-- a -->\n");

const escaped = [
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  [">", "&#62;"],
  ["é", "&#xE9;"],
  ['"', '"'],
  ['"', "&quot;"],
] as const;

const xmlText = text({ atoms: [...escaped, ["'", "'"], ["\n", "\n"], ["\\n", "\\n"]] });
const marked = text({ words: ["Save", "Pay now", "日本語"] });

const androidText = fc
  .oneof(
    text({
      atoms: [
        ...escaped.slice(0, 5),
        ["'", "\\'"],
        ['"', '\\"'],
        ["\n", "\\n"],
        ["\\", "\\\\"],
        ["é", "\\u00e9"],
        ["%1$s", "%1$s"],
        [" ", "\n        "],
      ],
    }),
    text({ words: ["Save", "it's"], open: '"', close: '"', atoms: [["  ", "  "]] }),
    marked.map(({ literal }): Literal => {
      const inline = `<b>${literal}</b> <xliff:g id="n">%s</xliff:g>`;
      return { literal: inline, value: inline };
    }),
  )
  .map(
    ({ literal, value }): Literal => ({
      literal: literal.replace(/( ?\n {8} ?)+/g, "\n        "),
      value: literal.startsWith('"') ? value : value.replace(/ {2,}/g, " "),
    }),
  );

const android = (at: number): Pieces =>
  joined(
    any("    ", "\t", ""),
    any("", "", "<!-- the button -->\n    "),
    fc.oneof(
      joined(`<string name="s${at}">`, androidText, "</string>"),
      joined(`<string name='s${at}' formatted="false">`, androidText, "</string >"),
      joined(
        `<string name="c${at}">`,
        fc.constant<Literal>({ literal: "<![CDATA[<b>Save</b>]]>", value: "<b>Save</b>" }),
        "</string>",
      ),
      joined(`<string name="app${at}" translatable="false">Shop</string>`),
      joined(`<string name="ref${at}">@string/s</string>`),
      joined(
        `<plurals name="p${at}">\n<item quantity="one">`,
        androidText,
        '</item><item quantity="other">',
        androidText,
        "</item></plurals>",
      ),
      joined(
        `<string-array name="a${at}"><item>`,
        androidText,
        "</item>\n<!-- x --><item>",
        androidText,
        "</item></string-array>",
      ),
    ),
    "\n",
  );

const resx = (at: number): Pieces =>
  fc.oneof(
    joined(`  <data name="d${at}" xml:space="preserve">\n    <value>`, xmlText, "</value>\n  </data>\n"),
    joined(`  <data name="d${at}"><comment>the button</comment><value>`, xmlText, "</value></data>\n"),
    joined(`  <data name="i${at}" type="System.Drawing.Icon"><value>x</value></data>\n`),
    joined('  <resheader name="version"><value>2.0</value></resheader>\n'),
  );

const stringsdict = (at: number): Pieces =>
  joined(
    `\t<key>k${at}</key>\n\t<dict>\n\t\t<key>NSStringLocalizedFormatKey</key>\n\t\t<string>%#@n@</string>\n`,
    any("", "<!-- the files -->\n"),
    "\t\t<key>n</key>\n\t\t<dict>\n\t\t\t<key>NSStringFormatSpecTypeKey</key><string>NSStringPluralRuleType</string>\n",
    "\t\t\t<key>NSStringFormatValueTypeKey</key>\n\t\t\t<string>d</string>\n\t\t\t<key>one</key>\n\t\t\t<string>",
    xmlText,
    "</string>\n\t\t\t<key>other</key><string>",
    xmlText,
    "</string>\n\t\t</dict>\n\t</dict>\n",
  );

/** A text with inline elements is raw XML on both sides. */
function sides(tag: string, target = "<target>"): Pieces {
  const raw = marked.map(({ literal }): Literal => ({ literal: `${literal} ${tag}`, value: `${literal} ${tag}` }));
  const gap = any("", "\n        ");
  return fc.oneof(
    joined("<source>Save</source>", gap, target, xmlText, "</target>"),
    joined(`<source>Save ${tag}</source>`, gap, target, raw, "</target>"),
  );
}

const unit12 = (at: number): Pieces =>
  joined(
    any("      ", "\n\t"),
    `<trans-unit id="u${at}"`,
    any("", ` resname="x.y${at}" datatype="html"`),
    ">\n",
    fc.oneof(sides('<x id="A"/>'), sides('<g id="1">x</g>', '<target state="translated">')),
    any("", "<note>the button</note>", "<alt-trans><target>no</target></alt-trans>"),
    "</trans-unit>\n",
  );

const unit20 = (at: number): Pieces =>
  joined(
    any("    ", "\n\t"),
    `<unit id="u${at}">`,
    any("", "<notes><note>the button</note></notes>\n"),
    "<segment>\n",
    sides('<ph id="0"/>'),
    "</segment></unit>\n",
  );

/** At least one text: a file without any is none of the suite's. */
const xml = (open: string, of: (at: number) => Pieces, first: Pieces, close: string) =>
  withLineEnds(
    joined(
      HEAD,
      open,
      first,
      several((at) => of(at + 1)),
      close,
      any("", "\n"),
    ),
  );

export const XML_FILES: readonly FileKind[] = [
  {
    name: "Android",
    format: "android-xml",
    file: "strings.xml",
    files: xml(
      '<resources xmlns:xliff="urn:oasis:names:tc:xliff:document:1.2">\n',
      android,
      joined('    <string name="s0">', androidText, "</string>\n"),
      "</resources>",
    ),
  },
  {
    name: ".NET resources",
    format: "resx",
    file: "S.resx",
    files: xml("<root>\n", resx, joined('<data name="d0"><value>', xmlText, "</value></data>\n"), "</root>"),
  },
  {
    name: "stringsdict",
    format: "stringsdict",
    file: "L.stringsdict",
    files: xml('<plist version="1.0">\n<dict>\n', stringsdict, joined(""), "</dict>\n</plist>"),
  },
  {
    name: "XLIFF 1.2",
    format: "xliff",
    file: "m.xlf",
    files: xml(
      '<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2"><file source-language="en" target-language="fr" original="a" datatype="plaintext"><body>\n',
      unit12,
      joined(""),
      "</body></file></xliff>",
    ),
  },
  {
    name: "XLIFF 2.0",
    format: "xliff",
    file: "m.xliff",
    files: xml(
      '<xliff version="2.0" xmlns="urn:oasis:names:tc:xliff:document:2.0" srcLang="en" trgLang="fr"><file id="f">\n',
      unit20,
      joined(""),
      "</file></xliff>",
    ),
  },
];
