/** The beginning of a text, in at most so many bytes of UTF-8, without the half of a character at its end. */
export function cutToBytes(text: string, bytes: number): string {
  return Buffer.from(text)
    .subarray(0, bytes)
    .toString()
    .replace(/\uFFFD+$/, "");
}
