/**
 * Every metric: the table of docs/operations.md is generated from this list, and the alert rules are checked against
 * it.
 *
 * No label is a text, a business id, a project or a key, and no label grows without bound: locales and codes from
 * outside are cut off after the first hundred (`LabelCap`), all other values are names from the code or the settings.
 */

export interface MetricDescription {
  readonly type: "counter" | "gauge" | "histogram";
  readonly name: string;
  /** Ends with a full stop; goes to Prometheus and into the table. */
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram. */
  readonly buckets?: readonly number[];
}

type Catalogue = Readonly<Record<string, MetricDescription>>;

const CALL_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120] as const;
const WAIT_SECONDS = [0.01, 0.1, 0.5, 1, 5, 15, 30, 60] as const;
const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;
const STATEMENT_ROWS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000] as const;

/** Metrics of one process, worker or application. */
export const PROCESS_METRICS = {
  build: {
    type: "gauge",
    name: "trans_hub_build_info",
    help: "1; its labels say which release runs, and on which Node.",
    labels: ["version", "node"],
  },
  connections: {
    type: "gauge",
    name: "trans_hub_pool_connections",
    help: "Open database connections, by `state` (`busy`, `idle`) and `pool` (`statements`; `direct`: past a pooler).",
    labels: ["pool", "state"],
  },
  connectionsWaiting: {
    type: "gauge",
    name: "trans_hub_pool_waiting",
    help: "Statements that wait for a connection.",
    labels: ["pool"],
  },
  connectionsMax: {
    type: "gauge",
    name: "trans_hub_pool_max_connections",
    help: "The most connections that the pool may open.",
    labels: ["pool"],
  },
} as const satisfies Catalogue;

/** Metrics of one worker. */
export const WORKER_METRICS = {
  ready: {
    type: "gauge",
    name: "trans_hub_ready",
    help: "1 while work is being claimed, as `/readyz` says; else 0.",
    labels: [],
  },
  slots: {
    type: "gauge",
    name: "trans_hub_worker_slots",
    help: "Engine calls that it makes at once (`TH_CONCURRENCY`).",
    labels: [],
  },
  databaseUp: {
    type: "gauge",
    name: "trans_hub_database_up",
    help: "1 when the database answered the last look at the fleet within a second; else 0.",
    labels: [],
  },
  translations: {
    type: "counter",
    name: "trans_hub_translations_total",
    help: "Texts whose outcome was committed: `translated`, `failed` (dead letter), `retried`, `postponed`, `paused`, `released`.",
    labels: ["outcome", "engine", "locale"],
  },
  failures: {
    type: "counter",
    name: "trans_hub_failures_total",
    help: "Attempts at texts that failed, the last one included, by the error's code.",
    labels: ["code", "engine"],
  },
  batchSeconds: {
    type: "histogram",
    name: "trans_hub_batch_duration_seconds",
    help: "From the moment a batch is worked on to the commit of what became of it.",
    labels: [],
    buckets: CALL_SECONDS,
  },
  calls: {
    type: "counter",
    name: "trans_hub_engine_calls_total",
    help: "Engine calls that ended: `ok`, `partial`, `aborted`, or the kind of the failure.",
    labels: ["engine", "outcome"],
  },
  callSeconds: {
    type: "histogram",
    name: "trans_hub_engine_call_duration_seconds",
    help: "How long engine calls took, failed ones included.",
    labels: ["engine"],
    buckets: CALL_SECONDS,
  },
  tokens: {
    type: "counter",
    name: "trans_hub_engine_tokens_total",
    help: "Tokens as the engine reports them: `input`, `output`, and `cached`, which is a part of `input`.",
    labels: ["engine", "kind"],
  },
  waitSeconds: {
    type: "histogram",
    name: "trans_hub_engine_wait_seconds",
    help: "How long calls waited for their turn by the limits, those that did not get it included.",
    labels: ["engine"],
    buckets: WAIT_SECONDS,
  },
  holds: {
    type: "counter",
    name: "trans_hub_engine_holds_total",
    help: "Calls that were not made: `rate_limited` (limit, pause), `quota` or `config` (open circuit).",
    labels: ["engine", "kind"],
  },
  limitChanges: {
    type: "counter",
    name: "trans_hub_engine_limit_changes_total",
    help: "What this worker did to an engine for the whole fleet: `paused`, `opened` or `closed` its circuit.",
    labels: ["engine", "change"],
  },
  rescues: {
    type: "counter",
    name: "trans_hub_rescues_total",
    help: "Dead members of the fleet whose work this one gave back.",
    labels: [],
  },
  faults: {
    type: "counter",
    name: "trans_hub_faults_total",
    help: "Faults that the work survived (`worker.fault` of the log).",
    labels: [],
  },
  collections: {
    type: "counter",
    name: "trans_hub_gc_runs_total",
    help: "Collections by the crontab that this worker ran to their end.",
    labels: [],
  },
  collected: {
    type: "counter",
    name: "trans_hub_gc_removed_rows_total",
    help: "Rows that they removed: `sources`, `translations`, `contents`, `contexts`.",
    labels: ["kind"],
  },
} as const satisfies Catalogue;

/** Metrics of the whole fleet, read from the database: every worker exposes the same values. */
export const FLEET_METRICS = {
  backlog: {
    type: "gauge",
    name: "trans_hub_fleet_backlog_texts",
    help: "Pending texts: `ready` (due), `running` (an engine has them), `scheduled` (due later), `paused`.",
    labels: ["state", "priority"],
  },
  backlogByLocale: {
    type: "gauge",
    name: "trans_hub_fleet_backlog_locale_texts",
    help: "Pending texts by target locale: the hundred with the most, the rest as `other`.",
    labels: ["locale"],
  },
  oldestReady: {
    type: "gauge",
    name: "trans_hub_fleet_oldest_ready_seconds",
    help: "For how long the oldest text is due that is not paused; 0: there is none.",
    labels: [],
  },
  inbox: {
    type: "gauge",
    name: "trans_hub_fleet_inbox_items",
    help: "Items requested inside a transaction that wait to be registered.",
    labels: [],
  },
  inboxRefused: {
    type: "gauge",
    name: "trans_hub_fleet_inbox_refused_items",
    help: "Items requested inside a transaction that cannot be registered, by the reason.",
    labels: ["code"],
  },
  deadLetters: {
    type: "gauge",
    name: "trans_hub_fleet_dead_letters",
    help: "Open dead letters; counted up to 100,000.",
    labels: [],
  },
  stored: {
    type: "gauge",
    name: "trans_hub_fleet_translations",
    help: "Stored translations: `translated`, `approved`.",
    labels: ["status"],
  },
  workers: {
    type: "gauge",
    name: "trans_hub_fleet_workers",
    help: "Members of the fleet, a dead one that was not noticed yet included.",
    labels: [],
  },
  pauses: {
    type: "gauge",
    name: "trans_hub_fleet_pauses",
    help: "Pauses by an operator: of `everything`, an `engine`, a `project`, a `locale`.",
    labels: ["kind"],
  },
  circuitOpen: {
    type: "gauge",
    name: "trans_hub_fleet_engine_circuit_open",
    help: "1 while an engine is not asked because its account or a setting is at fault.",
    labels: ["engine"],
  },
  enginePaused: {
    type: "gauge",
    name: "trans_hub_fleet_engine_paused",
    help: "1 while an engine is not asked because it refused us for our rate.",
    labels: ["engine"],
  },
  lastCollection: {
    type: "gauge",
    name: "trans_hub_fleet_gc_last_success_timestamp_seconds",
    help: "When the last collection that ran to its end began; 0: never.",
    labels: [],
  },
} as const satisfies Catalogue;

/** Metrics of one application, kept in the registry that it hands over. */
export const PRODUCER_METRICS = {
  requests: {
    type: "counter",
    name: "trans_hub_requests_total",
    help: "Calls of `request`: `ok`, or the code of what they threw.",
    labels: ["result"],
  },
  requestRows: {
    type: "counter",
    name: "trans_hub_request_rows_total",
    help: "Rows (texts × locales) of requests: `registered`, `existing`, and `failed`, which is a part of `existing`.",
    labels: ["result"],
  },
  rejected: {
    type: "counter",
    name: "trans_hub_request_rejected_items_total",
    help: "Items that were refused while the rest of their call was registered, by the code.",
    labels: ["code"],
  },
  requestSeconds: {
    type: "histogram",
    name: "trans_hub_request_duration_seconds",
    help: "How long calls of `request` took, waiting for room in memory included.",
    labels: [],
    buckets: REQUEST_SECONDS,
  },
  statementRows: {
    type: "histogram",
    name: "trans_hub_register_statement_rows",
    help: "Rows of the statements that calls were joined into.",
    labels: [],
    buckets: STATEMENT_ROWS,
  },
  statementSeconds: {
    type: "histogram",
    name: "trans_hub_register_statement_duration_seconds",
    help: "How long these statements took.",
    labels: [],
    buckets: REQUEST_SECONDS,
  },
  queuedRows: {
    type: "gauge",
    name: "trans_hub_request_queue_rows",
    help: "Rows of requests in memory that are not answered yet.",
    labels: [],
  },
  heldBack: {
    type: "gauge",
    name: "trans_hub_request_queue_held_back_calls",
    help: "Calls that wait until there is room for their rows (`maxConcurrentRequests`).",
    labels: [],
  },
  reads: {
    type: "counter",
    name: "trans_hub_reads_total",
    help: "Translations looked up: in `memory` (cache hits), in the `store`.",
    labels: ["from"],
  },
  readSeconds: {
    type: "histogram",
    name: "trans_hub_read_duration_seconds",
    help: "How long calls that read took; those answered from memory alone are in the first bucket.",
    labels: [],
    buckets: REQUEST_SECONDS,
  },
} as const satisfies Catalogue;

/** All metrics with the process that exposes them, for the table. */
export function describeMetrics(): (MetricDescription & { of: "process" | "worker" | "fleet" | "producer" })[] {
  return [
    ...Object.values(PROCESS_METRICS).map((metric) => ({ ...metric, of: "process" as const })),
    ...Object.values(WORKER_METRICS).map((metric) => ({ ...metric, of: "worker" as const })),
    ...Object.values(FLEET_METRICS).map((metric) => ({ ...metric, of: "fleet" as const })),
    ...Object.values(PRODUCER_METRICS).map((metric) => ({ ...metric, of: "producer" as const })),
  ];
}
