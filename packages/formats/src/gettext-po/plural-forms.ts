/**
 * The `Plural-Forms` header for a new target file, by language. A fact of gettext: its manual ("Plural forms") and the files of
 * its users agree on these expressions.
 */
const ONE = "nplurals=1; plural=0;";
const TWO = "nplurals=2; plural=(n != 1);";
const TWO_FROM_2 = "nplurals=2; plural=(n > 1);";
const SLAVIC = "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);";
const CZECH = "nplurals=3; plural=(n==1) ? 0 : (n>=2 && n<=4) ? 1 : 2;";

const BY_LANGUAGE: Readonly<Record<string, string>> = {
  ...Object.fromEntries("id ja ka km ko lo ms my th vi zh yue".split(" ").map((language) => [language, ONE])),
  ...Object.fromEntries(
    "br fa fil fr hy ln mg oc pt-BR tg ti tr uz wa".split(" ").map((language) => [language, TWO_FROM_2]),
  ),
  ...Object.fromEntries("be bs hr ru sr uk".split(" ").map((language) => [language, SLAVIC])),
  cs: CZECH,
  sk: CZECH,
  ar: "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);",
  cy: "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n==3 ? 3 : n==6 ? 4 : 5);",
  ga: "nplurals=5; plural=(n==1 ? 0 : n==2 ? 1 : n>=3 && n<=6 ? 2 : n>=7 && n<=10 ? 3 : 4);",
  gd: "nplurals=4; plural=((n==1 || n==11) ? 0 : (n==2 || n==12) ? 1 : (n>2 && n<20) ? 2 : 3);",
  he: "nplurals=3; plural=(n==1 ? 0 : n==2 ? 1 : 2);",
  is: "nplurals=2; plural=(n%10!=1 || n%100==11);",
  lt: "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && (n%100<10 || n%100>=20) ? 1 : 2);",
  lv: "nplurals=3; plural=(n%10==0 || (n%100>=11 && n%100<=19) ? 0 : n%10==1 && n%100!=11 ? 1 : 2);",
  mk: "nplurals=2; plural=(n%10==1 && n%100!=11 ? 0 : 1);",
  mt: "nplurals=5; plural=(n==1 ? 0 : n==2 ? 1 : n==0 || (n%100>=3 && n%100<=10) ? 2 : n%100>=11 && n%100<=19 ? 3 : 4);",
  pl: "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);",
  ro: "nplurals=3; plural=(n==1 ? 0 : n==0 || (n%100>=1 && n%100<=19) ? 1 : 2);",
  sl: "nplurals=4; plural=(n%100==1 ? 0 : n%100==2 ? 1 : n%100==3 || n%100==4 ? 2 : 3);",
};

/** The header's value for a locale; `nplurals=2; plural=(n != 1);` for a language that is not listed. */
export function pluralFormsFor(locale: string): string {
  const { language, region } = new Intl.Locale(locale);
  return BY_LANGUAGE[`${language}-${region}`] ?? BY_LANGUAGE[language] ?? TWO;
}
