/** What an orchestrator asks a worker: is the process alive, and does it claim work? */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { SettingsError } from "@trans-hub/core";

export interface HealthServer {
  /** The one listened on, which the system chose when 0 was asked for. */
  readonly port: number;
  ready(): void;
  /** @param reason One line for who looks at the probe. */
  notReady(reason: string): void;
  /** Not ready any more, whatever is said later: a drain may see the database come back. */
  stopping(): void;
  /** What `/readyz` would say now. */
  readonly isReady: boolean;
  /** Idempotent; resolves when the port is free again. */
  close(): Promise<void>;
}

/** The text that a monitor is given. */
export interface Scrape {
  contentType: string;
  body: string;
}

/**
 * Serves `/livez` (200 as long as the process can answer at all) and `/readyz` (200 only while work is being claimed;
 * else 503 and the reason) on all interfaces, and what `scrape` gives on `/metrics`.
 *
 * A database that is away makes a worker not ready and never not alive: to restart it would help nobody.
 *
 * @throws {SettingsError} The port cannot be listened on.
 */
export async function startHealthServer(port: number, scrape?: () => Promise<Scrape>): Promise<HealthServer> {
  let reason: string | undefined = "starting";
  let isStopping = false;
  // Whoever asks while the metrics are gathered gets the same: a client that asks without reading costs one gathering, not
  // one a request, and so cannot keep the worker from its beats.
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
          () => answer(response, 500, "the metrics could not be told"),
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
