import { parseXml, XmlElement as Reference, XmlText as ReferenceText } from "@rgrove/parse-xml";
import { describe, expect, test } from "vitest";
import { attributesIn, readTree, XmlElement, XmlFault } from "./tree.ts";

/** A tree as lists: name, attributes, children; neighbouring texts are one. */
type Plain = string | [string, Record<string, string | undefined>, Plain[]];

function joined(children: (Plain | undefined)[]): Plain[] {
  const list: Plain[] = [];
  for (const child of children) {
    const last = list.at(-1);
    if (child === undefined || child === "") continue;
    if (typeof child === "string" && typeof last === "string") list[list.length - 1] = last + child;
    else list.push(child);
  }
  return list;
}

function ours(element: XmlElement): Plain {
  const children = element.children.map((child) => (child instanceof XmlElement ? ours(child) : child.text));
  return [element.name, { ...element.attributes }, joined(children)];
}

function theirs(element: Reference): Plain {
  const children = element.children.map((child) =>
    child instanceof Reference ? theirs(child) : child instanceof ReferenceText ? child.text : undefined,
  );
  return [element.name, { ...element.attributes }, joined(children)];
}

const ROUNDS = Number(process.env.TH_TEST_ROUNDS ?? 2_000);

/** A generator of numbers below `limit` that repeats itself for one seed. */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

const PIECES = [
  ..."<a>|</a>|<a/>|<b c='1'>|</b>|<é:x />|</é:x>|<a b=\"&lt;>\" c='\"'>|<a b='1' b='2'>|<a b=1>|<a b='<'>".split("|"),
  ..."text|é😀|&amp;|&#65;|&#x1F600;|&nbsp;|&#0;|&|<|>|]]>|\r\n|\n\n| |\t|\u0001|<![CDATA[ <x> & ]]>|<![CDATA[".split(
    "|",
  ),
  ..."<!-- c -->|<!-- a--b -->|<!--|<?pi x?>|<?xml version='1.0'?>|<?|<!DOCTYPE a>|</a >|</ a>|< a>|<1>".split("|"),
];

test(`${ROUNDS} made files are read as parse-xml reads them, or refused as it refuses them`, () => {
  const next = numbers(15);
  let read = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const count = next(7);
    let inside = "";
    for (let at = 0; at < count; at += 1) inside += PIECES[next(PIECES.length)];
    const text = `<r>${inside}</r>`;
    let wanted: Plain | undefined;
    try {
      const { root } = parseXml(text, { preserveCdata: true, preserveComments: true });
      wanted = root === null ? undefined : theirs(root);
    } catch {
      wanted = undefined;
    }
    let found: Plain | undefined;
    try {
      const root = readTree(text);
      found = root && ours(root);
      read += 1;
    } catch (error) {
      if (!(error instanceof XmlFault)) throw error;
    }
    expect(found, text).toEqual(wanted);
  }
  expect(read).toBeGreaterThan(ROUNDS / 20);
});

test("each node knows its places", () => {
  const text = "<?xml version='1.0'?>\r\n<r>\r\n  <a x='1'  y=\"&amp;\">😀 t<b/></a>\r\n</r>";
  const a = readTree(text)?.children.find((child) => child instanceof XmlElement);
  if (!(a instanceof XmlElement)) throw new Error("no element");
  expect(text.slice(a.start, a.end)).toBe("<a x='1'  y=\"&amp;\">😀 t<b/></a>");
  expect(text.slice(a.content?.start, a.content?.end)).toBe("😀 t<b/>");
  expect(
    [...attributesIn(text, a)].map(({ start, end, valueSpan }) => [
      text.slice(start, end),
      text.slice(valueSpan.start, valueSpan.end),
    ]),
  ).toEqual([
    [" x='1'", "1"],
    ['  y="&amp;"', "&amp;"],
  ]);
  expect(a.children[1]).toMatchObject({ name: "b", content: undefined });
});

describe("files that are made to harm", () => {
  test.each([
    ["an entity bomb", '<!DOCTYPE r [<!ENTITY a "secret"><!ENTITY b "&a;&a;">]><r>&b;</r>', /declares itself/],
    [
      "an entity of another file",
      '<!DOCTYPE r [ <!ENTITY x SYSTEM "file:///etc/passwd"> ]><r>&x;</r>',
      /declares itself/,
    ],
    ["a parameter entity", '<!DOCTYPE r [<!-- ] --><!ENTITY % p SYSTEM "http://x/y"> %p;]><r/>', /declares itself/],
    ["nesting without end", "<a>".repeat(1_000_000), /nested too deeply/],
    ["a document type without end", `<!DOCTYPE r [${"<!-- ] -->'".repeat(100_000)}`, /never ends/],
    ["quotes without end in a document type", `<!DOCTYPE r ${'"" '.repeat(100_000)}[`, /never ends/],
    ["an attribute without end", `<r ${'a="'.repeat(100_000)}`, /not closed/],
    ["a tag of a million attributes", `<r${" a='b'".repeat(1_000_000)}/>`, /more than 1,000 attributes/],
    ["another encoding", '<?xml version="1.0" encoding="ISO-8859-1"?><r/>', /encoding other than UTF-8/],
  ])("%s is refused", (_, text, message) => {
    expect(() => readTree(text)).toThrow(message);
    expect(() => readTree(text)).not.toThrow(/secret|passwd/);
  });

  test("a document type that names a DTD is passed over", () => {
    const text =
      '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://localhost:1/no.dtd" [ <!-- ] --> ]><plist/>';
    expect(readTree(text)?.name).toBe("plist");
  });

  test("a million line ends of Windows in one text are read in one pass", () => {
    const text = `<r>${"a\r\n".repeat(1_000_000)}</r>`;
    expect(readTree(text)?.text.length).toBe(2_000_000);
  });
});
