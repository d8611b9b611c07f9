/** For tests: of applications that use Trans-Hub, and of stores that are to stand behind it. */
import type { ConformanceStore } from "./conformance/kit.ts";

export { type Clock, ManualClock, SYSTEM_CLOCK } from "./clock.ts";
export { InMemoryPersistenceHandler, type InMemoryTransaction } from "./in-memory/persistence-handler.ts";
export { InMemoryStore, type InMemoryStoreOptions } from "./in-memory/store.ts";
export type { ConformanceStore };

/**
 * Tries a store against every promise of `PersistenceHandler`, as a suite of vitest: await it at the top level of a
 * test file. Each case makes a store of its own.
 *
 * It speaks only that interface, and waits for conditions: on a store with a real clock a case may take as long as the
 * store needs to notice that a member died.
 */
export async function persistenceConformance(name: string, makeStore: () => Promise<ConformanceStore>): Promise<void> {
  // Only now: who needs no more than the store in memory need not have vitest.
  const { addConformanceSuite } = await import("./conformance.ts");
  addConformanceSuite(name, makeStore);
}
