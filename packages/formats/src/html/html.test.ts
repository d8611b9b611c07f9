import { expect, test } from "vitest";
import type { CatalogDocument } from "../contract.ts";
import { formatConformance } from "../testing/conformance.ts";
import { html } from "./html.ts";

const PAGE = `<!DOCTYPE html>
<html lang="en">
<head>
  <title>Parcels &amp; more</title>
  <meta name="description" content='All about "parcels"'>
  <meta name="viewport" content="width=device-width">
  <style>p { color: red }</style>
</head>
<body>
  <h1>Ship a <em>parcel</em></h1>
  <div>
    Loose text
    <p>On two
       lines.<br>With a break.</p>
    more <b>loose</b> text
  </div>
  <ul><li>One <li>Two</ul>
  <p translate="no">Brand</p><p class="x notranslate">Brand</p>
  <pre>code</pre><script>var a = "<p>no</p>";</script>
  <p><img src="a.png" alt="A parcel"></p>
  <input placeholder="Your name" aria-label="Name">
  <table><tr><td>Cell</td><td>42</td></tr></table>
  <p>{{ greeting }}</p>
  <td><a class="button" title="Now"><span>Pay</span></a></td>
  <a href="/"><div>Block in a link</div></a>
</body>
</html>
`;

formatConformance(html, [
  { name: "a page", content: PAGE },
  { name: "with CRLF and a byte order mark", content: `\uFEFF${PAGE.replaceAll("\n", "\r\n")}` },
  { name: "a fragment", content: "<p>One</p>\n<p>Two" },
]);

function read(content: string, source?: CatalogDocument): CatalogDocument {
  return html.read(Buffer.from(content), { file: "a.html", source });
}

test("texts are sent, and nothing else", () => {
  expect(read(PAGE).units.map(({ value }) => value)).toEqual([
    "Parcels &amp; more",
    'All about "parcels"',
    "Ship a <em>parcel</em>",
    "Loose text",
    "On two\n       lines.<br>With a break.",
    "more <b>loose</b> text",
    "One",
    "Two",
    "A parcel",
    "Your name",
    "Name",
    "Cell",
    "Now",
    "Pay",
    "Block in a link",
  ]);
});

test("the language of the page follows the locale, and stays the target's when a block comes", () => {
  const source = read(PAGE);
  const [title] = source.units;
  const set = { kind: "set", id: title?.id ?? "", value: "Colis" } as const;
  const french = Buffer.from(source.write([set], { locale: "fr" }).bytes).toString();
  expect(french).toBe(PAGE.replace("Parcels &amp; more", "Colis").replace('lang="en"', 'lang="fr"'));

  const changed = read(PAGE.replace("<ul>", "<p>New</p>\n  <ul>"));
  const added = changed.units.findIndex(({ value }) => value === "New");
  const [id, after] = [changed.units[added]?.id ?? "", changed.units[added - 1]?.id];
  const target = read(french, changed);
  const { bytes, refused } = target.write([{ kind: "add", id, value: "Nouveau", from: changed, after }]);
  expect(refused).toEqual([]);
  expect(Buffer.from(bytes).toString()).toBe(french.replace("<ul>", "<p>Nouveau</p>\n  <ul>"));
});

test.each(["<div>a block</div>", "</p><p>two", "<!-- open"])(
  "a value that would change the structure is refused: %s",
  (value) => {
    const document = read("<p>One</p>\n<p>Two</p>\n");
    const { bytes, refused } = document.write([{ kind: "set", id: document.units[0]?.id ?? "", value }]);
    expect(refused).toHaveLength(1);
    expect(Buffer.from(bytes).toString()).toBe("<p>One</p>\n<p>Two</p>\n");
  },
);

test("deep nesting ends in one error", () => {
  expect(() => read("<div>".repeat(100_000))).toThrow(/^a\.html: is nested too deeply/);
}, 20_000);

test("elements that the source has not stay at their neighbours when a text comes", () => {
  const page = (paragraphs: string[]) =>
    `<html lang="fr">\n<body>\n${paragraphs.map((text) => `  <p>${text}</p>\n`).join("")}</body>\n</html>\n`;
  const source = html.read(Buffer.from(page(["Alpha", "Beta", "Gamma"])), { file: "en.html" });
  const idOf = (text: string) => source.units.find(({ value }) => value === text)?.id ?? "";
  const known = {
    ids: new Set([idOf("Alpha"), idOf("Gamma")]),
    idsOf: (value: string) => [idOf(value.replace(/^fr-/, ""))].filter(Boolean),
  };
  const target = html.read(Buffer.from(page(["<b>own</b> words", "fr-Alpha", "fr-Gamma", "own too"])), {
    file: "fr.html",
    source,
    known,
  });
  const { bytes, refused } = target.write([
    { kind: "add", id: idOf("Beta"), value: "fr-Beta", from: source, after: idOf("Alpha") },
  ]);
  expect(refused).toEqual([]);
  expect(Buffer.from(bytes).toString()).toBe(page(["<b>own</b> words", "fr-Alpha", "fr-Beta", "fr-Gamma", "own too"]));
});

test.each([
  {
    name: "of another kind than all of the source's",
    own: "<ul><li>item</li></ul>\n<p>own</p>",
    source: "<ul><li>item</li></ul>\n<ul><li>new</li></ul>",
    wanted: "<ul><li>fr-item</li></ul>\n<p>own</p>\n<ul><li>fr-new</li></ul>",
  },
  {
    name: "with several texts",
    own: "<p>a</p>\n<dl><dt>own <b>word</b></dt><dd>own</dd></dl>\n<p>b</p>",
    source: "<p>a</p>\n<p>new</p>\n<p>b</p>",
    wanted: "<p>fr-a</p>\n<dl><dt>own <b>word</b></dt><dd>own</dd></dl>\n<p>fr-new</p>\n<p>fr-b</p>",
  },
  {
    name: "that are images with a text",
    own: '<p>a</p>\n<img src="own.png" alt="own">',
    source: "<p>a</p>\n<p>new</p>",
    wanted: '<p>fr-a</p>\n<img src="own.png" alt="own">\n<p>fr-new</p>',
  },
])("elements $name stay at their neighbours when a text comes", ({ own, source: body, wanted }) => {
  const page = (content: string) => `<html>\n<head><title>t</title></head>\n<body>\n${content}\n</body>\n</html>\n`;
  const source = html.read(Buffer.from(page(body)), { file: "en.html" });
  const isNew = ({ value }: { value?: unknown }) => value === "new";
  const known = {
    ids: new Set(source.units.filter((unit) => !isNew(unit)).map(({ id }) => id)),
    idsOf: (value: string) => source.units.flatMap((unit) => (`fr-${unit.value}` === value ? unit.id : [])),
  };
  const french = page(own.replace(/>(a|b|item)</g, ">fr-$1<")).replace(">t<", ">fr-t<");
  const target = html.read(Buffer.from(french), { file: "fr.html", source, known });
  const id = source.units.find(isNew)?.id ?? "";
  const { bytes, refused } = target.write([{ kind: "add", id, value: "fr-new", from: source, after: undefined }]);
  expect(refused).toEqual([]);
  expect(Buffer.from(bytes).toString()).toBe(page(wanted).replace(">t<", ">fr-t<"));
});
