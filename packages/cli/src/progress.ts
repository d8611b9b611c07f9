/** A command's progress: a bar or a counter on a terminal, an occasional line elsewhere, nothing with `--json`. */
import { Presets, SingleBar } from "cli-progress";
import type { Output } from "./output.ts";

/** Time between two lines where no bar can be shown. Milliseconds. */
const LINE_EVERY_MS = 10_000;
const BAR_WIDTH = 30;

export class Progress {
  readonly #output: Output;
  readonly #what: string;
  #total: number | undefined;
  readonly #bar: SingleBar | undefined;
  #done = 0;
  #toldAt = performance.now();

  constructor(output: Output, what: string) {
    this.#output = output;
    this.#what = what;
    if (!output.showsProgress) return;
    this.#bar = new SingleBar(
      {
        format: (_options, { progress, value, total }) =>
          this.#total === undefined
            ? `${what} ${value}`
            : `${what} ${"█".repeat(Math.round(progress * BAR_WIDTH)).padEnd(BAR_WIDTH, "░")} ${value}/${total}`,
        stream: output.stderr as NodeJS.WriteStream,
        hideCursor: true,
        clearOnComplete: true,
        fps: 10,
      },
      Presets.shades_classic,
    );
    this.#bar.start(0, 0);
  }

  add(count: number): void {
    this.set(this.#done + count);
  }

  /** @param total Omitted: unknown, so only a count is shown. */
  set(done: number, total?: number): void {
    this.#done = done;
    this.#total = total;
    if (total !== undefined) this.#bar?.setTotal(total);
    this.#bar?.update(done);
    if (this.#output.showsProgress || this.#output.json) return;
    if (performance.now() - this.#toldAt < LINE_EVERY_MS) return;
    this.#toldAt = performance.now();
    this.#output.note(`${this.#what}: ${done}${this.#total === undefined ? "" : ` of ${this.#total}`}`);
  }

  /** Clears the bar. Idempotent. */
  stop(): void {
    this.#bar?.stop();
  }
}
