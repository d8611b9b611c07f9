import { cpuMs } from "@trans-hub/test-support/load";
import { describe, expect, test } from "vitest";
import type { TextFormat } from "../../contract/engine.ts";
import { judge } from "../checks/judge.ts";
import { repair } from "./repair.ts";

type Case = [source: string, answer: string, repaired: string, name: string, format?: TextFormat];

describe("an answer is repaired to the bytes of its source:", () => {
  test.each<Case>([
    ["Hi {name}", "Salut { name }", "Salut {name}", "placeholder-space"],
    ["Hi {{ name }}", "Salut {{name}}", "Salut {{ name }}", "placeholder-space"],
    ["Hi {{name}}", "Salut { {name} }", "Salut {{name}}", "placeholder-space"],
    ["%s of %1$s", "% s de %1 $s", "%s de %1$s", "placeholder-space"],
    ["%(name)s left", "% (name) s part", "%(name)s part", "placeholder-space"],
    ["Read [this](/help)", "Lisez [ceci] (/help)", "Lisez [ceci](/help)", "placeholder-space"],
    ["See https://example.com", "Voyez https: //example.com", "Voyez https://example.com", "placeholder-space"],
    ["Hi <b>you</b>", "Salut < b >toi< / b >", "Salut <b>toi</b>", "placeholder-space"],
    ["Hi {name}", "你好｛name｝", "你好{name}", "placeholder-width"],
    ["Hi <b>you</b>", "你好＜b＞你＜／b＞", "你好<b>你</b>", "placeholder-width"],
    ["%d.%m.%Y %H:%M", "% d.%m.%Y % H:%M", "%d.%m.%Y %H:%M", "placeholder-space"],
    ["%d%% of %s", "％d%% 的 ％s", "%d%% 的 %s", "placeholder-width"],
    ["Hi {userName} {id}", "SALUT {USERNAME} {İD}", "SALUT {userName} {id}", "placeholder-case"],
    ["Use `True`", "Utilisez `true`", "Utilisez `True`", "placeholder-case"],
    ["%{count} files", "%'{'count'}' fichiers", "%{count} fichiers", "quoted-syntax"],
    ['<a href="/x">x</a>', "<a href=“/x”>y</a>", '<a href="/x">y</a>', "attribute-quotes"],
    ['<a href="/x">x</a>', "<a href='/x'>y</a>", '<a href="/x">y</a>', "placeholder-case"],
    ["One<br/>two", "Un<br>deux", "Un<br/>deux", "void-tag"],
    ["One<br>two", "Un<br />deux", "Un<br>deux", "void-tag"],
    ["Don't", "N&#39;&eacute;tait &quot;rien&quot; &lt;", 'N\'était "rien" <', "entities"],
    ["A&nbsp;B", "A&amp;nbsp;B", "A&nbsp;B", "entities"],
    ["Won't fit", 'N\\\'entre \\"pas\\"', 'N\'entre "pas"', "escapes"],
    ["One\nTwo", "Un\\nDeux", "Un\nDeux", "line-breaks"],
    ["One\r\nTwo", "Un\\nDeux", "Un\r\nDeux", "line-breaks"],
    ["One\\nTwo", "Un\nDeux", "Un\\nDeux", "line-breaks"],
    ["Save", "\ufeffEn\u200bregistrer\u0007", "Enregistrer", "characters"],
    [" Save\n", "Enregistrer", " Enregistrer\n", "outer-space"],
    ["Read the <link>guide</link>.", "Lisez l'<link>aide</link>.", "Lisez l''<link>aide</link>.", "icu-quotes", "icu"],
    ["Sent to {email}.", "Envoyé à l'{email}.", "Envoyé à l''{email}.", "icu-quotes", "icu"],
    [
      "{n, plural, one {# shop} other {# shops}}",
      "{n, plural, one {d'# magasin} other {d'# magasins}}",
      "{n, plural, one {d''# magasin} other {d''# magasins}}",
      "icu-quotes",
    ],
    [
      "{n, plural, =1{<b>1</b>h} other{{n}h}}",
      "{n ,plural ,=1{<b>1</b> h}other{{ n } h}}",
      "{n, plural, =1{<b>1</b> h} other{{n} h}}",
      "placeholder-space",
    ],
    [
      "{n, plural, one {{Name} has #} other {{Name} has #}}",
      "{n, plural, one {{name} ma #} few {{ Name } ma #} other {{Name} ma #}}",
      "{n, plural, one {{Name} ma #} few {{Name} ma #} other {{Name} ma #}}",
      "placeholder-case,placeholder-space",
    ],
  ])("%j answered by %j", (source, translation, repaired, name, format = "auto") => {
    const result = repair({ source, translation, format });
    expect(result).toEqual({ text: repaired, repairs: name.split(",") });
    expect(repair({ source, translation: repaired, format })).toEqual({ text: repaired, repairs: [] });
    expect(judge({ source, translation: repaired, format }).blocked).toBeUndefined();
  });
});

describe("an answer stays as it is where the source does not say how it must be:", () => {
  test.each<[source: string, answer: string, format?: TextFormat]>([
    ["{Name} and {name}", "{NAME} et {nAme}"],
    ["%s sure", "100 % sur, ou 5 % son"],
    ["%s and %s", "% s et %s et % s"],
    ["{name}", "nom"],
    ["Fish &amp; chips", "Poisson &#38; frites"],
    ["C:\\new\nfile", "C:\\new fichier\\n"],
    ["It\\'s", "C\\'est"],
    ["Save", "Enregistrer\nici"],
    ["'{' {n}", "l'{n}' '{'", "icu"],
    ["Sent to {email}.", "Envoyé à l'{email}."],
    ["Save", "\u1781\u200b\u1798"],
    ["Family 👩‍👧", "می\u200cخواهم 👩‍👧"],
    ["{n,plural,one {a} other {b}}", "{n, plural, one {a} few {c} other {b}}"],
    ["{n,plural,one {a} other {b}}", "{n, plural, other {b} one {a}}"],
    ["Every {n, plural, =1 {minute} other {# minutes}}", "Alle {n, plural, =1 {Minute} other {# Minuten}}"],
    ["{name} {n, plural, one {name} other {#}}", "{name} {n, plural, one {Name} other {#}}"],
    ["Hello: :name", "Bonjour : : nom"],
    ["%Y-%m-%d %H:%M", "%Y-%M-%d %H:%M"],
  ])("%j answered by %j", (source, translation, format = "auto") => {
    expect(repair({ source, translation, format })).toEqual({ text: translation, repairs: [] });
  });
});

test("several repairs of one answer are counted by their names", () => {
  const result = repair({
    source: " {name} isn't <b>here</b>\n",
    translation: "{ NAME } n&#39;est pas <B>ici</B>",
    format: "auto",
  });
  expect(result.text).toBe(" {name} n'est pas <b>ici</b>\n");
  expect(result.repairs).toEqual(["entities", "placeholder-case", "outer-space"]);
});

test.each([
  "{",
  "{ ",
  "'",
  "'{",
  "% ",
  "%s",
  "<b",
  "&",
  "&amp;",
  "\\n",
  "\n",
  " ",
  "\u200b",
  "{ n",
  "aA",
  "<br ",
  "</",
])("an answer of 1 MiB made of %j is repaired in linear time", async (seed) => {
  const translation = seed.repeat(2 ** 20 / seed.length);
  const ms = await cpuMs(() => {
    for (const source of [
      "{name} %s <b>it</b><br/>\n",
      "{n, plural, other {{nn} d''# <b>it</b>}}",
      "aaaa {aaaa} `a a`",
    ]) {
      repair({ source, translation, format: "auto" });
      repair({ source: translation, translation: source, format: "auto" });
    }
  });
  // Quadratic would take hours.
  expect(ms).toBeLessThan(60_000);
});
