// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders of other languages are the subject here
import { cpuMs } from "@trans-hub/test-support/load";
import { describe, expect, test } from "vitest";
import { hasIcuBranches, isVerbatim, protectedTokens, readSyntax, VERBATIM_STEPS } from "./syntax.ts";

const canonicals = (text: string) => protectedTokens(text).map((token) => token.canonical);

describe("placeholders and tags", () => {
  test.each([
    ["Hello {{name}}, {{- raw}} and {{{html}}}", ["{{name}}", "{{- raw}}", "{{{html}}}"]],
    ["{{#items}}x{{/items}}{{^items}}None{{/items}}", ["{{#items}}", "{{/items}}", "{{^items}}", "{{/items}}"]],
    ["{name} of {0}, {0:N2}, {price, number} {}", ["{name}", "{0}", "{0:N2}", "{price, number}", "{}"]],
    ['{ -brand } and { DATETIME($date, month: "long") }', ["{ -brand }", '{ DATETIME($date, month: "long") }']],
    ["Bonjour {prénom} {名字}", ["{prénom}", "{名字}"]],
    ["${total} of %{count} by %(user)s", ["${total}", "%{count}", "%(user)s"]],
    ["%s %d %1$s %5.2f %@ %lld %%", ["%s", "%d", "%1$s", "%5.2f", "%@", "%lld", "%%"]],
    ["$t(common.help) and [%key:ui::cancel%]", ["$t(common.help)", "[%key:ui::cancel%]"]],
    ["Read @:menu-bar.help or @:(menu.ok)", ["@:menu-bar.help", "@:(menu.ok)"]],
    ["See @:{'menu.terms'}, @.lower:menu.ok - now", ["@:{'menu.terms'}", "@.lower:menu.ok"]],
    ["ada{'@'}example.org", ["{'@'}"]],
    ["{% if user %}Hi{% endif %} <%= link %>", ["{% if user %}", "{% endif %}", "<%= link %>"]],
    ["%n file(s) in %1, :count, $HOME and %PATH%", ["%n", "%1", ":count", "$HOME", "%PATH%"]],
    ["<b>Save</b> <0>it</0><br/>", ["<b>", "</b>", "<0>", "</0>", "<br>"]],
    ["a <!-- note --> <![CDATA[b]]>", ["<!-- note -->", "<![CDATA[", "]]>"]],
    ['<a { $attrs } href="{ $url }">', ["<a $attrs href={ $url } { }>"]],
  ])("in %j are found", (text, expected) => {
    expect(canonicals(text)).toEqual(expected);
  });

  test.each([
    "Save 50% today",
    "100% de réduction",
    "50%off, 100%-a",
    "if a < b and c > d then stop",
    "I <3 you > all",
    "Enter <your name> here",
    '{"title":"Hello","n":1}',
    "Hello {name, you have } items",
    "Total 5 % of 10:30, see ::text",
  ])("are not seen in %j", (text) => {
    expect(canonicals(text)).toEqual([]);
  });

  test("two spellings of one tag are equal", () => {
    const spellings = ['<a  href="x" title="Open">', "<a title='Ouvrir' href='x' >", "<a\nhref=x title=''>"];
    expect(new Set(spellings.map((tag) => canonicals(tag).join())).size).toBe(1);
    expect(canonicals("<br>")).toEqual(canonicals("<br />"));
    expect(canonicals("<x>")).not.toEqual(canonicals("<x/>"));
  });

  test("placeholders inside an attribute that people read are counted", () => {
    expect(canonicals('<a href="{url}" title="Open {title}">')).toEqual(["<a href={url} title=>", "{title}"]);
  });

  test("a token that is only possibly a placeholder is marked, and left out of declared plain text", () => {
    expect(protectedTokens("%1")).toEqual([{ kind: "placeholder", canonical: "%1", maybe: true }]);
    expect(protectedTokens("%1", "text")).toEqual([]);
  });
});

test.each([
  ["%Y-%m-%d", ["%Y", "%m", "%d"]],
  ["%Y%m%d", ["%Y", "%m", "%d"]],
  ["%b%d", ["%b", "%d"]],
  ["%d %p %m%n", ["%d", "%p", "%n"]],
  ["%HOME% of %d", ["%HOME%", "%d"]],
])(
  "the conversions of %j are read as those of a date only where no letter and no name follows one",
  (text, expected) => {
    expect(canonicals(text)).toEqual(expected);
  },
);

test("a variable of a stringsdict is one placeholder", () => {
  expect(canonicals("%1$#@files@ in %#@folders@ of %@")).toEqual(["%1$#@files@", "%#@folders@", "%@"]);
  expect(canonicals("%arg files of 5%argon")).toEqual(["%arg"]);
});

describe("ICU messages", () => {
  const message = "{n, plural, offset:1 =0 {No <b>files</b>} one {{host} file} other {# files}} '{'{x, number, ::.00}";

  test("are recognized by a branching argument, not by braces alone", () => {
    expect(hasIcuBranches(message)).toBe(true);
    expect(hasIcuBranches("{n, plural, few}")).toBe(false);
    expect(hasIcuBranches("{price, number} {{count}}")).toBe(false);
  });

  test("give their arguments as tokens and their branches as language", () => {
    expect(canonicals(message)).toEqual(["n,plural", "host", "x,number,::.00", "<b>", "</b>"]);
    const { spans } = readSyntax(message);
    const words = spans.map(({ end }, index) => message.slice(end, spans[index + 1]?.start));
    expect(words).toEqual(["No ", "files", " file", "# files", " '{'", ""]);
  });

  test("are read past the braces that an inline element of XLIFF shows", () => {
    const shown = `{n, plural, =1 {<x id="A" equiv-text="{{ it's }}"/> item} other {items}}`;
    expect(canonicals(shown)).toEqual(["n,plural", `<x equiv-text={{ it's }} id=A/>`]);
  });

  test("with unbalanced braces are read as plain text", () => {
    expect(readSyntax("{n, plural, one {# day}").isIcu).toBe(false);
  });
});

describe("texts without language", () => {
  test.each(
    [
      ["", " \t\r\n\u00a0\u200b\ufeff", "24/7", "—", "🚀🚀", "1,234.56", "+33 1 23 45 67 89", "→ • © ™"],
      ["{name}", "{{name}} – {0:N2}", "%1$s: %2$s", "${a}%{b}%(c)s", "[%key:ui::cancel%]", "$t(a.b)", "{% if x %}"],
      ["<b></b>", "<br/>", '<img src="a.png">', "<!-- note -->", "&nbsp;&#8364;", "<script>run(1)</script>"],
      ["https://example.com/a?b=ä#frag", "support@example.com", "{file}: a.b@example.com, c@example.org"],
    ].flat(),
  )("%j", (text) => {
    expect(isVerbatim(text)).toBe(true);
  });

  test.each(
    [
      ["A", "読", "v1.0", "#FF8800", "5 km", "See https://example.com", "Ask support@example.com"],
      ['<img alt="Company logo">', '{"title":"Hello"}', "{n, plural, one {# day} other {# days}}", "<your name>"],
      ["https://example.comをご覧ください", "{g, select, a {{x}} other {{y}}}"],
    ].flat(),
  )("are not %j", (text) => {
    expect(isVerbatim(text)).toBe(false);
  });

  test("are recognized by patterns that PostgreSQL reads in the same way", () => {
    for (const { pattern } of VERBATIM_STEPS) {
      expect(pattern).not.toMatch(/\\[swdbpSWDBP1-9]|\(\?[^!]|[*+?}]\?/);
    }
  });
});

describe("hostile texts of 1 MiB", () => {
  const seeds = [
    "<",
    "{",
    "%",
    "{{",
    "a",
    "<a ",
    "<a =",
    '<a "',
    "<!--",
    "<!-- -a",
    "&",
    "$t(",
    "%(",
    "[%",
    "a@",
    "a.",
  ];
  const more = [
    "%0",
    "{a,",
    "{ ",
    "{a:",
    "<script>",
    "http://",
    " ",
    "'",
    "<a x='' ",
    "{a,plural,b{",
    "'{",
    "<x y>",
    "😀",
  ];
  test.each([...seeds, ...more])("made of %j are read within seconds", async (seed) => {
    const body = seed.repeat(2 ** 20 / seed.length);
    const ms = await cpuMs(() => {
      for (const text of [body, `{a, plural, b {${body}`, `<a title="${body}`, `<a title="${body}">`]) {
        isVerbatim(text);
        readSyntax(text);
      }
    });
    // Linear takes well under a second; quadratic would take hours.
    expect(ms).toBeLessThan(20_000);
  });
});
