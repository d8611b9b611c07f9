/** Hard inputs among ordinary ones, and texts that are forgotten while they are being translated. */
import { execFileSync, spawnSync } from "node:child_process";
import { Coordinator } from "@trans-hub/core";
import { readStored } from "../evidence.ts";
import type { Scene } from "../scene.ts";
import { FORGETTABLE, isAnswerable, MARK, textOf, UNANSWERABLE } from "../texts.ts";
import type { Cell } from "./cell.ts";

export const hard: Cell = {
  name: "hard-inputs",
  what: "one text in a hundred is a hard input: empty, enormous, malformed, hostile",
  scene: () => ({ load: { hard: true } }),
  async trouble(scene) {
    await scene.pass(Number.POSITIVE_INFINITY);
  },
  async afterwards(scene) {
    const [beside, elsewhere] = await latencies(scene);
    scene.notes.push(
      `beside hard inputs, ms from acknowledgement to storage (p50 / p99): ${quantiles(beside)}; elsewhere: ${quantiles(elsewhere)}`,
    );
    // A text counts as delayed when it needs a second attempt because of a neighbour.
    const sends = new Map<string, number>();
    for (const { text, target } of scene.engine.ledger) {
      if (!text.includes(MARK) || !isAnswerable(text)) continue;
      sends.set(`${target} ${text}`, (sends.get(`${target} ${text}`) ?? 0) + 1);
    }
    const delayed = [...sends.values()].filter((count) => count > 1).length;
    if (delayed > 0) scene.violations.push(`${delayed} ordinary texts needed a second attempt`);
    const rejected = [...scene.load.rejected].map(([code, count]) => `${code} ${count}`).join(", ");
    scene.notes.push(`rejected: ${rejected || "none"}`);
  },
};

async function latencies(scene: Scene): Promise<[number[], number[]]> {
  const stored = new Map((await readStored(scene)).map(({ text, locale, at }) => [`${locale} ${text}`, at]));
  const [beside, elsewhere]: [number[], number[]] = [[], []];
  for (const { number, acked, beside: neighbour } of scene.load.first.values()) {
    const text = textOf(number);
    if (text.includes(UNANSWERABLE)) continue;
    for (const locale of scene.locales) {
      const at = stored.get(`${locale} ${text}`);
      if (at !== undefined) (neighbour === "hard" ? beside : elsewhere).push(at - acked);
    }
  }
  return [beside.sort((one, other) => one - other), elsewhere.sort((one, other) => one - other)];
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

function quantiles(sorted: readonly number[]): string {
  return `${Math.round(quantile(sorted, 0.5))} / ${Math.round(quantile(sorted, 0.99))}`;
}

export const forget: Cell = {
  name: "forget",
  what: "marked texts (1,000 per 60 s) are requested, and forgotten some moments later, in any state",
  async trouble(scene) {
    const hub = await Coordinator.connect({ databaseUrl: scene.postgres.url, sourceLocale: "en", maxConnections: 4 });
    const count = Math.ceil((1_000 * scene.options.seconds) / 60);
    const waiting: { text: string; until: number }[] = [];
    let forgotten = 0;
    try {
      for (let made = 0; made < count || waiting.length > 0; ) {
        if (made < count) {
          const text = `${FORGETTABLE} ${made} ${made % 10 === 0 ? UNANSWERABLE : "some words"}`;
          made += 1;
          const request = { text, targetLocales: scene.locales, context: made % 3 === 0 ? { note: text } : null };
          if (made % 4 === 0) await requestInTransaction(scene, hub, request);
          else await hub.request(request);
          if (made % 25 === 1 && made % 4 !== 0)
            await hub.approve({ ...request, targetLocale: "fr", approvedText: `${text}, by hand` });
          waiting.push({
            text,
            until: performance.now() + scene.between(0, Math.min(5_000, scene.options.seconds * 300)),
          });
        }
        const due = waiting.findIndex(({ until }) => until <= performance.now());
        if (due >= 0) {
          const [next] = waiting.splice(due, 1);
          if (next !== undefined) forgotten += (await hub.forget({ text: next.text })).forgotten > 0 ? 1 : 0;
        }
        await scene.pass(due >= 0 && made < count ? 20 : 40);
      }
    } finally {
      await hub.close();
    }
    scene.notes.push(`${forgotten} of ${count} marked texts forgotten`);
    if (forgotten !== count) scene.violations.push(`${count - forgotten} marked texts were not found`);
  },
  async afterwards(scene) {
    const { how, dump } = await dumpOf(scene);
    const found = dump.split(FORGETTABLE).length - 1;
    scene.notes.push(`${how}: ${dump.length} characters, marked texts in it ${found}`);
    if (found > 0) scene.violations.push(`a dump of the data holds forgotten texts ${found} times`);
  },
};

async function requestInTransaction(scene: Scene, hub: Coordinator, request: Parameters<Coordinator["request"]>[0]) {
  const client = await scene.db.connect();
  try {
    await client.query("begin");
    await hub.request(request, { client });
    await client.query("commit");
  } finally {
    client.release();
  }
}

/** Uses a pg_dump that can dump this server; otherwise every row of every table as text, which is equivalent. */
async function dumpOf(scene: Scene): Promise<{ how: string; dump: string }> {
  const { rows } = await scene.db.query<{ major: number }>(
    "select current_setting('server_version_num')::int / 10000 as major",
  );
  const version = spawnSync("pg_dump", ["--version"], { encoding: "utf8" }).stdout ?? "";
  if (Number(/\s(\d+)/.exec(version)?.[1] ?? 0) >= (rows[0]?.major ?? 0)) {
    const dump = execFileSync("pg_dump", ["--data-only", "--exclude-schema=chaos", scene.postgres.url], {
      encoding: "utf8",
      maxBuffer: 2 ** 30,
    });
    return { how: "pg_dump", dump };
  }
  const tables = await scene.db.query<{ name: string }>(`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema', 'chaos')`);
  let dump = "";
  for (const { name } of tables.rows) {
    const lines = await scene.db.query<{ line: string }>(`select t::text as line from ${name} as t`);
    dump += lines.rows.map(({ line }) => line).join("\n");
  }
  return { how: "every row of every table", dump };
}
