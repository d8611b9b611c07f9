/**
 * Holds what the protection of texts promises against engines that treat words and syntax alike, on all strings of a folder:
 *
 * - each text asked for once, by each way in which an engine protects syntax, is stored with its protected parts byte for byte, and
 *   none is a dead letter;
 * - each ICU message with branches is stored in Polish, Arabic, Japanese, French and Chinese as FormatJS demands it, also from
 *   an engine that puts an apostrophe before everything.
 *
 *     npm run quality:hostile                    # the figures; exit code 1 where one text breaks a promise
 *     npm run quality:hostile -- --json          # as one JSON object
 *     npm run quality:hostile -- --write         # writes the tables into docs/quality.md
 *     npm run quality:hostile -- --manners each  # each manner of the engine on every text, in place of all by turns; or some: double,drop
 *     npm run quality:hostile -- --show          # prints the texts that break a promise
 *
 * The folder is TH_QUALITY_DATA, else ../shared/data/catalogs beside the checkout; the strings are those of ../corpus beside it.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { TextFormat } from "@trans-hub/core";
import type { Engine, Protection } from "@trans-hub/core/engine";
import { parseItem } from "@trans-hub/core/store";
import { friendlyEngine, hostileEngine, MANNERS } from "@trans-hub/core/testing";
import { readPairs } from "./pairs.ts";
import { apostropheEngine, type Broken, hasBranches, proveIcu, proveIdentity, type Text } from "./promises.ts";
import { table, writeSections } from "./report.ts";

const PROTECTIONS: readonly Protection[] = ["instructed", "tags", "words", "none"];
const ICU_LOCALES = ["pl", "ar", "ja", "fr", "zh-CN"];

const { values: options } = parseArgs({
  options: {
    manners: { type: "string", default: "turns" },
    json: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    show: { type: "boolean", default: false },
  },
});

const root = join(import.meta.dirname, "../..");
const folder =
  process.env.TH_QUALITY_DATA ??
  [join(root, "../shared/data/catalogs"), join(root, "../../shared/data/catalogs")].find((path) => existsSync(path));
const files = ["en.jsonl", "nasty.jsonl"].map((name) => join(folder ?? "", "../corpus", name));
if (folder === undefined || !files.every((file) => existsSync(file))) {
  process.stderr.write("There is no folder of catalogs with a corpus beside it: name one in TH_QUALITY_DATA\n");
  process.exit(2);
}

const startedAt = performance.now();
const formats = new Map(readPairs(folder).map(({ source, format }) => [source, format]));
const rows = files.flatMap(readRows);
const texts = rows.filter(({ text }) => isAccepted(text));

const chosen =
  options.manners === "each" ? MANNERS : MANNERS.filter((name) => options.manners.split(",").includes(name));
const manners = chosen.length > 0 ? chosen : [undefined];
const engines: Engine[] = PROTECTIONS.flatMap((protects) => [
  ...manners.map((manner) => ({
    ...hostileEngine(protects, manner),
    name: `hostile, ${protects}${manner === undefined ? "" : `, ${manner}`}`,
  })),
  { ...friendlyEngine(protects), name: `friendly, ${protects}` },
]);
const identity = [];
for (const engine of engines) identity.push(await proveIdentity(texts, engine, { from: "en", to: "pl" }));

const messages = texts.filter(hasBranches);
const distinct = new Set(messages.map(({ text }) => text)).size;
const icu = [];
for (const locale of ICU_LOCALES) {
  for (const engine of [friendlyEngine("instructed"), friendlyEngine("words"), apostropheEngine()]) {
    icu.push(await proveIcu(messages, engine, { from: "en", to: locale }));
  }
}

const number = (value: number) => value.toLocaleString("en");
const sections = {
  hostile: table(
    ["engine", "texts", "stored", "protected parts identical", "dead letters", "split"],
    identity.map(({ engine, texts: all, stored, identical, deadLetters, split }) => [
      engine,
      ...[all, stored, identical, deadLetters, split].map(number),
    ]),
  ),
  icu: table(
    ["into", "engine", "messages", "stored", "as FormatJS demands"],
    icu.map(({ locale, engine, texts: all, stored, right }) => [locale, engine, ...[all, stored, right].map(number)]),
  ),
};
const facts = `${number(rows.length)} texts, ${number(rows.length - texts.length)} of them refused at the door; ${number(messages.length)} ICU messages with branches, ${number(distinct)} of them distinct`;
if (options.json) {
  const counts = { texts: rows.length, refused: rows.length - texts.length, messages: messages.length, distinct };
  process.stdout.write(`${JSON.stringify({ ...counts, identity, icu })}\n`);
} else {
  process.stdout.write(`${facts}\n\n${Object.values(sections).join("\n\n")}\n`);
}
if (options.write) writeSections({ ...sections, "hostile-texts": facts });

const broken: Broken[] = [...identity, ...icu].flatMap((figures) => figures.broken);
for (const { engine, fault, source, translation } of broken.slice(0, options.show ? 2_000 : 20)) {
  const words = options.show ? `: ${JSON.stringify(source)} → ${JSON.stringify(translation ?? null)}` : "";
  process.stderr.write(`${engine}: ${fault}${words.slice(0, 2_000)}\n`);
}
process.stderr.write(`${((performance.now() - startedAt) / 1000).toFixed(0)} s\n`);
if (broken.length > 0) process.exitCode = 1;

function readRows(file: string): Text[] {
  return readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { text: string }).text)
    .map((text) => ({ text, format: formats.get(text) ?? ("auto" satisfies TextFormat) }));
}

/** Registering refuses an empty text, and one that PostgreSQL cannot store. */
function isAccepted(text: string): boolean {
  try {
    parseItem({ text }, { sourceLocale: "en", targetLocales: ["pl"] }, { maxTextBytes: 2 ** 20 });
    return true;
  } catch {
    return false;
  }
}
