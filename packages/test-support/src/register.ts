/** Items and receipts for tests of registering. */
import type { ItemReceipt, RegisterItem } from "@trans-hub/core/store";
import type pg from "pg";
import { item, value } from "./store.ts";

/** `Text 0`, `Text 1` and so on, from English into French, unless they say otherwise. */
export function items(count: number, given: Parameters<typeof item>[1] = {}): RegisterItem[] {
  return Array.from({ length: count }, (_, at) => item(`Text ${at}`, given));
}

/** The sums over the receipts of a call. */
export function sum(receipts: readonly ItemReceipt[]): Omit<ItemReceipt, "error"> {
  return receipts.reduce(
    (total, { registered, existing, queued, failed }) => ({
      registered: total.registered + registered,
      existing: total.existing + existing,
      queued: total.queued + queued,
      failed: total.failed + failed,
    }),
    { registered: 0, existing: 0, queued: 0, failed: 0 },
  );
}

/** How many rows a table has. */
export function count(db: pg.Pool, table: string): Promise<number> {
  return value(db, `select count(*)::int from ${table}`);
}
