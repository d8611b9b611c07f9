/**
 * `fetch` for engines, with a bound on what an answer may take of this process's memory.
 *
 * The answer of a server is not ours to trust: one that never ends, or that unpacks to a thousand times its size, would take
 * the worker with all its other work. Bytes are counted after decompression, as they are read. Headers are bounded by
 * Node.js itself (16 KiB).
 */

/** An answer held more bytes than its caller allows. Its connection is closed. */
export class AnswerTooLargeError extends Error {
  readonly maxBytes: number;

  constructor(maxBytes: number) {
    super(`The answer is longer than ${maxBytes} bytes`);
    this.name = "AnswerTooLargeError";
    this.maxBytes = maxBytes;
  }
}

/** Bytes. An error says what it has to say at its beginning. */
const MAX_ERROR_BYTES = 64 * 1024;

/**
 * Fetches, and reads the whole answer.
 *
 * Of an answer with an error status, the status counts: a body beyond 64 KiB is cut there. No redirect is followed: it could
 * carry texts and keys to another host.
 *
 * @param maxBytes The most bytes of an answer with a success status, counted after decompression.
 * @throws {AnswerTooLargeError} The answer is longer. The error may stand in the `cause` of a library's own error: see
 *   {@link isAnswerTooLarge}.
 */
export async function boundedFetch(
  url: Parameters<typeof fetch>[0],
  init: RequestInit | undefined,
  maxBytes: number,
): Promise<Response> {
  const response = await fetch(url, { ...init, redirect: "manual" });
  const { status, statusText, headers, ok, body } = response;
  const bound = ok ? maxBytes : Math.min(maxBytes, MAX_ERROR_BYTES);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop cancels the body, and so closes the connection at once.
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > bound) {
      if (ok) throw new AnswerTooLargeError(maxBytes);
      chunks.push(chunk.subarray(0, chunk.byteLength - (bytes - bound)));
      break;
    }
    chunks.push(chunk);
  }
  // The statuses that have no body refuse one, even an empty one.
  return new Response(chunks.length === 0 ? null : Buffer.concat(chunks), { status, statusText, headers });
}

/** Bytes of an answer beside its texts: a model's thoughts, and the facts around them. 250,000 tokens fit. */
const ROOM_BYTES = 2 ** 20;
/** A byte of the question may come back as a few in another script, each as six of JSON (`\u0915`). */
const ANSWER_TIMES_QUESTION = 32;

/** The most bytes of an answer to this question: no translation of it is longer. A question that is no string counts as empty. */
export function answerBound(question: unknown): number {
  return ROOM_BYTES + ANSWER_TIMES_QUESTION * (typeof question === "string" ? Buffer.byteLength(question) : 0);
}

/** Whether an error is an {@link AnswerTooLargeError}, or was caused by one. */
export function isAnswerTooLarge(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof AnswerTooLargeError) return true;
  }
  return false;
}
