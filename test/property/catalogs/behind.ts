/** A server and a worker in this process, for commands without a database. */
import { Coordinator } from "@trans-hub/core";
import { PostgresPersistenceHandler, translateBatch } from "@trans-hub/core/store";
import { pseudo } from "@trans-hub/engines";
import { startServer } from "@trans-hub/server";

export interface Behind extends AsyncDisposable {
  /** What a command behind the server needs. */
  readonly env: Record<string, string>;
}

export async function startBehind(databaseUrl: string): Promise<Behind> {
  const engines = [pseudo()];
  const [store, workers] = await Promise.all([
    PostgresPersistenceHandler.connect({ databaseUrl }),
    PostgresPersistenceHandler.connect({ databaseUrl, pollSeconds: 0.1 }),
  ]);
  const hub = new Coordinator(store, { registersFor: "pseudo" });
  const server = await startServer({ hub, store, fleet: { engines: async () => engines } }, { port: 0 });
  const ending = new AbortController();
  const working = workers.work(
    { until: "stopped", concurrency: 4, maxItems: 50, signal: ending.signal },
    translateBatch({ engines, maxAttempts: 5, engineTimeoutMs: 60_000 }),
  );
  return {
    env: { TH_SERVER: `http://127.0.0.1:${server.port}` },
    async [Symbol.asyncDispose]() {
      ending.abort();
      await working;
      await server.close();
      await hub.close();
      await Promise.all([store.close(), workers.close()]);
    },
  };
}
