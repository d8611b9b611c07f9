/** Cuts lists to the size of a request. */

export interface ChunkLimits {
  maxItems: number;
  /** Bytes of the entries as JSON. */
  maxBytes: number;
}

/** The entries in their order, in as few chunks as the limits allow. An entry above the limit of bytes is a chunk by itself. */
export function chunksOf<Entry>(entries: readonly Entry[], { maxItems, maxBytes }: ChunkLimits): Entry[][] {
  const chunks: Entry[][] = [];
  let chunk: Entry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const own = Buffer.byteLength(JSON.stringify(entry) ?? "") + 1;
    if (chunk.length > 0 && (chunk.length >= maxItems || bytes + own > maxBytes)) {
      chunks.push(chunk);
      chunk = [];
      bytes = 0;
    }
    chunk.push(entry);
    bytes += own;
  }
  if (chunk.length > 0) chunks.push(chunk);
  return chunks;
}
