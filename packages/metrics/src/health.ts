/** Probes for an orchestrator: is the process alive, and does it claim work? */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { SettingsError } from "@trans-hub/core";

export interface HealthServer {
  /** The port in use, which the system chose when 0 was asked for. */
  readonly port: number;
  ready(): void;
  /** @param reason One line for a person who looks at the probe. */
  notReady(reason: string): void;
  /** Not ready from now on, regardless of later reports: during a drain the database may come back. */
  stopping(): void;
  /** The present answer of `/readyz`. */
  readonly isReady: boolean;
  /** Idempotent; resolves when the port is free again. */
  close(): Promise<void>;
}

/** The text for a monitoring system. */
export interface Scrape {
  contentType: string;
  body: string;
}

/**
 * Serves `/livez` (200 as long as the process can answer at all) and `/readyz` (200 only while work is being claimed,
 * otherwise 503 and the reason) on all interfaces, and the result of `scrape` on `/metrics`.
 *
 * An unreachable database makes a worker not ready, but never not alive: a restart would not help.
 *
 * @throws {SettingsError} The port cannot be listened on.
 */
export async function startHealthServer(port: number, scrape?: () => Promise<Scrape>): Promise<HealthServer> {
  let reason: string | undefined = "starting";
  let isStopping = false;
  // Requests that arrive while the metrics are gathered share the result: a client that asks without reading costs one
  // gathering instead of one per request, and so cannot delay the worker's heartbeats.
  let scraping: Promise<Scrape> | undefined;
  const scrapeOnce = (ask: () => Promise<Scrape>) => {
    scraping ??= ask().finally(() => {
      scraping = undefined;
    });
    return scraping;
  };
  const server = createServer((request, response) => {
    if (request.method !== "GET" && request.method !== "HEAD") return answer(response, 405, "GET only");
    switch (request.url?.split("?")[0]) {
      case "/livez":
        return answer(response, 200, "alive");
      case "/readyz":
        return reason === undefined ? answer(response, 200, "ready") : answer(response, 503, reason);
      case "/metrics":
        if (scrape === undefined) return answer(response, 404, "there are no metrics here");
        return void scrapeOnce(scrape).then(
          ({ contentType, body }) => send(response, 200, contentType, body),
          () => answer(response, 500, "the metrics could not be read"),
        );
      default:
        return answer(response, 404, "there are /livez, /readyz and /metrics");
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => reject(cannotListen(port, cause)));
    server.listen(port, resolve);
  });
  return {
    get isReady() {
      return reason === undefined;
    },
    port: (server.address() as AddressInfo).port,
    ready: () => {
      if (!isStopping) reason = undefined;
    },
    notReady: (why) => {
      if (!isStopping) reason = why;
    },
    stopping: () => {
      isStopping = true;
      reason = "stopping";
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(response: ServerResponse, status: number, line: string): void {
  send(response, status, "text/plain; charset=utf-8", `${line}\n`);
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { "content-type": contentType, "cache-control": "no-store" });
  response.end(body);
}

function cannotListen(port: number, cause: NodeJS.ErrnoException): SettingsError {
  const problem = cause.code === "EADDRINUSE" ? `port ${port} is in use` : `port ${port}: ${cause.code}`;
  return new SettingsError([{ key: "TH_METRICS_PORT", problem }], { cause });
}
