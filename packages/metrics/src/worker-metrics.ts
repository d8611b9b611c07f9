/** A worker's metrics: the worker, its process, and the fleet as the database knows it. */
import {
  type EngineCall,
  type EngineLimitChange,
  type EngineTurnTaken,
  type FleetMeasure,
  optionKinds as kinds,
  type MemoryLookup,
  optionCheck,
  type PersistenceHandler,
  type Settlement,
  type WorkObserver,
  type WorkOutcome,
} from "@trans-hub/core/store";
import { collectDefaultMetrics, Registry } from "prom-client";
import { FLEET_METRICS, PROCESS_METRICS, WORKER_METRICS } from "./catalogue.ts";
import { showBuild, showConnections } from "./connections.ts";
import { FleetLook, type FleetLookOptions } from "./fleet-look.ts";
import { LabelCap } from "./label-cap.ts";
import { make } from "./make.ts";
import { showFleet } from "./show-fleet.ts";

export interface WorkerMetricsOptions extends Omit<FleetLookOptions, "measure"> {
  /** Number of concurrent engine calls. */
  slots: number;
  /** Names of the engines that the worker may call. */
  engines: readonly string[];
  isReady(): boolean;
}

const checkOptions = optionCheck<WorkerMetricsOptions>("WorkerMetrics", {
  slots: kinds.required(kinds.whole(1, 10_000)),
  engines: kinds.required(kinds.names),
  isReady: kinds.required(kinds.callback),
  keepMs: kinds.millisecondsOrNone,
  staleMs: kinds.millisecondsOrNone,
  patienceMs: kinds.milliseconds,
});

/**
 * Counts a worker's events; {@link scrape} returns all figures in Prometheus' text format. Counting never fails, and
 * never waits.
 */
export class WorkerMetrics {
  readonly #registry = new Registry();
  readonly #worker = make(WORKER_METRICS, this.#registry);
  readonly #process = make(PROCESS_METRICS, this.#registry);
  readonly #fleet = make(FLEET_METRICS, this.#registry);
  readonly #locales = new LabelCap();
  readonly #codes = new LabelCap();
  readonly #checks = new LabelCap();
  readonly #isReady: () => boolean;
  readonly #engines: readonly string[];
  readonly #look: FleetLook;
  #store: PersistenceHandler | undefined;

  /** @throws {SettingsError} An option is missing, unknown, or has a bad value. */
  constructor(options: WorkerMetricsOptions) {
    const { slots, engines, isReady, ...times } = checkOptions(options);
    this.#isReady = isReady;
    this.#engines = engines;
    this.#look = new FleetLook({ ...times, measure: () => this.#store?.measure?.() });
    this.#worker.slots.set(slots);
    showBuild(this.#process);
    collectDefaultMetrics({ register: this.#registry });
  }

  /** The store that the fleet's figures are read from, once it is open. */
  set store(store: PersistenceHandler) {
    this.#store = store;
  }

  readonly observer: Required<Omit<WorkObserver, "ready">> = {
    settled: (settlement) => this.#settled(settlement),
    fault: () => this.#worker.faults.inc(),
    // A task is translate:<locale>, or one of a few names.
    jobFailed: ({ task }) => this.#worker.jobFailures.inc({ kind: task.split(":", 1)[0] ?? task }),
    refused: ({ code }) => this.#worker.inboxRefusals.inc({ code: this.#codes.of(code) }),
    rescued: () => this.#worker.rescues.inc(),
    collected: ({ sources, translations, contents, contexts }) => {
      this.#worker.collections.inc();
      for (const [kind, rows] of Object.entries({ sources, translations, contents, contexts })) {
        this.#worker.collected.inc({ kind }, rows);
      }
    },
  };

  readonly called = (call: EngineCall): void => {
    const { engine, outcome, latencyMs, inputTokens, outputTokens, cachedTokens } = call;
    const { calls, callSeconds, tokens, cost, unconfirmedCost, repairs, hintsLeftOut } = this.#worker;
    if (call.hintsLeftOut !== undefined) hintsLeftOut.inc({ engine }, call.hintsLeftOut);
    for (const [repair, count] of Object.entries(call.repairs ?? {})) repairs.inc({ repair, engine }, count);
    calls.inc({ engine, outcome });
    callSeconds.observe({ engine }, latencyMs / 1_000);
    tokens.inc({ engine, kind: "input" }, inputTokens);
    tokens.inc({ engine, kind: "output" }, outputTokens);
    tokens.inc({ engine, kind: "cached" }, cachedTokens);
    if (call.cost !== undefined && call.currency !== undefined) {
      const { currency } = call;
      // A graph may be rounded; the exact figure is in the records of calls.
      cost.inc({ engine, currency }, Number(call.cost));
      unconfirmedCost.inc({ engine, currency }, Number(call.unconfirmed ?? 0));
    }
  };

  readonly waited = ({ engine, waitMs, outcome }: EngineTurnTaken): void => {
    this.#worker.waitSeconds.observe({ engine }, waitMs / 1_000);
    if (outcome !== "granted" && outcome !== "stopped") this.#worker.holds.inc({ engine, kind: outcome });
  };

  readonly lookedUp = ({ texts, found, reused, elapsedMs, error }: MemoryLookup): void => {
    const { memoryTexts, memorySeconds } = this.#worker;
    memorySeconds.observe(elapsedMs / 1_000);
    if (error !== undefined) memoryTexts.inc({ kind: "failed" }, texts);
    else {
      memoryTexts.inc({ kind: "similar" }, found);
      memoryTexts.inc({ kind: "reused" }, reused);
      memoryTexts.inc({ kind: "nothing" }, Math.max(0, texts - found - reused));
    }
  };

  readonly limitChanged = ({ engine, change }: EngineLimitChange): void => {
    this.#worker.limitChanges.inc({ engine, change });
  };

  /** Without a look at the fleet's circuits there is no figure: an old one would keep the alert quiet. */
  #showEngines(fleet: FleetMeasure | undefined): void {
    if (fleet === undefined) {
      this.#worker.enginesAvailable.remove();
      return;
    }
    const held = fleet.engines.filter(({ circuit, pausedUntil }) => circuit !== "closed" || pausedUntil !== null);
    const names = new Set(held.map(({ engine }) => engine));
    this.#worker.enginesAvailable.set(this.#engines.filter((engine) => !names.has(engine)).length);
  }

  /** Waits at most one second for the database; after that, only the fleet's figures are missing. */
  readonly scrape = async (): Promise<{ contentType: string; body: string }> => {
    const { isUp, fleet } = await this.#look.look();
    this.#worker.databaseUp.set(isUp ? 1 : 0);
    this.#worker.ready.set(this.#isReady() ? 1 : 0);
    this.#showEngines(fleet);
    showFleet(this.#fleet, fleet);
    showConnections(this.#process, this.#store?.connectionUse?.() ?? []);
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() };
  };

  /**
   * Most texts of a batch end in the same way: equal neighbours are counted first, then passed to prom-client once (1
   * µs instead of 7 for a batch of 50).
   */
  #settled({ batch, outcomes, elapsedMs }: Settlement): void {
    const locale = this.#locales.of(batch.targetLocale);
    let run: { outcome: string; engine: string; texts: number } | undefined;
    const tell = () => {
      if (run !== undefined) {
        this.#worker.translations.inc({ outcome: run.outcome, engine: run.engine, locale }, run.texts);
      }
    };
    for (const each of outcomes) {
      const outcome = OUTCOMES[each.kind];
      const engine = engineOf(each);
      if (run?.outcome === outcome && run.engine === engine) run.texts += 1;
      else {
        tell();
        run = { outcome, engine, texts: 1 };
      }
      if (each.kind === "translated") {
        if (each.memoryUnits !== undefined) this.#worker.references.inc({ engine }, each.memoryUnits.length);
        for (const flag of each.flags ?? []) this.#worker.warnings.inc({ check: this.#checks.of(flag), engine });
      }
      if ("error" in each) this.#worker.failures.inc({ code: this.#codes.of(each.error.code), engine });
    }
    tell();
    this.#worker.batchSeconds.observe(elapsedMs / 1_000);
  }
}

const OUTCOMES: Record<WorkOutcome["kind"], string> = {
  translated: "translated",
  failed: "failed",
  retry: "retried",
  postponed: "postponed",
  paused: "paused",
  parked: "over_budget",
  released: "released",
};

function engineOf(outcome: WorkOutcome): string {
  if (outcome.kind === "translated") return outcome.engine;
  return "error" in outcome ? (outcome.error.engine ?? "none") : "none";
}
