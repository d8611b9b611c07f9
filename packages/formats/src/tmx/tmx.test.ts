import { describe, expect, test } from "vitest";
import { readTmx, type TmxPart } from "./read-tmx.ts";
import { TMX_BEGIN, TMX_END, type TmxPair, writeTmxUnit } from "./write-tmx.ts";

async function* bytesOf(text: string | Uint8Array, size = 7): AsyncGenerator<Uint8Array> {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(text: string | Uint8Array, { from = "en", maxCharacters = 1_000, size = 7 } = {}) {
  const pairs: TmxPair[] = [];
  const skipped: { line: number; locale: string | undefined; reason: string }[] = [];
  let losses = {};
  const isSource = (locale: string) => locale.split("-")[0] === from;
  for await (const part of readTmx(bytesOf(text, size), { file: "memory.tmx", isSource, maxCharacters })) {
    if (part.kind === "pair") pairs.push(part.pair);
    else if (part.kind === "losses") losses = Object.fromEntries(part.losses);
    else skipped.push({ line: part.line, locale: part.locale, reason: part.reason });
  }
  return { pairs, skipped, losses };
}

const tmx = (body: string, srclang = "en") =>
  `<?xml version="1.0"?><!DOCTYPE tmx SYSTEM "tmx14.dtd">\n<tmx version="1.4"><header srclang="${srclang}"/><body>\n${body}\n</body></tmx>`;
const unit = (source: string, target: string, more = "") =>
  `<tu>${more}<tuv xml:lang="en"><seg>${source}</seg></tuv><tuv xml:lang="fr"><seg>${target}</seg></tuv></tu>`;

function written(pairs: readonly TmxPair[]): string {
  return TMX_BEGIN + pairs.map((pair) => writeTmxUnit(pair)).join("") + TMX_END;
}

describe("a memory that was written", () => {
  const pairs: TmxPair[] = [
    {
      sourceLocale: "en",
      targetLocale: "fr",
      source: "Save",
      target: "Garder",
      by: "Ann & Co",
      at: new Date(1_700_000_000_000),
    },
    {
      sourceLocale: "en-GB",
      targetLocale: "de",
      source: "Hello {name}, <b>go</b>",
      target: '<b>Los</b>, {name} & "du"',
    },
    { sourceLocale: "en", targetLocale: "ja", source: " two\nlines\r\n\tand %1$s ]]> ", target: "二行 %1$s\u00a0😀" },
    {
      sourceLocale: "und",
      targetLocale: "fr",
      source: "{n, plural, one {# file} other {# files}}",
      target: "{n, plural, other {x}}",
    },
  ];

  test("is read as it was, in pieces of every size", async () => {
    for (const size of [1, 2, 3, 64, 100_000]) {
      expect(await read(written(pairs), { size })).toEqual({ pairs, skipped: [], losses: {} });
    }
    const again = written((await read(written(pairs))).pairs);
    expect(again).toBe(written(pairs));
  });

  test("has inline elements for placeholders and tags, each code with one number", () => {
    expect(writeTmxUnit(pairs[1] as TmxPair)).toContain(
      '<seg>Hello <ph x="1">{name}</ph>, <ph x="2">&lt;b&gt;</ph>go<ph x="3">&lt;/b&gt;</ph></seg>',
    );
    expect(writeTmxUnit(pairs[1] as TmxPair)).toContain(
      '<seg><ph x="2">&lt;b&gt;</ph>Los<ph x="3">&lt;/b&gt;</ph>, <ph x="1">{name}</ph> &amp; &quot;du&quot;</seg>',
    );
  });

  test("names a character that XML cannot hold, and quotes no text", () => {
    const pair = { sourceLocale: "en", targetLocale: "fr", source: "a \u001b[31m", target: "b" };
    expect(writeTmxUnit(pair)).toEqual({ pair, problem: "source: U+001B cannot stand in XML" });
    expect(writeTmxUnit({ ...pair, source: "a", target: "\ud800" })).toMatchObject({
      problem: "target: U+D800 cannot stand in XML",
    });
  });
});

describe("memories of other tools", () => {
  test("as OmegaT writes them: codes as tags, notes and file names as properties", async () => {
    const text = tmx(
      `<tu><prop type="file">ui.properties</prop><note>checked</note>
       <tuv lang="EN-US"><seg>Open <bpt i="0" x="0">&lt;f0&gt;</bpt>the file<ept i="0">&lt;/f0&gt;</ept> {0}</seg></tuv>
       <tuv lang="FR-FR" changeid="Ann" changedate="20240506T070809Z"><seg>Ouvrir <bpt i="0" x="0">&lt;f0&gt;</bpt>le fichier<ept i="0">&lt;/f0&gt;</ept> {0}</seg></tuv></tu>`,
      "EN-US",
    );
    expect(await read(text)).toEqual({
      pairs: [
        {
          ...{ sourceLocale: "EN-US", source: "Open <f0>the file</f0> {0}" },
          ...{ targetLocale: "FR-FR", target: "Ouvrir <f0>le fichier</f0> {0}", by: "Ann" },
          at: new Date("2024-05-06T07:08:09Z"),
        },
      ],
      skipped: [],
      losses: { note: 1, "prop file": 1 },
    });
  });

  test("as Trados writes them: UTF-16, codes without content, several languages, *all*", async () => {
    const text = tmx(
      `<tu tuid="5" creationid="TRADOS" creationdate="20230102T030405Z" srclang="*all*"><prop type="x-Context">1, 2</prop>
       <tuv xml:lang="fr-FR"><seg>Bonjour <bpt i="1" type="bold" x="1"/>monde<ept i="1"/><ph type="lb" x="2"/></seg></tuv>
       <tuv xml:lang="en-US"><seg>Hello <bpt i="1" type="bold" x="1"/>world<ept i="1"/><ph type="lb" x="2"/></seg></tuv>
       <tuv xml:lang="de-DE"><seg>Hallo <bpt i="1" type="bold" x="1"/>Welt<ept i="1"/><ph type="lb" x="2"/></seg></tuv></tu>`,
      "*all*",
    );
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]);
    const { pairs, skipped, losses } = await read(utf16);
    expect(pairs).toMatchObject([
      {
        ...{ sourceLocale: "en-US", targetLocale: "fr-FR", by: "TRADOS" },
        source: 'Hello <g id="1">world</g><x id="2"/>',
        target: 'Bonjour <g id="1">monde</g><x id="2"/>',
      },
      { sourceLocale: "en-US", targetLocale: "de-DE", target: 'Hallo <g id="1">Welt</g><x id="2"/>' },
    ]);
    expect(skipped).toEqual([]);
    expect(losses).toEqual({ tuid: 1, "prop x-Context": 1 });
    expect((await read(Buffer.from(utf16).swap16())).pairs).toEqual(pairs);
  });

  test("as memoQ writes them: its own tags, highlights, subflows and XLIFF's elements", async () => {
    const text = tmx(
      unit(
        "See <ph type='fmt'>&lt;x/&gt;</ph><hi type='u'>this</hi> <ph>&lt;a title=\"<sub>tip</sub>\"&gt;</ph><x id=\"1\"/>",
        'Voir <ph type="fmt">&lt;x/&gt;</ph>ceci <g id="2">et</g>',
      ),
    );
    expect(await read(text)).toEqual({
      pairs: [
        {
          ...{ sourceLocale: "en", targetLocale: "fr" },
          source: 'See <x/>this <a title="tip"><x id="1"/>',
          target: 'Voir <x/>ceci <g id="2">et</g>',
        },
      ],
      skipped: [],
      losses: { hi: 1, sub: 1, "element x": 1, "element g": 1 },
    });
  });

  test("units that give no pair are named with their line, and the others are read", async () => {
    const text = tmx(
      [
        unit("Good", "Bien"),
        unit("Bad &#x1F; one", "Mal"),
        unit("Raw \u0007 bell", "Cloche"),
        unit("", "Vide"),
        unit("Empty", " "),
        '<tu><tuv xml:lang="en"><seg>Alone</seg></tuv></tu>',
        '<tu><tuv xml:lang="de"><seg>Fremd</seg></tuv><tuv xml:lang="fr"><seg>Étranger</seg></tuv></tu>',
        unit("x".repeat(2_000), "Long"),
        unit("Last", "Dernier"),
      ].join("\n"),
    );
    const { pairs, skipped } = await read(text);
    expect(pairs.map(({ source }) => source)).toEqual(["Good", "Last"]);
    expect(skipped).toEqual([
      { line: 4, locale: undefined, reason: "holds U+001F, which cannot stand in XML" },
      { line: 5, locale: undefined, reason: "holds U+0007, which cannot stand in XML" },
      { line: 6, locale: undefined, reason: "the source is empty" },
      { line: 7, locale: "fr", reason: "the translation is empty" },
      { line: 8, locale: undefined, reason: "has no translation" },
      { line: 9, locale: undefined, reason: "has no text in the source locale" },
      { line: 10, locale: undefined, reason: "the source is too long" },
    ]);
  });

  test("that are no TMX, break off or declare entities are refused with a place", async () => {
    await expect(read("<xliff/>")).rejects.toMatchObject({ code: "TH_CATALOG", message: /is no TMX/ });
    await expect(read(tmx(unit("a", "b")).slice(0, -20))).rejects.toMatchObject({
      code: "TH_CATALOG",
      message: /memory\.tmx:\d+:\d+/,
    });
    const bomb =
      '<!DOCTYPE tmx [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><tmx><body><tu><tuv><seg>&b;</seg></tuv></tu></body></tmx>';
    await expect(read(bomb)).rejects.toMatchObject({ code: "TH_CATALOG" });
  });
});

test("a large memory is read in constant memory", { timeout: 60_000 }, async () => {
  const one = Buffer.from(
    `${unit("A text of a usual length, with {name}", "Un texte de longueur usuelle, avec {name}")}\n`.repeat(500),
  );
  const [head, tail] = tmx("CUT").split("CUT");
  async function* large() {
    yield Buffer.from(head ?? "");
    for (let at = 0; at < 1_000; at += 1) yield one;
    yield Buffer.from(tail ?? "");
  }
  let pairs = 0;
  let most = 0;
  const parts: AsyncIterable<TmxPart> = readTmx(large(), {
    file: "large.tmx",
    isSource: () => true,
    maxCharacters: 1_000,
  });
  const before = process.memoryUsage().heapUsed;
  for await (const { kind } of parts) {
    if (kind !== "pair") continue;
    pairs += 1;
    if (pairs % 50_000 === 0) most = Math.max(most, process.memoryUsage().heapUsed - before);
  }
  expect(pairs).toBe(500_000);
  // The file has 100 MB.
  expect(most).toBeLessThan(60 * 2 ** 20);
});
