/** The capacity of one PostgreSQL, calculated from the figures measured on this machine. */
import { significant, type Verdict } from "./figures.ts";

/** Usable share of the machine's time; the rest is for readers, vacuum, collections and the rush hour. */
const USE = 0.5;
const DAY_SECONDS = 86_400;
const MILLION = 1e6;
/** Share of the memory that randomly accessed keys may take before registering waits for the disk. */
const MEMORY_SHARE = 0.5;
const MEMORY_GB = 16;
/**
 * Default number of connections of one of our processes, and PostgreSQL's default without its reserve for superusers.
 */
const CONNECTIONS_A_PROCESS = 10;
const CONNECTIONS = 97;

export function capacityPlan(cells: readonly Verdict[], facts: Readonly<Record<string, number>>): string {
  const lines = [
    ...perDay(cells),
    ...disk(facts),
    ...memory(facts),
    ...fleet(cells, facts),
    ...reads(cells),
    ...collections(facts),
  ];
  if (lines.length === 0) return "";
  return `## Capacity plan

Calculated from the figures above and from further measurements of the same run, so for this machine: PostgreSQL, producers and
workers shared its cores.

${lines.map((line) => `- ${line}`).join("\n")}
`;
}

function perDay(cells: readonly Verdict[]): string[] {
  const on = (what: string, when: string) =>
    cells.find(({ cell, against }) => cell.startsWith("grown") && cell.endsWith(what) && against.includes(when))?.ours;
  const [register, drain] = [on("register", "after it"), on("drain", "after it")];
  if (register === undefined || drain === undefined) return [];
  const seconds = 1 / register + 1 / drain;
  const day = (USE * DAY_SECONDS) / seconds;
  return [
    `**Translations a day**: a translation costs 1/${n(register)} s to register and 1/${n(drain)} s to drain (grown tables, after the first checkpoint cycle), ${n(seconds * MILLION)} µs in all. At ${USE * 100} % use: ${USE} × 86,400 s / ${n(seconds * MILLION)} µs = **${n(day / MILLION)} million a day**. The engine's time is not included, because the fleet waits for it, not PostgreSQL.`,
  ];
}

function disk(facts: Readonly<Record<string, number>>): string[] {
  const tables = ["content", "source", "translation"].flatMap((table) => {
    const mb = facts[`MB on disk for a million rows of ${table}`];
    return mb === undefined ? [] : [{ table, mb }];
  });
  const log = facts["WAL bytes a translation, registered and drained"];
  const sum = tables.reduce((total, { mb }) => total + mb, 0);
  return [
    ...(tables.length < 3
      ? []
      : [
          `**Disk for a million translations** with their indexes: ${tables.map(({ table, mb }) => `${table} ${n(mb)} MB`).join(", ")}; in all **${n(sum)} MB**, for texts used in one project, in one locale. Each further locale adds a row of translation: ${n(tables.at(-1)?.mb ?? 0)} MB.`,
          `**A hundred million** of them: ${n((sum * 100) / 1_000)} GB, and at most the same again while a table is rewritten.`,
        ]),
    ...(log === undefined
      ? []
      : [
          `**Write-ahead log**: ${n(log)} bytes a translation (new tables; add the full-page writes after a checkpoint), so ${n((log * MILLION) / 1e9)} GB a million for replicas and the archive.`,
        ]),
  ];
}

function memory(facts: Readonly<Record<string, number>>): string[] {
  const index = facts["MB of the index by text identity, for a million texts"];
  if (index === undefined) return [];
  const millions = (MEMORY_GB * 1_000 * MEMORY_SHARE) / index;
  return [
    `**When to partition**: the index by text identity is the only one with random accesses: ${n(index)} MB a million texts. It should stay in memory: half of ${MEMORY_GB} GB holds ${n(MEMORY_GB * 1_000 * MEMORY_SHARE)} MB / ${n(index)} MB = **${n(millions)} million texts**. Beyond that, give the server more memory, and then split by project: projects share only equal texts, which are then stored once in each part.`,
  ];
}

function fleet(cells: readonly Verdict[], facts: Readonly<Record<string, number>>): string[] {
  const node = facts["translations a second of one node, engine of 400 ms"];
  const drain = cells.find(
    ({ cell, against }) => cell.startsWith("grown") && cell.endsWith("drain") && against.includes("after it"),
  );
  return [
    `**Connections**: one of our processes uses ${CONNECTIONS_A_PROCESS} at most (\`TH_MAX_CONNECTIONS\`), so PostgreSQL's default of 100 is enough for ${Math.floor(CONNECTIONS / CONNECTIONS_A_PROCESS)} processes at full use. A worker that waits for an engine needs fewer: with 5, ${Math.floor(CONNECTIONS / 5)} of them. Beyond that, producers need PgBouncer.`,
    ...(node === undefined || drain === undefined
      ? []
      : [
          `**Nodes**: a node with an engine of 400 ms a call and 4 concurrent calls translates ${n(node)}/s; PostgreSQL settles ${n(drain.ours)}/s for one process. So some **${Math.floor(drain.ours / node)} nodes** before the database becomes the bottleneck.`,
        ]),
  ];
}

function reads(cells: readonly Verdict[]): string[] {
  const [single, batch, cached] = ["one at a time", "100 at a time", "cached"].map(
    (what) => cells.find(({ cell }) => cell.startsWith("read") && cell.endsWith(what))?.ours,
  );
  if (single === undefined || batch === undefined || cached === undefined) return [];
  return [
    `**Reads**: one process reads ${n(single)}/s one at a time, ${n(batch)}/s a hundred at a time, ${n(cached)}/s from memory. With nine in ten from memory, ${n(batch)}/s of the database serve ${n(batch * 10)}/s. A read replica can serve the rest unchanged: reading writes nothing (uses are recorded once a day, on the primary).`,
  ];
}

function collections(facts: Readonly<Record<string, number>>): string[] {
  const collected = facts["translations collected a second, beside a producer"];
  if (collected === undefined) return [];
  return [
    `**Collection**: ${n(collected)}/s beside a producer without pauses, so the texts that age out in a day may be ${n((collected * 4 * 3_600) / MILLION)} million in a window of four hours.`,
  ];
}

function n(value: number): string {
  return significant(value).toLocaleString("en");
}
