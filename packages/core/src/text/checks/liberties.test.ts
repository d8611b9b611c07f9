// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders of other languages are the subject here
import { describe, expect, test } from "vitest";
import { checkTranslation } from "../../rules/check-translation.ts";
import type { TranslationToCheck } from "./subject.ts";

const blockedBy = (given: TranslationToCheck) => checkTranslation(given).blocked.map(({ check }) => check);

type Row = [source: string, translation: string, more?: Partial<TranslationToCheck>];

describe("the form of none, one or two may say its number in words", () => {
  const passes: Row[] = [
    ["%d photos remain", "صورتان متبقيتان", { pluralCategory: "two" }],
    ["%1$d file", "un fichier", { pluralCategory: "one" }],
    ["%s folder copied", "Skopiowano jeden folder", { pluralCategory: "one" }],
    ["{count} reply", "eine Antwort", { pluralCategory: "one" }],
    ["{{count}} items", "لا عناصر", { pluralCategory: "zero" }],
    ["%{count} error", "un'errore", { pluralCategory: "=1" }],
    ["{days} days left", "يومان", { pluralCategory: "two" }],
    ["%(num)d match", "une correspondance", { pluralCategory: "one" }],
    ["%,d change in {branch}", "uma alteração em {branch}", { pluralCategory: "one" }],
    ["%n file(s)", "eine Datei", { pluralCategory: "one" }],
    ["One file", "%d файл", { pluralCategory: "one" }],
    ["A message from {name}", "{count} сообщение от {name}", { pluralCategory: "one" }],
  ];
  test.each(passes)("%j as %j", (source, translation, more) => {
    expect(blockedBy({ source, translation, ...more })).toEqual([]);
    expect(blockedBy({ source, translation, ...more, by: "machine" })).toEqual([]);
  });

  const stays: Row[] = [
    ["%d photos remain", "صور متبقية", { pluralCategory: "few" }],
    ["%d photos remain", "Fotos bleiben", { pluralCategory: "other" }],
    ["%d photos remain", "Fotos bleiben"],
    ["{name} sent {count} file", "Ein Kind hat {count} Datei gesendet", { pluralCategory: "one" }],
    ["Delete {name}?", "Löschen?", { pluralCategory: "one" }],
    ["%s has left", "est parti", { pluralCategory: "one" }],
    ["%1$s has %2$d file", "a %2$d fichier", { pluralCategory: "one" }],
    ["{count} file", "{nombre} fichier", { pluralCategory: "one" }],
    ["<b>%d</b> file", "un fichier", { pluralCategory: "one" }],
    ["One file", "Un fichier de {name}", { pluralCategory: "one" }],
    ["%d file in %d folder", "un fichier dans %d dossier", { pluralCategory: "one" }],
  ];
  test.each(stays)("but %j as %j loses something else", (source, translation, more) => {
    expect(blockedBy({ source, translation, ...more })).not.toEqual([]);
  });
});

describe("ICU arguments are compared by name and style", () => {
  const passes: Row[] = [
    [
      "in {h, plural, one {one hour} other {{h} hours}}",
      "{h, plural, one {1 小时} other {# 小时}}后",
      { targetLocale: "zh-CN" },
    ],
    [
      "{n, plural, one {# vote} other {# votes}}",
      "{n} {n, plural, one {Stimme} other {Stimmen}}",
      { targetLocale: "de" },
    ],
    ["{n, number} {n, plural, one {row} other {rows}}", "{n, number} 行", { targetLocale: "zh" }],
    [
      "{h, plural, one {# hour} other {# hours}} and {m, plural, one {# minute} other {# minutes}}",
      "{h, plural, one {{m, plural, one {{h, number} heure et # minute} other {{h, number} heure et # minutes}}} other {{m, plural, one {{h, number} heures et # minute} other {{h, number} heures et # minutes}}}}",
      { targetLocale: "fr" },
    ],
    ["{n, plural, one {# row} other {# rows}}", "{n}행", { targetLocale: "ko-KR" }],
    ["{n, plural, =0 {No row} one {# row} other {# rows}}", "{n} 行", { targetLocale: "ja" }],
    ["{n, selectordinal, one {#st} two {#nd} few {#rd} other {#th}}", "{n}.", { targetLocale: "de" }],
    [
      "Page {n} of {total} {x, plural, other {#}}",
      "{n, plural, one {Seite #} other {Seite #}} von {total} {x, plural, other {#}}",
    ],
    [
      "{n, plural, one {{n} hit} other {{n} hits}}",
      "{n, plural, one {# trafienie} few {# trafienia} many {# trafień} other {# trafienia}}",
    ],
  ];
  test.each(passes)("%j as %j passes", (source, translation, more) => {
    expect(blockedBy({ source, translation, ...more })).toEqual([]);
    expect(blockedBy({ source, translation, ...more, by: "machine" })).toEqual([]);
  });

  const stays: Row[] = [
    ["{n, plural, one {# row} other {# rows}}", "{n} lignes", { targetLocale: "fr" }],
    ["{n, plural, one {# row} other {# rows}}", "{n} lignes"],
    ["{n, plural, one {# row} other {# rows}}", "行", { targetLocale: "ja" }],
    ["{n, number} {n, plural, one {row} other {rows}}", "{n} 行", { targetLocale: "zh" }],
    ["{p, number, percent} of {n, plural, other {#}}", "{p, number} de {n, plural, other {#}}"],
    ["{g, select, a {x} other {y}} {n, plural, other {#}}", "{g} {n}", { targetLocale: "ja" }],
    ["{n, plural, one {#} other {#}}", "{n, selectordinal, one {#} other {#}}", { targetLocale: "sv" }],
    ["{n, plural, other {# of {max}}}", "{n, plural, other {# von {maximum}}}", { targetLocale: "de" }],
  ];
  test.each(stays)("but %j as %j is blocked", (source, translation, more) => {
    expect(blockedBy({ source, translation, ...more })).not.toEqual([]);
  });
});

describe("a person's text", () => {
  const passes: Row[] = [
    ["By <a {$attrs }>them</a>", "Von <a { $attrs }>ihnen</a>"],
    ["Set {{ user.name | upper }}", "Setze {{user.name | upper}}"],
    ["From { city } to { $goal }", "Von {city} nach {$goal}"],
    ["{% if x %}Hi{% endif %}", "{%if x%}Hallo{%endif%}"],
    ["<unknown>", "<desconocido>"],
    ["Type <word> or <other word>", "Escriba <palabra> u <otra palabra>"],
    ["Without host (:sample.org)", "Sin host (:muestra.org)"],
    ["%sth place", "%s. %% Platz"],
    ["Use 50%% of %s", "Utiliza el 50٪ de %s"],
    ["Keep 20%% of %d", "Garder 20 %% de %d"],
    ["Stay here,<br/>please.", "ここにいてください"],
    ["Line", "Une<br>ligne"],
    ['<x id="A" equiv-text="{{ a }}"/> left', 'noch <x id="A" equiv-text="{{ b }}"/>'],
    ['<g id="1" ctype="bold">Now</g>', '<g id="1">Jetzt</g>'],
    ["%B %d, %Y", "%-d. %B %Y"],
    ["%Y-%m-%d %I:%M %p", "%e.%m.%Y, %H:%M"],
    ["%d %b", "%b%d", { format: "strftime" }],
    ["{ -brand-name } for { $os }", "{ $os } için { -brand-name(case: \"nominative\") }", { format: "fluent" }],
    ["{ $n } tabs", "{ $n ->\n  [one] { $n } onglet\n *[other] { $n } onglets\n}", { format: "fluent" }],
    ["is reserved", "Das Feld %{attribute} ist reserviert"],
    ["is not %{value}", "%{model}: %{attribute} ist nicht %{value}"],
  ]; // biome-ignore format: a table
  test.each(passes)("%j as %j passes", (source, translation, more) => {
    expect(blockedBy({ source, translation, ...more })).toEqual([]);
  });

  const stays: Row[] = [
    ["Set {{name}}", "Setze {{ nom }}"],
    ["Open <link>it</link>", "Ouvrir <lien>le</lien>"],
    ["Open <link>it</link>", "Ouvrir <link>le"],
    ["Type <word>", "Escriba <b>"],
    ["Use 50%% of %s", "Utiliza 50% de %s"],
    ["Only 50%% now", "Nur 50 % jetzt"],
    ["Save 50% today", "Économisez 50%% aujourd'hui"],
    ["Stay here,<br/>please.", "Reste ici,</br>s'il te plaît."],
    ['<x id="A"/> left', '<x id="B"/> links'],
    ["%B %d, %Y", "%B %d"],
    ["%B %d, %Y", "le %d"],
    ["Hi :name", "Salut :nom"],
    ["is reserved", "Das Feld %{field} ist reserviert"],
    ["%{model} is reserved", "ist reserviert"],
    ["{ $n } tabs", "{ $anzahl } Tabs", { format: "fluent" }],
    ["{ -brand } on { $os }", "{ -brand }", { format: "fluent" }],
  ];
  test.each(stays)("%j as %j is blocked", (source, translation, more) => {
    expect(blockedBy({ source, translation, ...more })).not.toEqual([]);
  });

  test.each([
    ["Set {{ name }}", "Setze {{name}}"],
    ["Type <word>", "Escriba <palabra>"],
    ["Keep 20%% of %d", "Garder %d"],
    ["Stay,<br>please", "Reste, s'il te plaît"],
    ['<x id="A" equiv-text="a"/>', '<x id="A" equiv-text="b"/>'],
    ["is reserved", "%{attribute} ist reserviert"],
    ["Remove {name}?", "Soll {name} weg? {name} ist dann fort.", { format: "icu" }],
    ["{name} of {name}", "{name}", { format: "icu" }],
    ["<b>{name}</b>", "<b>{name}</b><b></b>", { format: "icu" }],
    ["Get { -brand-name }", "{ -brand-name } holen: { -brand-name }", { format: "fluent" }],
    ["%B %d, %Y", "%d %b %Y"],
    ["%Y-%m-%d %I:%M %p", "%d.%m.%Y %H:%M"],
    ["%A, %B %d", "%d %B"],
    ["%d %b", "%d %d %b %b"],
    ["%b %d", "%bu %du"],
    ["Fish &amp; chips", "Poisson et frites"],
    ["A&nbsp;B", "A&nbsp;&nbsp;B"],
    ["Keep it in &lt;body>", "Hu ut un &ltu;budu>"],
    ["Visit https://sample.net/docs.", "Visitez https://sample.net/docs https://sample.net/docs."],
    ["Ask team@sample.net", "Demandez team@sample.net team@sample.net"],
    ["Run `make all`", "Lancez `make all` `make all`"],
    ["A ![red button](button.png)", "Un ![bouton](button.png) rouge](button.png)"],
    ['See [the guide](/a "Title") first', 'first "Title") guide](/a [the See'],
  ] satisfies Row[])(
    "a machine's %j as %j is held to the bytes of the source",
    (...[source, translation, more = {}]: Row) => {
      expect(blockedBy({ source, translation, ...more })).toEqual([]);
      expect(blockedBy({ source, translation, ...more, by: "machine" })).not.toEqual([]);
    },
  );

  test.each([
    ["%s of %d", "%ss von %d"],
    ["%s of %d", "%s von %d2"],
    ["%(name)s left", "%(name)s_ left"],
    ["%1$s (%2$s)", "%1$su (%2$s)"],
    ["%.1f GB of %lld", "%.1fu GB de %lld"],
    ["%1$s and <b>%2$s</b>", "%1$s und <b>%2$su</b>"],
    ["%d files", "%dth"],
    ["Hi :name", "Salut :names"],
    ["In $HOME", "Dans $HOMEs"],
    ["%arg files", "%args"],
    ["%,d rows", "%,du"],
    ["By %PATH%", "De %PATHu%"],
  ] satisfies Row[])(
    "a machine's %j as %j is blocked, as a letter or digit touches a placeholder",
    (...[source, translation]: Row) => {
      expect(blockedBy({ source, translation, by: "machine" })).toEqual(["placeholders"]);
    },
  );

  test.each([
    ["Use <code>__token__</code>", "UTILISEZ <code>__TOKEN__</code>"],
    ['The signs "`" and ","', 'Les signes "`" "`" et ","'],
    ["Invoice_\u202egnp.exe", "Invoice_\u202egnp.exe Invoice_\u202egnp.exe"],
    ["%sth place of %s", "miejsce %sth z %s"],
    ["%d files", "%d個のファイル"],
    ["{name}'s files", "{name}nek"],
    ["{{count}} times", "{{count}}x"],
    ["{0} times", "{0}fach"],
    ["$t(a) now", "$t(a)b"],
    ["5% off", "%5 indirim"],
    ["Only 100%", "nur 100%ig"],
    ["<b>%s</b> left", "<b>%s</b>x"],
    ["%B %d, %Y", "%d %B %Y"],
    ['See [the guide](/a "Title")', 'Voir [le guide](/a "Titre")'],
    ["Terms &amp; conditions", "Conditions &amp; termes"],
    ["Keep it in &lt;body>", "Garder dans &lt;body&gt;"],
  ] satisfies Row[])("a machine's %j as %j passes", (...[source, translation]: Row) => {
    expect(blockedBy({ source, translation, by: "machine" })).toEqual([]);
  });

  test.each([
    ["{count} reply", "countréponse", { pluralCategory: "one" }],
    ["{count} reply", "{count} {count} réponse", { pluralCategory: "one" }],
    ["{days} day left", "restedaysjour", { pluralCategory: "one" }],
    ["%(num)d match", "(num)une correspondance", { pluralCategory: "one" }],
  ] satisfies Row[])(
    "a machine's %j as %j is blocked, as its number is spilled or doubled",
    (...[source, translation, more]: Row) => {
      expect(blockedBy({ source, translation, ...more })).toEqual([]);
      expect(blockedBy({ source, translation, ...more, by: "machine" })).toEqual(["placeholders"]);
    },
  );

  test.each([
    [
      "{n, plural, one {# row} other {# rows}}",
      "{n, plural, one {# řádek} few {# řádky} other {# řádků}}",
      { format: "icu" },
    ],
    ["{n, plural, other {# of {max}}}", "{n} / {max}", { format: "icu", targetLocale: "ja" }],
    ["{ $n } tabs", "{ $n ->\n  [one] { $n } onglet\n *[other] { $n } onglets\n}", { format: "fluent" }],
  ] satisfies Row[])("branches multiply the parts of a machine's %j as %j too", (source, translation, more) => {
    expect(blockedBy({ source, translation, ...more, by: "machine" })).toEqual([]);
  });
});

describe("a pattern of java.text.MessageFormat", () => {
  test.each([
    ["File {0} of {1}", "Le fichier {0} sur {1}"],
    ["It''s {0}", "C''est {0}"],
    ["Set '{'x'}' to {0}", "'{'x'}' auf {0} setzen"],
    ["Can't open {0}", "Impossible d'ouvrir {0}"],
    ["{0,number,#.##} of {1}", "{1} : {0,number,#.##}"],
  ])("%j as %j passes", (source, translation) => {
    expect(blockedBy({ source, translation, format: "java" })).toEqual([]);
  });

  test.each([
    ["File {0} of {1}", "L'image {0} sur {1}"],
    ["Open {0}", "'{0}' öffnen"],
  ])("%j as %j is blocked, as its apostrophes quote an argument", (source, translation) => {
    expect(blockedBy({ source, translation, format: "java" })).not.toEqual([]);
    expect(blockedBy({ source: "Open", translation: "L'ouvrir", format: "java" })).toEqual([]);
  });
});
