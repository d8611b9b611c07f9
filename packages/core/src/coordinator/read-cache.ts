/**
 * What this process read lately, so that a page of a hundred texts costs no query.
 *
 * Only what has its text and waits for nothing is kept: a missing or pending translation is asked for anew each time, so
 * that it shows as soon as it is there. What another process changes shows after the time to live at the latest.
 */
import { LRUCache } from "lru-cache";
import type { Translation, TranslationReference } from "../contract/translation.ts";
import { contentId, contextKey } from "../rules/identity.ts";

export interface ReadCacheOptions {
  /** Translations; 0 keeps none. */
  size: number;
  /** 0 keeps none. */
  ttlSeconds: number;
}

/** What a translation is of, without context: enough to find all that a change may have touched. */
export type Changed = Pick<Translation, "project" | "sourceLocale" | "targetLocale" | "sourceText">;

export class ReadCache {
  readonly #entries: LRUCache<string, Translation> | undefined;
  #generation = 0;

  constructor({ size, ttlSeconds }: ReadCacheOptions) {
    if (size > 0 && ttlSeconds > 0) this.#entries = new LRUCache({ max: size, ttl: ttlSeconds * 1_000 });
  }

  /** A copy; undefined: unknown. */
  get(key: string): Translation | undefined {
    const translation = this.#entries?.get(key);
    return translation === undefined ? undefined : copyOf(translation);
  }

  /** Take it before reading, hand it to {@link store}: what was read before a change is not kept after it. */
  get generation(): number {
    return this.#generation;
  }

  store(key: string, translation: Translation, generation: number): void {
    if (generation !== this.#generation || !isKeepable(translation)) return;
    this.#entries?.set(key, copyOf(translation));
  }

  /** Drops everything read of these, under whichever name, and what is being read at this moment. */
  forget(changed: Iterable<Changed>): void {
    this.#generation += 1;
    const identities = new Set<string>();
    for (const translation of changed) identities.add(identity(translation));
    if (this.#entries === undefined || identities.size === 0) return;
    // All entries once for the whole set: changes are rare, and an index by text would cost every read.
    for (const [key, translation] of this.#entries.entries()) {
      if (identities.has(identity(translation))) this.#entries.delete(key);
    }
  }

  /** A business id was registered with this text: another one known by it is no longer the last seen. */
  namedAnew(key: string, sourceText: string): void {
    const known = this.#entries?.peek(key);
    if (known === undefined || known.sourceText === sourceText) return;
    this.#generation += 1;
    this.#entries?.delete(key);
  }

  clear(): void {
    this.#generation += 1;
    this.#entries?.clear();
  }
}

/** Not by `structuredClone`, which takes twenty times as long: most translations are flat but for a list of ids. */
function copyOf({ context, businessIds, error, ...flat }: Translation): Translation {
  return {
    ...flat,
    context: context === null ? null : structuredClone(context),
    businessIds: [...businessIds],
    ...(error && { error: { ...error } }),
  };
}

function isKeepable({ status, text }: Translation): boolean {
  return text !== null && (status === "translated" || status === "approved");
}

function identity({ project, sourceLocale, targetLocale, sourceText }: Changed): string {
  return `${project}\0${sourceLocale}\0${targetLocale}\0${sourceText}`;
}

/** One name for what a reference reads, whoever writes it. */
export function cacheKey(targetLocale: string, use: string): string {
  return `${targetLocale}\0${use}`;
}

/** The same for what is used, in whichever locale. */
export function useKey(reference: TranslationReference): string {
  if ("businessId" in reference) return `${reference.project}\0id\0${reference.businessId}`;
  const { project, sourceLocale, text, context, format } = reference;
  // No part holds a U+0000. A short text stands for itself: to hash it takes longer than all the rest.
  const content =
    text.length <= HASHED_FROM ? `text\0${sourceLocale}\0${text}` : `hash\0${contentId(sourceLocale, text)}`;
  const said = contextKey(context, format);
  return said === undefined ? `${project}\0${content}` : `${project}\0${content}\0${said}`;
}

/** Characters; keys of longer texts would take more memory than what they are keys of. */
const HASHED_FROM = 200;
