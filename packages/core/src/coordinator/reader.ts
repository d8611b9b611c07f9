/** Reading as the application does: from the cache where it can, joined with whoever reads at the same moment. */
import { Coalescer } from "../async/coalescer.ts";
import type { PersistenceHandler } from "../contract/store.ts";
import type { Translation, TranslationReference } from "../contract/translation.ts";
import { localeFallbacks } from "../rules/locale.ts";
import type { CoordinatorObserver } from "./observer.ts";
import { cacheKey, type ReadCache, useKey } from "./read-cache.ts";
import type { TouchLog } from "./touch-log.ts";

/** References of one statement. */
const REFERENCES_PER_READ = 5_000;
const READS_AT_ONCE = 4;

type Found = Translation | undefined;

export class Reader {
  readonly #cache: ReadCache;
  readonly #touches: TouchLog;
  readonly #observer: CoordinatorObserver | undefined;
  readonly #coalescer: Coalescer<readonly TranslationReference[], Found[]>;

  constructor(
    handler: Pick<PersistenceHandler, "read">,
    cache: ReadCache,
    touches: TouchLog,
    observer?: CoordinatorObserver,
  ) {
    this.#observer = observer;
    this.#cache = cache;
    this.#touches = touches;
    this.#coalescer = new Coalescer({
      maxWeight: REFERENCES_PER_READ,
      weigh: (references) => references.length,
      maxInFlight: READS_AT_ONCE,
      run: async (groups) => {
        const found = await handler.read(groups.flat());
        let at = 0;
        return groups.map((references) => {
          at += references.length;
          return found.slice(at - references.length, at);
        });
      },
    });
  }

  /** Past the cache, and no use of the text: for who watches it. */
  async readStored(references: readonly TranslationReference[]): Promise<Found[]> {
    const chunks: Promise<Found[]>[] = [];
    for (let at = 0; at < references.length; at += REFERENCES_PER_READ) {
      chunks.push(this.#coalescer.add(references.slice(at, at + REFERENCES_PER_READ)));
    }
    return (await Promise.all(chunks)).flat();
  }

  /**
   * Reads, in the order of the references. With `fallback`, where a locale has no text yet, the first of its fallbacks
   * that has one; when none has, what stands for the locale itself.
   */
  async read(references: readonly TranslationReference[], fallback: boolean): Promise<Found[]> {
    const startedAt = performance.now();
    let fromMemory = 0;
    const asked = new Map<string, TranslationReference>();
    const chains = references.map((reference) => {
      const chain = fallback ? fallbackChain(reference) : [named(reference)];
      for (const link of chain) {
        link.found = this.#cache.get(link.key);
        // Whatever stands behind it in the chain is not needed: what is cached has a text.
        if (link.found !== undefined) {
          fromMemory += 1;
          break;
        }
        asked.set(link.key, link.reference);
      }
      return chain;
    });
    if (asked.size > 0) {
      const stored = await this.#readAnew(asked);
      for (const link of chains.flat()) link.found ??= stored.get(link.key);
    }
    this.#observer?.read?.({ fromMemory, fromStore: asked.size, elapsedMs: performance.now() - startedAt });
    return chains.map((chain) => this.#pick(chain));
  }

  async #readAnew(asked: ReadonlyMap<string, TranslationReference>): Promise<Map<string, Translation>> {
    const { generation } = this.#cache;
    const found = await this.readStored([...asked.values()]);
    const stored = new Map<string, Translation>();
    let at = 0;
    for (const key of asked.keys()) {
      const translation = found[at];
      at += 1;
      if (translation === undefined) continue;
      stored.set(key, translation);
      this.#cache.store(key, translation, generation);
    }
    return stored;
  }

  #pick(chain: readonly Link[]): Found {
    const picked = chain.find(({ found }) => found?.text != null) ?? chain.find(({ found }) => found !== undefined);
    if (picked === undefined) return undefined;
    this.#touches.note(picked.reference, picked.use);
    return picked.found;
  }
}

/** A reference of a chain of fallbacks, with its keys, and what stands for it. */
interface Link {
  reference: TranslationReference;
  use: string;
  key: string;
  found: Found;
}

function named(reference: TranslationReference): Link {
  const use = useKey(reference);
  return { reference, use, key: cacheKey(reference.targetLocale, use), found: undefined };
}

function fallbackChain(reference: TranslationReference): Link[] {
  return localeFallbacks(reference.targetLocale).map((targetLocale) => named({ ...reference, targetLocale }));
}
