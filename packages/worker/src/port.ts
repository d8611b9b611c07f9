/** The port of a worker: health probes and metrics. */
import type { Engine } from "@trans-hub/core/engine";
import { type HealthServer, startHealthServer, WorkerMetrics } from "@trans-hub/metrics";

export interface Port {
  health: HealthServer | undefined;
  /** Counted only where a port for scrapes is open. */
  metrics: WorkerMetrics | undefined;
}

/** The port of a worker without `metricsPort`. */
export const NO_PORT: Port = { health: undefined, metrics: undefined };

/**
 * Opens the port.
 *
 * @throws {SettingsError} The port cannot be listened on.
 */
export async function openPort(
  port: number,
  { concurrency: slots, engines }: { concurrency: number; engines: readonly Engine[] },
): Promise<Port> {
  const names = engines.map(({ name }) => name);
  const metrics = new WorkerMetrics({ slots, engines: names, isReady: () => health.isReady });
  const health = await startHealthServer(port, metrics.scrape);
  return { health, metrics };
}
