/** Reading as the application does: from the cache where it can, joined with whoever reads at the same moment. */
import { Coalescer } from "../coalescer.ts";
import { localeFallbacks } from "../locale.ts";
import type { PersistenceHandler } from "../persistence-handler.ts";
import { type ReadCache, referenceKey } from "../read-cache.ts";
import type { Translation, TranslationReference } from "../translation/translation.ts";
import type { CoordinatorObserver } from "./observer.ts";
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
    const chains = references.map((reference) => (fallback ? fallbackChain(reference) : [reference]));
    const known = new Map<string, Translation>();
    const asked = new Map<string, TranslationReference>();
    for (const chain of chains) {
      for (const reference of chain) {
        const key = referenceKey(reference);
        const cached = known.get(key) ?? this.#cache.get(key);
        if (cached === undefined) {
          asked.set(key, reference);
          continue;
        }
        known.set(key, cached);
        // Whatever stands behind it in the chain is not needed: what is cached has a text.
        break;
      }
    }
    const startedAt = performance.now();
    const fromMemory = known.size;
    await this.#readInto(known, asked);
    this.#observer?.read?.({ fromMemory, fromStore: asked.size, elapsedMs: performance.now() - startedAt });
    return chains.map((chain) => this.#pick(chain, known));
  }

  async #readInto(known: Map<string, Translation>, asked: ReadonlyMap<string, TranslationReference>): Promise<void> {
    if (asked.size === 0) return;
    const { generation } = this.#cache;
    const found = await this.readStored([...asked.values()]);
    for (const [at, key] of [...asked.keys()].entries()) {
      const translation = found[at];
      if (translation === undefined) continue;
      known.set(key, translation);
      this.#cache.store(key, translation, generation);
    }
  }

  #pick(chain: readonly TranslationReference[], known: ReadonlyMap<string, Translation>): Found {
    const found = chain.flatMap((reference) => {
      const translation = known.get(referenceKey(reference));
      return translation === undefined ? [] : [{ reference, translation }];
    });
    const picked = found.find(({ translation }) => translation.text !== null) ?? found[0];
    if (picked === undefined) return undefined;
    this.#touches.note(picked.reference);
    return picked.translation;
  }
}

function fallbackChain(reference: TranslationReference): TranslationReference[] {
  return localeFallbacks(reference.targetLocale).map((targetLocale) => ({ ...reference, targetLocale }));
}
