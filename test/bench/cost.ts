/**
 * The bill of a whole corpus, beside that of one call a string: the real command on a PostgreSQL of its own, against a local server that
 * counts tokens by OpenAI's tokenizer and caches prefixes as OpenAI documents it.
 *
 *     npm run bench:cost                     three servers in turn, about ten minutes; exit code 1 where a goal is missed
 *     npm run bench:cost -- --sample 500     fewer strings for the comparison
 *     npm run bench:cost -- --only none      one of none, prompt, instructions
 *     npm run bench:cost -- --json           the figures as one JSON object
 *     npm run bench:cost -- --write          writes the tables into docs/cost.md
 *
 * The strings are those of TH_COST_DATA, a file of JSON lines with `text` and `context`; else of ../shared/data/corpus/en.jsonl
 * beside the checkout; else made up.
 */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { applyMigrations } from "@trans-hub/core";
import { startPostgres } from "@trans-hub/test-support/postgres";
import { makeTexts } from "@trans-hub/test-support/strings";
import pg from "pg";
import { writeSections } from "../quality/report.ts";
import { INSTRUCTIONS } from "./cost/instructions.ts";
import { type CostConditions, type CostFigures, type CostText, measureCost } from "./cost/measure.ts";
import { missed, tables } from "./cost/report.ts";

const LOCALES = ["de", "fr", "ja"];
const CONDITIONS: Readonly<Record<string, CostConditions>> = {
  none: { caches: false },
  prompt: { caches: true },
  instructions: { caches: true, instructions: INSTRUCTIONS },
};

const { values: options } = parseArgs({
  options: {
    sample: { type: "string", default: "2000" },
    only: { type: "string" },
    json: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});
const chosen = options.only?.split(",") ?? Object.keys(CONDITIONS);
const unknown = chosen.filter((name) => CONDITIONS[name] === undefined);
if (unknown.length > 0)
  throw new Error(`--only is one of ${Object.keys(CONDITIONS).join(", ")}, not ${unknown.join(", ")}`);
const sample = Number(options.sample);
if (!Number.isInteger(sample) || sample < 1) throw new Error("--sample takes a whole number from 1");

const root = join(import.meta.dirname, "../..");
const file =
  process.env.TH_COST_DATA ??
  [join(root, "../shared/data/corpus/en.jsonl"), join(root, "../../shared/data/corpus/en.jsonl")].find(existsSync);
const texts = file === undefined ? makeTexts(2_000).map((text) => ({ text })) : readTexts(file);

const startedAt = performance.now();
const postgres = await startPostgres(["fsync=on", "synchronous_commit=on"]);
const folder = await mkdtemp(join(tmpdir(), "trans-hub-cost-"));
process.once("SIGINT", () => process.exit(130));
try {
  const figures: Record<string, CostFigures> = {};
  for (const name of chosen) {
    figures[name] = await measureCost(texts, CONDITIONS[name] ?? { caches: false }, {
      folder,
      locales: LOCALES,
      sample,
      openDatabase,
    });
    process.stderr.write(`${name}: ${((performance.now() - startedAt) / 1000).toFixed(0)} s\n`);
  }
  const sections = tables(figures, LOCALES.length);
  if (options.json)
    process.stdout.write(
      `${JSON.stringify(figures, (_, value) => (typeof value === "bigint" ? String(value) : value))}\n`,
    );
  else process.stdout.write(`${Object.values(sections).join("\n\n")}\n`);
  if (options.write) writeSections(sections, join(root, "docs/cost.md"));
  const faults = missed(figures, LOCALES.length);
  for (const fault of faults) process.stderr.write(`missed: ${fault}\n`);
  if (faults.length > 0) process.exitCode = 1;
} finally {
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}

function readTexts(path: string): CostText[] {
  const lines = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  return lines.map((line) => {
    const { text, context } = JSON.parse(line) as CostText;
    return { text, ...(context !== null && { context }) };
  });
}

async function openDatabase(): Promise<string> {
  const name = `cost_${randomBytes(4).toString("hex")}`;
  const admin = new pg.Client({ connectionString: postgres.url });
  await admin.connect();
  await admin.query(`create database ${name} template template0 encoding 'UTF8'`);
  await admin.end();
  const url = new URL(postgres.url);
  url.pathname = `/${name}`;
  await applyMigrations({ databaseUrl: url.href });
  return url.href;
}
