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
    help: "1; the labels are the releases of Trans-Hub and Node.",
    labels: ["version", "node"],
  },
  connections: {
    type: "gauge",
    name: "trans_hub_pool_connections",
    help: "Open database connections, by `state` (`busy`, `idle`) and `pool` (`statements`; `reads`: to a standby; `direct`: past a pooler).",
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
    help: "Largest number of connections of the pool.",
    labels: ["pool"],
  },
} as const satisfies Catalogue;

/** Metrics of one worker. */
export const WORKER_METRICS = {
  ready: {
    type: "gauge",
    name: "trans_hub_ready",
    help: "1 while the worker claims work, like `/readyz`; otherwise 0.",
    labels: [],
  },
  slots: {
    type: "gauge",
    name: "trans_hub_worker_slots",
    help: "Number of concurrent engine calls (`TH_CONCURRENCY`).",
    labels: [],
  },
  databaseUp: {
    type: "gauge",
    name: "trans_hub_database_up",
    help: "1 if the database answered the last measurement of the fleet within a second; otherwise 0.",
    labels: [],
  },
  enginesAvailable: {
    type: "gauge",
    name: "trans_hub_engines_available",
    help: "Engines of the worker's chain that get calls: no open circuit and no rate limit. 0: the worker can translate nothing.",
    labels: [],
  },
  translations: {
    type: "counter",
    name: "trans_hub_translations_total",
    help: "Texts with a committed outcome: `translated`, `failed` (dead letter), `retried`, `postponed`, `paused`, `over_budget`, `released`.",
    labels: ["outcome", "engine", "locale"],
  },
  failures: {
    type: "counter",
    name: "trans_hub_failures_total",
    help: "Failed attempts to translate a text, the last one included, by the error's code.",
    labels: ["code", "engine"],
  },
  warnings: {
    type: "counter",
    name: "trans_hub_warnings_total",
    help: "Texts that were stored with a warning, by the check; a text with two counts for each.",
    labels: ["check", "engine"],
  },
  repairs: {
    type: "counter",
    name: "trans_hub_repairs_total",
    help: "Answers of engines that were repaired before they were judged, by the repair; an answer with two counts for each.",
    labels: ["repair", "engine"],
  },
  hintsLeftOut: {
    type: "counter",
    name: "trans_hub_hints_left_out_total",
    help: "Texts that went to an engine without their hint, because a call cannot hold both.",
    labels: ["engine"],
  },
  memoryTexts: {
    type: "counter",
    name: "trans_hub_memory_texts_total",
    help: "Texts that were looked up in the translation memory, by what was found: similar pairs, a translation that is reused, nothing; or the look-up failed.",
    labels: ["kind"],
  },
  memorySeconds: {
    type: "histogram",
    name: "trans_hub_memory_lookup_duration_seconds",
    help: "Time of a look-up in the translation memory, for all texts of a batch.",
    labels: [],
    buckets: CALL_SECONDS,
  },
  references: {
    type: "counter",
    name: "trans_hub_memory_references_total",
    help: "Pairs of the translation memory that went to an engine with a text it translated, or that gave it its text, by the engine.",
    labels: ["engine"],
  },
  batchSeconds: {
    type: "histogram",
    name: "trans_hub_batch_duration_seconds",
    help: "Time from the start of work on a batch to the commit of its outcomes.",
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
    help: "Duration of engine calls, failed ones included.",
    labels: ["engine"],
    buckets: CALL_SECONDS,
  },
  tokens: {
    type: "counter",
    name: "trans_hub_engine_tokens_total",
    help: "Tokens that the engine reported: `input`, `output`, and `cached`, which is a part of `input`.",
    labels: ["engine", "kind"],
  },
  cost: {
    type: "counter",
    name: "trans_hub_engine_cost_total",
    help: "Cost of engine calls that providers have confirmed, by the prices of `TH_PRICES_FILE`.",
    labels: ["engine", "currency"],
  },
  unconfirmedCost: {
    type: "counter",
    name: "trans_hub_engine_cost_unconfirmed_total",
    help: "The most that providers may bill beyond the confirmed cost, for calls that were aborted, timed out or lost their answers.",
    labels: ["engine", "currency"],
  },
  waitSeconds: {
    type: "histogram",
    name: "trans_hub_engine_wait_seconds",
    help: "Time that calls waited for their turn within the limits; calls without a turn are included.",
    labels: ["engine"],
    buckets: WAIT_SECONDS,
  },
  holds: {
    type: "counter",
    name: "trans_hub_engine_holds_total",
    help: "Calls that were not made: `rate_limited` (limit, pause), `quota`, `config` or `outage` (open circuit).",
    labels: ["engine", "kind"],
  },
  limitChanges: {
    type: "counter",
    name: "trans_hub_engine_limit_changes_total",
    help: "Changes by this worker to an engine's state for the whole fleet: `paused`; `opened` or `closed` the circuit.",
    labels: ["engine", "change"],
  },
  rescues: {
    type: "counter",
    name: "trans_hub_rescues_total",
    help: "Dead nodes of the fleet that this worker rescued.",
    labels: [],
  },
  faults: {
    type: "counter",
    name: "trans_hub_faults_total",
    help: "Faults that the worker survived (`worker.fault` of the log).",
    labels: [],
  },
  jobFailures: {
    type: "counter",
    name: "trans_hub_job_failures_total",
    help: "Jobs of this worker that failed (`job.failed` of the log) and are tried again later: `translate`, or the task's name.",
    labels: ["kind"],
  },
  inboxRefusals: {
    type: "counter",
    name: "trans_hub_inbox_refusals_total",
    help: "Items requested inside a transaction that this worker could not register (`inbox.refused` of the log).",
    labels: ["code"],
  },
  collections: {
    type: "counter",
    name: "trans_hub_gc_runs_total",
    help: "Collections by the crontab that this worker completed.",
    labels: [],
  },
  collected: {
    type: "counter",
    name: "trans_hub_gc_removed_rows_total",
    help: "Rows removed by these collections: `sources`, `translations`, `contents`, `contexts`.",
    labels: ["kind"],
  },
} as const satisfies Catalogue;

/** Metrics of the whole fleet, read from the database: every worker exposes the same values. */
export const FLEET_METRICS = {
  backlog: {
    type: "gauge",
    name: "trans_hub_fleet_backlog_texts",
    help: "Pending texts: `ready` (due), `running` (being translated), `scheduled` (due later), `paused`, `over_budget`.",
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
    help: "Seconds since the oldest text that is not paused became due; 0: no such text.",
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
  memoryUnits: {
    type: "gauge",
    name: "trans_hub_fleet_memory_units",
    help: "Pairs of the translation memory, as the statistics of the database estimate them.",
    labels: [],
  },
  unsequencedEvents: {
    type: "gauge",
    name: "trans_hub_fleet_unsequenced_events",
    help: "Events of the feed that have no position yet, so that no reader sees them; counted up to 100,000.",
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
    help: "Nodes of the fleet, including dead ones that were not detected yet.",
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
    help: "1 while an engine gets no calls because its account or a setting is at fault.",
    labels: ["engine"],
  },
  outage: {
    type: "gauge",
    name: "trans_hub_fleet_engine_outage_seconds",
    help: "Time since the first call of an outage, in which no member of the fleet gets an answer of the engine; 0 without an outage.",
    labels: ["engine"],
  },
  enginePaused: {
    type: "gauge",
    name: "trans_hub_fleet_engine_paused",
    help: "1 while an engine gets no calls because it limited our rate.",
    labels: ["engine"],
  },
  budgets: {
    type: "gauge",
    name: "trans_hub_budget_budgets",
    help: "Budgets of projects in their present periods: `ok`, `near` (80 % spent or held), `paused` (work waits for them).",
    labels: ["state"],
  },
  budgetUsed: {
    type: "gauge",
    name: "trans_hub_budget_used_ratio",
    help: "The part of the most used budget that is spent or held; 0: there is none. `budget list` names it.",
    labels: [],
  },
  budgetUnconfirmed: {
    type: "gauge",
    name: "trans_hub_budget_unconfirmed_ratio",
    help: "The greatest part of a budget that calls without an answer may have cost; 0: there is none.",
    labels: [],
  },
  lastCollection: {
    type: "gauge",
    name: "trans_hub_fleet_gc_last_success_timestamp_seconds",
    help: "Start of the last completed collection; 0: never.",
    labels: [],
  },
  webhooks: {
    type: "gauge",
    name: "trans_hub_fleet_webhooks",
    help: "Webhooks, by `state`: `ok`, `failing` (the last try failed), `disabled` (five days of tries failed, or the receiver answered 410).",
    labels: ["state"],
  },
  webhookFailing: {
    type: "gauge",
    name: "trans_hub_fleet_webhook_failing_seconds",
    help: "Time for which the tries of a webhook have failed, of the one that fails longest; 0: none fails.",
    labels: [],
  },
  webhookLag: {
    type: "gauge",
    name: "trans_hub_fleet_webhook_lag_seconds",
    help: "Age of the oldest event that a webhook was not told, without those that fail; 0: none waits.",
    labels: [],
  },
} as const satisfies Catalogue;

/** Metrics of one application, kept in the registry that it hands over. */
export const PRODUCER_METRICS = {
  requests: {
    type: "counter",
    name: "trans_hub_requests_total",
    help: "Calls of `request`: `ok`, or the code of the error.",
    labels: ["result"],
  },
  requestRows: {
    type: "counter",
    name: "trans_hub_request_rows_total",
    help: "Rows (texts × locales) of requests: `registered`, `existing`, `queued`, and `failed`, which is a part of `existing`.",
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
    help: "Duration of calls of `request`, with the wait for room in memory.",
    labels: [],
    buckets: REQUEST_SECONDS,
  },
  statementRows: {
    type: "histogram",
    name: "trans_hub_register_statement_rows",
    help: "Rows of the statements into which calls were joined.",
    labels: [],
    buckets: STATEMENT_ROWS,
  },
  statementSeconds: {
    type: "histogram",
    name: "trans_hub_register_statement_duration_seconds",
    help: "Duration of these statements.",
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
  reviewActs: {
    type: "counter",
    name: "trans_hub_review_acts_total",
    help: "Acts of people by `kind` (`approve`, `reject`, `reopen`, `undo`): `ok`, or the code of the error.",
    labels: ["kind", "result"],
  },
  readSeconds: {
    type: "histogram",
    name: "trans_hub_read_duration_seconds",
    help: "Duration of calls that read; calls answered from memory alone are in the first bucket.",
    labels: [],
    buckets: REQUEST_SECONDS,
  },
} as const satisfies Catalogue;

/** Metrics of one HTTP server. */
export const SERVER_METRICS = {
  // Not that of a worker: an alert counts the workers by it.
  ready: {
    type: "gauge",
    name: "trans_hub_http_ready",
    help: "1 while the HTTP server answers, like `/readyz`; otherwise 0.",
    labels: [],
  },
  answers: {
    type: "counter",
    name: "trans_hub_http_requests_total",
    help: "Requests that the HTTP API answered, by method, pattern of the route, and status.",
    labels: ["method", "route", "status"],
  },
  seconds: {
    type: "histogram",
    name: "trans_hub_http_request_duration_seconds",
    help: "Time from the head of a request to the end of its answer. Waits are left out: they last as long as their caller wants.",
    labels: ["route"],
    buckets: REQUEST_SECONDS,
  },
  waits: {
    type: "gauge",
    name: "trans_hub_http_waits",
    help: "Requests that wait for translations at this moment.",
    labels: [],
  },
  webhookTries: {
    type: "counter",
    name: "trans_hub_webhook_tries_total",
    help: "Tries to deliver a message to a webhook: `ok`, `status` (not 2xx), `timeout`, `connection`, `tls`, `name` (it does not resolve), `url` (it is refused).",
    labels: ["outcome"],
  },
  webhookSeconds: {
    type: "histogram",
    name: "trans_hub_webhook_try_duration_seconds",
    help: "Time of a try to deliver a message to a webhook, failed ones included.",
    labels: [],
    buckets: REQUEST_SECONDS,
  },
} as const satisfies Catalogue;

/** All metrics with the process that exposes them, for the table. */
export function describeMetrics(): (MetricDescription & {
  of: "process" | "worker" | "fleet" | "producer" | "server";
})[] {
  return [
    ...Object.values(PROCESS_METRICS).map((metric) => ({ ...metric, of: "process" as const })),
    ...Object.values(WORKER_METRICS).map((metric) => ({ ...metric, of: "worker" as const })),
    ...Object.values(FLEET_METRICS).map((metric) => ({ ...metric, of: "fleet" as const })),
    ...Object.values(PRODUCER_METRICS).map((metric) => ({ ...metric, of: "producer" as const })),
    ...Object.values(SERVER_METRICS).map((metric) => ({ ...metric, of: "server" as const })),
  ];
}
