/**
 * The locales of which this node claims no batches for a while, because it alone gets no answer of their engines, or because they wait for an engine that other locales do not need.
 *
 * graphile-worker asks for the jobs of the tasks that its list enumerates, and finds the task of a job that it has by its name. So a
 * task that is not enumerable is asked for no more, and serves the jobs that were claimed before.
 */
import type { TaskList } from "graphile-worker";

export class Rests {
  readonly #tasks: () => TaskList;
  readonly #resting = new Map<string, NodeJS.Timeout>();

  /** @param tasks Gives the live task list. */
  constructor(tasks: () => TaskList) {
    this.#tasks = tasks;
  }

  has(targetLocale: string): boolean {
    return this.#resting.has(targetLocale);
  }

  /** @param forMs Milliseconds from now on. A rest under way is prolonged or shortened to it. */
  begin(targetLocale: string, forMs: number): void {
    clearTimeout(this.#resting.get(targetLocale));
    const end = () => {
      this.#resting.delete(targetLocale);
      this.#show(targetLocale, true);
    };
    this.#resting.set(targetLocale, setTimeout(end, forMs).unref());
    this.#show(targetLocale, false);
  }

  /** Ends every rest. */
  end(): void {
    for (const [targetLocale, timer] of this.#resting) {
      clearTimeout(timer);
      this.#show(targetLocale, true);
    }
    this.#resting.clear();
  }

  #show(targetLocale: string, enumerable: boolean): void {
    const tasks = this.#tasks();
    const name = `translate:${targetLocale}`;
    const value = tasks[name];
    if (value !== undefined)
      Object.defineProperty(tasks, name, { value, enumerable, configurable: true, writable: true });
  }
}
