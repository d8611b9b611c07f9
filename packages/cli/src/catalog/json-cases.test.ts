/** Cases that other tools got wrong: the target file that comes of a source, a target and the texts of an engine. */
import { formatOf } from "@trans-hub/formats";
import { describe, expect, test } from "vitest";
import { catalogOf, documentCatalog } from "./document-catalog.ts";

interface Case {
  name: string;
  source: string;
  /** The target file before the run. Default: there is none. */
  target?: string;
  wanted: string;
  file?: string;
  from?: string;
  to?: string;
  /** The texts of the target are a person's. Default: they are Trans-Hub's. */
  isPersons?: boolean;
  /** The texts that are sent, sorted. */
  sent?: string[];
}

/** Translates each text that the target has not got as `*text*`. */
async function translated({ source, target, file = "en.json", from = "en", to = "fr", isPersons = false }: Case) {
  const bytes = Buffer.from(source);
  const format = await formatOf(file, bytes);
  const read = catalogOf(format, bytes, { file, locale: from });
  const existing =
    target === undefined ? undefined : catalogOf(format, Buffer.from(target), { file: "target.json", locale: to });
  const shaped = documentCatalog.shapedFor(read, { sourceLocale: from, targetLocale: to }, existing);
  const sent: string[] = [];
  const ask = (text: string) => {
    sent.push(text);
    return `*${text}*`;
  };
  const values = new Map(
    shaped.messages.map(({ key, text, parts }) => {
      const own = existing?.texts.get(key);
      if (own !== undefined) return [key, own];
      return [key, parts === undefined ? ask(text) : parts.join(parts.rows.map((row) => ask(row.text)))];
    }),
  );
  const managed = new Set(isPersons ? [] : existing?.texts.keys());
  const { bytes: written } = documentCatalog.format(shaped, values, { existing, managed, locale: to });
  const again = catalogOf(format, written, { file: "target.json", locale: to });
  const second = documentCatalog.format(shaped, values, {
    existing: again,
    managed: new Set(values.keys()),
    locale: to,
  });
  return { text: written.toString(), second: second.bytes.toString(), sent: sent.sort() };
}

const CASES: readonly Case[] = [
  {
    name: "a target keeps its own indentation and order, and gets one line",
    source: '{\n  "save": "Save",\n  "open": "Open",\n  "new": "Print"\n}\n',
    target: '{\n    "open": "Ouvrir",\n    "save": "Enregistrer"\n}\n',
    wanted: '{\n    "open": "Ouvrir",\n    "new": "*Print*",\n    "save": "Enregistrer"\n}\n',
  },
  {
    name: "a target on one line stays on it",
    source: '{\n  "a": "A",\n  "b": {\n    "c": "C"\n  },\n  "d": "D"\n}\n',
    target: '{ "a": "à", "d": "dé" }',
    wanted: '{ "a": "à", "b": { "c": "*C*" }, "d": "dé" }',
  },
  {
    name: "nested objects are made, with the indentation of the target",
    source: '{\n  "a": {\n    "b": {\n      "c": "C",\n      "d": "D"\n    }\n  }\n}\n',
    target: '{\n\t"z": "zé"\n}\n',
    wanted: '{\n\t"a": {\n\t\t"b": {\n\t\t\t"c": "*C*",\n\t\t\t"d": "*D*"\n\t\t}\n\t},\n\t"z": "zé"\n}\n',
    isPersons: true,
  },
  {
    name: "an empty target takes the layout of the source",
    source: '{\n    "a": "A",\n    "b": ["x"]\n}\n',
    target: "{}\n",
    wanted: '{\n    "a": "*A*",\n    "b": ["*x*"]\n}\n',
  },
  {
    name: "keys of digits stay in their order",
    source: '{"10": "Ten", "2": "Two", "07": "Seven"}',
    wanted: '{"10": "*Ten*", "2": "*Two*", "07": "*Seven*"}',
  },
  {
    name: "a key with a dot is not a path",
    source: '{"a.b": "flat", "a": {"b": "deep"}, "Save it. Now.": "Sentence"}',
    target: '{"a": {"b": "profond"}}',
    wanted: '{"a.b": "*flat*", "a": {"b": "profond"}, "Save it. Now.": "*Sentence*"}',
  },
  {
    name: "arrays stay arrays, and other values are copied to the digit",
    source:
      '{"tips": ["Drink", null, {"label": "Rest", "ok": true, "n": 1.50, "big": 12345678901234567890}], "none": null, "list": []}',
    wanted:
      '{"tips": ["*Drink*", null, {"label": "*Rest*", "ok": true, "n": 1.50, "big": 12345678901234567890}], "none": null, "list": []}',
  },
  {
    name: "other values reach a target that has not got them",
    source: '{"a": "A", "n": 1.50, "list": [], "deep": {"on": true, "b": "B"}}',
    target: '{"a": "à"}',
    wanted: '{"a": "à", "n": 1.50, "list": [], "deep": {"on": true, "b": "*B*"}}',
  },
  {
    name: "an array grows by whole elements",
    source: '{"faq": [{"q": "Q1", "n": 1}, {"q": "Q2", "n": 2}, {"q": "Q3", "n": 3}]}',
    target: '{"faq": [{"q": "QUn", "n": 1}]}',
    wanted: '{"faq": [{"q": "QUn", "n": 1}, {"q": "*Q2*", "n": 2}, {"q": "*Q3*", "n": 3}]}',
  },
  {
    name: "an array shrinks from its end",
    source: '{"steps": ["One"], "z": "End"}',
    target: '{"steps": ["Un", "Deux", "Trois"], "z": "Fin"}',
    wanted: '{"steps": ["Un"], "z": "Fin"}',
  },
  {
    name: "forms that only the target has stay",
    source: '{\n  "mail_one": "{{count}} letter",\n  "mail_other": "{{count}} letters"\n}\n',
    target: '{\n  "mail_one": "1",\n  "mail_few": "2",\n  "mail_many": "5",\n  "mail_other": "x"\n}\n',
    wanted: '{\n  "mail_one": "1",\n  "mail_few": "2",\n  "mail_many": "5",\n  "mail_other": "x"\n}\n',
    to: "ru",
  },
  {
    name: "a family gets the forms of Polish",
    source: '{\n  "file_one": "{{count}} file",\n  "file_other": "{{count}} files",\n  "end": "End"\n}\n',
    wanted:
      '{\n  "file_one": "*{{count}} file*",\n  "file_few": "*{{count}} files*",\n  "file_many": "*{{count}} files*",\n  "file_other": "*{{count}} files*",\n  "end": "*End*"\n}\n',
    to: "pl",
  },
  {
    name: "a family gets the form of Japanese, and a place in a target that has none",
    source: '{"a": "A", "file_one": "{{count}} file", "file_other": "{{count}} files", "end": "End"}',
    target: '{"a": "ア", "end": "終"}',
    wanted: '{"a": "ア", "file_other": "*{{count}} files*", "end": "終"}',
    to: "ja",
  },
  {
    name: "forms of a context are families of their own",
    source: '{"friend_male_one": "A boyfriend", "friend_male_other": "{{count}} boyfriends", "friend_male": "He"}',
    wanted: '{"friend_male_other": "*{{count}} boyfriends*", "friend_male": "*He*"}',
    to: "ja",
  },
  {
    name: "metadata is kept and not sent, and the file says its locale",
    source:
      '{"$schema": "./s.json", "@@locale": "en", "smartling": {"translate_paths": ["*/text"]}, "//": "a note", "greeting": "Good morning", "@greeting": {"description": "Before noon", "type": "text"}}',
    wanted:
      '{"$schema": "./s.json", "@@locale": "fr", "smartling": {"translate_paths": ["*/text"]}, "//": "a note", "greeting": "*Good morning*", "@greeting": {"description": "Before noon", "type": "text"}}',
    sent: ["Good morning"],
  },
  {
    name: "a key that begins like metadata is a text",
    source: '{"@": "at", "@home": "Home", "$vuetify": {"open": "Open"}, "_commented": "Yes", "//k1GX": "Hash"}',
    wanted:
      '{"@": "*at*", "@home": "*Home*", "$vuetify": {"open": "*Open*"}, "_commented": "*Yes*", "//k1GX": "*Hash*"}',
  },
  {
    name: "of a browser extension only messages are translated",
    file: "messages.json",
    source:
      '{\n  "appName": {\n    "message": "Reader",\n    "description": "The name"\n  },\n  "hello": {\n    "message": "Hello $USER$",\n    "placeholders": { "user": { "content": "$1", "example": "Ada" } }\n  }\n}\n',
    target: '{\n  "appName": {\n    "message": "Lecteur"\n  }\n}\n',
    wanted:
      '{\n  "appName": {\n    "message": "Lecteur"\n  },\n  "hello": {\n    "message": "*Hello $USER$*",\n    "placeholders": { "user": { "content": "$1", "example": "Ada" } }\n  }\n}\n',
    sent: ["Hello $USER$"],
  },
  {
    name: "objects with a message that are no messages of an extension are nested texts",
    source: '{"error": {"message": "Failed", "title": "Error"}, "ok": {"message": "Done"}}',
    wanted: '{"error": {"message": "*Failed*", "title": "*Error*"}, "ok": {"message": "*Done*"}}',
  },
  {
    name: "of formatjs only default messages are translated",
    source: '{"a": {"defaultMessage": "Hi {name}", "description": "Greets"}, "b": {"defaultMessage": "Bye"}}',
    wanted: '{"a": {"defaultMessage": "*Hi {name}*", "description": "Greets"}, "b": {"defaultMessage": "*Bye*"}}',
    sent: ["Bye", "Hi {name}"],
  },
  {
    name: "strings with a context, whose keys are hashes",
    source:
      '{\n  "++8Z": {\n    "context": "button",\n    "string": "Save"\n  },\n  "//k1": {\n    "context": "title",\n    "string": "Open"\n  }\n}\n',
    target: '{"++8Z":{"context":"button","string":"Garder"}}',
    wanted: '{"++8Z":{"context":"button","string":"Garder"},"//k1":{"context":"title","string":"*Open*"}}',
    sent: ["Open"],
  },
  {
    name: "a compiled target of formatjs stays flat",
    source: '{"a": {"defaultMessage": "A", "description": "d"}, "b": {"defaultMessage": "B"}}',
    target: '{"b": "bé"}',
    wanted: '{"a": "*A*", "b": "bé"}',
  },
  {
    name: "a list of formatjs's descriptors",
    source:
      '[{"id": "a", "defaultMessage": "A", "description": "d"}, {"id": "b", "defaultMessage": "B"}, {"id": "c", "defaultMessage": "C"}]',
    target: '[{"id": "c", "defaultMessage": "cé"}, {"id": "a", "defaultMessage": "à"}]',
    wanted:
      '[{"id": "c", "defaultMessage": "cé"}, {"id": "a", "defaultMessage": "à"}, {"id": "b", "defaultMessage": "*B*"}]',
  },
  {
    name: "a pipe in a title is a pipe",
    source: `{"t": "Results {count} | Shop", "v": "one car | many cars", "lit": "Left {'|'} right"}`,
    wanted: `{"t": "*Results {count} | Shop*", "v": "*one car | many cars*", "lit": "*Left {'|'} right*"}`,
  },
  {
    name: "a pipe in i18next is a pipe",
    source: '{"a": "{{n}} | {count}", "b": "one | {n} cars"}',
    wanted: '{"a": "*{{n}} | {count}*", "b": "*one | {n} cars*"}',
  },
  {
    name: "in a file of vue-i18n, pipes part forms",
    source: '{"link": "Read @:menu-bar.help first", "v": "one car | many cars"}',
    wanted: '{"link": "*Read @:menu-bar.help first*", "v": "*one car* | *many cars*"}',
  },
  {
    name: "a byte order mark and line ends of two characters are in the target, too",
    source: '\uFEFF{\r\n  "a": "Home"\r\n}\r\n',
    wanted: '\uFEFF{\r\n  "a": "*Home*"\r\n}\r\n',
  },
  {
    name: "remarks and last commas stay in place",
    source: '{\n  // shown at the top\n  "a": "Home", // short\n  "b": "Away", /* far */\n}\n',
    wanted: '{\n  // shown at the top\n  "a": "*Home*", // short\n  "b": "*Away*", /* far */\n}\n',
  },
  {
    name: "a new text goes between remarks",
    file: "en.jsonc",
    source: '{\n  "a": "A",\n  "n": "New",\n  "b": "B"\n}\n',
    target: '{\n  // one\n  "a": "à", // first\n  // two\n  "b": "bé", // last\n}\n',
    wanted: '{\n  // one\n  "a": "à", // first\n  "n": "*New*",\n  // two\n  "b": "bé", // last\n}\n',
  },
  {
    name: "the locale is the key of the root",
    source: '{\n  "en": {\n    "a": "Home"\n  }\n}\n',
    wanted: '{\n  "fr": {\n    "a": "*Home*"\n  }\n}\n',
  },
  {
    name: "the locale is the key of the root of a target that exists, spelled as the file does",
    source: '{"en_US": {"a": "Home", "b": "Away"}}',
    target: '{"pt_BR": {"a": "Casa"}}',
    wanted: '{"pt_BR": {"a": "Casa", "b": "*Away*"}}',
    from: "en-US",
    to: "pt-BR",
  },
  {
    name: "a word at the root is no locale",
    source: '{"app": {"a": "Home"}}',
    wanted: '{"app": {"a": "*Home*"}}',
    file: "app/en.json",
  },
  {
    name: "forms of a context that only the target has stay beside their base",
    source: '{\n  "who": "{{ context }}",\n  "z": "End"\n}\n',
    target: '{\n  "who": "{{ context }}",\n  "who_mail": "courriel",\n  "who_word": "mot"\n}\n',
    wanted: '{\n  "who": "{{ context }}",\n  "z": "*End*",\n  "who_mail": "courriel",\n  "who_word": "mot"\n}\n',
    isPersons: true,
  },
  {
    name: "a text that becomes a group, and a list that becomes an object",
    source: '{"menu": {"title": "Menu", "end": "End"}, "list": {"first": "One"}}',
    target: '{"menu": "Menu fr", "list": ["Un", "Deux"]}',
    wanted: '{"menu": {"title": "*Menu*", "end": "*End*"}, "list": {"first": "*One*"}}',
  },
  {
    name: "a group that becomes a text",
    source: '{"menu": "Menu", "z": "End"}',
    target: '{"menu": {"title": "Le menu"}, "z": "Fin"}',
    wanted: '{"menu": "*Menu*", "z": "Fin"}',
  },
  {
    name: "a new text stands where it stands in the source",
    source: '{\n  "a": "Alpha",\n  "b": "Beta",\n  "c": "Gamma"\n}\n',
    target: '{\n  "a": "alpha",\n  "c": "gamma"\n}\n',
    wanted: '{\n  "a": "alpha",\n  "b": "*Beta*",\n  "c": "gamma"\n}\n',
  },
  {
    name: "keys that are odd are keys",
    source:
      '{"__proto__": "Proto", "constructor": "Builder", "": "Empty", "🎉 party": "Party", "a\\"b": "Quote", "line\\nfeed": "Feed"}',
    target: '{"constructor": "Bâtir"}',
    wanted:
      '{"__proto__": "*Proto*", "constructor": "Bâtir", "": "*Empty*", "🎉 party": "*Party*", "a\\"b": "*Quote*", "line\\nfeed": "*Feed*"}',
  },
  {
    name: "spaces, entities and escapes are kept, in the habit of the file",
    source:
      '{"a": "Caf\\u00e9 \\u2013 open", "b": "<a href=\\"https:\\/\\/x.org\\">s<\\/a>", "c": "  padded  ", "d": "Fish &amp; chips&nbsp;now"}',
    target: '{"a": "Caf\\u00e9"}',
    wanted:
      '{"a": "Caf\\u00e9", "b": "*<a href=\\"https://x.org\\">s</a>*", "c": "*  padded  *", "d": "*Fish &amp; chips&nbsp;now*"}',
  },
  {
    name: "an ASCII source makes an ASCII target",
    source: '{"a": "Caf\\u00e9", "b": "1\\/2"}',
    wanted: '{"a": "*Caf\\u00e9*", "b": "*1\\/2*"}',
  },
  {
    name: "an empty value is a missing one, in its place",
    source: '{"a": "A", "b": "B"}',
    target: '{"b": "", "a": "à"}',
    wanted: '{"b": "*B*", "a": "à"}',
  },
];

/** More of the kinds that tools get wrong most often: a source, the target before the run if there is one, and the target after it. */
const KINDS: Readonly<
  Record<string, readonly (readonly [source: string, target: string | undefined, wanted: string])[]>
> = {
  "keys of digits": [
    ['{"3": "C", "1": "A"}', undefined, '{"3": "*C*", "1": "*A*"}'],
    ['{"0": "Zero", "00": "Two zeros"}', '{"00": "deux"}', '{"0": "*Zero*", "00": "deux"}'],
    ['{"a": {"2": "B", "1": "A"}}', '{"a": {"1": "à"}}', '{"a": {"2": "*B*", "1": "à"}}'],
    ['{"1": {"1": "A"}, "1.1": "B"}', undefined, '{"1": {"1": "*A*"}, "1.1": "*B*"}'],
    ['{"404": "Gone", "-1": "Minus", "1e3": "Exp"}', undefined, '{"404": "*Gone*", "-1": "*Minus*", "1e3": "*Exp*"}'],
    ['{"9007199254740993": "Big"}', undefined, '{"9007199254740993": "*Big*"}'],
  ],
  "dots in keys": [
    ['{"a.b": "Flat", "a": {"b": "Deep"}}', '{"a": {"b": "profond"}}', '{"a.b": "*Flat*", "a": {"b": "profond"}}'],
    ['{"a.": "One", "a": {"": "Two"}}', undefined, '{"a.": "*One*", "a": {"": "*Two*"}}'],
    ['{"a\\\\.b": "One", "a\\\\": {"b": "Two"}}', undefined, '{"a\\\\.b": "*One*", "a\\\\": {"b": "*Two*"}}'],
    ['{"Save the file.": "Save the file."}', "{}", '{"Save the file.": "*Save the file.*"}'],
    ['{"x": {"a.b": {"c": "C"}}}', '{"x": {"a": {"b.c": "non"}}}', '{"x": {"a.b": {"c": "*C*"}}}'],
    ['{"...": "Dots"}', undefined, '{"...": "*Dots*"}'],
  ],
  "arrays and other values": [
    ['{"l": ["A", 1, null, "B"]}', undefined, '{"l": ["*A*", 1, null, "*B*"]}'],
    ['{"l": [["A"], ["B"]]}', '{"l": [["à"], ["bé"]]}', '{"l": [["à"], ["bé"]]}'],
    ['{"n": 1e400, "t": "A"}', undefined, '{"n": 1e400, "t": "*A*"}'],
    ['{"l": [{"t": "A", "on": true}]}', undefined, '{"l": [{"t": "*A*", "on": true}]}'],
    ['{"l": [], "o": {}, "t": "A"}', undefined, '{"l": [], "o": {}, "t": "*A*"}'],
    ['{"l": ["A", "B"], "n": false}', '{"l": ["à"]}', '{"l": ["à", "*B*"], "n": false}'],
  ],
  "forms that only the target has": [
    [
      '{"n_one": "{{count}} a", "n_other": "{{count}} b"}',
      '{"n_one": "1", "n_many": "m", "n_other": "o"}',
      '{"n_one": "1", "n_many": "m", "n_other": "o"}',
    ],
    [
      '{"n_one": "{{count}} a", "n_other": "{{count}} b", "z": "End"}',
      '{"n_one": "1", "n_many": "m", "n_other": "o"}',
      '{"n_one": "1", "n_many": "m", "n_other": "o", "z": "*End*"}',
    ],
    [
      '{"g": {"n_one": "{{count}} a", "n_other": "{{count}} b"}}',
      '{"g": {"n_one": "1"}}',
      '{"g": {"n_one": "1", "n_many": "*{{count}} b*", "n_other": "*{{count}} b*"}}',
    ],
    [
      '{"n_ordinal_one": "{{count}}st", "n_ordinal_other": "{{count}}th"}',
      '{"n_ordinal_one": "1er"}',
      '{"n_ordinal_one": "1er", "n_ordinal_other": "*{{count}}th*"}',
    ],
    [
      '{"n_other": "{{count}} b", "n": "Any"}',
      '{"n": "rien"}',
      '{"n_one": "*{{count}} b*", "n_many": "*{{count}} b*", "n_other": "*{{count}} b*", "n": "rien"}',
    ],
  ],
  metadata: [
    ['{"$schema": "./s.json", "a": "A"}', '{"$schema": "fr.json", "a": "à"}', '{"$schema": "fr.json", "a": "à"}'],
    ['{"@@locale": "en", "a": "A"}', undefined, '{"@@locale": "fr", "a": "*A*"}'],
    ['{"//": "a remark", "a": "A"}', undefined, '{"//": "a remark", "a": "*A*"}'],
    ['{"_comment": "a remark", "a": "A"}', undefined, '{"_comment": "a remark", "a": "*A*"}'],
    ['{"a": "A", "@a": {"description": "d"}}', '{"a": "à"}', '{"a": "à"}'],
    ['{"@alone": "A text"}', undefined, '{"@alone": "*A text*"}'],
  ],
  "messages of a browser extension": [
    ['{"a": {"message": "A", "description": "d"}}', undefined, '{"a": {"message": "*A*", "description": "d"}}'],
    [
      '{"a": {"message": "A", "description": "d"}, "b": {"message": "B"}}',
      '{"a": {"message": "à"}}',
      '{"a": {"message": "à"}, "b": {"message": "*B*"}}',
    ],
    [
      '{"a": {"message": "Hi $N$", "description": "d", "placeholders": {"n": {"content": "$1"}}}}',
      undefined,
      '{"a": {"message": "*Hi $N$*", "description": "d", "placeholders": {"n": {"content": "$1"}}}}',
    ],
    [
      '{"description": {"message": "About", "description": "d"}}',
      undefined,
      '{"description": {"message": "*About*", "description": "d"}}',
    ],
    [
      '{"message": {"description": "d", "message": "M"}}',
      '{"message": {"description": "fr", "message": "m"}}',
      '{"message": {"description": "fr", "message": "m"}}',
    ],
  ],
  "links of vue-i18n": [
    ['{"a": "Go to @:b.c now", "b": {"c": "Shop"}}', undefined, '{"a": "*Go to @:b.c now*", "b": {"c": "*Shop*"}}'],
    ['{"a": "@.lower:b", "b": "Shop"}', '{"b": "boutique"}', '{"a": "*@.lower:b*", "b": "boutique"}'],
    [`{"a": "@:{'b'} here", "b": "Shop"}`, undefined, `{"a": "*@:{'b'} here*", "b": "*Shop*"}`],
    ['{"a": "@:b-c (x)", "b-c": "Shop"}', undefined, '{"a": "*@:b-c (x)*", "b-c": "*Shop*"}'],
    ['{"a": "me@example.com", "b": "Shop"}', undefined, '{"a": "*me@example.com*", "b": "*Shop*"}'],
  ],
  "marks and line ends": [
    ['\uFEFF{"a": "A"}', undefined, '\uFEFF{"a": "*A*"}'],
    ['{"a": "A", "b": "B"}', '\uFEFF{\r\n  "a": "à"\r\n}', '\uFEFF{\r\n  "a": "à",\r\n  "b": "*B*"\r\n}'],
    ['\uFEFF{\r\n\t"a": "A",\r\n\t"b": "B"\r\n}\r\n', '{\n "a": "à"\n}', '{\n "a": "à",\n "b": "*B*"\n}'],
    ['{\r"a": "A",\r"b": "B"\r}', undefined, '{\r"a": "*A*",\r"b": "*B*"\r}'],
    ['{"a": "A\\r\\nB"}', undefined, '{"a": "*A\\r\\nB*"}'],
    ['\n\n{"a": "A"}\n\n', undefined, '\n\n{"a": "*A*"}\n\n'],
    ['{\n\t"a": "A"\n}', undefined, '{\n\t"a": "*A*"\n}'],
  ],
  "remarks and last commas": [
    ['{/* x */"a": "A"}', undefined, '{/* x */"a": "*A*"}'],
    ['{"a": "A", // one\n}', undefined, '{"a": "*A*", // one\n}'],
    ['{"l": ["A", /* second */ "B",],}', undefined, '{"l": ["*A*", /* second */ "*B*",],}'],
    ['// "a": "no"\n{"a": "A"}\n// end', undefined, '// "a": "no"\n{"a": "*A*"}\n// end'],
    ['{"a": "A // no remark"}', undefined, '{"a": "*A // no remark*"}'],
    ['{"a": "A", "b": "B"}', '{"a": "à", /* last */}', '{"a": "à", "b": "*B*", /* last */}'],
  ],
  "a locale as root key": [
    ['{"en": {"a": "A"}}', '{"fr": {}}', '{"fr": {"a": "*A*"}}'],
    ['{"en": {"a": "A"}, "x": "X"}', undefined, '{"en": {"a": "*A*"}, "x": "*X*"}'],
    ['{"en": "English"}', undefined, '{"en": "*English*"}'],
    ['{"en": {"en": "English"}}', undefined, '{"fr": {"en": "*English*"}}'],
    ['{"en-GB": {"a": "A"}}', undefined, '{"fr": {"a": "*A*"}}'],
  ],
  "forms of a context that only the target has": [
    ['{"f": "Friend"}', '{"f": "ami", "f_female": "amie"}', '{"f": "ami", "f_female": "amie"}'],
    ['{"f": "Friend", "g": "G"}', '{"f_female": "amie"}', '{"f": "*Friend*", "g": "*G*", "f_female": "amie"}'],
    [
      '{"f_male": "He", "f": "They"}',
      '{"f_male": "il", "f_x": "iel"}',
      '{"f_male": "il", "f": "*They*", "f_x": "iel"}',
    ],
    ['{"o": {"f": "F"}}', '{"o": {"f_female": "amie"}}', '{"o": {"f": "*F*", "f_female": "amie"}}'],
    ['{"f": "F"}', '{"own": {"deep": "profond"}}', '{"f": "*F*", "own": {"deep": "profond"}}'],
  ],
  "a new shape": [
    ['{"a": ["A"]}', '{"a": "à"}', '{"a": ["*A*"]}'],
    ['{"a": "A"}', '{"a": ["à"]}', '{"a": "*A*"}'],
    ['{"a": {"b": "B"}}', '{"a": null}', '{"a": {"b": "*B*"}}'],
    ['{"a": {"b": {"c": "C"}}}', '{"a": {"b": "bé"}}', '{"a": {"b": {"c": "*C*"}}}'],
    ['{"a": "A"}', '{"a": {"b": {"c": "cé"}}}', '{"a": "*A*"}'],
    ['{"a": 5}', '{"a": "cinq"}', '{"a": 5}'],
  ],
  "the place of a new key": [
    ['{"n": "N", "a": "A"}', '{"a": "à"}', '{"n": "*N*", "a": "à"}'],
    ['{"a": "A", "n": "N"}', '{"a": "à"}', '{"a": "à", "n": "*N*"}'],
    [
      '{"a": "A", "m": "M", "n": "N", "b": "B"}',
      '{"a": "à", "b": "bé"}',
      '{"a": "à", "m": "*M*", "n": "*N*", "b": "bé"}',
    ],
    ['{"a": "A", "n": "N", "b": "B"}', '{"b": "bé", "a": "à"}', '{"b": "bé", "a": "à", "n": "*N*"}'],
    [
      '{"o": {"a": "A", "n": "N"}, "z": "Z"}',
      '{"z": "zé", "o": {"a": "à"}}',
      '{"z": "zé", "o": {"a": "à", "n": "*N*"}}',
    ],
  ],
  "odd keys": [
    ['{"toString": "S", "hasOwnProperty": "H"}', undefined, '{"toString": "*S*", "hasOwnProperty": "*H*"}'],
    ['{"": {"": "Deep"}}', '{"": {}}', '{"": {"": "*Deep*"}}'],
    ['{"a": {"__proto__": "P"}}', '{"a": {"x": "y"}}', '{"a": {"__proto__": "*P*"}}'],
    ['{"a\\u0000b": "Null"}', undefined, '{"a\\u0000b": "*Null*"}'],
    ['{"[0]": "Zero", "a[b]": "B"}', undefined, '{"[0]": "*Zero*", "a[b]": "*B*"}'],
    ['{"é": "One", "e\\u0301": "Two"}', undefined, '{"é": "*One*", "e\\u0301": "*Two*"}'],
  ],
  "the layout of the target": [
    ['{"a": "A", "b": "B"}', '{\n\t"a": "à"\n}', '{\n\t"a": "à",\n\t"b": "*B*"\n}'],
    ['{\n  "a": "A",\n  "b": "B"\n}\n', '{\n "b": "bé"\n}', '{\n "a": "*A*",\n "b": "bé"\n}'],
    ['{"a":"A","b":"B"}', '{ "a" : "à" }', '{ "a" : "à", "b" : "*B*" }'],
    ['{\n  "a": "A",\n  "b": "B"\n}\n', '{"a":"à"}', '{"a":"à","b":"*B*"}'],
    [
      '{"x": {"a": "A", "b": "B"}}',
      '{\n  "x":\n  {\n    "a": "à"\n  }\n}\n',
      '{\n  "x":\n  {\n    "a": "à",\n    "b": "*B*"\n  }\n}\n',
    ],
    [
      '{\n  "a": "A",\n  "b": "B",\n  "c": "C"\n}\n',
      '{\n  "a": "à",\n\n  "c": "cé"\n}\n',
      '{\n  "a": "à",\n  "b": "*B*",\n\n  "c": "cé"\n}\n',
    ],
    ['{"a": "A", "b": "B"}', '{\n    "a":   "à"\n}', '{\n    "a":   "à",\n    "b":   "*B*"\n}'],
  ],
  "extracted messages of formatjs": [
    ['{"a": {"defaultMessage": "A b"}}', undefined, '{"a": {"defaultMessage": "*A b*"}}'],
    [
      '{"a": {"description": {"text": "note"}, "defaultMessage": "Hi"}}',
      undefined,
      '{"a": {"description": {"text": "note"}, "defaultMessage": "*Hi*"}}',
    ],
    [
      '{"a": {"id": "a", "file": "src/a.tsx", "start": 3, "end": 9, "defaultMessage": "Hi"}}',
      undefined,
      '{"a": {"id": "a", "file": "src/a.tsx", "start": 3, "end": 9, "defaultMessage": "*Hi*"}}',
    ],
    [
      '{"a": {"defaultMessage": "A"}, "b": {"defaultMessage": "B", "description": "note"}}',
      '{"a": {"defaultMessage": "à", "description": "remarque"}}',
      '{"a": {"defaultMessage": "à", "description": "remarque"}, "b": {"defaultMessage": "*B*", "description": "note"}}',
    ],
    [
      '{"Zx+3": {"defaultMessage": "A"}, "a.b/c": {"defaultMessage": "B"}}',
      undefined,
      '{"Zx+3": {"defaultMessage": "*A*"}, "a.b/c": {"defaultMessage": "*B*"}}',
    ],
    [
      '{"a": {"defaultMessage": "Price | {n}", "description": "Price | note"}}',
      undefined,
      '{"a": {"defaultMessage": "*Price | {n}*", "description": "Price | note"}}',
    ],
  ],
  "pipes between no forms": [
    "Home | Shop",
    "{page} | {site}",
    "A || B",
    "Price {price} | incl. tax",
    "a|b|c {{name}}",
    "Results {{count}} | Shop",
    "| Home",
  ].map((text) => [`{"t": "${text}"}`, undefined, `{"t": "*${text}*"}`] as const),
  "ends of lines and of files": [
    ['{\r\n\t"a": "A",\r\n\t"b": "B"\r\n}', '{\r\n\t"a": "à"\r\n}', '{\r\n\t"a": "à",\r\n\t"b": "*B*"\r\n}'],
    [
      '{\r\n  "a": "A",\r\n  "b": {\r\n    "c": "C"\r\n  }\r\n}\r\n',
      '{\n  "a": "à"\n}',
      '{\n  "a": "à",\n  "b": {\n    "c": "*C*"\n  }\n}',
    ],
    [
      '{\n  "a": "A",\n  "b": {\n    "c": "C"\n  }\n}\n',
      '{\r\n  "a": "à"\r\n}\r\n',
      '{\r\n  "a": "à",\r\n  "b": {\r\n    "c": "*C*"\r\n  }\r\n}\r\n',
    ],
    ['{"a": "A"}\n\n\n', undefined, '{"a": "*A*"}\n\n\n'],
    ['\n {"a": "A"}', undefined, '\n {"a": "*A*"}'],
    ['{\r  "a": "A",\r  "b": "B"\r}\r', '{\r  "a": "à"\r}\r', '{\r  "a": "à",\r  "b": "*B*"\r}\r'],
  ],
  "escapes and spaces": [
    "Caf\\u00e9",
    "a\\/b",
    " before and behind ",
    "tab\\tand line\\n",
    "&amp; &nbsp; &#39;",
    "\\ud83d\\ude00 hi",
    "\\u00C9T\\u00C9",
    '\\"quoted\\" \\\\ path',
    "a\\u2028b",
    "\\u00a0x",
  ].map((text) => [`{"a": "${text}"}`, undefined, `{"a": "*${text}*"}`] as const),
  "long keys": [
    [300, 1_000, 5_000].map((length) => `{"${"k".repeat(length)}": "Long"}`),
    [300, 1_000].map((length) => `{"a": {"${"Ünïcode ".repeat(length / 8)}": "Long"}}`),
  ]
    .flat()
    .map((source) => [source, undefined, source.replace('"Long"', '"*Long*"')] as const),
};

describe("the target file is right, and a second run leaves it", () => {
  test.each(CASES)("$name", async (given) => {
    const { text, second, sent } = await translated(given);
    expect(text).toBe(given.wanted);
    expect(second).toBe(given.wanted);
    if (given.sent !== undefined) expect(sent).toEqual(given.sent);
  });
});

describe.each(Object.entries(KINDS))("%s", (kind, cases) => {
  test.each(cases)("%s", async (source, target, wanted) => {
    const given = { name: kind, source, wanted, isPersons: kind.includes("only the target has") };
    const { text, second } = await translated({ ...given, ...(target !== undefined && { target }) });
    expect(text).toBe(wanted);
    expect(second).toBe(wanted);
  });
});
