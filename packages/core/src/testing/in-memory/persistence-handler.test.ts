import { InMemoryPersistenceHandler, InMemoryStore, persistenceConformance } from "../index.ts";

await persistenceConformance("The store in memory", async () => {
  const store = new InMemoryStore();
  return {
    open: async () => new InMemoryPersistenceHandler(store),
    crash: async (handler) => (handler as InMemoryPersistenceHandler).crash(),
    giveUp: async (handler) => (handler as InMemoryPersistenceHandler).giveUp(),
    begin: async () => new InMemoryPersistenceHandler(store).begin(),
    close: async () => undefined,
  };
});
