/** A page of a keyset-paged list. `nextCursor` is opaque, and null on the last page. */
export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

export interface PageRequest {
  /** From the page before; undefined: the first. */
  cursor?: string | undefined;
  /** Default 100, at most 1,000. */
  limit?: number | undefined;
}
