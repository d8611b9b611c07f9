/** A page of a keyset-paged list. `nextCursor` is opaque, and null on the last page. */
export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

export interface PageRequest {
  /** `nextCursor` of the previous page; undefined: the first page. */
  cursor?: string | undefined;
  /** Default 100, at most 1,000. */
  limit?: number | undefined;
}
