import { describe, expect, test } from "vitest";
import type { Change, ReadOptions } from "../contract.ts";
import { formatConformance } from "../testing/conformance.ts";
import { xliff } from "./xliff.ts";

const V1 = `<?xml version="1.0" encoding="UTF-8" ?>
<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">
  <file source-language="en" target-language="fr" datatype="plaintext" original="ng2.template">
    <body>
      <!-- The bar -->
      <trans-unit id="greet" maxwidth="20" size-unit="char">
        <source>Hi <x id="INTERPOLATION" equiv-text="{{ name }}"/>, <g id="1">go &amp; see</g></source>
        <target>Salut <x id="INTERPOLATION" equiv-text="{{ name }}"/>, <g id="1">viens &amp; vois</g></target>
        <context-group purpose="location"><context context-type="linenumber">3</context></context-group>
        <note priority="1" from="description">Top bar</note>
        <note priority="1" from="meaning">greeting</note>
      </trans-unit>
      <trans-unit id="brand" translate="no"><source>Parcel</source></trans-unit>
      <group id="g" translate="no">
        <trans-unit id="inGroup"><source>Closed</source></trans-unit>
        <trans-unit id="opened" translate="yes"><source>Opened</source><target>Ouvert</target></trans-unit>
      </group>
      <trans-unit id="close" approved="yes"><source>Close</source><target state="final">Fermer</target></trans-unit>
      <trans-unit id="open"><source>Open</source><target state="needs-translation">Open</target></trans-unit>
      <trans-unit id="guess"><source>Guess</source><target state-qualifier="fuzzy-match">Devine</target></trans-unit>
      <trans-unit id="entities"><source>a &lt; b &amp;&#160;&gt; c</source><target>a &lt; b &amp;&#160;&gt; c</target></trans-unit>
      <trans-unit id="data"><source><![CDATA[<b>x</b>]]></source><target><![CDATA[<b>y</b>]]></target></trans-unit>
      <trans-unit id="new">
        <source>New
          lines</source>
        <alt-trans><source>New</source><target>Neuf</target></alt-trans>
      </trans-unit>
      <trans-unit id="1" resname="login.title"><source>Login</source><target/></trans-unit>
    </body>
  </file>
</xliff>
`;

const V2 = `\uFEFF<?xml version="1.0"?>\r
<xliff xmlns="urn:oasis:names:tc:xliff:document:2.1" xmlns:slr="urn:oasis:names:tc:xliff:sizerestriction:2.0" version="2.1" srcLang="en">\r
  <file id="f1" translate="no">\r
    <unit id="off"><segment><source>Off</source></segment></unit>\r
  </file>\r
  <file id="f2">\r
    <group id="g1">\r
      <unit id="one" slr:sizeRestriction="2,30">\r
        <notes>\r
          <note category="location">app.ts:3</note>\r
          <note category="description">The first</note>\r
        </notes>\r
        <segment state="translated">\r
          <source>Every <ph id="0" equiv="N" disp="{{n}}"/> s. <pc id="1"><mrk id="m1" translate="no">Parcel</mrk></pc></source>\r
          <target>Toutes les <ph id="0" equiv="N" disp="{{n}}"/> s. <pc id="1"><mrk id="m1" translate="no">Parcel</mrk></pc></target>\r
        </segment>\r
      </unit>\r
    </group>\r
    <unit id="two">\r
      <segment id="s1" state="final"><source>First.</source><target>Un.</target></segment>\r
      <ignorable><source> </source></ignorable>\r
      <segment><source>Second.</source></segment>\r
    </unit>\r
    <unit id="off"><segment state="initial"><source>On</source><target>On</target></segment></unit>\r
  </file>\r
</xliff>\r
`;

formatConformance(xliff, [
  { name: "1.2", content: V1 },
  { name: "2.1 with CRLF and a byte order mark", content: V2 },
  {
    name: "prefixed elements in UTF-16",
    content: Buffer.from(
      '\uFEFF<x:xliff xmlns:x="urn:oasis:names:tc:xliff:document:1.2" version="1.2"><x:file original="a"><x:body><x:trans-unit id="a"><x:source>A</x:source></x:trans-unit></x:body></x:file></x:xliff>',
      "utf16le",
    ),
  },
]);

function read(content: string | Uint8Array, options: Partial<ReadOptions> = {}) {
  return xliff.read(Buffer.from(content), { file: "messages.xlf", ...options });
}

function written(content: string, changes: Change[], locale?: string): string {
  const { bytes, refused } = read(content).write(changes, { locale });
  expect(refused).toEqual([]);
  return Buffer.from(bytes).toString();
}

function facts(content: string, field: "state" | "value" | "translate" | "note" | "context" | "maxLength" | "syntax") {
  return Object.fromEntries(
    read(content).units.flatMap((unit) => (unit[field] === undefined ? [] : [[unit.id, unit[field]]])),
  );
}

describe("what a file says", () => {
  test("states of both versions", () => {
    expect(facts(V1, "state")).toMatchObject({
      ...{
        greet: "translated",
        close: "approved",
        open: "new",
        guess: "needs-review",
        new: "new",
        "login.title": "new",
      },
    });
    expect(facts(V2, "state")).toMatchObject({
      one: "translated",
      "two/s1": "approved",
      "two/1": "new",
      "f2#off": "new",
    });
  });

  test("what is not to be translated is inherited from file and group", () => {
    expect(facts(V1, "translate")).toMatchObject({ brand: false, inGroup: false, opened: true, close: true });
    expect(facts(V2, "translate")).toMatchObject({ off: false, "f2#off": true });
  });

  test("notes, meanings and lengths", () => {
    expect(facts(V1, "note")).toEqual({ greet: "Top bar" });
    expect(facts(V1, "context")).toEqual({ greet: "greeting" });
    expect(facts(V2, "note")).toEqual({ one: "The first" });
    expect([facts(V1, "maxLength"), facts(V2, "maxLength")]).toEqual([{ greet: 20 }, { one: 30 }]);
  });

  test("a text with inline elements is raw XML, another one is its characters", () => {
    expect(facts(V1, "value")).toMatchObject({
      greet: 'Salut <x id="INTERPOLATION" equiv-text="{{ name }}"/>, <g id="1">viens &amp; vois</g>',
      entities: "a < b &\u00a0> c",
      data: "<b>y</b>",
    });
    expect(facts(V1, "syntax")).toMatchObject({ greet: "html", entities: "auto" });
  });

  test("a text of placeholders alone is not translated", () => {
    const content = V1.replace("<source>Open</source>", '<source> <x id="a"/> </source>');
    expect(facts(content, "translate").open).toBe(false);
  });

  test("a file with one ICU message has the syntax ICU where it matters", () => {
    const icu = V1.replace("<source>Open</source>", "<source>{n, plural, =1 {It''s one} other {# files}}</source>")
      .replace("<source>Close</source>", "<source>It''s {name}</source>")
      .replaceAll("{{ name }}", "name");
    expect(facts(icu, "syntax")).toMatchObject({ open: "icu", close: "icu", greet: "html", entities: "auto" });
    expect(read(V1, { syntax: "printf" }).units[0]?.syntax).toBe("printf");
  });

  test("the locale", () => {
    expect([read(V1).locale, read(V2).locale]).toEqual(["fr", undefined]);
  });
});

describe("what is written", () => {
  test("a missing target comes behind its source, indented as the source", () => {
    expect(written(V1, [{ kind: "set", id: "new", value: "Neuf" }])).toContain(
      "lines</source>\n        <target>Neuf</target>\n        <alt-trans>",
    );
    expect(written(V2, [{ kind: "set", id: "two/1", value: "Deux." }])).toContain(
      "<segment><source>Second.</source><target>Deux.</target></segment>",
    );
  });

  test("an empty target is filled", () => {
    expect(written(V1, [{ kind: "set", id: "login.title", value: "a < b" }])).toContain("<target>a &lt; b</target>");
    expect(
      written(V1.replace("<target/>", '<target state="new" />'), [
        { kind: "set", id: "login.title", value: "Entrer", state: "translated" },
      ]),
    ).toContain('<target state="translated">Entrer</target>');
  });

  test("the locale is said where the version says it", () => {
    expect(written(V1, [], "de")).toContain('source-language="en" target-language="de" datatype');
    expect(written(V1.replace(' target-language="fr"', ""), [], "de")).toContain(
      'source-language="en" target-language="de"',
    );
    expect(written(V2, [], "pt-BR")).toContain('srcLang="en" trgLang="pt-BR">');
  });

  test("a state follows, where the file says states", () => {
    expect(written(V1, [{ kind: "set", id: "open", value: "Ouvrir", state: "translated" }])).toContain(
      '<target state="translated">Ouvrir</target>',
    );
    expect(written(V1, [{ kind: "set", id: "guess", value: "Devine", state: "translated" }])).toContain(
      "<target>Devine</target>",
    );
    expect(written(V1, [{ kind: "set", id: "opened", value: "Ouverte", state: "needs-review" }])).toContain(
      '<target state="needs-review-translation">Ouverte</target>',
    );
    expect(written(V1, [{ kind: "set", id: "close", value: "Clore", state: "translated" }])).toContain(
      'approved="no"><source>Close</source><target state="translated">Clore',
    );
    expect(written(V2, [{ kind: "set", id: "f2#off", value: "Actif", state: "translated" }])).toContain(
      '<segment state="translated"><source>On</source><target>Actif',
    );
  });

  test.each([V1, V2])("each state is read back as it was written", (content) => {
    for (const { id } of read(content).units.filter(({ translate }) => translate)) {
      for (const state of ["new", "needs-review", "translated", "approved"] as const) {
        const found = read(written(content, [{ kind: "set", id, value: "x", state }])).units.find(
          (unit) => unit.id === id,
        );
        expect([id, found?.value, found?.state]).toEqual([id, "x", state]);
      }
    }
  });

  test("an approval stands while its text does", () => {
    const { value } = read(V1).units.find(({ id }) => id === "close") ?? {};
    expect(written(V1, [{ kind: "set", id: "close", value: value ?? "", state: "translated" }])).toBe(V1);
  });

  test("a value that is no well-formed XML is refused where its source is XML", () => {
    for (const value of ["Salut & <x id='1'/>", "<g id='1'>", "</target>", "a\u0001"]) {
      const { bytes, refused } = read(V1).write([{ kind: "set", id: "greet", value }]);
      expect(refused.map(({ id }) => id)).toEqual(["greet"]);
      expect(Buffer.from(bytes).toString()).toBe(V1);
    }
  });

  test("a source text that changed under its id is taken over", () => {
    const from = read(V1.replace("<source>Close</source>", "<source>Close &gt; all</source>"));
    expect(written(V1, [{ kind: "set", id: "close", value: "Tout fermer", from }])).toContain(
      '<source>Close &gt; all</source><target state="final">Tout fermer',
    );
  });

  test("a new unit comes behind its neighbour, or to the front of its file", () => {
    const source = V1.replace(
      '<trans-unit id="close"',
      '<trans-unit id="pay">\n        <source>Pay</source>\n      </trans-unit>\n      <trans-unit id="close"',
    );
    const from = read(source);
    const behind = written(V1, [{ kind: "add", id: "pay", value: "Payer", from, after: "greet" }]);
    expect(behind).toContain(
      '</trans-unit>\n      <trans-unit id="pay">\n        <source>Pay</source>\n        <target>Payer</target>\n      </trans-unit>\n      <trans-unit id="brand"',
    );
    const front = written(V1, [{ kind: "add", id: "pay", value: "Payer", from, after: undefined }]);
    expect(front).toContain('<body>\n      <trans-unit id="pay">');
    const empty = V1.replace(/<body>[\s\S]*<\/body>/, "<body/>");
    expect(written(empty, [{ kind: "add", id: "pay", value: "Payer", from, after: undefined }])).toMatch(
      /<body>\n {6}<trans-unit id="pay">[\s\S]*<\/trans-unit>\n {4}<\/body>/,
    );
  });

  test("a unit of several segments comes and goes as a whole", () => {
    const changes = ["two/s1", "two/1"].map((id) => ({ kind: "remove", id }) as const);
    const { refused } = read(V2).write(changes.slice(0, 1));
    expect(refused.map(({ id }) => id)).toEqual(["two/s1"]);
    const without = written(V2, changes);
    expect(read(without).units.map(({ id }) => id)).toEqual(["off", "one", "f2#off"]);
    const from = read(V2);
    const adds = ["two/s1", "two/1"].map((id) => ({ kind: "add", id, value: id, from, after: "one" }) as const);
    const whole = read(written(without, adds));
    expect(whole.units.map(({ id, value }) => [id, value])).toEqual([
      ...[
        ["off", undefined],
        ["one", read(V2).units[1]?.value],
      ],
      ...[
        ["two/s1", "two/s1"],
        ["two/1", "two/1"],
        ["f2#off", "On"],
      ],
    ]);
    expect(read(without).write(adds.slice(0, 1)).refused).toHaveLength(1);
  });
});

test.each([
  ["another root", "<a/>", /:1:1: has no element xliff/],
  ["a version of the future", '<xliff version="3.0"/>', /:1:1: says no version/],
  ["an unclosed element", '<xliff version="1.2">\n<file>', /:2:1: invalid XML: an element that is never closed/],
  ["an entity bomb", '<!DOCTYPE x [<!ENTITY a "secret">]><xliff version="1.2"/>', /:1:\d+: invalid XML: entities/],
])("%s is refused with its place", (_, content, message) => {
  expect(() => read(content)).toThrow(message);
  expect(() => read(content)).not.toThrow(/secret/);
});
