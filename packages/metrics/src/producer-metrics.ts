/** Metrics that an application exposes about its coordinators. */
import type { CoordinatorObserver, CoordinatorState } from "@trans-hub/core";
import { optionKinds as kinds, optionCheck } from "@trans-hub/core/operations";
import type { Registry } from "prom-client";
import { PROCESS_METRICS, PRODUCER_METRICS } from "./catalogue.ts";
import { showBuild, showConnections } from "./connections.ts";
import { LabelCap } from "./label-cap.ts";
import { make } from "./make.ts";

const checkArguments = optionCheck<{ registry: Registry }>("producerMetrics", {
  registry: kinds.required(kinds.methods("a Registry of prom-client", "registerMetric", "getSingleMetric", "metrics")),
});

/**
 * An observer that keeps the figures of coordinators in a registry of prom-client: `Coordinator.connect({ databaseUrl,
 * observer: producerMetrics(registry) })`.
 *
 * Sends the database no queries. One registry may serve any number of coordinators: their events are counted together,
 * and their waiting rows are summed.
 *
 * @throws {SettingsError} The registry is none of prom-client's.
 */
export function producerMetrics(registry: Registry): CoordinatorObserver {
  checkArguments({ registry });
  const known = OBSERVERS.get(registry);
  if (known !== undefined) return known;
  const observer = observe(registry);
  OBSERVERS.set(registry, observer);
  return observer;
}

/**
 * One observer per registry: a second call for the same registry neither counts twice nor loses the open coordinators.
 */
const OBSERVERS = new WeakMap<Registry, CoordinatorObserver>();

function observe(registry: Registry): CoordinatorObserver {
  const metrics = make(PRODUCER_METRICS, registry);
  const ofProcess = make(PROCESS_METRICS, registry);
  showBuild(ofProcess);
  const open = new Set<() => CoordinatorState>();
  const codes = new LabelCap();
  const show = () => {
    const states = [...open].map((state) => state());
    metrics.queuedRows.set(sum(states.map(({ queuedRows }) => queuedRows)));
    metrics.heldBack.set(sum(states.map(({ heldBackCalls }) => heldBackCalls)));
    showConnections(
      ofProcess,
      states.flatMap(({ connections }) => connections),
    );
  };
  const { connections, connectionsWaiting, connectionsMax } = ofProcess;
  // Each gauge collects by itself, because prom-client collects them in an order of its own.
  for (const gauge of [metrics.queuedRows, metrics.heldBack, connections, connectionsWaiting, connectionsMax]) {
    Object.assign(gauge, { collect: show });
  }
  for (const result of ["registered", "existing", "queued", "failed"]) metrics.requestRows.inc({ result }, 0);
  // Present from the start with 0, so that the first refusal shows as an increase.
  metrics.requests.inc({ result: "TH_BACKLOG_FULL" }, 0);
  metrics.rejected.inc({ code: "TH_BACKLOG_FULL" }, 0);
  for (const from of ["memory", "store"]) metrics.reads.inc({ from }, 0);
  for (const kind of ["approve", "reject", "reopen", "undo"]) metrics.reviewActs.inc({ kind, result: "ok" }, 0);
  return {
    opened: (state) => open.add(state),
    closed: (state) => open.delete(state),
    requested({ registered, existing, queued, failed, rejected, elapsedMs, error }) {
      metrics.requests.inc({ result: error === undefined ? "ok" : codes.of(error) });
      metrics.requestSeconds.observe(elapsedMs / 1_000);
      if (registered > 0) metrics.requestRows.inc({ result: "registered" }, registered);
      if (existing > 0) metrics.requestRows.inc({ result: "existing" }, existing);
      if (queued > 0) metrics.requestRows.inc({ result: "queued" }, queued);
      if (failed > 0) metrics.requestRows.inc({ result: "failed" }, failed);
      for (const [code, items] of Object.entries(rejected)) metrics.rejected.inc({ code: codes.of(code) }, items);
    },
    registered({ rows, elapsedMs }) {
      metrics.statementRows.observe(rows);
      metrics.statementSeconds.observe(elapsedMs / 1_000);
    },
    read({ fromMemory, fromStore, elapsedMs }) {
      metrics.reads.inc({ from: "memory" }, fromMemory);
      metrics.reads.inc({ from: "store" }, fromStore);
      metrics.readSeconds.observe(elapsedMs / 1_000);
    },
    reviewed({ kind, error }) {
      metrics.reviewActs.inc({ kind, result: error === undefined ? "ok" : codes.of(error) });
    },
  };
}

function sum(figures: readonly number[]): number {
  return figures.reduce((total, figure) => total + figure, 0);
}
