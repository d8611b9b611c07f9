/**
 * The translation memory at a million pairs: look-ups, recall, and registering and draining beside it. See docs/adr/0057.
 *
 *     node test/bench/memory.ts                    a million pairs
 *     node test/bench/memory.ts --pairs 100000
 *     node test/bench/memory.ts --corpus FILE      real texts, one JSON object with `text` a line; default: made-up ones
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { applyMigrations } from "@trans-hub/core";
import { PostgresPersistenceHandler, type RegisterItem, type TranslateWork } from "@trans-hub/core/store";
import { startPostgres } from "@trans-hub/test-support/postgres";
import { makeRandom, makeTexts } from "@trans-hub/test-support/strings";
import pg from "pg";
import { similarity, trigramsOf } from "../../packages/core/src/rules/memory-keys.ts";

const { values: options } = parseArgs({
  options: {
    pairs: { type: "string", default: "1000000" },
    corpus: { type: "string" },
    rounds: { type: "string", default: "6" },
  },
});
const PAIRS = Number(options.pairs);
const ROUNDS = Number(options.rounds);
const LEAST = 0.7;
const random = makeRandom(7);

const real =
  options.corpus === undefined
    ? makeTexts(20_000)
    : [
        ...new Set(
          readFileSync(options.corpus, "utf8")
            .trim()
            .split("\n")
            .map((line) => (JSON.parse(line) as { text: string }).text),
        ),
      ].filter((text) => text.trim() !== "");
const words = real.flatMap((text) => text.split(" "));
const pick = <Value>(values: readonly Value[]) => values[Math.floor(random() * values.length)] as Value;

/** Another text, by some edits of words. */
function edited(text: string, most: number): string {
  const parts = text.split(" ");
  for (let edits = 1 + Math.floor(random() * most); edits > 0; edits -= 1) {
    const at = Math.floor(random() * (parts.length + 1));
    if (random() < 0.5) parts.splice(at, 0, pick(words));
    else parts[Math.min(at, parts.length - 1)] = pick(words);
  }
  return parts.join(" ");
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

const report: Record<string, unknown> = {
  pairs: PAIRS,
  texts: options.corpus === undefined ? "made up" : "real and edited",
};
const say = (facts: Record<string, unknown>) => console.log(JSON.stringify(Object.assign(report, facts) && facts));

const server = await startPostgres(["fsync=on", "shared_buffers=512MB", "max_wal_size=4GB"]);
const admin = new pg.Client({ connectionString: server.url });
await admin.connect();

async function storeNamed(name: string) {
  await admin.query(`create database ${name}`);
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  const databaseUrl = url.toString();
  await applyMigrations({ databaseUrl });
  const store = await PostgresPersistenceHandler.connect({ databaseUrl });
  const db = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  return { store, db };
}
const [without, filled] = [await storeNamed("without"), await storeNamed("filled")];

// Modules and plans are loaded before anything is timed.
const nothing: TranslateWork = async ({ items }) => ({ outcomes: items.map(() => ({ kind: "released" })), calls: [] });
for (const { store } of [without, filled]) await store.work({ until: "ready", concurrency: 1, maxItems: 50 }, nothing);

// --- Filling ---

const seen = new Set<string>();
const begin = performance.now();
let step: string[] = [];
const flush = async () => {
  await filled.store.memory.import(
    "default",
    step.map((source) => ({ sourceLocale: "en", targetLocale: "fr", source, target: `[fr] ${source}` })),
  );
  step = [];
};
for (let at = 0; seen.size < PAIRS; at += 1) {
  const text =
    at < real.length ? (real[at] as string) : edited(pick(real), Math.max(1, pick(real).split(" ").length / 2));
  if (text.trim() === "" || seen.has(text)) continue;
  seen.add(text);
  step.push(text);
  if (step.length === 1_000) await flush();
}
if (step.length > 0) await flush();
const seconds = (performance.now() - begin) / 1_000;
const { rows: sizes } = await filled.db.query<{ name: string; size: string }>(
  `select c.relname as name, pg_size_pretty(pg_total_relation_size(c.oid)) as size
   from pg_class as c where c.relnamespace = 'trans_hub'::regnamespace and c.relname like 'memory%' and c.relkind = 'r' order by 1`,
);
say({
  importedPerSecond: Math.round(PAIRS / seconds),
  sizes: Object.fromEntries(sizes.map(({ name, size }) => [name, size])),
});
await filled.db.query("vacuum analyze trans_hub.memory_text, trans_hub.memory_key, trans_hub.memory_unit");

// --- Look-ups of a batch ---

const all = [...seen];
const lane = { project: "default", sourceLocale: "en", targetLocale: "fr" };
const batchTimes: number[] = [];
let found = 0;
for (let round = 0; round < 100; round += 1) {
  const texts = Array.from({ length: 50 }, () => edited(pick(all), 1));
  await filled.store.register(texts.map((text) => item(text)));
  const look: TranslateWork = async ({ items, memory }) => {
    const asked = items.map(({ text }) => text);
    const startedAt = performance.now();
    const similar = (await memory?.similar?.(asked)) ?? [];
    if (items.length === 50) batchTimes.push(performance.now() - startedAt);
    found += similar.filter((matches) => matches.length > 0).length;
    return {
      outcomes: items.map(({ text }) => ({ kind: "translated", text, engine: "bench", model: null })),
      calls: [],
    };
  };
  await filled.store.work({ until: "ready", concurrency: 1, maxItems: 50 }, look);
}
say({
  batchOf50Ms: {
    p50: quantile(batchTimes, 0.5),
    p95: quantile(batchTimes, 0.95),
    most: Math.max(...batchTimes),
    batches: batchTimes.length,
  },
  textsWithPairs: found / (100 * 50),
});

// --- Recall against brute force, on the real strings ---

const trigrams = real.map(trigramsOf);
let pairs = 0;
let recalled = 0;
for (let query = 0; query < 300; query += 1) {
  const text = pick(real);
  const own = trigramsOf(text);
  const expected = real.filter((other, at) => {
    const its = trigrams[at] as Uint32Array;
    if (other === text || its.length < LEAST * own.length || own.length < LEAST * its.length) return false;
    return similarity(own, its) >= LEAST;
  });
  // A page has a hundred pairs at most.
  if (expected.length === 0 || expected.length > 50) continue;
  const answer = await filled.store.memory.search({ ...lane, text, limit: 100 });
  const sources = new Set(answer.map(({ source }) => source));
  // Edited texts may fill the page: then those that are less similar than its last are not expected.
  const least = answer.length === 100 ? (answer.at(-1)?.score ?? 0) : LEAST;
  const wanted = expected.filter((source) => similarity(own, trigramsOf(source)) > least - 1e-9);
  pairs += wanted.length;
  recalled += wanted.filter((source) => sources.has(source)).length;
}
say({ recall: recalled / pairs, pairsAtLeast: LEAST, comparedPairs: pairs });

// --- Registering and draining, in turn ---

function item(text: string): RegisterItem {
  return {
    ...{
      project: "default",
      businessId: "",
      sourceLocale: "en",
      targetLocales: ["fr"],
      text,
      context: null,
      format: "auto",
    },
    ...{ verbatim: false, priority: 0, force: false, expiresAfterSeconds: null },
  } as RegisterItem;
}
const echo: TranslateWork = async ({ items }) => ({
  outcomes: items.map(({ text }) => ({ kind: "translated", text: `[fr] ${text}`, engine: "bench", model: null })),
  calls: [],
});
const TEXTS = 5_000;
const registers: Record<string, number[]> = { without: [], filled: [] };
const drains: Record<string, number[]> = { without: [], filled: [] };
for (let round = 0; round < ROUNDS * 2; round += 1) {
  const isFilled = round % 4 === 1 || round % 4 === 2;
  const { store } = isFilled ? filled : without;
  const name = isFilled ? "filled" : "without";
  const texts = Array.from({ length: TEXTS }, () => `${pick(real)} ${randomUUID()}`);
  let startedAt = performance.now();
  for (let at = 0; at < TEXTS; at += 1_000) await store.register(texts.slice(at, at + 1_000).map(item));
  registers[name]?.push(TEXTS / ((performance.now() - startedAt) / 1_000));
  startedAt = performance.now();
  await store.work({ until: "ready", concurrency: 4, maxItems: 50 }, echo);
  drains[name]?.push(TEXTS / ((performance.now() - startedAt) / 1_000));
}
const median = (values: readonly number[] = []) => quantile(values, 0.5);
say({
  registerRatio: median(registers.filled) / median(registers.without),
  drainRatio: median(drains.filled) / median(drains.without),
  perSecond: { register: median(registers.without), drain: median(drains.without) },
  rounds: ROUNDS,
});

// --- Forgetting ---

const doomed = Array.from({ length: 1_000 }, () => pick(all));
const forgetAt = performance.now();
for (const text of doomed) await filled.store.forget({ project: "default", sourceLocale: "en", text });
const forgetMs = (performance.now() - forgetAt) / doomed.length;
const { rows: left } = await filled.db.query<{ n: string }>(
  `select (select count(*) from trans_hub.memory_text where source = any ($1))
     + (select count(*) from trans_hub.memory_unit where target = any ($2))
     + (select count(*) from trans_hub.content where text = any ($1))
     + (select count(*) from trans_hub.memory_unit as u where not exists (select from trans_hub.memory_text as t where t.text_no = u.text_no))
     as n`,
  [doomed, doomed.map((text) => `[fr] ${text}`)],
);
const { rows: stray } = await filled.db.query<{ n: string }>(
  "select count(*) as n from trans_hub.memory_key as k where not exists (select from trans_hub.memory_text as t where t.text_no = k.text_no)",
);
say({ forgotten: doomed.length, leftRows: Number(left[0]?.n), strayKeys: Number(stray[0]?.n), forgetMs });

for (const { store, db } of [without, filled]) {
  await store.close();
  await db.end();
}
await admin.end();
await server.stop();
