/**
 * Verdicts about time that hold on a busy machine.
 *
 * Work of this thread is judged by its CPU time (`cpuMs`). A wait for other processes has no such measure: its bound grows
 * with the load (`expectWithin`). A limit against hanging is no verdict: it grows with the number of processes (`timeFor`).
 */
import { availableParallelism, loadavg } from "node:os";
import { expect } from "vitest";

/**
 * Runs `work` and resolves to the CPU time that this thread spent meanwhile, in milliseconds.
 *
 * Node before 23.9 measures no single thread: there it is the time of the whole process, its garbage collection included.
 */
export async function cpuMs(work: () => unknown): Promise<number> {
  const before = usedCpuMs();
  await work();
  return usedCpuMs() - before;
}

/**
 * Expects that `ms` is below `boundMs`, times the slowdown of this machine where it is busy.
 *
 * For times that include the work of other processes. On an idle machine the bound is `boundMs`.
 */
export function expectWithin(ms: number, boundMs: number): void {
  if (ms < boundMs) return;
  // Twice the load's share, because the load comes in bursts. An idle machine has a slowdown of 1.
  const factor = Math.max(1, 2 * slowdown() - 1);
  expect(ms, `the bound of ${boundMs} ms, on a machine that is ${factor.toFixed(1)} times slower`).toBeLessThan(
    boundMs * factor,
  );
}

/** Awaits `act`, and expects that it took less than `boundMs`, as `expectWithin` does. */
export async function within<T>(boundMs: number, act: () => PromiseLike<T>): Promise<T> {
  const startedAt = performance.now();
  const result = await act();
  expectWithin(performance.now() - startedAt, boundMs);
  return result;
}

/** Time limit of a test that starts `count` processes one after another, in milliseconds: a start takes 0.5 s, on a busy machine 10 s. */
export function timeFor(count: number): number {
  return 60_000 + count * 15_000;
}

/** How much longer than on an idle machine work takes: by the load of the last minute, and by a look of 50 ms. At least 1. */
function slowdown(): number {
  const [lastMinute = 0] = loadavg();
  const startedAt = performance.now();
  const before = usedCpuMs();
  while (usedCpuMs() - before < 50);
  const looked = (performance.now() - startedAt) / (usedCpuMs() - before);
  return Math.max(1, lastMinute / availableParallelism(), looked);
}

function usedCpuMs(): number {
  const { user, system } = process.threadCpuUsage?.() ?? process.cpuUsage();
  return (user + system) / 1_000;
}
