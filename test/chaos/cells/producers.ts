/** Producers that die in the middle, and collection at the moment of a request. */
import { Coordinator } from "@trans-hub/core";
import type { Scene } from "../scene.ts";
import { textOf } from "../texts.ts";
import type { Cell } from "./cell.ts";

export const transaction: Cell = {
  name: "transaction",
  what: "producers that request inside their own transactions are killed between statements",
  scene: () => ({ load: { inTransaction: true, everyMs: 60, chunk: 5 } }),
  async trouble(scene) {
    while (scene.isLoaded) {
      await scene.pass(scene.between(300, 1_200));
      await scene.strike("kill -9 of a producer", { workers: [] }, () => scene.load.killOne(scene.random));
    }
  },
  async afterwards(scene) {
    // Both or neither: the application's own rows, and its requests in the same transaction.
    const { rows } = await scene.db.query<{ number: number }>("select number from chaos.app");
    const requested = await scene.db.query<{ text: string }>(
      "select distinct c.text from trans_hub.translation join trans_hub.content as c using (content_no)",
    );
    const texts = new Set(requested.rows.map(({ text }) => text));
    const written = new Set(rows.map(({ number }) => textOf(number)));
    const alone = [...written].filter((text) => !texts.has(text)).length;
    const unasked = [...texts].filter((text) => !written.has(text)).length;
    if (alone > 0) scene.violations.push(`${alone} texts of committed transactions were not requested`);
    if (unasked > 0) scene.violations.push(`${unasked} texts of transactions that never committed were requested`);
    scene.notes.push(`${written.size} texts of committed transactions, all of them and no others requested`);
  },
};

const RETENTION_DAYS = 0.005 / 86_400;

export const collect: Cell = {
  name: "collect",
  what: "collection runs all the time at 5 ms retention, beside producers that request the same 400 texts",
  isAllKept: false,
  scene: () => ({ load: { distinct: 400, everyMs: 10, chunk: 5, retentionDays: RETENTION_DAYS } }),
  async trouble(scene) {
    const hub = await Coordinator.connect({ databaseUrl: scene.postgres.url, sourceLocale: "en" });
    let [runs, contents, checked, lost] = [0, 0, 0, 0];
    try {
      while (scene.isLoaded) {
        const until = performance.now() + scene.between(200, 600);
        while (performance.now() < until) {
          contents += (await hub.runGarbageCollection({ retentionDays: RETENTION_DAYS })).contents;
          runs += 1;
        }
        await scene.load.hold();
        const { rows: started } = await scene.db.query<{ at: number }>(
          "select (extract(epoch from max(started_at)) * 1000)::float8 as at from trans_hub.gc_run",
        );
        // Requests that met a lock went to the inbox, which is as durable, and are being registered.
        await scene.until("the inbox is registered", 30, async () => (await inboxRows(scene)) === 0);
        // By the time in the collection's own record, which may be some ms after the call.
        const lastRun = started[0]?.at ?? 0;
        // Used after the last collection began: none of these was old enough for it.
        const owed = [...scene.load.last.values()]
          .filter(({ began }) => began > lastRun)
          .map(({ number }) => textOf(number));
        const { rows } = await scene.db.query<Held>(HELD, [owed]);
        checked += owed.length * 2;
        for (const held of rows.filter(({ sources, locales }) => sources === 0 || locales < 2)) {
          lost += held.sources === 0 ? 2 : 2 - held.locales;
          scene.notes.push(`${held.text}: ${held.contents} contents, ${held.sources} sources, ${held.locales} locales`);
        }
        scene.load.go();
      }
    } finally {
      await hub.close();
    }
    if (lost > 0) scene.violations.push(`${lost} rows that were requested during a collection are gone`);
    scene.notes.push(
      `${runs} collections removed ${contents} texts; ${checked} rows requested during one, ${lost} lost`,
    );
  },
};

/** The stored state of a text. */
interface Held {
  text: string;
  contents: number;
  sources: number;
  locales: number;
}

const HELD = `
  select
    w.text, count(distinct c.content_no)::int as contents, count(s.content_no)::int as sources,
    count(distinct t.target_locale)::int as locales
  from unnest($1::text[]) as w (text)
  left join trans_hub.content as c using (text)
  left join trans_hub.source as s using (content_no)
  left join trans_hub.translation as t using (content_no)
  group by w.text`;

async function inboxRows({ db }: Scene): Promise<number> {
  const { rows } = await db.query<{ waiting: number }>(
    "select count(*)::int as waiting from trans_hub.inbox where refused is null",
  );
  return rows[0]?.waiting ?? 0;
}
