/** The producers of a scene, and their acknowledged requests. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { ProducerMessage, ProducerOptions, ProducerOrder } from "./producer.ts";

/** The first or last time from which a text is owed. */
export interface Acknowledgement {
  number: number;
  /** Milliseconds since the epoch. */
  began: number;
  acked: number;
  /** The other kind of text in the same request. */
  beside: "hard" | undefined;
}

class Producer {
  readonly child: ChildProcess;
  readonly ready: Promise<void>;
  readonly exited: Promise<void>;
  readonly #load: Load;
  #onHeld: (() => void) | undefined;

  constructor(load: Load, options: ProducerOptions) {
    this.#load = load;
    this.child = fork(join(import.meta.dirname, "producer.ts"), {
      env: { ...process.env, CHAOS_PRODUCER: JSON.stringify(options) },
      execArgv: [],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.exited = once(this.child, "exit").then(() => this.#onHeld?.());
    this.ready = new Promise((resolve, reject) => {
      this.child.on("message", (message: ProducerMessage) => {
        if (message.kind === "ready") resolve();
        if (message.kind === "held") this.#onHeld?.();
        this.#load.hear(message);
      });
      // A producer that is killed early is not a failure of the suite.
      this.exited.then(resolve, reject);
    });
  }

  order(order: ProducerOrder): void {
    if (this.child.connected) this.child.send(order);
  }

  async hold(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const held = new Promise<void>((resolve) => {
      this.#onHeld = resolve;
    });
    this.order("hold");
    await held;
  }
}

export class Load {
  /** By number of the text: the first acknowledgement, and the last. */
  readonly first = new Map<number, Acknowledgement>();
  readonly last = new Map<number, Acknowledgement>();
  /** Number of requests that failed and were repeated, and of rejected items, by code. */
  readonly refused = new Map<string, number>();
  readonly rejected = new Map<string, number>();
  readonly #options: ProducerOptions;
  readonly #producers: Producer[] = [];
  #exhausted = 0;
  #onExhausted: (() => void) | undefined;

  constructor(options: Omit<ProducerOptions, "first" | "step">, producers: number) {
    this.#options = { ...options, first: 0, step: producers };
    for (let at = 0; at < producers; at += 1) this.#start(at);
  }

  #start(at: number, seed = this.#options.seed): void {
    this.#producers[at] = new Producer(this, { ...this.#options, first: at, seed: seed + at });
  }

  hear(message: ProducerMessage): void {
    if (message.kind === "acked") {
      const { began, acked, beside } = message;
      for (const number of message.numbers) {
        const acknowledgement = { number, began, acked, beside };
        if (!this.first.has(number)) this.first.set(number, acknowledgement);
        const last = this.last.get(number);
        if (last === undefined || last.began < began) this.last.set(number, acknowledgement);
      }
    }
    if (message.kind === "refused") count(this.refused, message.code, 1);
    if (message.kind === "rejected") count(this.rejected, message.code, message.count);
    if (message.kind === "exhausted") {
      this.#exhausted += 1;
      if (this.#exhausted === this.#producers.length) this.#onExhausted?.();
    }
  }

  async ready(): Promise<void> {
    await Promise.all(this.#producers.map(({ ready }) => ready));
  }

  /** Resolves when every producer has all of `atMost` acknowledged. */
  async exhausted(): Promise<void> {
    if (this.#exhausted < this.#producers.length) {
      await new Promise<void>((resolve) => {
        this.#onExhausted = resolve;
      });
    }
  }

  /** Resolves when no request is in progress; none is made until `go`. */
  async hold(): Promise<void> {
    await Promise.all(this.#producers.map((producer) => producer.hold()));
  }

  go(): void {
    for (const producer of this.#producers) producer.order("go");
  }

  /** Kills one at any point of its work, and starts another in its place. */
  async killOne(random: () => number): Promise<void> {
    const at = Math.floor(random() * this.#producers.length);
    const victim = this.#producers[at];
    if (victim === undefined) return;
    victim.child.kill("SIGKILL");
    await victim.exited;
    this.#start(at, Math.floor(random() * 2 ** 31));
  }

  /** Ends after the requests in progress. */
  async stop(): Promise<void> {
    for (const producer of this.#producers) producer.order("stop");
    await Promise.all(this.#producers.map(({ exited }) => exited));
  }

  kill(): void {
    for (const { child } of this.#producers) child.kill("SIGKILL");
  }
}

function count(counts: Map<string, number>, code: string, by: number): void {
  counts.set(code, (counts.get(code) ?? 0) + by);
}
