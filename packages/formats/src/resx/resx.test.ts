import { expect, test } from "vitest";
import type { Change } from "../contract.ts";
import { formatConformance } from "../testing/conformance.ts";
import { resx } from "./resx.ts";

const SAMPLE = `\uFEFF<?xml version="1.0" encoding="utf-8"?>
<root>
  <!-- The schema of all such files -->
  <xsd:schema id="root" xmlns="" xmlns:xsd="http://www.w3.org/2001/XMLSchema">
    <xsd:element name="root" />
  </xsd:schema>
  <resheader name="resmimetype">
    <value>text/microsoft-resx</value>
  </resheader>
  <assembly alias="System.Drawing" name="System.Drawing" />
  <data name="Save" xml:space="preserve">
    <value>Save &amp; close</value>
    <comment>Button, 10 characters</comment>
  </data>
  <data name="Icon" type="System.Resources.ResXFileRef, System.Windows.Forms"><value>icon.png;System.Drawing.Bitmap</value></data>
  <data name="Picture" mimetype="application/x-microsoft.net.object.binary.base64">
    <value>AAEAAAD/////</value>
  </data>
  <data name="$this.Text" xml:space="preserve">
    <value>  Two
lines &gt; one</value>
  </data>
  <data name="&gt;&gt;label1.Name" xml:space="preserve">
    <value>label1</value>
  </data>
  <data name="label1.Size" type="System.Drawing.Size, System.Drawing">
    <value>10, 20</value>
  </data>
  <data name="Typed" type="System.String, mscorlib" xml:space="preserve"><value>Typed</value></data>
  <data name="Brand" xml:space="preserve">
    <value>Parcel</value>
    <comment>{Locked}</comment>
  </data>
  <!-- The markup -->
  <data name="Html" xml:space="preserve">
    <value><![CDATA[<b>{0}</b>]]></value>
  </data>
  <data name="Empty" xml:space="preserve"><value /></data>
  <metadata name="toolTip.TrayLocation" type="System.Drawing.Point"><value>1, 2</value></metadata>
</root>`.replaceAll("\n", "\r\n");

formatConformance(resx, [
  { name: "texts, types, CDATA, CRLF", content: SAMPLE },
  {
    name: "one line",
    content: '<root><data name="a"><value>A</value></data><data name="b"><value>B</value></data></root>',
  },
]);

function read(content: string) {
  return resx.read(Buffer.from(content), { file: "Strings.resx" });
}

function written(content: string, changes: Change[]): string {
  const { bytes, refused } = read(content).write(changes);
  expect(refused).toEqual([]);
  return Buffer.from(bytes).toString();
}

test("only texts are translated, and comments are notes", () => {
  const { units } = read(SAMPLE);
  expect(units.filter(({ translate }) => translate).map(({ id, value }) => [id, value])).toEqual([
    ...[
      ["Save", "Save & close"],
      ["$this.Text", "  Two\nlines > one"],
      ["Typed", "Typed"],
      ["Html", "<b>{0}</b>"],
    ],
  ]);
  expect(units.filter(({ note }) => note !== undefined).map(({ id, note }) => [id, note])).toEqual([
    ...[
      ["Save", "Button, 10 characters"],
      ["Brand", "{Locked}"],
    ],
  ]);
});

test("a value is written in the habit of the old one", () => {
  const text = written(SAMPLE, [
    { kind: "set", id: "$this.Text", value: "a > b\nc" },
    { kind: "set", id: "Html", value: "<i>&</i>" },
    { kind: "set", id: "Empty", value: "<x>" },
  ]);
  expect(text).toContain("<value>a &gt; b\r\nc</value>");
  expect(text).toContain("<value><![CDATA[<i>&</i>]]></value>");
  expect(text).toContain("<value>&lt;x></value>");
});

test("a new resource comes behind its neighbour with its comment, into an empty file as well", () => {
  const from = read(SAMPLE);
  const target = '<root>\n\t<data name="Html">\n\t\t<value>x</value>\n\t</data>\n</root>\n';
  const adds: Change[] = [
    { kind: "add", id: "Save", value: "Sauver", from, after: undefined },
    { kind: "add", id: "Typed", value: "Tapé", from, after: "Html" },
  ];
  expect(written(target, adds)).toBe(
    '<root>\n\t<data name="Save" xml:space="preserve">\n    <value>Sauver</value>\n    <comment>Button, 10 characters</comment>\n  </data>\n' +
      '\t<data name="Html">\n\t\t<value>x</value>\n\t</data>\n' +
      '\t<data name="Typed" type="System.String, mscorlib" xml:space="preserve"><value>Tapé</value></data>\n</root>\n',
  );
  expect(read(written("<root>\n</root>\n", adds)).units.map(({ id }) => id)).toEqual(["Save", "Typed"]);
});

test("a translation does not repeat what is no text", () => {
  const document = read(SAMPLE);
  expect(document.keepsUntranslatable).toBe(false);
  const changes = document.units.flatMap(({ id, translate }) => (translate ? [] : [{ kind: "remove", id } as const]));
  const text = written(SAMPLE, changes);
  expect(read(text).units.map(({ id }) => id)).toEqual(["Save", "$this.Text", "Typed", "Html"]);
  expect(text).toContain('<resheader name="resmimetype">');
});

test("a character that XML forbids is refused", () => {
  const { bytes, refused } = read(SAMPLE).write([{ kind: "set", id: "Save", value: "a\u0000b" }]);
  expect(refused).toEqual([{ id: "Save", reason: "the value has a character that XML forbids" }]);
  expect(Buffer.from(bytes).toString()).toBe(SAMPLE);
});

test.each([
  ["another root", "<a/>", /:1:1: has no element root/],
  ["an unclosed element", "<root>\n<data>", /:2:1: invalid XML/],
])("%s is refused with its place", (_, content, message) => {
  expect(() => read(content)).toThrow(message);
});
