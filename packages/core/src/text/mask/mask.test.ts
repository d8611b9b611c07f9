import { cpuMs } from "@trans-hub/test-support/load";
import { describe, expect, test } from "vitest";
import type { TextFormat } from "../../contract/engine.ts";
import { judge } from "../checks/judge.ts";
import { type Masked, maskParts, splitAtParts } from "./mask.ts";

const PLURAL = "{n, plural, one {<b>#</b> file isn''t '{kept}'} other {# files}}";
const TEXTS: readonly [text: string, format?: TextFormat][] = [
  ["Hello {name}, you have {{count}} <b>new</b> messages (%1$s, %(who)s, %%)"],
  ['<p><a href="/x?a=1&b=2">the <i>list</i></a> of</p> all & more<br>'],
  ["Crossed <b>one <i>two</b> three</i></u>"],
  ['Read [this `page`](/help "title"), write to a.b@example.org or see https://example.org/a_(b).'],
  ["Fish &amp; chips &#8364; $t(a.b) :name", "i18next"],
  [PLURAL],
  ["Don't say '{' to {name}''s '<b>'friend", "icu"],
  ["{a}{b} <b>{c}</b>"],
  ["on %a, %-d %B %Y at %H:%M %p"],
  ['<x id="1"/> is <g id="2">ours</g> and Xqbbqx {too}'],
  ["  {leading} and trailing \n"],
];

function masked(text: string, as: "tags" | "words", format: TextFormat = "auto"): Masked {
  const mask = maskParts(text, format, as);
  if (mask === undefined) throw new Error("nothing to mask");
  return mask;
}

describe.each(["tags", "words"] as const)("a mask of %s", (as) => {
  test.each(TEXTS)("gives %j back byte for byte", (text, format) => {
    const mask = masked(text, as, format);
    expect(mask.unmask(mask.text)).toBe(text);
  });

  test.each(TEXTS)("shows an engine none of the protected parts of %j", (text, format = "auto") => {
    const mask = masked(text, as, format);
    const shown = as === "tags" ? mask.text.replaceAll(/<\/?[xg](?: id="\d+")?\/?>/g, "") : mask.text;
    expect(shown).not.toMatch(/[{}<>#`%]|\/\/|@|&(?!amp;|lt;|gt;)[#\w]+;/);
  });

  test("is not there for a text without protected parts", () => {
    expect(maskParts("Save all", "auto", as)).toBeUndefined();
    expect(maskParts("", "auto", as)).toBeUndefined();
  });

  test("with the tokens of another place is void", () => {
    const [here, there] = ["{name} is in", "{name} is out"].map((text, place) => maskParts(text, "auto", as, place));
    expect(here?.unmask(here.text)).toBe("{name} is in");
    expect(here?.unmask(there?.text ?? "")).toBeUndefined();
    expect(there?.unmask(here?.text ?? "")).toBeUndefined();
  });

  test("is one token for parts that touch", () => {
    const mask = masked("{a}{b}<br/>%s and {c}", as);
    expect(mask.text.split(/<x id="\d+"\/>|Xq[a-z]+qx/)).toEqual(["", " and ", ""]);
  });

  test("finds its tokens in any case, in another order and with space inside", () => {
    const mask = masked("Copy {file} to {folder}", as);
    const [first = "", second = ""] = mask.text.match(/<x id="\d+"\/>|Xq[a-z]+qx/g) ?? [];
    expect(mask.unmask(`In ${second.toUpperCase()} kopiere ${first.toLowerCase()}`)).toBe("In {folder} kopiere {file}");
    const loose = as === "tags" ? `< X  ID = '1' / >` : `${first.slice(0, 3)} ${first.slice(3)}`;
    expect(mask.unmask(`${second}: ${loose}`)).toBe("{folder}: {file}");
  });

  test("refuses an answer in which a token is lost, doubled, unknown or left over in part", () => {
    const mask = masked("Copy {file} to {folder}", as);
    const [first = "", second = ""] = mask.text.match(/<x id="\d+"\/>|Xq[a-z]+qx/g) ?? [];
    const unknown = as === "tags" ? '<x id="9"/>' : "Xqbkqx";
    const part = as === "tags" ? '&lt;x id="1"/&gt;' : first.slice(0, 4);
    for (const answer of [first, `${first} ${second} ${first}`, `${first} ${second} ${unknown}`, ""]) {
      expect(mask.unmask(answer)).toBeUndefined();
    }
    expect(mask.unmask(`${first} ${second} ${part}`)).toBeUndefined();
  });

  test("keeps the frame of an ICU message with branches in its order", () => {
    const mask = masked("{n, plural, one {a file} other {many files}}", as);
    const tokens = mask.text.match(/<x id="\d+"\/>|Xq[a-z]+qx/g) ?? [];
    expect(mask.unmask(`${tokens[0]}un${tokens[1]}des${tokens[2]}`)).toBe("{n, plural, one {un} other {des}}");
    expect(mask.unmask(`${tokens[1]}un${tokens[0]}des${tokens[2]}`)).toBeUndefined();
  });

  test("quotes an apostrophe that would quote the syntax behind it, in the way of the source", () => {
    const tag = masked("Read the <link>guide</link> of {name}", as, "icu");
    const answer = tag.text.replace("Read the ", "Lisez l'").replace(" of ", " d'");
    expect(tag.unmask(answer)).toBe("Lisez l''<link>guide</link> d''{name}");
    const doubling = masked("It isn''t {name}", as, "icu");
    expect(doubling.text).toContain("isn't");
    expect(doubling.unmask(doubling.text.replace("It isn't", "Ce n'est pas"))).toBe("Ce n''est pas {name}");
  });

  test("never lets an answer pass that brings syntax of its own", () => {
    const source = "Copy {file} to <b>all</b>";
    const mask = masked(source, as);
    for (const brought of ["{evil}", "<script>run()</script>", "%s", as === "tags" ? "&lt;i&gt;" : "<i>"]) {
      const translation = mask.unmask(`${mask.text} ${brought}`) ?? "";
      expect(judge({ source, translation: `${translation}` }).blocked).toBeDefined();
    }
  });

  test.each(["{a}", "a{b}", "<b>", "<b>a</b>", "xqb{a}", "[a](b) ", "`", "<", "& ", "a@b.c ", "http://a.b/ "])(
    "of 512 KiB made of %j is linear",
    async (seed) => {
      const text = seed.repeat(2 ** 19 / seed.length);
      const ms = await cpuMs(() => {
        for (const hostile of [text, `{n, plural, other {${text}}}`]) {
          const mask = maskParts(hostile, "auto", as);
          mask?.unmask(mask.text);
          mask?.unmask(hostile);
        }
      });
      // Linear takes 1 s; a join that read its result anew for each part took 26 s, and worse would take hours.
      expect(ms).toBeLessThan(15_000);
    },
  );
});

describe("a mask of tags", () => {
  test("makes tags around words elements that nest, and everything else void", () => {
    expect(masked("<p><b>a</b> b</p><br>{c}", "tags").text).toBe('<g id="1"><g id="2">a</g> b</g><x id="3"/>');
    expect(masked("<p><b>a b</b></p>", "tags").text).toBe('<g id="1">a b</g>');
    expect(masked("Read [this](/help) <b>", "tags").text).toBe('Read <g id="1">this</g> <x id="2"/>');
  });

  test("escapes the words of the text and reads the answer as XML", () => {
    const mask = masked('a < b & "c" {d}', "tags");
    expect(mask.text).toBe('a &lt; b &amp; "c" <x id="1"/>');
    expect(mask.unmask('&quot;c&#39;s&#x22; &lt; &amp; <x id="1"></x>')).toBe('"c\'s" < & {d}');
  });

  test("refuses elements that are crossed, left open, closed early or emptied", () => {
    const mask = masked("<b>a <i>b</i> c</b> d", "tags");
    expect(mask.text).toBe('<g id="1">a <g id="2">b</g> c</g> d');
    for (const answer of [
      '<g id="1">a <g id="2">b c</g> d',
      'a</g> <g id="1"><g id="2">b</g> c</g> d',
      '<g id="1">a <g id="2"/> c</g> d',
      '<g id="1">a </g><g id="1"><g id="2">b</g> c</g> d',
    ]) {
      expect(mask.unmask(answer)).toBeUndefined();
    }
    // Elements that change places keep their own ends.
    expect(mask.unmask('<g id="2">b</g> <g id="1">a c</g>')).toBe("<i>b</i> <b>a c</b>");
  });
});

describe("a mask of words", () => {
  test("uses words without digits that the source does not hold and that differ in more than case", () => {
    const text = `${Array.from({ length: 300 }, (_, index) => `w {p${index}}`).join(" ")} xqb XQC xqdb`;
    const words = masked(text, "words").text.match(/Xq[a-z]+qx/g) ?? [];
    expect(new Set(words.map((word) => word.toLowerCase())).size).toBe(300);
    for (const word of words) expect(text.toLowerCase()).not.toContain(word.slice(0, 3).toLowerCase());
  });

  test("stands apart from the words it touches, and gives the space back", () => {
    const mask = masked("the <b>list</b>s", "words");
    expect(mask.text).toBe("the Xqbbqx list Xqbcqx s");
    expect(mask.unmask("la Xqbbqx liste Xqbcqx")).toBe("la <b>liste</b>");
  });
});

describe("a text split at its protected parts", () => {
  test.each(TEXTS)("is %j again when nothing was translated", (text, format = "auto") => {
    const { pieces, join } = splitAtParts(text, format);
    expect(join(pieces)).toBe(text);
    for (const piece of pieces) expect(piece).toMatch(/^\S.*\p{L}|^\p{L}/su);
  });

  test("sends no space, no punctuation alone and no protected part", () => {
    const { pieces, join } = splitAtParts("  Hello {name}, <b>1.</b>\n see {url}: 2 ", "auto");
    expect(pieces).toEqual(["Hello", "see"]);
    expect(join([" Bonjour\n", "voyez "])).toBe("  Bonjour {name}, <b>1.</b>\n voyez {url}: 2 ");
  });

  test("has no piece where no letter is left", () => {
    expect(splitAtParts("{a}: {b}", "auto").pieces).toEqual([]);
    expect(splitAtParts("{a}: {b}", "auto").join([])).toBe("{a}: {b}");
  });

  test("needs one answer for each piece", () => {
    expect(() => splitAtParts("Hello {name}", "auto").join([])).toThrow(
      new RangeError("0 answers were given for 1 pieces; give one for each"),
    );
  });

  test("quotes the apostrophes of an ICU message", () => {
    expect(splitAtParts("The {n, plural, one {shop} other {shops}}", "auto").join(["L'", "d'", "m'a"])).toBe(
      "L' {n, plural, one {d''} other {m'a}}",
    );
  });
});
