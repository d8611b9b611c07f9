/** The rules in SQL and their twins here give the same answer, whatever the locale of the database. */
import { resolve } from "node:path";
import { createTestDatabase, type TestDatabase } from "@trans-hub/test-support/database";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inOrderOfBinding, readFunctions } from "../../../../scripts/function-files.ts";
import { normalizeContext } from "../rules/context.ts";
import { parseHint } from "../rules/hint.ts";
import { contentId, contextKey } from "../rules/identity.ts";
import { canonicalLocale } from "../rules/locale.ts";
import * as tables from "../rules/locale-tables.ts";
import { isVerbatim, VERBATIM_STEPS } from "../text/verbatim.ts";

const RULES = inOrderOfBinding(readFunctions(resolve(import.meta.dirname, "../../../../migrations")))
  .filter(({ path }) => path.startsWith("rules/") || path.includes("/are_hints"))
  .map(({ sql }) => sql)
  .join("\n");
const LETTERS = [..."abcdefghijklmnopqrstuvwxyz"];

/** Texts that have broken some program: all kinds of syntax, scripts, blanks, and the empty text. */
// biome-ignore format: a list to look over, not a column
const TEXTS = [
  "", " ", "\n", "\t", "a", "é", "e\u0301", "ß", "İ", "ı", "ŉ", "日本", "ไทย", "עברית", "العربية", "ქართული", "ᏣᎳᎩ",
  "𐐀", "𠮷", "ͅ",
  "123", "1.5 %", "€ 5", "★ 5", "😀", "👩‍👩‍👧", "½", "²", "ª", "ⅷ", "①", "\u200B", "\uFEFF", "\u{10FFFF}", "\uE000",
  "̃",
  "{name}", "{0}", "{ 0 }", "{}", "{0:N2}", "{price, number}", "{n, plural, one {a} other {b}}", '{"a": "b"}',
  "{{name}}",
  "{{ name | upper }}", "{%- if x %}", "\u0024{name}", "#{name}", "%{name}", "%s", "%1$s", "%-5.2lf", "%@", "%%",
  "100% de", "100%",
  "%(name)s", "%(a b)s", "%NAME%", "[%key:a::b%]", "$t(key)", "$t(a(b))", "@:key", ":name", "$name", "%1",
  "<b>", "</b>", "<br/>", "<br />", "<a href='x'>", '<img alt="cat">', '<img src="cat.png">', "<your name>", "a < b",
  "<3",
  "<!-- no words -->", "<!-- - -- -->", "<script>alert(1)</script>", "<style>a{b:c}</style> 5",
  "<script>a<b</script>",
  "https://example.org/a?b=c#d", "http://", "ftp://x", "https://例え.jp", "https://é.fr", "mailto:a@b.c",
  "a@b.example", "(a@b.c)",
  "&nbsp;", "&#160;", "&#x00A0;", "&unknown", "&amp;a", "<b>{n}</b> %s", "<b>Pay</b>", "{n} items", "# 1",
  "a".repeat(5_000),
  "%s".repeat(1_000), "<".repeat(2_000), "{".repeat(2_000), "&".repeat(2_000), "%(".repeat(1_000), "é".repeat(2_000),
];

// biome-ignore format: a list to look over, not a column
const LOCALES = [
  ...LETTERS.flatMap((a) => LETTERS.flatMap((b) => ["", ...LETTERS].map((c) => a + b + c))),
  ...LETTERS.flatMap((a) => LETTERS.flatMap((b) => [`en-${a}${b}`, `SH_${a}${b}`, `cnr-Latn-${a}${b}`])),
  ...Array.from({ length: 1_000 }, (_, number) => `es-${String(number).padStart(3, "0")}`),
  ...tables.SCRIPTS.split(" ").flatMap((script) => [`und-${script}`, `zh-${script.toLowerCase()}`, `prs_${script}-uk`]),
  ...tables.LANGUAGE_ALIASES.split(" ").map((pair) => `${pair.split(":")[0]}-x-Old`),
  ...tables.REFUSED_VARIANTS.split(" ").map((variant) => `de-${variant}`),
  "", "-", "_", "und", "UND", "und-x-a", "root", "mul", "sgn-BE-FR", "i-klingon", "x-a", "zh-yue", "zh-cmn-Hans-CN",
  "en-GB-oed",
  "sl-rozaj-nedis", "sl-nedis-rozaj", "sl-rozaj-rozaj", "sl-ROZAJ_Nedis-x-A", "de-1996", "de-1996-1996",
  "de-DE-1901", "de-12ab",
  "en-u-ca-buddhist", "en-t-de", "en-x", "en-x-", "en-x-a", "en-X-ABCDEFGH", "en-x-abcdefghi", "en--US", "en-US-",
  "-en", "en ",
  " en", "en\n", "en\u0000".slice(0, 2), "İd", "ıd", "ID", "iD", "tr-TR", "TR_tr", "ｅｎ", "\u212Ao", "ſr", "en-ſr",
  "de-x-ı",
  "en_US.UTF-8", "sr_RS@latin", "zh-rCN", "english", "fr-Latn-FR-x-a-b-c", `de-x${"-aaaaaaaa".repeat(10)}`,
  `de-x${"-aaaaaaaa".repeat(11)}`,
];

// biome-ignore format: a list to look over, not a column
const CONTEXTS: unknown[] = [
  null, "", "{}", {}, [], [1], 7, true, "note", " {", "{", "{]", '{"a":1}', '{"a":1', '{"a":1}x', ' {"a":1}',
  '{"a":1} \n', "{'a':1}",
  '{"a":1,"a":2}', '{"a":01}', '{"a":+1}', '{"a":.5}', '{"a":1.}', '{"a":1e5}', '{"a":1E+5}', '{"a":NaN}',
  '{"a":"\t"}', '{"a":/**/1}',
  '{"a":1e400}', '{"a":-1e400}', '{"a":1e-400}', '{"a":1.7976931348623157e308}', '{"a":1.7976931348623159e308}',
  '{"a":5e-324}',
  '{"a":2e-324}', '{"a":-0}', '{"a":-0.0}', '{"a":1.0}', '{"a":100e-2}', '{"a":9007199254740991}',
  '{"a":9007199254740992}',
  '{"a":9007199254740993}', '{"a":-9007199254740991.4}', '{"a":4503599627370496.5}', '{"a":1e21}',
  '{"a":123456789012345678e-3}',
  '{"a":"\\u0000"}', '{"a":"\\ud83d"}', '{"\\ud83d":1}', '{"a":"\\ud83d\\ude00"}', '{"a":"\\ude00\\ud83d"}',
  '{"a":"\\x"}', '{"\\u0000":1}',
  { "\uE000": 1, "😀": 2, "\uFFFF": 3, "\u{10FFFF}": 4, "\u{10FFFF}a": 5, "\u{10FFFE}": 6, "\uD7FF": 7, é: 8, a: 9 },
  { "a\u{10FFFF}\uE000": 1, "a\uE000\u{10FFFF}": 2, "a\u{10FFFF}\u0001": 3, "a\u{10FFFF}": 4, "a\uFFFD": 5, "a😀": 6 },
  { "": { "": 1 } },
  { aa: 1, b: 2, B: 3, _: 4, "-": 5, "1": 6, "10": 7, "9": 8 }, { i: 1, I: 2, ı: 3, İ: 4 },
  { "\u0001": 1, "\u007F": 2, "\u0080": 3 },
  { a: '\b\t\n\v\f\r"\\/\u0000'.slice(0, -1), b: "\u2028\u2029\u007F\u0080\uFEFF<>&'" },
  { a: [[], {}, [null, [false]], { b: {} }] },
  { note: "x".repeat(8_181) }, { note: "x".repeat(8_182) }, { note: "é".repeat(4_090) }, { note: "é".repeat(4_091) },
  "x".repeat(8_181),
  ...[nested(31), nested(32), nested(33), JSON.stringify(nested(32)), JSON.stringify(nested(33)), "{".repeat(50_000)],
  '{"a":'.repeat(20_000), `{"a":${"[".repeat(100_000)}`, { a: nested(31) }, { a: [nested(30)] }, { a: [nested(31)] },
];

// biome-ignore format: a list to look over, not a column
const HINTS: unknown[] = [
  {}, [], [{}], 7, "", "note", true, { note: "" }, { note: "a" }, { note: null }, { note: 5 }, { note: ["a"] }, { key: {} }, { key: "k", note: "n" },
  { a: 1, b: "2", "": "" }, { a: true }, { a: [] }, { a: ["x"] }, { a: {} }, { a: { b: null } }, { a: null },
  ...[0, 1, -1, 1.5, 1e6, 1_000_001, "5", null, [5], {}].map((maxLength) => ({ maxLength })),
  '{"a":1e400}', '{"a":-1e400}', '{"a":1.7976931348623157e308}', '{"a":1e-400}', '{"maxLength":1.0}', '{"maxLength":1e400}', '{"maxLength":1e-400}',
  { a: 1e308 }, { note: "x".repeat(4_092) }, { note: "x".repeat(4_093) }, { note: "é".repeat(2_046) }, { note: "é".repeat(2_047) },
  { note: "x".repeat(4_000), key: "k".repeat(89) }, { note: "x".repeat(4_000), key: "k".repeat(90) },
  { note: "x".repeat(4_080), n: 1 }, { note: "x".repeat(4_083), n: 1 }, { note: "x".repeat(4_084), n: 1 }, { "😀": "😀\n\"\\" },
];

// C knows ASCII only, C.UTF-8 all of Unicode, and in Turkish lower('I') is ı.
describe.each(["C", "C.UTF-8", "icu:tr-TR"])("in a database of locale %s", (locale) => {
  let database: TestDatabase | undefined;
  let client: pg.Client;

  beforeAll(async () => {
    // Not every server has every locale (ICU from PostgreSQL 15 on).
    database = await createTestDatabase({ migrated: false, locale }).catch((error: { code?: string }) => {
      if (locale !== "C" && ["42809", "22023", "42601", "0A000"].includes(error.code ?? "")) return undefined;
      throw error;
    });
    if (database === undefined) return;
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query("create schema trans_hub; set check_function_bodies = off");
    await client.query(RULES);
    // Answers where a rule would end the statement, so that thousands of inputs are one.
    await client.query(`
      create function pg_temp.locale_or_state(locale text) returns text language plpgsql as $$
      begin
        return trans_hub.canonical_locale(locale);
      exception when others then
        return sqlstate;
      end $$;
      create function pg_temp.hint_or_null(value jsonb) returns jsonb language sql as $$
        select h.hint from (select jsonb_strip_nulls(value) as hint) as h where trans_hub.are_hints(array[h.hint])
      $$;
      create function pg_temp.context_or_state(value jsonb) returns text language plpgsql as $$
      begin
        return trans_hub.canonical_json(trans_hub.normal_context(value));
      exception when others then
        return sqlstate;
      end $$;
    `);
  });
  afterAll(async () => {
    await client?.end();
    await database?.drop();
  });

  const answers = async (sql: string, values: unknown[]) =>
    (await client.query<{ answer: unknown }>(sql, values)).rows.map(({ answer }) => answer);

  test("a text has the identity that this process computes", async ({ skip }) => {
    if (database === undefined) skip();
    const sql =
      "select trans_hub.content_id($2, t) as answer from unnest($1::text[]) with ordinality as i (t, n) order by n";
    expect(await answers(sql, [TEXTS, "zh-Hans"])).toEqual(TEXTS.map((text) => contentId("zh-Hans", text)));
  });

  test("a context and a format have the identity that this process computes", async ({ skip }) => {
    if (database === undefined) skip();
    for (const canonical of [null, '{"note":"é😀"}']) {
      for (const format of ["auto", "icu"]) {
        const [id] = await answers("select trans_hub.context_id($1, $2) as answer", [canonical, format]);
        expect(id ?? undefined).toBe(contextKey(canonical, format));
      }
    }
  });

  test("a locale is spelled, or refused, as in this process", async ({ skip }) => {
    if (database === undefined) skip();
    const sql =
      "select pg_temp.locale_or_state(l) as answer from unnest($1::text[]) with ordinality as i (l, n) order by n";
    const found = await answers(sql, [LOCALES]);
    expect(differences(LOCALES, found, ourLocale)).toEqual([]);
  });

  test("a context is normalized, or refused, as in this process", async ({ skip }) => {
    if (database === undefined) skip();
    for (const context of CONTEXTS) {
      const [found] = await answers("select pg_temp.context_or_state($1) as answer", [JSON.stringify(context)]);
      expect(found, JSON.stringify(context)?.slice(0, 80)).toBe(ourContext(context));
    }
  });

  test("a hint is taken, or refused, as in this process", async ({ skip }) => {
    if (database === undefined) skip();
    for (const hint of HINTS) {
      const json = typeof hint === "string" && hint.startsWith("{") ? hint : JSON.stringify(hint);
      const [found] = await answers("select pg_temp.hint_or_null($1) as answer", [json]);
      expect(found, json.slice(0, 80)).toEqual(ourHint(JSON.parse(json)));
    }
  });

  test("every number is written as JSON.stringify writes it", async ({ skip }) => {
    if (database === undefined) skip();
    const numbers = someNumbers(20_000);
    const sql = `
      select trans_hub.canonical_json(v) as answer
      from jsonb_array_elements($1) with ordinality as i (v, n) order by n`;
    const found = await answers(sql, [JSON.stringify(numbers)]);
    expect(differences(numbers, found, (number) => JSON.stringify(number))).toEqual([]);
  });

  test("the canonical form does not depend on the session's settings", async ({ skip }) => {
    if (database === undefined) skip();
    await client.query("set extra_float_digits = -5");
    const [found] = await answers("select trans_hub.canonical_json($1) as answer", ['{"a":0.1234567890123456}']);
    await client.query("reset extra_float_digits");
    expect(found).toBe('{"a":0.1234567890123456}');
  });

  test("the same texts hold nothing to translate", async ({ skip }) => {
    if (database === undefined) skip();
    const sql =
      "select trans_hub.is_verbatim(t) as answer from unnest($1::text[]) with ordinality as i (t, n) order by n";
    expect(differences(TEXTS, await answers(sql, [TEXTS]), isVerbatim)).toEqual([]);
    const mixed = mixtures(5_000);
    expect(differences(mixed, await answers(sql, [mixed]), isVerbatim)).toEqual([]);
  });

  test("a letter is a letter in every script", async ({ skip }) => {
    if (database === undefined) skip();
    // A character unassigned in this Node's Unicode may be a letter in the migration's newer Unicode.
    const characters = Array.from({ length: 0x110000 }, (_, code) => code)
      .filter((code) => code > 0 && (code < 0xd800 || code > 0xdfff))
      .map((code) => String.fromCodePoint(code))
      .filter((character) => !/\p{Cn}/u.test(character));
    const sql =
      "select trans_hub.has_letter(c) as answer from unnest($1::text[]) with ordinality as i (c, n) order by n";
    const found = await answers(sql, [characters]);
    expect(differences(characters, found, (character) => /\p{L}/u.test(character))).toEqual([]);
  });
});

test("the migration has the same tables and patterns as the code", () => {
  const joined = RULES.replaceAll(/'\n\s*'/g, "");
  for (const table of Object.values(tables).filter((value) => value !== tables.REFUSED_VARIANTS && value.length > 10)) {
    expect(joined).toContain(`'${table}'`);
  }
  const variants = tables.REFUSED_VARIANTS.split(" ").map((variant) => `'${variant}'`);
  expect(RULES.replaceAll(/\s+/g, " ")).toContain(`array[ ${variants.join(", ")} ]`);
  const patterns = [...RULES.matchAll(/\$re\$(.*)\$re\$, ' ', 'g'/g)].map((match) => match[1]);
  const ascii = (text: string) =>
    text.replaceAll(/[^\x20-\x7E]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
  expect(patterns).toEqual(VERBATIM_STEPS.map(({ pattern }) => ascii(pattern)));
});

function differences<T>(inputs: readonly T[], found: readonly unknown[], ours: (input: T) => unknown): unknown[] {
  return inputs
    .map((input, at) => ({ input, sql: found[at], js: ours(input) }))
    .filter(({ sql, js }) => sql !== js)
    .slice(0, 10);
}

function ourLocale(locale: string): string {
  try {
    return canonicalLocale(locale, "locale", { allowUndetermined: true });
  } catch {
    return "TH005";
  }
}

function ourContext(context: unknown): string | null {
  try {
    return normalizeContext(context)?.canonical ?? null;
  } catch {
    return "TH008";
  }
}

function ourHint(hint: unknown): unknown {
  try {
    return JSON.parse(parseHint(hint) ?? "null");
  } catch {
    return null;
  }
}

function nested(depth: number): unknown {
  return Array.from({ length: depth }).reduce((inner) => ({ a: inner }), "x");
}

/** The same numbers in every run: xorshift, seeded. */
function randomly(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

function someNumbers(count: number): number[] {
  const random = randomly(7);
  const bits = new DataView(new ArrayBuffer(8));
  return Array.from({ length: count }, (_, at) => {
    if (at % 3 === 0) return Math.round(random() * 10 ** (at % 16)) / 10 ** (at % 12);
    if (at % 3 === 1) return (random() - 0.5) * 2 ** -(at % 1_070);
    bits.setUint32(0, random() * 2 ** 32);
    bits.setUint32(4, random() * 2 ** 32);
    return bits.getFloat64(0);
  }).filter((number) => Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number)));
}

/** Pieces of syntax run together, as people and programs write them. */
function mixtures(count: number): string[] {
  const random = randomly(11);
  const pieces = [
    ...[
      "<",
      ">",
      "/",
      "{",
      "}",
      "%",
      "&",
      ";",
      "#",
      "$",
      "@",
      ":",
      "//",
      "(",
      ")",
      "[",
      "]",
      "=",
      '"',
      "'",
      "-",
      ".",
      "*",
      " ",
      "\n",
    ],
    ...[
      "a",
      "b1",
      "alt",
      "title",
      "script",
      "style",
      "http",
      "t",
      "s",
      "d",
      "nbsp",
      "1",
      "20",
      "é",
      "日",
      "!--",
      "--",
      ",",
      "plural",
      "_",
    ],
  ];
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + random() * 14 }, () => pieces[Math.floor(random() * pieces.length)]).join(""),
  );
}
