/** The size of texts: the bound that holds whatever a setting, an engine or a program says. */

/**
 * Bytes of UTF-8. No longer text is taken in, source or translation. A row that is longer for another reason is shown without
 * its text, and harms no reader of its neighbours.
 */
export const MAX_STORED_TEXT_BYTES = 16 * 2 ** 20;

/** Whether a text has more bytes of UTF-8. A UTF-16 unit takes at most three, so most texts need no counting. */
export function isLonger(text: string, maxBytes: number): boolean {
  return text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes;
}
