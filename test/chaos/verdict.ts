/** Compares what was acknowledged, what the engine was sent, and what is stored. */
import type { Evidence, Send } from "./evidence.ts";
import type { FaultRecord } from "./scene.ts";
import { isAnswerable, MARK, translationOf } from "./texts.ts";

export interface Verdict {
  /** Rows, texts × locales, that were acknowledged. */
  acknowledged: number;
  translated: number;
  /** Dead-lettered, by code. */
  failed: Record<string, number>;
  /** Acknowledged, and neither translated nor in the dead letters. */
  lost: number;
  storedTwice: number;
  wrong: number;
  pending: number;
  /** Sends of a text that the engine had answered rightly before, or was answering. */
  sentAgain: number;
  /** Texts that were sent and not stored when a fault struck that ends calls, for each such fault. */
  inFlight: number;
  /** Sent again, and not in flight at any such fault. */
  unexcused: number;
  /** Of these, how many by the worker that had sent them before. */
  unexcusedBySame: number;
  /**
   * For each fault: milliseconds until all that waited at its beginning was taken up again. From its beginning where single
   * workers were struck; from its end where everybody was.
   */
  recoveries: number[];
  violations: string[];
}

export interface JudgeOptions {
  /** Nothing that was acknowledged may be gone, or made anew. */
  isAllKept: boolean;
  /** More waits than can be done at once: only what those struck had sent has to be taken up soon. */
  hasBacklog: boolean;
}

type Key = `${string}\n${string}`;
const keyOf = (text: string, locale: string): Key => `${locale}\n${text}`;

const LONGEST_RECOVERY_MS = 30_000;

export function judge(evidence: Evidence, { isAllKept, hasBacklog }: JudgeOptions): Verdict {
  const verdict: Verdict = {
    acknowledged: evidence.acknowledged.length * evidence.locales.length,
    translated: 0,
    failed: {},
    lost: 0,
    storedTwice: 0,
    wrong: 0,
    pending: 0,
    sentAgain: 0,
    inFlight: 0,
    unexcused: 0,
    unexcusedBySame: 0,
    recoveries: [],
    violations: [...evidence.findings],
  };
  judgeRows(evidence, verdict);
  const stored = Map.groupBy(evidence.stored, ({ text, locale }) => keyOf(text, locale));
  if (isAllKept) {
    const rows = new Map(evidence.rows.map((row) => [keyOf(row.text, row.locale), row]));
    for (const key of keysOf(evidence)) {
      const row = rows.get(key);
      if (row === undefined || (row.status === "failed" && row.code === null)) verdict.lost += 1;
    }
    for (const times of stored.values()) if (times.length > 1) verdict.storedTwice += 1;
    judgeSends(evidence, firstOf(stored), verdict);
  }
  const sends = Map.groupBy(evidence.sends, ({ text, locale }) => keyOf(text, locale));
  verdict.recoveries = evidence.faults.map((fault) => recoveryOf(fault, evidence, firstOf(stored), sends, hasBacklog));

  const { violations, recoveries, sentAgain, inFlight } = verdict;
  for (const name of ["lost", "storedTwice", "wrong", "pending", "unexcused"] as const) {
    if (verdict[name] > 0) violations.push(`${name}: ${verdict[name]}`);
  }
  if (verdict.unexcused > 0)
    violations.push(`of the unexcused, ${verdict.unexcusedBySame} by who had sent them before`);
  if (sentAgain > inFlight) violations.push(`${sentAgain} sent again, ${inFlight} in flight at a fault`);
  const { answered, booked } = evidence.calls;
  if (booked > answered) violations.push(`the account has ${booked} answered calls, the engine ${answered}`);
  const longest = Math.max(0, ...recoveries);
  if (longest > LONGEST_RECOVERY_MS) violations.push(`a recovery took ${(longest / 1_000).toFixed(1)} s`);
  return verdict;
}

function judgeRows({ rows }: Evidence, verdict: Verdict): void {
  for (const { text, locale, status, translated, code } of rows) {
    if (status === "failed") verdict.failed[code ?? "none"] = (verdict.failed[code ?? "none"] ?? 0) + 1;
    else if (status === "pending") verdict.pending += 1;
    else {
      verdict.translated += 1;
      // What is right for a hard input is not for this suite to say.
      const isOurs = text.includes(MARK);
      if (isOurs && (translated !== translationOf(text, locale) || !isAnswerable(text))) verdict.wrong += 1;
    }
  }
}

/**
 * A text may be sent again when the answer to it was none (an error, a wrong item), or when it was in flight at a fault that
 * ends calls: sent, by who was struck, and not stored. Anything else is work done twice.
 */
function judgeSends({ sends, faults }: Evidence, storedAt: (key: Key) => number, verdict: Verdict): void {
  const deadly = faults.filter(({ endsCalls }) => endsCalls);
  for (const [key, ofKey] of Map.groupBy(sends, ({ text, locale }) => keyOf(text, locale))) {
    if (!isAnswerable(ofKey[0]?.text ?? "")) continue;
    const isOpenAt = ({ at }: FaultRecord) => storedAt(key) > at;
    verdict.inFlight += deadly.filter(
      (fault) => isOpenAt(fault) && ofKey.some((send) => send.at <= fault.endedAt && isStruck(fault, send)),
    ).length;
    for (const [index, again] of ofKey.entries()) {
      const before = ofKey[index - 1];
      if (before === undefined || before.isAnswered === false) continue;
      verdict.sentAgain += 1;
      const isExcused = deadly.some(
        (fault) =>
          isOpenAt(fault) &&
          before.at <= fault.endedAt &&
          fault.at <= again.at &&
          (isStruck(fault, before) || isStruck(fault, again)),
      );
      if (isExcused) continue;
      verdict.unexcused += 1;
      if (again.worker === before.worker) verdict.unexcusedBySame += 1;
    }
  }
}

function isStruck({ workers }: FaultRecord, { worker }: Send): boolean {
  return workers === undefined || workers.includes(worker);
}

/**
 * What was acknowledged and not stored when the fault began: until the last of it was sent to an engine again, or stored.
 * Beside a backlog only what those struck had sent. What the engine never gets right is left out: between its tries it
 * waits by itself, beside a backlog for all of that.
 */
function recoveryOf(
  fault: FaultRecord,
  evidence: Evidence,
  storedAt: (key: Key) => number,
  sends: ReadonlyMap<Key, readonly Send[]>,
  hasBacklog: boolean,
): number {
  const from = fault.workers === undefined ? fault.endedAt : fault.at;
  let last = from;
  for (const { text, acked } of evidence.acknowledged) {
    if (acked > fault.at || !isAnswerable(text)) continue;
    for (const locale of evidence.locales) {
      const key = keyOf(text, locale);
      if (storedAt(key) <= fault.at) continue;
      const ofKey = sends.get(key) ?? [];
      if (hasBacklog && !ofKey.some((send) => send.at <= fault.at && isStruck(fault, send))) continue;
      const sentAgainAt = ofKey.find(({ at }) => at > from)?.at ?? Number.POSITIVE_INFINITY;
      const takenUp = Math.min(storedAt(key), sentAgainAt);
      // What is never taken up is lost or pending, and told as that.
      if (Number.isFinite(takenUp)) last = Math.max(last, takenUp);
    }
  }
  return Math.round(last - from);
}

function firstOf(stored: ReadonlyMap<Key, readonly { at: number }[]>): (key: Key) => number {
  return (key) => stored.get(key)?.[0]?.at ?? Number.POSITIVE_INFINITY;
}

function keysOf({ acknowledged, locales }: Evidence): Key[] {
  return acknowledged.flatMap(({ text }) => locales.map((locale) => keyOf(text, locale)));
}
