/** Compares the acknowledged requests, the sends to the engine, and the stored rows. */
import type { Departure, Evidence, Send } from "./evidence.ts";
import type { FaultRecord } from "./scene.ts";
import { coveredMs, inOwnTime } from "./stalls.ts";
import { isAnswerable, MARK, translationOf } from "./texts.ts";

export interface Verdict {
  /** Acknowledged rows (texts × locales). */
  acknowledged: number;
  translated: number;
  /** Dead letters, by code. */
  failed: Record<string, number>;
  /** Acknowledged, and neither translated nor in the dead letters. */
  lost: number;
  /** The same for requests that were only acknowledged while the cell destroyed what was committed. */
  destroyed: number;
  storedTwice: number;
  wrong: number;
  pending: number;
  /** Sends of a text that the engine had answered rightly before, or was answering. */
  sentAgain: number;
  /** For each fault that ends calls: the number of texts that were sent and not stored at that moment. */
  inFlight: number;
  /** Number of workers that the machine kept from beating for so long that the fleet declared them dead. */
  declaredDead: number;
  /** The longest stall of a worker, in milliseconds. */
  longestStall: number;
  /** Sends repeated without such a fault. */
  unexcused: number;
  /** The part of these that was repeated by the same worker. */
  unexcusedBySame: number;
  /**
   * For each fault: milliseconds until all work that waited at its beginning was taken up again. Counted from its
   * beginning when it affects single workers, from its end when it affects the whole system; without the stalls of the
   * worker that the machine stalled most.
   */
  recoveries: number[];
  violations: string[];
}

export interface JudgeOptions {
  /** No acknowledged text may be missing, or made anew. */
  isAllKept: boolean;
  /** More waits than can be done at once: only texts sent by affected workers have to be taken up soon. */
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
    destroyed: 0,
    storedTwice: 0,
    wrong: 0,
    pending: 0,
    sentAgain: 0,
    inFlight: 0,
    declaredDead: 0,
    longestStall: Math.max(
      0,
      ...[...evidence.strain.stalls.values()].flat().map(({ from, to }) => Math.round(to - from)),
    ),
    unexcused: 0,
    unexcusedBySame: 0,
    recoveries: [],
    violations: [...evidence.findings],
  };
  judgeRows(evidence, verdict);
  const stored = Map.groupBy(evidence.stored, ({ text, locale }) => keyOf(text, locale));
  if (isAllKept) {
    const rows = new Map(evidence.rows.map((row) => [keyOf(row.text, row.locale), row]));
    for (const { key, mayBeLost } of keysOf(evidence)) {
      const row = rows.get(key);
      if (row === undefined && mayBeLost) verdict.destroyed += 1;
      else if (row === undefined || (row.status === "failed" && row.code === null)) verdict.lost += 1;
    }
    for (const times of stored.values()) if (times.length > 1) verdict.storedTwice += 1;
    const declared = declaredByLoad(evidence);
    verdict.declaredDead = declared.length;
    judgeSends(evidence, declared, firstOf(stored), verdict);
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
      // The suite does not judge the translation of a hard input.
      const isOurs = text.includes(MARK);
      if (isOurs && (translated !== translationOf(text, locale) || !isAnswerable(text))) verdict.wrong += 1;
    }
  }
}

/**
 * A text may be sent again after an error or a wrong item, or when it was in flight at a fault that ends calls: sent by
 * an affected worker, and not stored. Any other repetition is work done twice.
 */
function judgeSends(
  { sends, faults, strain }: Evidence,
  declared: readonly FaultRecord[],
  storedAt: (key: Key) => number,
  verdict: Verdict,
): void {
  const deadly = [...faults.filter(({ endsCalls }) => endsCalls), ...declared];
  const ends = new Map<FaultRecord, Map<string, number>>(deadly.map((fault) => [fault, new Map()]));
  // A worker notices a lost connection when the machine lets it run.
  const endFor = (fault: FaultRecord, { worker }: Send): number => {
    const known = ends.get(fault)?.get(worker);
    if (known !== undefined) return known;
    const end = inOwnTime(strain.stalls.get(worker) ?? [], fault.at, fault.endedAt);
    ends.get(fault)?.set(worker, end);
    return end;
  };
  for (const [key, ofKey] of Map.groupBy(sends, ({ text, locale }) => keyOf(text, locale))) {
    if (!isAnswerable(ofKey[0]?.text ?? "")) continue;
    const isOpenAt = ({ at }: FaultRecord) => storedAt(key) > at;
    verdict.inFlight += deadly.filter(
      (fault) => isOpenAt(fault) && ofKey.some((send) => send.at <= endFor(fault, send) && isStruck(fault, send)),
    ).length;
    for (const [index, again] of ofKey.entries()) {
      const before = ofKey[index - 1];
      if (before === undefined || before.isAnswered === false) continue;
      verdict.sentAgain += 1;
      const isExcused = deadly.some(
        (fault) =>
          isOpenAt(fault) &&
          before.at <= endFor(fault, before) &&
          fault.at <= again.at &&
          (isStruck(fault, before) || isStruck(fault, again)),
      );
      if (isExcused) continue;
      verdict.unexcused += 1;
      if (again.worker === before.worker) verdict.unexcusedBySame += 1;
    }
  }
}

/**
 * The workers that the machine kept from beating until the fleet declared them dead: their texts go to others. No fault
 * of the cell, and no work done twice by mistake. A worker that did not beat although it could, and one that was
 * declared dead although it had beaten, are not among them: of its silence, at most the wait for one beat that a fault
 * made fail and the wait for the next one may be without a measured cause.
 */
function declaredByLoad({ departures, faults, strain, fleet }: Evidence): FaultRecord[] {
  const outages = faults
    .filter(({ workers, endsCalls }) => workers === undefined && endsCalls)
    .map(({ at, endedAt }) => ({ from: at, to: endedAt }));
  const isByLoad = ({ worker, lastBeatAt, at }: Departure) => {
    const silentMs = at - lastBeatAt;
    const causes = [...(strain.stalls.get(worker) ?? []), ...strain.answers, ...outages];
    // After half of the time the fleet declares those dead whose connection has ended too.
    return silentMs >= fleet.rescueAfterMs / 2 && silentMs - coveredMs(causes, lastBeatAt, at) <= 2 * fleet.beatMs;
  };
  return departures.filter(isByLoad).map(({ worker, at, returnedAt }) => ({
    kind: "declared dead",
    at,
    endedAt: returnedAt,
    workers: [worker],
    endsCalls: true,
  }));
}

function isStruck({ workers }: FaultRecord, { worker }: Send): boolean {
  return workers === undefined || workers.includes(worker);
}

/**
 * The time until the last text that was acknowledged and not stored at the fault's beginning was sent again, or stored.
 * Beside a backlog, only the texts sent by affected workers count. Texts that the engine never translates rightly do
 * not count: between attempts they wait by design, and beside a backlog for all of it.
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
      // Texts that are never taken up are lost or pending, and reported as such.
      if (Number.isFinite(takenUp)) last = Math.max(last, takenUp);
    }
  }
  const stalled = [...evidence.strain.stalls.values()].map((stalls) => coveredMs(stalls, from, last));
  return Math.round(last - from - Math.max(0, ...stalled));
}

function firstOf(stored: ReadonlyMap<Key, readonly { at: number }[]>): (key: Key) => number {
  return (key) => stored.get(key)?.[0]?.at ?? Number.POSITIVE_INFINITY;
}

function keysOf({ acknowledged, locales }: Evidence): { key: Key; mayBeLost: boolean }[] {
  return acknowledged.flatMap(({ text, mayBeLost = false }) =>
    locales.map((locale) => ({ key: keyOf(text, locale), mayBeLost })),
  );
}
