/** Metrics of an HTTP server, its process and its coordinator. */
import type { CoordinatorObserver } from "@trans-hub/core";
import { optionKinds as kinds, optionCheck } from "@trans-hub/core/operations";
import { collectDefaultMetrics, Registry } from "prom-client";
import { SERVER_METRICS } from "./catalogue.ts";
import type { Scrape } from "./health.ts";
import { make } from "./make.ts";
import { producerMetrics } from "./producer-metrics.ts";

export interface ServerMetricsOptions {
  isReady(): boolean;
  /** Requests that wait for translations at this moment. */
  waits(): number;
}

const checkOptions = optionCheck<ServerMetricsOptions>("ServerMetrics", {
  isReady: kinds.required(kinds.callback),
  waits: kinds.required(kinds.callback),
});

/** Counts a server's answers; {@link scrape} returns all figures in Prometheus' text format. Asks the database nothing. */
export class ServerMetrics {
  readonly #registry = new Registry();
  readonly #server = make(SERVER_METRICS, this.#registry);
  readonly #options: ServerMetricsOptions;
  /** For the server's coordinator. */
  readonly observer: CoordinatorObserver = producerMetrics(this.#registry);

  /** @throws {SettingsError} An option is missing, unknown, or has a bad value. */
  constructor(options: ServerMetricsOptions) {
    this.#options = checkOptions(options);
    collectDefaultMetrics({ register: this.#registry });
  }

  /** @param answer `route` is a pattern, so that no id or text becomes a label. */
  readonly answered = (answer: {
    method: string;
    route: string;
    status: number;
    elapsedMs: number;
    isWait: boolean;
  }) => {
    const { method, route, status, elapsedMs, isWait } = answer;
    this.#server.answers.inc({ method, route, status });
    if (!isWait) this.#server.seconds.observe({ route }, elapsedMs / 1_000);
  };

  /** For the deliveries to webhooks. */
  readonly webhooks = {
    tried: (outcome: string, seconds: number) => {
      this.#server.webhookTries.inc({ outcome });
      this.#server.webhookSeconds.observe(seconds);
    },
  };

  readonly scrape = async (): Promise<Scrape> => {
    this.#server.ready.set(this.#options.isReady() ? 1 : 0);
    this.#server.waits.set(this.#options.waits());
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() };
  };
}
