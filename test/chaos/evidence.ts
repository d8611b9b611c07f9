/** The evidence of a scene: the acknowledged requests, the sends to the engine, the stored texts. */
import { brokenInvariants } from "@trans-hub/test-support/invariants";
import type { FaultRecord, Scene } from "./scene.ts";

/** One send of one text to the engine. All times are milliseconds since the epoch. */
export interface Send {
  text: string;
  locale: string;
  at: number;
  worker: string;
  /** Whether the engine gave a right answer; undefined: no answer. */
  isAnswered: boolean | undefined;
}

/** A row at the end of the scene. */
export interface Row {
  text: string;
  locale: string;
  status: string;
  translated: string | null;
  /** Code of its open dead letter. */
  code: string | null;
}

export interface Evidence {
  locales: readonly string[];
  acknowledged: readonly { text: string; acked: number }[];
  rows: readonly Row[];
  /** Each time a row was translated, or failed for good. */
  stored: readonly { text: string; locale: string; at: number }[];
  sends: readonly Send[];
  faults: readonly FaultRecord[];
  /** Number of answered engine calls, as the engine counts them and as `usage` counts them. */
  calls: { answered: number; booked: number };
  /** Broken rules of the tables, findings of the cell, and faults in the logs. */
  findings: readonly string[];
}

export async function gatherEvidence(scene: Scene, textOf: (number: number) => string): Promise<Evidence> {
  const { db, engine, faults, locales } = scene;
  const { rows } = await db.query<Row>(`
    select c.text, t.target_locale as locale, t.status, t.text as translated,
      (select d.code from trans_hub.dead_letter as d
       where d.content_no = t.content_no and d.target_locale = t.target_locale
         and d.context_no = t.context_no and d.project = t.project and d.replayed_at is null) as code
    from trans_hub.translation as t join trans_hub.content as c using (content_no)`);
  const { rows: booked } = await db.query<{ n: number }>(
    "select count(*)::int as n from trans_hub.usage where outcome in ('ok', 'partial')",
  );
  return {
    locales,
    acknowledged: [...scene.load.first.values()].map(({ number, acked }) => ({ text: textOf(number), acked })),
    rows,
    stored: await readStored(scene),
    sends: engine.ledger.map(({ text, target, at, key, call }) => {
      const { status, faults: kinds = [] } = engine.calls[call - 1] ?? {};
      const isRight = status === 200 && kinds.every((kind) => kind === "slow" || kind === "lose_placeholders");
      return { text, locale: target, at, worker: key, isAnswered: status === undefined ? undefined : isRight };
    }),
    faults,
    calls: {
      answered: engine.calls.filter(({ status }) => status === 200).length,
      booked: booked[0]?.n ?? 0,
    },
    findings: [
      ...scene.violations,
      ...Object.entries(await brokenInvariants(db)).map(
        ([rule, rows]) => `${rule}: ${JSON.stringify(rows).slice(0, 300)}`,
      ),
      ...scene.fleet.all.flatMap(({ name, leaks }) => [...leaks].map((leak) => `${name} logged ${leak}`)),
    ],
  };
}

export async function readStored(scene: Scene): Promise<{ text: string; locale: string; at: number }[]> {
  const { rows } = await scene.db.query<{ text: string; locale: string; at: number }>(`
    select c.text, s.target_locale as locale, (extract(epoch from s.at) * 1000)::float8 as at
    from chaos.stored as s join trans_hub.content as c using (content_no) order by s.at`);
  return rows.map((row) => ({ ...row, at: scene.realTime(row.at) }));
}
