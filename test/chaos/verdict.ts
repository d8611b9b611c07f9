/** Compares what was acknowledged, what the engine saw, and what is stored. */
import { brokenInvariants } from "../support/invariants.ts";
import type { FaultRecord, Scene } from "./scene.ts";
import { isAnswerable, MARK, textOf, translationOf } from "./texts.ts";

export interface Verdict {
  /** Rows, texts × locales, that were acknowledged. */
  acknowledged: number;
  translated: number;
  /** Dead-lettered, by code. */
  failed: Record<string, number>;
  lost: number;
  storedTwice: number;
  wrong: number;
  pending: number;
  /** Sent to the engine again, though it had answered or was answering: how many such rows, and the most there may be. */
  sentAgain: number;
  inFlight: number;
  /** Sent again with no fault to excuse it. */
  unexcused: number;
  /**
   * For each fault: milliseconds until all that waited at its beginning was taken up again. From its beginning where single
   * workers were struck; from its end where everybody was.
   */
  recoveries: number[];
  violations: string[];
}

interface Row {
  text: string;
  target_locale: string;
  status: string;
  translated: string | null;
  code: string | null;
}

interface StoredRow {
  text: string;
  target_locale: string;
  status: string;
  at: number;
}

type Key = `${string}\n${string}`;
export const keyOf = (text: string, locale: string): Key => `${locale}\n${text}`;

export const LONGEST_RECOVERY_MS = 30_000;

export async function judge(
  scene: Scene,
  { isAllKept, hasBacklog }: { isAllKept: boolean; hasBacklog: boolean },
): Promise<Verdict> {
  const violations = [...scene.violations];
  const { rows } = await scene.db.query<Row>(`
    select c.text, t.target_locale, t.status, t.text as translated,
      (select d.code from trans_hub.dead_letter as d
       where d.content_no = t.content_no and d.target_locale = t.target_locale
         and d.context_no = t.context_no and d.project = t.project and d.replayed_at is null) as code
    from trans_hub.translation as t join trans_hub.content as c using (content_no)`);
  const stored = await readStored(scene);
  const byKey = new Map(rows.map((row) => [keyOf(row.text, row.target_locale), row]));

  const verdict: Verdict = {
    acknowledged: 0,
    translated: 0,
    failed: {},
    lost: 0,
    storedTwice: 0,
    wrong: 0,
    pending: 0,
    sentAgain: 0,
    inFlight: 0,
    unexcused: 0,
    recoveries: [],
    violations,
  };

  const ackedAt = new Map<Key, number>();
  for (const { number, acked } of scene.load.first.values()) {
    for (const locale of scene.locales) {
      verdict.acknowledged += 1;
      const key = keyOf(textOf(number), locale);
      ackedAt.set(key, acked);
      const row = byKey.get(key);
      if (row === undefined || (row.status === "failed" && row.code === null)) verdict.lost += isAllKept ? 1 : 0;
    }
  }
  for (const { text, target_locale, status, translated, code } of rows) {
    if (status === "translated") {
      verdict.translated += 1;
      // What is right for a hard input is not for this suite to say.
      if (!text.includes(MARK)) continue;
      if (translated !== translationOf(text, target_locale) || !isAnswerable(text)) {
        verdict.wrong += 1;
      }
    } else if (status === "failed") verdict.failed[code ?? "none"] = (verdict.failed[code ?? "none"] ?? 0) + 1;
    else verdict.pending += 1;
  }
  for (const times of stored.values()) if (times.length > 1 && isAllKept) verdict.storedTwice += 1;

  if (isAllKept) judgeCalls(scene, stored, verdict);
  verdict.recoveries = scene.faults.map((fault) => recoveryOf(fault, scene, ackedAt, stored, hasBacklog));

  for (const [rule, broken] of Object.entries(await brokenInvariants(scene.db))) {
    violations.push(`${rule}: ${JSON.stringify(broken).slice(0, 300)}`);
  }
  for (const worker of scene.fleet.all) {
    if (worker.log.includes(MARK)) violations.push(`${worker.name} logged a text`);
    if (/\n\s+at .+:\d+:\d+\)?\n/.test(worker.log)) violations.push(`${worker.name} logged a stack trace`);
  }
  const { rows: calls } = await scene.db.query<{ n: number }>(
    "select count(*)::int as n from trans_hub.usage where outcome in ('ok', 'partial')",
  );
  if ((calls[0]?.n ?? 0) > scene.engine.calls.length) {
    violations.push(`usage tells of ${calls[0]?.n} engine calls, the engine of ${scene.engine.calls.length}`);
  }
  for (const name of ["lost", "storedTwice", "wrong", "pending", "unexcused"] as const) {
    if (verdict[name] > 0) violations.push(`${name}: ${verdict[name]}`);
  }
  const longest = Math.max(0, ...verdict.recoveries);
  if (longest > LONGEST_RECOVERY_MS) violations.push(`a recovery took ${(longest / 1_000).toFixed(1)} s`);
  return verdict;
}

export async function readStored(scene: Scene): Promise<Map<Key, number[]>> {
  const { rows } = await scene.db.query<StoredRow>(`
    select c.text, s.target_locale, s.status, (extract(epoch from s.at) * 1000)::float8 as at
    from chaos.stored as s join trans_hub.content as c using (content_no) order by s.at`);
  const stored = new Map<Key, number[]>();
  for (const { text, target_locale, at } of rows) {
    const key = keyOf(text, target_locale);
    stored.set(key, [...(stored.get(key) ?? []), scene.realTime(at)]);
  }
  return stored;
}

/**
 * A text may be sent again when the answer to it was none (an error, a wrong item), or when a fault struck between its sending
 * and its storing: then it was in flight. Anything else is work done twice.
 */
function judgeCalls(scene: Scene, stored: Map<Key, number[]>, verdict: Verdict): void {
  const { ledger, calls } = scene.engine;
  const sends = new Map<Key, (typeof ledger)[number][]>();
  for (const entry of ledger) {
    const key = keyOf(entry.text, entry.target);
    const before = sends.get(key);
    if (before === undefined) sends.set(key, [entry]);
    else before.push(entry);
  }
  for (const [key, entries] of sends) {
    const [first] = entries;
    if (first === undefined || !isAnswerable(first.text)) continue;
    const storedAt = stored.get(key)?.at(-1) ?? Number.POSITIVE_INFINITY;
    for (const { at, endedAt, workers } of scene.faults) {
      if (entries.some((entry) => concerns(workers, entry.key) && entry.at <= endedAt) && storedAt > at) {
        verdict.inFlight += 1;
        break;
      }
    }
    for (let index = 1; index < entries.length; index += 1) {
      const before = entries[index - 1] as typeof first;
      const again = entries[index] as typeof first;
      const call = calls[before.call - 1];
      const wasAnswered =
        call?.status === 200 && call.faults.every((kind) => kind === "slow" || kind === "lose_placeholders");
      if (!wasAnswered && call?.status !== undefined) continue;
      verdict.sentAgain += 1;
      const isExcused = scene.faults.some(
        ({ at, endedAt, workers }) => concerns(workers, before.key) && before.at <= endedAt && at <= again.at,
      );
      if (!isExcused) verdict.unexcused += 1;
    }
  }
}

function concerns(workers: readonly string[] | undefined, worker: string): boolean {
  return workers === undefined || workers.includes(worker);
}

/**
 * What was acknowledged and not stored when the fault began: until the last of it was sent to an engine again, or stored.
 * Beside a backlog only what those struck had sent.
 */
function recoveryOf(
  { at, endedAt, workers }: FaultRecord,
  scene: Scene,
  ackedAt: Map<Key, number>,
  stored: Map<Key, number[]>,
  hasBacklog: boolean,
): number {
  const from = workers === undefined ? endedAt : at;
  let last = from;
  const sentAfter = new Map<Key, number>();
  const sentBefore = new Set<Key>();
  for (const entry of scene.engine.ledger) {
    const key = keyOf(entry.text, entry.target);
    if (entry.at <= at && concerns(workers, entry.key)) sentBefore.add(key);
    if (entry.at > from && !sentAfter.has(key)) sentAfter.set(key, entry.at);
  }
  for (const [key, acked] of ackedAt) {
    if (acked > at || (hasBacklog && !sentBefore.has(key))) continue;
    const storedAt = stored.get(key)?.[0] ?? Number.POSITIVE_INFINITY;
    if (storedAt <= at) continue;
    const takenUp = Math.min(storedAt, sentAfter.get(key) ?? Number.POSITIVE_INFINITY);
    if (Number.isFinite(takenUp)) last = Math.max(last, takenUp);
  }
  return Math.round(last - from);
}
