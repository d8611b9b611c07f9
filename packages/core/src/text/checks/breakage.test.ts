// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders of other languages are the subject here
import { cpuMs } from "@trans-hub/test-support/load";
import { describe, expect, test } from "vitest";
import { TEXT_FORMATS } from "../../contract/engine.ts";
import { checkTranslation } from "../../rules/check-translation.ts";
import { CHECKS } from "./judge.ts";
import type { TranslationToCheck } from "./subject.ts";

const blockedBy = (given: TranslationToCheck) => checkTranslation(given).blocked.map(({ check }) => check);

type Row = [source: string, translation: string, more?: Partial<TranslationToCheck>];

const icu = { format: "icu" } as const;
const java = { format: "java" } as const;
const plural = "{n, plural, one {# page} other {# pages}}";
const tagged = "{n, plural, one {<i>#</i> page} other {<i>#</i> pages}}";
const named = "{n, plural, one {# page by {name}} other {# pages by {name}}}";
const chosen = "{g, select, male {He saw {what}} other {They saw {what}}}";

const breaks: Readonly<Record<string, Row[]>> = {
  "icu-quote": [
    ["Open the <a>page</a>.", "Ouvrez l'<a>page</a>.", icu],
    ["Open the <a>page</a>.", "Ouvrez d'</a>page<a>.", icu],
    ["Sent by {who}", "Mandato dall'{who}", icu],
    ["Sent by {who}", "Mandato '{who}'", icu],
    [plural, "{n, plural, one {l'# pagina} other {d'# pagine}}"],
    ["Page {0}", "L'{0}", java],
    ["Page {0}", "D'acord, l'altra {0}", java],
    ["Page {0}", "{0}, l'ultima", java],
  ],
  "icu-number": [
    [plural, "{n, plural, one {Seite} other {Seiten}}"],
    [plural, "{n, plural, one {# Seite} other {Seiten}}"],
    [plural, "{n, plural, one {# Seite} other {＃ Seiten}}"],
    ["{n, plural, one {{n} page} other {{n} pages}}", "{n, plural, one {{n} sivu} other {sivua}}"],
    ["{n, selectordinal, one {#st} other {#th}}", "{n, selectordinal, other {:e}}"],
    [`{g, select, a {${plural}} other {${plural}}}`, `{g, select, a {${plural}} other {{n, plural, other {x}}}}`],
  ],
  "icu-branch": [
    [tagged, "{n, plural, one {<i>#</i> Seite} other {# Seiten}}"],
    [tagged, "{n, plural, one {# Seite} other {<i>#</i> <i>Seiten</i>}}"],
    [named, "{n, plural, one {# Seite von {name}} other {# Seiten}}"],
    [chosen, "{g, select, male {Il a vu} other {On a vu {what}}}"],
  ],
  icu: [
    ["{n, plural, =0 {none} other {#}}", "{n, plural, one {#} other {#}}"],
    ["{n, plural, =0 {none} =1 {one} other {#}}", "{n, plural, =0 {keine} =3 {eine} other {#}}"],
    [plural, "{n, plural, one {# Seite} one {# Seite} other {# Seiten}}"],
    [chosen, "{g, select, male {{what}} male {{what}} other {{what}}}"],
    ["{d, date, short} {n, plural, other {#}}", "{d, date, short} {n, plural, other {#} }}"],
  ],
  "markup-nesting": [
    ["<b>Now</b> or <i>never</i>", "<b>Jetzt <i>oder</b> nie</i>"],
    ["Press <kbd>Esc</kbd>", "</kbd>Esc<kbd> drücken"],
    ["<p>One <b>two</b></p>", "<b><p>Eins</b> zwei</p>"],
    ["<0>Home</0> of <1>all</1>", "<0>Heim <1>aller</0></1>"],
    [tagged, "{n, plural, one {<i>#</i> Seite} other {</i># Seiten<i>}}"],
  ],
  "printf-order": [
    ["%s sent %d files", "%d fichiers de %s"],
    ["%@ of %f", "%f von %@"],
    ["%d%% of %s", "%s: %d%%"],
    ["%d photo by %s", "une photo de %s", { pluralCategory: "one" }],
    ["A photo by %s", "%d фото %s", { pluralCategory: "one" }],
  ],
  placeholders: [
    ["It has %,d rows", "Es hat Zeilen"],
    ["%1$s has %2$,d rows", "%1$s hat Zeilen"],
    ["Owes %(,.2f", "Schuldet Geld"],
    ["Total %'d", "Summe"],
    ["%{count} new rows", "# neue Zeilen"],
    ["%{count} new rows", "%'{'count'}' neue Zeilen"],
    ["On {{gadget}} now", "Auf {gadget}} jetzt"],
    ["$t(menu.open) it", "$t(menü.öffnen) es"],
  ],
  url: [
    ["Visit https://sample.net/docs.", "Besuche https://beispiel.de/docs."],
    ["Visit https://sample.net/docs", "Besuche https: //sample.net/docs"],
    ["Visit https://sample.net/docs", "Besuche https://sample.net/dokumente"],
    ["Visit www.sample.net", "Besuche www.beispiel.de"],
    ["Visit https://sample.net/?q=ä#frag", "Visitez https://sample.net/?q=ä#fragu"],
    ["Use ftp://sample.net:21", "Nutze ftp://sample.net"],
    ["Visit https://sample.net/en/x", "Visitez https://sample.net/fr/x", { targetLocale: "fr", by: "machine" }],
  ],
  email: [
    ["Ask team@sample.net.", "Frag mannschaft@beispiel.de."],
    ["Ask a.b+c@sample.co.uk", "Frag a.b+c@ sample.co.uk"],
  ],
  code: [
    ["Got `None`", "Erhielt `Keine`"],
    ["Run `make all` twice", "Führe make all zweimal aus"],
    ["A:\n```\nls\n```", "A:\n```\nliste\n```"],
  ],
  "link-target": [
    ["See [that](/start)", "Siehe [das](/anfang)"],
    ["See [that](#top)", "Siehe [das] (#top)"],
    ["![Logo](img/a.png)", "![Logo](bild/a.png)"],
  ],
  mask: [
    ["Run it", "Ausführen ---CODE-PLACEHOLDER-1a2b---"],
    ["Run it", "Ausführen [[0]]"],
    ["Run it", "__PH_3__ ausführen"],
    ["Run it", "⟦1⟧ ausführen"],
    ["Run it", "###T02### ausführen"],
    ["Run it", "Xqaakbqx ausführen"],
    ["Run it", "PLACEHOLDER_1 ausführen"],
    ["Run it", "\ue001 ausführen"],
  ],
  entity: [
    ["Don't", "N&#39;y touchez pas"],
    ['Say "hi"', "Dites &quot;salut&quot;"],
    ["A&nbsp;B", "A&amp;nbsp;B"],
    ["A&nbsp;B", "A &nbsp ;B"],
  ],
  newline: [["First\nSecond", "Erstens\\nZweitens"]],
  wrapper: [
    ["Stop", '{"id":"4","text":"Anhalten"}'],
    ["Stop", '["Anhalten"]'],
    ["Stop", '{"translation": {"de": "Anhalten"}}\n'],
    ["Stop", "```json\nAnhalten\n```"],
    ["Stop", "Hier:\n~~~\nAnhalten\n~~~"],
  ],
  bidi: [
    ["Stop", "\u202eAnhalten\u202c"],
    ["Stop", "\u202dAnhalten"],
    ["Stop", "\u2067عربي"],
    ["Stop", "\u202bعربي"],
  ],
  "replacement-character": [["Close", "Schlie\ufffden"]],
};

describe.each(Object.entries(breaks))("the check %s", (name, rows) => {
  test.each(rows)("blocks %j as %j", (source, translation, more) => {
    expect(blockedBy({ source, translation, ...more })).toContain(name);
  });

  test.each(rows)("lets the source %j pass as its own translation, in every format", (source) => {
    for (const format of TEXT_FORMATS)
      for (const by of ["person", "machine"] as const) {
        expect(blockedBy({ source, translation: source, format, by })).toEqual([]);
      }
  });
});

test("every blocking check but those of size and storage has its row here", () => {
  const names = new Set(CHECKS.filter(({ severity }) => severity === "block").map(({ name }) => name));
  const elsewhere = ["oversized", "nul", "empty", "markup"];
  expect([...names].filter((name) => !elsewhere.includes(name)).sort()).toEqual(Object.keys(breaks).sort());
});

const rights: Row[] = [
  ["Don't open {file}", "N''ouvrez pas {file}", icu],
  ["It's {name}'s <b>page</b>", "C'est la <b>page</b> d’{name}", icu],
  ["Braces '{' and '}'", "Accolades '{' et '}'", icu],
  ["Show ''{title}''", "Afficher ''{title}''"],
  [plural, "{n, plural, =1 {Eine Seite} one {# Seite} other {# Seiten}}"],
  [named, "{name}: {n, plural, one {# Seite} other {# Seiten}}"],
  [named, "{n, plural, one {# strona: {name}} few {# strony: {name}} many {# stron: {name}} other {# strony: {name}}}"],
  [tagged, "<i>{n}</i> 頁", { targetLocale: "ja" }],
  [chosen, "{g, select, female {{what}} male {{what}} other {{what}}}".replace("female {{what}} ", "")],
  ["<b>Now</b><br>or <i>never</i>", "<i>Nie</i><br>oder <b>jetzt</b>"],
  ["%1$s sent %2$d files", "%2$d fichiers de %1$s"],
  ["%(who)s sent %(n)d", "%(n)d von %(who)s"],
  ["100% (direct) and 50%, done", "100 % (direkt) und 50 %, fertig"],
  ["See https://sample.net/help.", "Siehe (https://sample.net/help)!"],
  ["See https://sample.net/en/help", "Voir https://sample.net/fr/help", { targetLocale: "fr" }],
  ["See https://en.sample.net/help", "Siehe https://de.sample.net/help", { targetLocale: "de-AT" }],
  ["Follow @team", "Folge @team"],
  ["Got `None` and `1`", "`1` und `None`"],
  ["See [that](/start 'x')", "Siehe [das](/start 'y')"],
  ["A & B", "A &amp; B"],
  ["A&nbsp;B's", "A&nbsp;d&#39;B"],
  ['{"a": 1}', '{"a": 1}'],
  ["See:\n```\nls\n```", "Siehe:\n```\nls\n```"],
  ["Stop", "\u200fعربي \u2068A\u2069"],
  ["C:\\new\nline", "C:\\new\nZeile"],
  ["Table [[1]]", "Tabelle [[1]]"],
];
test.each(rights)("%j as %j passes", (source, translation, more) => {
  expect(blockedBy({ source, translation, ...more })).toEqual([]);
});

test("a message nested deeper than any parser goes is judged by its braces, and ends no stack", () => {
  const deep = `${"{n, plural, other {".repeat(5_000)}#${"}}".repeat(5_000)}`;
  expect(blockedBy({ source: deep, translation: deep })).toEqual([]);
  expect(blockedBy({ source: plural, translation: deep })).toEqual(["oversized"]);
});

test.each([
  "`", "](", "a@", "www.", "http://", "'", "'{", "&amp;", "[[", "###A", "__A_", "xq", "--A_A", "%,", "%1$,", " }", "{ ",
  "<a { ", "\\n\n", ":a.", '{"a":', "\u202a", "<b>", "</b>", "<x id=1 ", "{a ->", "\n*[", "{n, plural, other {",
])("256 KiB of %j are judged within seconds, in every format", async (seed) => {
  const body = seed.repeat(2 ** 18 / seed.length);
  const ms = await cpuMs(() => {
    for (const format of ["auto", "icu", "java", "fluent", "strftime"] as const) {
      checkTranslation({ source: `${body} %s`, translation: body, format, targetLocale: "fr", pluralCategory: "one" });
    }
  });
  // Linear takes a second or two; quadratic would take hours.
  expect(ms).toBeLessThan(30_000);
}); // biome-ignore format: one table
