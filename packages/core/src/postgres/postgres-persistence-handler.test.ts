/** The store on PostgreSQL, tested against the promises of every store. */

import { createTestDatabase } from "@trans-hub/test-support/database";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { startTcpProxy, type TcpProxy } from "@trans-hub/test-support/tcp-proxy";
import pg from "pg";
import type { PersistenceHandler } from "../contract/store.ts";
import { persistenceConformance } from "../testing/index.ts";
import { PostgresPersistenceHandler } from "./postgres-persistence-handler.ts";
import { releaseNode } from "./work/fleet/node.sql.ts";

await persistenceConformance("The store on PostgreSQL", async () => {
  const database = await createTestDatabase();
  const db = new pg.Pool({ connectionString: database.url });
  db.on("error", () => undefined);
  const proxies = new Map<PersistenceHandler, TcpProxy>();

  return {
    async open() {
      const proxy = await startTcpProxy(database.url);
      const handler = await PostgresPersistenceHandler.connect({
        databaseUrl: proxy.url,
        connectTimeoutMs: 2_000,
        // The retentions of these cases are milliseconds, so every use is noted.
        retentionDays: 0,
        pollSeconds: 0.2,
        heartbeatSeconds: 0.2,
        rescueAfterSeconds: 1,
      });
      proxies.set(handler, proxy);
      return handler;
    },
    // The process lives on, but for the database and the fleet it is as dead as after kill -9.
    async crash(handler) {
      proxies.get(handler)?.cut();
    },
    async giveUp() {
      const { rows } = await db.query<{ node_id: string }>("select node_id from trans_hub.worker_node");
      for (const { node_id } of rows) await db.query({ text: releaseNode.text, values: [node_id, null, true] });
    },
    async begin() {
      const client = await db.connect();
      await client.query("begin");
      const end = (how: "commit" | "rollback") => async () => {
        await client.query(how);
        client.release();
      };
      return { client, commit: end("commit"), rollback: end("rollback") };
    },
    async close() {
      await expectInvariants(db);
      await Promise.all([...proxies.values()].map((proxy) => proxy.close()));
      await db.end();
      await database.drop();
    },
  };
});
