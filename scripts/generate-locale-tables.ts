/**
 * Prints the tables of the locale rules, generated once from this Node's Unicode data (CLDR):
 *
 *   node scripts/generate-locale-tables.ts          packages/core/src/rules/locale-tables.ts
 *   node scripts/generate-locale-tables.ts --sql    the same tables as functions of migrations/functions/rules
 *
 * The tables are frozen on purpose. `Intl` uses the CLDR of its own Node, and a fleet on two Node versions must not
 * disagree about a text's locale, which is part of its identity. New tables are a new migration, never an edit.
 */
const LETTERS = [..."abcdefghijklmnopqrstuvwxyz"];
const nameOf = {
  language: new Intl.DisplayNames("en", { type: "language", fallback: "none" }),
  script: new Intl.DisplayNames("en", { type: "script", fallback: "none" }),
  region: new Intl.DisplayNames("en", { type: "region", fallback: "none" }),
};
const canonical = (tag: string) => Intl.getCanonicalLocales(tag)[0] ?? tag;

const pairs = LETTERS.flatMap((a) => LETTERS.map((b) => a + b));
const triples = pairs.flatMap((pair) => LETTERS.map((c) => pair + c));

const aliases = new Map<string, string>();
for (const code of [...pairs, ...triples]) {
  // `bh` alone stays, `bh-IN` becomes `bho-IN`: still an alias.
  const read = canonical(code) === code ? canonical(`${code}-AQ`).replace("-AQ", "") : canonical(code);
  if (read !== code) aliases.set(code, read);
}

const languages2 = pairs.filter((code) => !aliases.has(code) && nameOf.language.of(code) !== undefined);

// Not a language (und is admitted by hand), several languages, or sign languages, whose regions mean languages of their
// own.
const NOT_A_LANGUAGE = new Set(["mis", "mul", "sgn", "und", "zxx"]);
// Not every language has an English name in CLDR; if CLDR has a script for it, it is known. qaa…qtz are for private
// use.
const knows = (code: string) =>
  nameOf.language.of(code) !== undefined || new Intl.Locale(code).maximize().script !== undefined;
const languages3 = triples.map(
  (code) => /^q[a-t]/.test(code) || (!NOT_A_LANGUAGE.has(code) && !aliases.has(code) && knows(code)),
);
const bits = Buffer.alloc(Math.ceil(languages3.length / 8));
// Least significant bit first, as PostgreSQL's get_bit counts.
for (const [at, known] of languages3.entries()) if (known) bits[at >> 3] = (bits[at >> 3] ?? 0) | (1 << (at & 7));

const regionAliases = new Map<string, string>();
const regions: string[] = [];
for (const code of pairs.map((pair) => pair.toUpperCase())) {
  const read = new Set(languages2.map((language) => canonical(`${language}-${code}`).slice(3)));
  const [only] = read;
  // A region that became several (SU) is resolved by the language. It is left out: too complex, and long gone.
  if (read.size !== 1 || only === undefined) continue;
  if (only !== code) regionAliases.set(code, only);
  else if (code !== "ZZ" && nameOf.region.of(code) !== undefined) regions.push(code);
}
for (let number = 1; number < 1_000; number++) {
  const code = String(number).padStart(3, "0");
  if (canonical(`en-${code}`) === `en-${code}` && nameOf.region.of(code) !== undefined) regions.push(code);
}

const scripts = triples
  .flatMap((triple) => LETTERS.map((d) => `${triple[0]?.toUpperCase()}${triple.slice(1)}${d}`))
  .filter((code) => canonical(`en-${code}`) === `en-${code}` && nameOf.script.of(code) !== undefined);

// Variants that repeat a language or a region under another name. They are refused, like obsolete ones.
const variants = "aaland arevela arevmda bokmal gaulish guoyu hakka heploc lojban nynorsk polytoni saaho xiang";

const joined = (map: Map<string, string>) => [...map].map(([from, to]) => `${from}:${to}`).join(" ");
const tables = {
  cldr: process.versions.cldr,
  languageAliases: joined(aliases),
  languages2: languages2.join(" "),
  languages3: bits.toString("base64"),
  scripts: scripts.join(" "),
  regionAliases: joined(regionAliases),
  regions: regions.join(" "),
  variants,
};
process.stdout.write(process.argv.includes("--sql") ? sql() : typescript());

function typescript(): string {
  const constant = (name: string, doc: string, text: string, separator: string) =>
    `/** ${doc} */\nexport const ${name} =\n${lines(text, separator, 112)
      .map((line) => `  ${JSON.stringify(line)}`)
      .join(" +\n")};\n`;
  return [
    "/**",
    " * What the rules of locales know. Made by `scripts/generate-locale-tables.ts`, which says why it is frozen; the same",
    " * tables stand in `migrations/functions/rules`.",
    " */",
    "",
    `/** The version of CLDR they were taken from. */\nexport const CLDR = ${JSON.stringify(tables.cldr)};`,
    "",
    constant("LANGUAGE_ALIASES", "Codes that are written otherwise: `old:new`.", tables.languageAliases, " "),
    constant("LANGUAGES_2", "Two-letter codes (ISO 639-1).", tables.languages2, " "),
    constant(
      "LANGUAGES_3",
      "Three-letter codes: one bit for each of aaa…zzz, least significant first, in base64.",
      tables.languages3,
      "",
    ),
    constant("SCRIPTS", "Scripts (ISO 15924).", tables.scripts, " "),
    constant("REGION_ALIASES", "Regions that are written otherwise: `old:new`.", tables.regionAliases, " "),
    constant("REGIONS", "Regions (ISO 3166-1, UN M.49; XA and XB are the pseudo-locales').", tables.regions, " "),
    constant("REFUSED_VARIANTS", "Variants that name a language or region.", tables.variants, " "),
  ].join("\n");
}

function sql(): string {
  const literal = (text: string, separator: string) =>
    lines(text, separator, 112)
      .map((line) => `  '${line}'`)
      .join("\n");
  // Constants inside functions that PostgreSQL inlines: each is parsed once for a plan, then looked up in binary.
  const lookup = (name: string, parameter: string, text: string) =>
    `create function trans_hub.${name}(${parameter} text) returns text\n` +
    "language sql immutable strict parallel safe\n" +
    `return ('{"' || replace(replace(\n${literal(text, " ")}\n, ':', '":"'), ' ', '","') || '"}')::jsonb ->> ${parameter};\n`;
  const membership = (name: string, parameter: string, text: string) =>
    `create function trans_hub.${name}(${parameter} text) returns boolean\n` +
    "language sql immutable strict parallel safe\n" +
    `return ('["' || replace(\n${literal(text, " ")}\n, ' ', '","') || '"]')::jsonb ? ${parameter};\n`;
  return [
    lookup("language_alias", "language", tables.languageAliases),
    membership("is_language_2", "language", tables.languages2),
    "create function trans_hub.is_language_3(language text) returns boolean",
    "language sql immutable strict parallel safe",
    "return get_bit(decode(",
    `${literal(tables.languages3, "")},`,
    "  'base64'), (ascii(language) - 97) * 676 + (ascii(substr(language, 2)) - 97) * 26 + ascii(substr(language, 3)) - 97",
    ") = 1;\n",
    membership("is_script", "script", tables.scripts),
    lookup("region_alias", "region", tables.regionAliases),
    membership("is_region", "region", tables.regions),
  ].join("\n");
}

/** Cuts after a separator, which stays at the end of its line; anywhere when there is none. */
function lines(text: string, separator: string, width: number): string[] {
  const cut: string[] = [];
  for (let rest = text; rest !== ""; ) {
    const end = rest.length <= width ? rest.length : separator === "" ? width : rest.lastIndexOf(separator, width) + 1;
    cut.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return cut;
}
