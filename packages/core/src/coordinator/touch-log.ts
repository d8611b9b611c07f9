/**
 * Uses of texts, noted in memory so that collection spares the texts. A read costs no write, and a text that is read a
 * thousand times a minute is written once.
 */
import { errorFields } from "../contract/error-fields.ts";
import type { Logger } from "../contract/logger.ts";
import type { NamedReference } from "../contract/translation.ts";
import { useKey } from "./read-cache.ts";

export interface TouchLogOptions {
  /** `PersistenceHandler.touch`. */
  touch(references: readonly NamedReference[]): Promise<void>;
  logger: Logger;
  /** Milliseconds from the first note until the notes are written. Default 60,000. */
  periodMs?: number;
}

const TOUCHES_A_CALL = 1_000;
/** At this number of notes, writing does not wait for the end of the period. */
const NOTES_MAX = 20_000;

export class TouchLog {
  readonly #options: Required<TouchLogOptions>;
  #noted = new Map<string, NamedReference>();
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> = Promise.resolve();

  constructor(options: TouchLogOptions) {
    this.#options = { periodMs: 60_000, ...options };
  }

  /** @param key The reference's {@link useKey}. */
  note(reference: NamedReference, key: string = useKey(reference)): void {
    if (this.#noted.has(key)) return;
    this.#noted.set(key, reference);
    if (this.#noted.size >= NOTES_MAX) void this.flush();
    // Unref'd: notes are not worth keeping a process alive. `close` writes them.
    else this.#timer ??= setTimeout(() => void this.flush(), this.#options.periodMs).unref();
  }

  /** Writes the notes. Never rejects: a failure is logged, and the next read of a text notes it again. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const references = [...this.#noted.values()];
    this.#noted = new Map();
    this.#flushing = this.#flushing.then(() => this.#write(references));
    return this.#flushing;
  }

  async #write(references: readonly NamedReference[]): Promise<void> {
    for (let at = 0; at < references.length; at += TOUCHES_A_CALL) {
      try {
        await this.#options.touch(references.slice(at, at + TOUCHES_A_CALL));
      } catch (error) {
        this.#options.logger.warn({ error: errorFields(error), references: references.length - at }, "touch.failed");
        return;
      }
    }
  }
}
