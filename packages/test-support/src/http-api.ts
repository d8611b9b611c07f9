/** The HTTP API in this process, on a real socket and the test's own database. */
import { Coordinator } from "@trans-hub/core";
import type { PostgresPersistenceHandler } from "@trans-hub/core/store";
import { type Server, type ServerOptions, startServer } from "@trans-hub/server";
import { test as base, type OpenStore } from "./store.ts";

export interface Answer<Body = Record<string, unknown>> {
  status: number;
  headers: Headers;
  /** Parsed JSON; undefined: no body. */
  body: Body;
}

export interface Api {
  readonly server: Server;
  readonly hub: Coordinator;
  readonly store: PostgresPersistenceHandler;
  readonly url: string;
  /** @param path Below `/v1/projects/shop`, or whole where it begins with `/v1`. */
  ask<Body = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer<Body>>;
}

export type OpenApi = (options?: Partial<ServerOptions>) => Promise<Api>;

/** `test` with `api`, a server on the test's own database, and `openApi` for others. */
export const test = base
  .extend("openApi", async ({ openStore }: { openStore: OpenStore }, { onCleanup }): Promise<OpenApi> => {
    const open: Api[] = [];
    onCleanup(async () => {
      await Promise.all(open.map(({ server }) => server.close()));
      await Promise.all(open.map(({ hub }) => hub.close()));
    });
    return async (options = {}) => {
      const store = await openStore();
      const hub = new Coordinator(store, { sourceLocale: "en", cacheSize: 0 });
      const server = await startServer({ hub, store, ...options }, { port: 0 });
      const url = `http://127.0.0.1:${server.port}`;
      const api: Api = { server, hub, store, url, ask: asking(url) };
      open.push(api);
      return api;
    };
  })
  .extend("api", async ({ openApi }: { openApi: OpenApi }): Promise<Api> => openApi());

function asking(url: string): Api["ask"] {
  return async <Body>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}${path.startsWith("/v1") ? path : `/v1/projects/shop${path}`}`, {
      method,
      headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === "" ? undefined : JSON.parse(text)) as Body,
    };
  };
}
