/** A server that wants a token, or the login of a proxy on 127.0.0.1. */
import { Coordinator } from "@trans-hub/core";
import type { PersistenceHandler } from "@trans-hub/core/store";
import { authentication, type ProxyLoginOptions, type Server, startServer } from "@trans-hub/server";

export interface GuardedServer {
  readonly server: Server;
  readonly hub: Coordinator;
  close(): Promise<void>;
}

/** @param groups The rights of a login by its groups, which are in `X-Forwarded-Groups`. */
export async function startGuarded(
  store: PersistenceHandler,
  groups: ProxyLoginOptions["groups"],
): Promise<GuardedServer> {
  const hub = new Coordinator(store, { sourceLocale: "en", cacheSize: 0 });
  const proxy = {
    ...{ header: "X-Forwarded-User", groupsHeader: "X-Forwarded-Groups", trustedProxies: ["127.0.0.1"] },
    groups,
  };
  const authenticator = authentication({ tokens: store.tokens, proxy });
  const server = await startServer({ hub, store, authenticator }, { port: 0 });
  return {
    server,
    hub,
    async close() {
      await server.close();
      await hub.close();
    },
  };
}
