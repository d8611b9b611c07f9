/** Holds the measure of our sentences (scripts/prose.ts) to what it says it reads and counts. */
import { expect, test } from "vitest";
import { measure } from "../../scripts/prose/measure.ts";
import { readProse } from "../../scripts/prose/read-prose.ts";

const texts = (path: string, source: string) => readProse(path, source).map(({ text }) => text.trim());

test("comments of TypeScript are read, and strings, templates and regular expressions that look like them are not", () => {
  const source = [
    'const url = "https://host"; // one',
    "const pattern = /[/]\\/\\/ no/; /* two */",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source to be read, with a template in it.
    "const text = `// no ${other(`${/* three */ 1} // no`)} // no`;",
    "const ratio = a / b; // four",
  ].join("\n\n");
  expect(texts("a.ts", source)).toEqual(["one", "two", "three", "four"]);
});

test("line comments that follow each other are one stretch, which begins at the first line", () => {
  expect(readProse("a.ts", "\n// one sentence\n// over two lines\nlet a;\n")).toEqual([
    { kind: "comments", line: 2, text: " one sentence\n over two lines" },
  ]);
});

test("names of tests are read in files of tests only", () => {
  const source = 'test("a name", () => {});\ntest.for([1])("another", () => call("no name"));';
  expect(texts("a.test.ts", source)).toEqual(["a name", "another"]);
  expect(texts("a.ts", source)).toEqual([]);
});

test("comments in the body of an SQL function are read, and dashes in its strings are not", () => {
  expect(texts("a.sql", "as $$ begin -- one\n\nselect '-- no'; end $$; /* two */")).toEqual(["one", "two"]);
});

test("comments of shell and YAML are read, and a # in a value is not", () => {
  expect(texts("a.yaml", "#!/bin/sh\nurl: a#no # one\nname: '# no'\n\n# two")).toEqual(["one", "two"]);
});

test("a page is read without its code", () => {
  const page = "# Title\n\n```sh\nwhat\n```\n\nSee [who](what.md) and `what`.\n";
  expect(readProse("a.md", page).flatMap((prose) => measure([prose]).hits.map(({ words }) => words))).toEqual(["who"]);
});

test("a hit has its measure and its line, also where a line break parts its words", () => {
  const prose = readProse("a.md", "It is what counts,\nwhatever it takes, and it is given\nup by nobody.\n");
  expect(measure(prose).hits.map(({ measure: name, line }) => `${name} ${line}`)).toEqual([
    "what 1",
    "what 2",
    "somebody 3",
    "private 2",
  ]);
});

test("a word in quotation marks is not counted", () => {
  expect(measure(readProse("a.md", 'Write no "what" and no "who".\n')).hits).toEqual([]);
});

test("a question may begin with what", () => {
  expect(measure(readProse("a.md", "What do I back up? Nothing of what is derived.\n")).hits).toHaveLength(1);
});
