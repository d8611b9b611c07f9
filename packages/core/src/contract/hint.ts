/** What a producer says of a text beside its context. */

/**
 * A hint for the engine: data and never an instruction. It is no part of the text's identity: with other words the text is the
 * same, its translation and approval stay, and the next call for it has the new words. At most 4,096 bytes.
 */
export interface Hint {
  /** A translators' note: where the text stands, what it means. */
  readonly note?: string | undefined;
  /** The producer's key of the text, such as `cart.pay`. */
  readonly key?: string | undefined;
  /** The most characters of a translation, from 1 to 1,000,000; a longer one is stored with the flag `max-length`. */
  readonly maxLength?: number | undefined;
  /** Words of your own: strings and numbers. */
  readonly [more: string]: string | number | undefined;
}
