/**
 * Translations that this process read lately, so that a page of a hundred texts costs no query.
 *
 * An entry has its text and waits for nothing: a missing or pending translation is read from the store each time, so
 * that its text appears as soon as it is stored. A change made by another process appears when the entry's time to live
 * ends.
 */
import { LRUCache } from "lru-cache";
import type { FeedEvent } from "../contract/event.ts";
import type { RegisterItem } from "../contract/item.ts";
import type { Translation, TranslationReference } from "../contract/translation.ts";
import type { Settlement } from "../contract/work.ts";
import { contentId, contextKey } from "../rules/identity.ts";

export interface ReadCacheOptions {
  /** The greatest number of translations; 0 keeps none. */
  size: number;
  /** Seconds that an entry lives; 0 keeps none. */
  ttlSeconds: number;
}

/** The identity of a translation without its context: enough to find every entry that a change may concern. */
type Changed = Pick<Translation, "project" | "sourceLocale" | "targetLocale" | "sourceText">;

/** A read of the store that is under way. */
export interface Reading {
  /** The number of changes before it. A read that began before a change is not kept after it. */
  readonly generation: number;
  /** The keys that it reads, without those that a change has outdated meanwhile. */
  readonly keys: Set<string>;
}

export class ReadCache {
  readonly #entries: LRUCache<string, Translation> | undefined;
  readonly #readings = new Set<Reading>();
  #generation = 0;

  constructor({ size, ttlSeconds }: ReadCacheOptions) {
    if (size > 0 && ttlSeconds > 0) this.#entries = new LRUCache({ max: size, ttl: Math.ceil(ttlSeconds * 1_000) });
  }

  /** A copy of the entry; undefined: there is none. */
  get(key: string): Translation | undefined {
    const translation = this.#entries?.get(key);
    return translation === undefined ? undefined : copyOf(translation);
  }

  /** Begins a read of the store. It ends with {@link keep}, also without an answer. */
  begin(keys: Iterable<string>): Reading {
    const reading: Reading = { generation: this.#generation, keys: new Set(keys) };
    this.#readings.add(reading);
    return reading;
  }

  /** Ends a read, and keeps what no change has outdated meanwhile. */
  keep(reading: Reading, stored: ReadonlyMap<string, Translation>): void {
    this.#readings.delete(reading);
    if (this.#entries === undefined || reading.generation !== this.#generation) return;
    for (const [key, translation] of stored) {
      if (reading.keys.has(key) && isKeepable(translation)) this.#entries.set(key, copyOf(translation));
    }
  }

  /** Drops every entry of these translations, under all their names, and ignores reads of them that are under way. */
  forget(changed: Iterable<Changed>): void {
    this.#generation += 1;
    const identities = new Set<string>();
    for (const translation of changed) identities.add(identity(translation));
    if (this.#entries === undefined || identities.size === 0) return;
    // One pass over all entries for the whole set: changes are rare, and an index by text would cost every read.
    for (const [key, translation] of this.#entries.entries()) {
      if (identities.has(identity(translation))) this.#entries.delete(key);
    }
  }

  /** Registering changes entries in two cases: a text is forced, or a business id gets another text. */
  registered(items: readonly RegisterItem[]): void {
    const forced = items.filter(({ force }) => force);
    if (forced.length > 0) this.forget(forced.flatMap(translationsOf));
    for (const item of items) {
      if (item.businessId !== "") for (const targetLocale of item.targetLocales) this.#named(item, targetLocale);
    }
  }

  /** The texts of a batch were translated, failed or handed on. */
  settled({ batch }: Settlement): void {
    const { project, sourceLocale, targetLocale } = batch;
    this.forget(batch.items.map(({ text }) => ({ project, sourceLocale, targetLocale, sourceText: text })));
  }

  /** Drops the entries of the projects and locales that these events are about. */
  told(events: readonly Pick<FeedEvent, "project" | "targetLocale">[]): void {
    if (events.length === 0) return;
    this.#generation += 1;
    const places = new Set(events.map(({ project, targetLocale }) => `${project}\0${targetLocale ?? ""}`));
    for (const [key, { project, targetLocale }] of this.#entries?.entries() ?? []) {
      if (places.has(`${project}\0${targetLocale}`) || places.has(`${project}\0`)) this.#entries?.delete(key);
    }
  }

  clear(): void {
    this.#generation += 1;
    this.#entries?.clear();
  }

  /** A business id answers with its newest text: an entry with another text is outdated, and so is a read under way. */
  #named({ project, businessId, text }: RegisterItem, targetLocale: string): void {
    const key = cacheKey(targetLocale, useKey({ project, targetLocale, businessId }));
    for (const { keys } of this.#readings) keys.delete(key);
    const known = this.#entries?.peek(key);
    if (known !== undefined && known.sourceText !== text) this.#entries?.delete(key);
  }
}

function translationsOf({ project, sourceLocale, targetLocales, text }: RegisterItem): Changed[] {
  return targetLocales.map((targetLocale) => ({ project, sourceLocale, targetLocale, sourceText: text }));
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

/** The key of an entry: one for each name of a translation. */
export function cacheKey(targetLocale: string, use: string): string {
  return `${targetLocale}\0${use}`;
}

/** The part of the key that all target locales share: the name of the text. Also the key of a use in `TouchLog`. */
export function useKey(reference: TranslationReference): string {
  if ("businessId" in reference) return `${reference.project}\0id\0${reference.businessId}`;
  if ("id" in reference) return `${reference.project}\0no\0${reference.id}`;
  const { project, sourceLocale, text, context, format } = reference;
  // No part holds a U+0000. A short text stands for itself: hashing it would take longer than the rest of the read.
  const content =
    text.length <= HASHED_FROM ? `text\0${sourceLocale}\0${text}` : `hash\0${contentId(sourceLocale, text)}`;
  const said = contextKey(context, format);
  return said === undefined ? `${project}\0${content}` : `${project}\0${content}\0${said}`;
}

/** Texts longer than this (in characters) are hashed, so that keys stay smaller than entries. */
const HASHED_FROM = 200;
