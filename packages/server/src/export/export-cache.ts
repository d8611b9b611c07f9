/**
 * Exports that were made a moment ago, so that any number of clients cost the database one read in five seconds.
 *
 *     get ─┬▶ made less than 5 s ago ─▶ answered from memory
 *          ├▶ being made ─▶ waits for that one
 *          └▶ made now, two at a time
 *
 * An export is out of memory five seconds after its read began, asked for or not: so a text that was forgotten is gone from it by
 * then, and a change is shown.
 */
import { hash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { LRUCache } from "lru-cache";

export interface ExportCacheOptions {
  /** Bytes of memory for bodies, compressed ones too. Default 64 MiB. A larger export is made for each that asks. */
  maxBytes?: number | undefined;
  /** Milliseconds from the begin of its read for which an export is answered. Default 5,000. */
  maxAgeMs?: number | undefined;
}

/** One representation of an export. */
export interface ExportBody {
  readonly bytes: Buffer;
  /** Strong: the hash of these bytes, in quotes. */
  readonly etag: string;
  readonly encoding: "gzip" | undefined;
}

/** At most this many exports are made at once: each holds all of its texts, and reads with one connection. */
const MADE_AT_ONCE = 2;

/** Below this, compressing saves no packet. Bytes. */
const SMALL_BYTES = 1_024;

const compress = promisify(gzip);

export class Export {
  readonly plain: ExportBody;
  #compressed: Promise<ExportBody> | undefined;

  constructor(json: string) {
    this.plain = bodyOf(Buffer.from(json));
  }

  /** Compressed when it is first asked for. A small export comes as it is. */
  compressed(): Promise<ExportBody> {
    const { bytes } = this.plain;
    this.#compressed ??=
      bytes.length < SMALL_BYTES
        ? Promise.resolve(this.plain)
        : compress(bytes).then((packed) => bodyOf(packed, "gzip"));
    return this.#compressed;
  }

  /** The most memory that it takes. */
  get size(): number {
    return 2 * this.plain.bytes.length + 1_024;
  }
}

function bodyOf(bytes: Buffer, encoding?: "gzip"): ExportBody {
  return { bytes, etag: `"${hash("sha256", bytes, "base64url").slice(0, 27)}"`, encoding };
}

export class ExportCache {
  readonly #made: LRUCache<string, Export>;
  readonly #making = new Map<string, Promise<Export>>();
  readonly #maxAgeMs: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor({ maxBytes = 67_108_864, maxAgeMs = 5_000 }: ExportCacheOptions = {}) {
    this.#maxAgeMs = maxAgeMs;
    // A purge of its own timers: an entry that nobody asks for must go too. The timers keep no process alive.
    this.#made = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: ({ size }) => size,
      ttl: maxAgeMs,
      ttlAutopurge: true,
    });
  }

  /** Exports in memory, and their bytes. */
  get load(): { exports: number; bytes: number } {
    return { exports: this.#made.size, bytes: this.#made.calculatedSize };
  }

  /**
   * The export of this key, or the one that `make` gives. An export that failed is not kept.
   *
   * @param make The JSON of the export. It is called once for all who ask meanwhile.
   */
  get(key: string, make: () => Promise<string>): Promise<Export> {
    const made = this.#made.get(key);
    if (made !== undefined) return Promise.resolve(made);
    const running = this.#making.get(key);
    if (running !== undefined) return running;
    const making = this.#make(key, make).finally(() => this.#making.delete(key));
    this.#making.set(key, making);
    return making;
  }

  async #make(key: string, make: () => Promise<string>): Promise<Export> {
    await this.#turn();
    try {
      const begun = performance.now();
      const made = new Export(await make());
      const ttl = this.#maxAgeMs - (performance.now() - begun);
      if (ttl > 0) this.#made.set(key, made, { ttl });
      return made;
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  async #turn(): Promise<void> {
    if (this.#running >= MADE_AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running += 1;
  }
}
