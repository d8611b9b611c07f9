/** Measured delays of a loaded machine. The verdict judges times, and these are the times that it must not count. */
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** A span during which something did not run or did not answer. Milliseconds since the epoch. */
export interface Span {
  from: number;
  to: number;
}

/** The file descriptor on which a worker reports its stalls. */
export const STALL_CHANNEL = 3;

/** Milliseconds between two looks at the clock: a herd of workers looks too, so the look must cost nothing. */
const LOOK_EVERY_MS = 50;

/** A timer that fires a little late is normal, and is no sign of load. Milliseconds. */
const TIMER_JITTER_MS = 5;

/**
 * Calls `report` with each stall of this process, in milliseconds of the monotonic clock, which all processes of a
 * machine share and which no cell moves.
 */
export function sampleStalls(report: (stall: Span) => void): void {
  let looked = monotonicMs();
  let usage = process.cpuUsage();
  setInterval(() => {
    const now = monotonicMs();
    const { user, system } = process.cpuUsage(usage);
    const stalledMs = now - looked - LOOK_EVERY_MS - (user + system) / 1_000;
    if (stalledMs > TIMER_JITTER_MS) report({ from: now - stalledMs, to: now });
    looked = now;
    usage = process.cpuUsage();
  }, LOOK_EVERY_MS).unref();
}

/** Collects the stalls of another process. */
export function readStalls(channel: Readable, into: Span[]): void {
  createInterface({ input: channel }).on("line", (line) => into.push(sinceEpoch(JSON.parse(line) as Span)));
}

const EPOCH_MS = Date.now() - monotonicMs();

export function sinceEpoch({ from, to }: Span): Span {
  return { from: from + EPOCH_MS, to: to + EPOCH_MS };
}

function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Milliseconds of [from, to] that at least one of the spans covers. */
export function coveredMs(spans: readonly Span[], from: number, to: number): number {
  let covered = 0;
  let end = from;
  for (const span of spans.toSorted((one, other) => one.from - other.from)) {
    const [begins, ends] = [Math.max(span.from, end), Math.min(span.to, to)];
    if (ends <= begins) continue;
    covered += ends - begins;
    end = ends;
  }
  return covered;
}

/**
 * The time at which a process has run for as long since `from` as it would have run by `to` without its stalls. Infinite
 * for a fault that has no end.
 */
export function inOwnTime(stalls: readonly Span[], from: number, to: number): number {
  if (!Number.isFinite(to)) return to;
  for (let end = to; ; ) {
    const next = to + coveredMs(stalls, from, end);
    if (next <= end) return end;
    end = next;
  }
}
