import { describe, expect, test } from "vitest";
import { InvalidItemError } from "../contract/errors.ts";
import { canonicalLocale, localeFallbacks, sameLocale } from "./locale.ts";
import { CLDR, LANGUAGE_ALIASES, REGION_ALIASES } from "./locale-tables.ts";

const LETTERS = [..."abcdefghijklmnopqrstuvwxyz"];

function refusal(locale: unknown): InvalidItemError {
  try {
    canonicalLocale(locale, "targetLocales[0]");
  } catch (error) {
    if (error instanceof InvalidItemError) return error;
    throw error;
  }
  throw new Error(`${String(locale)} was accepted`);
}

describe("a locale has one spelling", () => {
  test.each([
    ["fr", "fr"],
    ["FR", "fr"],
    ["zh_CN", "zh-CN"],
    ["zh-hans", "zh-Hans"],
    ["ZH_hant_tw", "zh-Hant-TW"],
    ["es-419", "es-419"],
    ["sr_latn_rs", "sr-Latn-RS"],
    ["iw", "he"],
    ["in-ID", "id-ID"],
    ["mo", "ro"],
    ["tl", "fil"],
    ["fra", "fr"],
    ["ger-at", "de-AT"],
    ["en-UK", "en-GB"],
    ["sh", "sr-Latn"],
    ["sh-Cyrl", "sr-Cyrl"],
    ["cnr", "sr-ME"],
    ["en-XA", "en-XA"],
    ["ar-XB", "ar-XB"],
    ["qaa", "qaa"],
    ["haw", "haw"],
    ["ca-Valencia", "ca-valencia"],
    ["sl-rozaj-nedis", "sl-nedis-rozaj"],
    ["de-CH-1996", "de-CH-1996"],
    ["de-X-Formal", "de-x-formal"],
  ])("%s is %s", (given, canonical) => {
    expect(canonicalLocale(given, "locale")).toBe(canonical);
    expect(canonicalLocale(canonical, "locale")).toBe(canonical);
  });
});

describe("an invalid locale is refused, with a suggestion where there is an obvious one", () => {
  test.each([
    ["english", "en"],
    ["French", "fr"],
    ["jp", "ja"],
    ["cz", "cs"],
    ["UA", "uk"],
    ["de_DE.UTF-8", "de-DE"],
    ["sr_RS@latin", "sr-RS"],
    ["zh-rCN", "zh-CN"],
    [" fr ", "fr"],
    ["en-u-ca-buddhist", "en"],
    ["fr-", "fr"],
    ["fr-QQ", "fr"],
    ["fr-Foob", "fr"],
    ["zh-yue", "zh"],
  ])("%s: did you mean %s?", (given, meant) => {
    expect(refusal(given).hint).toBe(`Did you mean "${meant}"?`);
  });

  test.each([
    "",
    "-",
    "e",
    "xx",
    "foo",
    "und-Latn",
    "mul",
    "zxx",
    "root",
    "x-klingon",
    "i-klingon",
    "sgn-BE-FR",
    "12",
    "\u0131d",
  ])("%j", (given) => {
    expect(refusal(given)).toMatchObject({ code: "TH_LOCALE", field: "targetLocales[0]" });
  });

  test.each([[null], [undefined], [7], [["fr"]], [{}]])("%j is not a string", (given) => {
    expect(refusal(given).message).toBe("targetLocales[0]: must be a string");
  });

  test("a string of more than a hundred characters is not parsed at all", () => {
    expect(canonicalLocale(`de-x-${"a".repeat(8)}`, "locale")).toBe("de-x-aaaaaaaa");
    expect(refusal(`de-x${"-aaaaaaaa".repeat(11)}`).message).toBe("targetLocales[0]: is not a locale");
  });

  test("a sentence in a locale's place is not repeated in the error", () => {
    const { message, hint } = refusal("My password is hunter2");
    expect(`${message} ${hint}`).not.toContain("hunter2");
  });
});

test("und is accepted for a source only", () => {
  expect(canonicalLocale("UND", "sourceLocale", { allowUndetermined: true })).toBe("und");
  expect(refusal("und").message).toContain("for a source locale only");
});

test("a locale falls back subtag by subtag to its language", () => {
  expect(localeFallbacks("zh-Hant-TW")).toEqual(["zh-Hant-TW", "zh-Hant", "zh"]);
  expect(localeFallbacks("de-CH-x-formal")).toEqual(["de-CH-x-formal", "de-CH", "de"]);
  expect(localeFallbacks("fr")).toEqual(["fr"]);
});

test("two spellings of a locale are the same, two invalid locales are not", () => {
  expect(sameLocale("iw_IL", "he-il")).toBe(true);
  expect(sameLocale("pt", "pt-BR")).toBe(false);
  expect(sameLocale("english", "english")).toBe(false);
});

// Another CLDR has other aliases; that is why the tables are frozen.
describe.skipIf(process.versions.cldr !== CLDR)("an accepted locale is spelled as Intl spells it, for", () => {
  test("every code of two and three letters", () => {
    let accepted = 0;
    for (const a of LETTERS) {
      for (const b of LETTERS) {
        for (const c of ["", ...LETTERS]) accepted += agreesWithIntl(a + b + c) ? 1 : 0;
      }
    }
    expect(accepted).toBeGreaterThan(8_000);
  });

  test("every region and script, with languages that have aliases", () => {
    const tails = LETTERS.flatMap((a) => LETTERS.map((b) => a + b)).concat(["001", "150", "419", "840", "999"]);
    const heads = ["en", "sr-Cyrl", "sh", "cnr", "prs", "iw", "fra", "sh-Cyrl", "bh", "swc", "ku", "hy"];
    for (const head of heads) for (const tail of tails) agreesWithIntl(`${head}-${tail}`);
    for (const pair of `${LANGUAGE_ALIASES}`.split(" ")) agreesWithIntl(`${pair.split(":")[0]}-Latn-FR`);
    for (const pair of REGION_ALIASES.split(" ")) expect(agreesWithIntl(`zh-Hant-${pair.split(":")[0]}`)).toBe(true);
  });

  test("registered variants and private use", () => {
    const variants = (
      "1606nict 1694acad 1901 1959acad 1994 1996 abl1943 akuapem alalc97 aluku ao1990 asante auvern balanka barla " +
      "bauddha biscayan biske bohoric boont cornu dajnko ekavsk emodeng fonipa fonnapa fonupa fonxsamp gallo " +
      "gascon grclass grital grmistr hepburn hognorsk hsistemo ijekavsk itihasa ivanchov jauer jyutping kkcor kleinsch " +
      "kociewie kscor laukika lemosin lengadoc lipaw ltg1929 metelko monoton ndyuka nedis newfound nicard nulik " +
      "osojs oxendict pahawh2 pamaka peano pinyin polyton provenc puter rigik rozaj rumgr scotland scouse simple " +
      "solba sotav spanglis surmiran sursilv sutsilv tarask tongyong tunumiit uccor ucrcor ulster unifon vaidika valbadia " +
      "valencia vallader vecdruka vivaraup wadegile xsistemo"
    ).split(" ");
    // (Without ":", "@" and the like, of which ICU keeps four letters.)
    const languages = ["en", "zh", "no", "hy", "ja-Latn", "sl", "aa", "cel", "art"];
    for (const variant of variants) for (const language of languages) agreesWithIntl(`${language}-${variant}`);
    expect(agreesWithIntl("en-scouse-fonipa")).toBe(true);
    expect(agreesWithIntl("en-US-x-A-twain")).toBe(true);
  });

  /** Whether the locale is accepted; if so, `Intl` must spell it the same way. */
  function agreesWithIntl(given: string): boolean {
    let ours: string;
    try {
      ours = canonicalLocale(given, "locale");
    } catch {
      return false;
    }
    // Two letters alone take a short cut in V8: it reads bh-IN as bho-IN and tw-GH as ak-GH, but keeps these two alone
    // unchanged.
    if (given !== "bh" && given !== "tw") expect(Intl.getCanonicalLocales(given)[0]).toBe(ours);
    return true;
  }
});
