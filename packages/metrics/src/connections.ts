import { version } from "@trans-hub/core/operations";
import type { ConnectionUse } from "@trans-hub/core/store";
import type { PROCESS_METRICS } from "./catalogue.ts";
import type { Made } from "./make.ts";

/** Sets the gauges of a process's connections to the present values, summed over all pools of one kind. */
export function showConnections(metrics: Made<typeof PROCESS_METRICS>, uses: readonly ConnectionUse[]): void {
  const { connections, connectionsWaiting, connectionsMax } = metrics;
  for (const metric of [connections, connectionsWaiting, connectionsMax]) metric.reset();
  for (const { pool, open, idle, waiting, max } of uses) {
    connections.inc({ pool, state: "busy" }, open - idle);
    connections.inc({ pool, state: "idle" }, idle);
    connectionsWaiting.inc({ pool }, waiting);
    connectionsMax.inc({ pool }, max);
  }
}

export function showBuild({ build }: Made<typeof PROCESS_METRICS>): void {
  build.set({ version, node: process.version }, 1);
}
