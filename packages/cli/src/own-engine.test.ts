/** The refusals of engines that do not fit. `test/acceptance/own-engine.test.ts` has those that translate. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

/** The source of an engine. */
const engine = (name: string, more = "") => `{
  name: "${name}", version: "1", processor: "local", maxItemsPerCall: 10, maxBytesPerCall: 10_000,
  detectsSource: true, takesContext: false, ${more} translate() {},
}`;

const FILES: Readonly<Record<string, string>> = {
  "notes.txt": "x",
  "gene.ts": "export default 5;",
  "none.mjs": `export const engine = ${engine("mine")};`,
  "nothing.mjs": "export default () => undefined;",
  "node_modules/nothing/package.json": '{"name":"nothing"}',
  "node_modules/nothing/index.js": "module.exports = 5;",
  "node_modules/throwing/package.json": '{"name":"throwing"}',
  "node_modules/throwing/index.js": 'throw new Error("No licence");',
  "throws.mjs": 'throw new Error("No licence\\n  for this machine");',
  "waits.mjs": "await new Promise(() => undefined);",
  "waiting.mjs": "export default () => new Promise(() => undefined);",
  "string.mjs": 'export default () => { throw "no licence"; };',
  "syntax.mjs": "const a = 1;\n}\n",
  "imports.mjs": 'import "gone"; export default {};',
  "enum.ts": `enum A { B }\nexport default ${engine("mine")};`,
  "taken.mjs": `export default ${engine("openai")};`,
  "mine.mjs": `export default ${engine("mine")};`,
  "twin.mjs": `export default ${engine("mine")};`,
  "fields.mjs": `export default ${engine("mine", "protects: 'all', version: undefined, maxItemsPerCall: 0,")};`,
};

const REFUSED: readonly [what: string, engines: string, code: string, message: string][] = [
  ["a missing file", "./gone.ts", "TH_ENGINE_NOT_FOUND", "Engine ./gone.ts: there is no such file"],
  ["a path without its beginning", "enum.ts", "TH_ENGINE_NOT_FOUND", 'There is no engine "enum.ts", and no package'],
  ["a folder", "./folder", "TH_ENGINE_NOT_FOUND", "Engine ./folder: there is no such file"],
  ["a file that is no module", "./notes.txt", "TH_ENGINE_NOT_FOUND", "Engine ./notes.txt: the file is no module"],
  [
    "a URL of another host",
    "file://host/a.ts",
    "TH_ENGINE_NOT_FOUND",
    "Engine file://host/a.ts: this is no URL of a file",
  ],
  [
    "a misspelled name",
    "openia",
    "TH_ENGINE_NOT_FOUND",
    'There is no engine "openia", and no package of this name is installed',
  ],
  ["a module of Node", "fs", "TH_ENGINE_NOT_FOUND", 'There is no engine "fs", and no package'],
  ["no default export", "./none.mjs", "TH_ENGINE_CONFIG", "Engine ./none.mjs: its default export is no engine"],
  [
    "a function that makes none",
    "./nothing.mjs",
    "TH_ENGINE_CONFIG",
    "Engine ./nothing.mjs: its default export is no engine",
  ],
  [
    "a module that waits for ever",
    "./waits.mjs",
    "TH_ENGINE_CONFIG",
    "Engine ./waits.mjs cannot be loaded: it waits for something that never comes",
  ],
  [
    "a function that waits for ever",
    "./waiting.mjs",
    "TH_ENGINE_CONFIG",
    "Engine ./waiting.mjs cannot be made: it waits for something that never comes",
  ],
  ["a package that is no engine", "nothing", "TH_ENGINE_CONFIG", "Engine nothing: its default export is no engine"],
  ["a package that throws", "throwing", "TH_ENGINE_CONFIG", "Engine throwing cannot be loaded: No licence"],
  [
    "an exception while it is loaded",
    "./throws.mjs",
    "TH_ENGINE_CONFIG",
    "Engine ./throws.mjs cannot be loaded: No licence",
  ],
  [
    "an exception that is no error",
    "./string.mjs",
    "TH_ENGINE_CONFIG",
    "Engine ./string.mjs cannot be made: no licence",
  ],
  [
    "an error in its syntax",
    "./syntax.mjs",
    "TH_ENGINE_CONFIG",
    "Engine ./syntax.mjs cannot be loaded: Unexpected token '}'",
  ],
  [
    "an import that is not there",
    "./imports.mjs",
    "TH_ENGINE_CONFIG",
    "Engine ./imports.mjs cannot be loaded: Cannot find package 'gone'",
  ],
  [
    "syntax that has no JavaScript",
    "./enum.ts",
    "TH_ENGINE_CONFIG",
    "Engine ./enum.ts cannot be loaded: TypeScript enum is not supported in strip-only mode (line 1)",
  ],
  [
    "a name that is taken",
    "./taken.mjs",
    "TH_SETTINGS",
    'name of engine ./taken.mjs: "openai" is taken: give it another name',
  ],
  [
    "the name of another",
    "./mine.mjs,./twin.mjs",
    "TH_ENGINE_CONFIG",
    'Two engines have the name "mine": ./mine.mjs and ./twin.mjs',
  ],
  [
    "fields that are missing or wrong",
    "./fields.mjs",
    "TH_SETTINGS",
    "version of engine ./fields.mjs: is missing; maxItemsPerCall of engine ./fields.mjs: must be a whole number from 1",
  ],
];

/** Not by vitest, which has an `import` of its own. */
const SCRIPT = `
  const { enginesForFiles } = await import(process.env.ENGINES);
  const { parseSettings } = await import(process.env.SETTINGS);
  const surroundings = { env: {}, cwd: process.cwd(), output: { warn() {} } };
  const errors = [];
  for (const TH_ENGINES of JSON.parse(process.env.GIVEN)) {
    await enginesForFiles(parseSettings({ TH_ENGINES }), surroundings).catch(({ code, message, hint }) => errors.push({ code, message, hint }));
  }
  console.log(JSON.stringify(errors));`;

interface Refusal {
  code: string;
  message: string;
  hint?: string;
}

let cwd = "";
let refusals: readonly Refusal[] = [];

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "trans-hub-engines-"));
  await mkdir(join(cwd, "folder"));
  for (const [name, content] of Object.entries(FILES)) {
    await mkdir(dirname(join(cwd, name)), { recursive: true });
    await writeFile(join(cwd, name), content);
  }
  const env = {
    ...process.env,
    ENGINES: new URL("engines.ts", import.meta.url).href,
    SETTINGS: new URL("settings/settings.ts", import.meta.url).href,
    GIVEN: JSON.stringify(REFUSED.map(([, engines]) => engines)),
  };
  const args = ["--input-type=module", "--eval", SCRIPT];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd, env });
  refusals = JSON.parse(stdout);
}, 60_000);

afterAll(() => rm(cwd, { recursive: true, force: true }));

test.each(REFUSED.map((row, at) => [row[0], at] as const))("%s is refused in a sentence", (_, at) => {
  const [, engines, code, message] = REFUSED[at] ?? [];
  expect(refusals).toHaveLength(REFUSED.length);
  expect(refusals[at]).toMatchObject({ code, message: expect.stringContaining(message ?? "") });
  expect(refusals[at]?.message).not.toContain("\n");
  const hints: Readonly<Record<string, string>> = {
    "./gone.ts": "Did you mean gene.ts?",
    "enum.ts": "Did you mean ./enum.ts?",
  };
  if (engines !== undefined && engines in hints) expect(refusals[at]?.hint).toContain(hints[engines]);
  if (engines === "openia") {
    expect(refusals[at]?.hint).toMatch(/^Did you mean "openai"\?.*The path of a file begins with \.\//);
  }
});
