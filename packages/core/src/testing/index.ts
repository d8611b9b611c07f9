/** For tests: of applications that use Trans-Hub, and of stores behind it. */
import "../supported-node.ts";

import type { ConformanceStore } from "./conformance/kit.ts";

export { friendlyEngine, hostileEngine, MANNERS, type Manner, mangled } from "./hostile-engine.ts";
export { type Clock, ManualClock, SYSTEM_CLOCK } from "./in-memory/clock.ts";
export { InMemoryPersistenceHandler, type InMemoryTransaction } from "./in-memory/persistence-handler.ts";
export { InMemoryStore, type InMemoryStoreOptions } from "./in-memory/store.ts";
export type { ConformanceStore };

/**
 * Tests a store against every promise of `PersistenceHandler`, as a suite of vitest: await it at the top level of a
 * test file. Each case makes a store of its own.
 *
 * It uses only that interface, and polls for conditions: on a store with a real clock, a case may take as long as the
 * store needs to notice a member's death.
 */
export async function persistenceConformance(name: string, makeStore: () => Promise<ConformanceStore>): Promise<void> {
  // Imported here, so that users of the store in memory need not have vitest.
  const { addConformanceSuite } = await import("./conformance.ts");
  addConformanceSuite(name, makeStore);
}
