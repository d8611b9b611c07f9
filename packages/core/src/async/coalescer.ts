/**
 * Joins concurrent calls into few statements.
 *
 * There is no timer. While idle, the calls of one turn of the event loop go out together on the next turn. While as
 * many batches as allowed are under way, calls gather, and go out together as soon as a batch ends. A lone call
 * therefore does not wait, and batches grow with the load.
 */
export interface CoalescerOptions<Input, Output> {
  /** Runs a batch and resolves to one output for each input, in order. A rejection rejects every call of the batch. */
  run(inputs: Input[]): Promise<Output[]>;
  /** The greatest sum of weights in one batch. A heavier input goes alone. Default 1,000. */
  maxWeight?: number;
  /** The weight of an input. Default: 1. */
  weigh?(input: Input): number;
  /** Batches under way at once. Default 1. */
  maxInFlight?: number;
}

interface Waiting<Input, Output> {
  input: Input;
  resolve(output: Output): void;
  reject(error: unknown): void;
}

export class Coalescer<Input, Output> {
  readonly #options: Required<CoalescerOptions<Input, Output>>;
  readonly #waiting: Waiting<Input, Output>[] = [];
  #inFlight = 0;
  #isFlushDue = false;

  constructor(options: CoalescerOptions<Input, Output>) {
    this.#options = { maxWeight: 1_000, weigh: () => 1, maxInFlight: 1, ...options };
  }

  /** Resolves to the input's output; rejects when its batch failed. */
  add(input: Input): Promise<Output> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ input, resolve, reject });
      this.#flushSoon();
    });
  }

  #flushSoon(): void {
    if (this.#isFlushDue || this.#inFlight >= this.#options.maxInFlight) return;
    this.#isFlushDue = true;
    setImmediate(() => {
      this.#isFlushDue = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (this.#waiting.length > 0 && this.#inFlight < this.#options.maxInFlight) {
      void this.#runBatch(this.#waiting.splice(0, this.#batchLength()));
    }
  }

  #batchLength(): number {
    let weight = 0;
    let length = 0;
    for (const { input } of this.#waiting) {
      weight += this.#options.weigh(input);
      if (length > 0 && weight > this.#options.maxWeight) break;
      length += 1;
    }
    return length;
  }

  async #runBatch(batch: Waiting<Input, Output>[]): Promise<void> {
    this.#inFlight += 1;
    try {
      const outputs = await this.#options.run(batch.map(({ input }) => input));
      // `run` owes one output for each input. Without this check, the caller of a missing one would wait for ever.
      batch.forEach(({ resolve, reject }, at) => {
        at in outputs ? resolve(outputs[at] as Output) : reject(new Error("a batch gave fewer outputs than inputs"));
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.#inFlight -= 1;
      this.#flush();
    }
  }
}
