/** The evidence of a scene: the acknowledged requests, the sends to the engine, the stored texts. */
import { brokenInvariants } from "@trans-hub/test-support/invariants";
import { beatSeconds, type FaultRecord, type Scene } from "./scene.ts";
import type { Span } from "./stalls.ts";

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

/** A worker that left the fleet, or was declared dead by it. Times are milliseconds since the epoch. */
export interface Departure {
  worker: string;
  lastBeatAt: number;
  at: number;
  /** When it was in the fleet again; infinite: never. */
  returnedAt: number;
}

/** The measured load of the machine. */
export interface Strain {
  /** By worker: the times at which the machine did not let it run, or the process that is suite and engine. */
  stalls: ReadonlyMap<string, readonly Span[]>;
  /** The times that the server took for a new connection and a commit. */
  answers: readonly Span[];
}

export interface Evidence {
  locales: readonly string[];
  /** `mayBeLost`: it was only acknowledged while the cell destroyed what was committed. */
  acknowledged: readonly { text: string; acked: number; mayBeLost?: boolean }[];
  rows: readonly Row[];
  /** Each time a row was translated, or failed for good. */
  stored: readonly { text: string; locale: string; at: number }[];
  sends: readonly Send[];
  faults: readonly FaultRecord[];
  departures: readonly Departure[];
  strain: Strain;
  /** Milliseconds between two beats of a worker, and those without one after which the fleet declares it dead. */
  fleet: { beatMs: number; rescueAfterMs: number };
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
    acknowledged: [...scene.load.first.values()].map(({ number, acked }) => ({
      text: textOf(number),
      acked,
      // A later request of the same text is owed again.
      mayBeLost: [scene.load.first.get(number), scene.load.last.get(number)].every((request) =>
        scene.losable.some(({ from, to }) => request !== undefined && request.acked >= from && request.began <= to),
      ),
    })),
    rows,
    stored: await readStored(scene),
    sends: engine.ledger.map(({ text, target, at, key, call }) => {
      const { status, faults: kinds = [] } = engine.calls[call - 1] ?? {};
      const isRight = status === 200 && kinds.every((kind) => kind === "slow" || kind === "nul");
      return { text, locale: target, at, worker: key, isAnswered: status === undefined ? undefined : isRight };
    }),
    faults,
    departures: await readDepartures(scene),
    strain: {
      stalls: new Map(scene.fleet.all.map(({ name, stalls }) => [name, [...stalls, ...scene.stalls]])),
      answers: scene.answers,
    },
    fleet: { beatMs: beatSeconds(scene.options) * 1_000, rescueAfterMs: scene.options.rescueAfterSeconds * 1_000 },
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

async function readDepartures(scene: Scene): Promise<Departure[]> {
  const { rows } = await scene.db.query<{ pid: number; is_entering: boolean; beat_at: number; at: number }>(`
    select pid, is_entering, (extract(epoch from beat_at) * 1000)::float8 as beat_at,
      (extract(epoch from at) * 1000)::float8 as at
    from chaos.node order by chaos.node.at`);
  const names = new Map(scene.fleet.all.map(({ child, name }) => [child.pid, name]));
  return rows.flatMap(({ pid, is_entering, beat_at, at }, index) => {
    if (is_entering) return [];
    const returned = rows.slice(index).find((later) => later.is_entering && later.pid === pid);
    return {
      worker: names.get(pid) ?? "",
      lastBeatAt: scene.realTime(beat_at),
      at: scene.realTime(at),
      returnedAt: returned === undefined ? Number.POSITIVE_INFINITY : scene.realTime(returned.at),
    };
  });
}

export async function readStored(scene: Scene): Promise<{ text: string; locale: string; at: number }[]> {
  const { rows } = await scene.db.query<{ text: string; locale: string; at: number }>(`
    select c.text, s.target_locale as locale, (extract(epoch from s.at) * 1000)::float8 as at
    from chaos.stored as s join trans_hub.content as c using (content_no) order by s.at`);
  return rows.map((row) => ({ ...row, at: scene.realTime(row.at) }));
}
