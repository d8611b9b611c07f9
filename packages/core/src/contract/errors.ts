/**
 * The catalogue of errors: every error that Trans-Hub raises on purpose. Each has a stable `code`, an answer to "may
 * the same call be tried again?" (`retryable`), and a `hint` that names the cure, if there is one.
 *
 * A message never holds a source text, a translation or a secret, so that it may stand in a log.
 * `docs/errors.md` lists the same codes; a test compares the two.
 */

interface TransHubErrorOptions extends ErrorOptions {
  /** The cure, as one sentence. */
  hint?: string | undefined;
}

/** Every `code` of a `TransHubError`. A later release may add some, so a `switch` needs a default. */
export type TransHubErrorCode =
  | InvalidItemCode
  | "TH_SETTINGS"
  | "TH_BACKLOG_FULL"
  | "TH_COST_LIMIT"
  | "TH_CATALOG"
  | "TH_NODE_VERSION"
  | "TH_DATABASE_UNAVAILABLE"
  | "TH_DATABASE_REFUSED"
  | "TH_SCHEMA_MISSING"
  | "TH_SCHEMA_NEWER"
  | "TH_MIGRATION"
  | "TH_EMBEDDED_DATABASE"
  | "TH_NOT_FOUND"
  | "TH_WEBHOOK_NOT_FOUND"
  | "TH_WEBHOOKS_OFF"
  | "TH_REVISION_CHANGED"
  | "TH_NOT_APPROVED"
  | "TH_NOTHING_TO_UNDO"
  | "TH_CURSOR_GONE"
  | "TH_FEED_OPENING"
  | "TH_WAIT_TIMEOUT"
  | "TH_CANCELLED"
  | "TH_CLOSED"
  | "TH_ENGINE_NOT_FOUND"
  | "TH_ENGINE_NOT_ALLOWED"
  | "TH_ENGINE_RATE_LIMITED"
  | "TH_ENGINE_QUOTA"
  | "TH_ENGINE_CONFIG"
  | "TH_ENGINES_STOPPED"
  | "TH_ENGINE_TRANSIENT"
  | "TH_ENGINE_REFUSED"
  | "TH_ENGINE_MALFORMED"
  | "TH_ENGINE_TOO_LONG"
  | "TH_BUDGET_EXCEEDED"
  | "TH_BUDGET_UNPRICED"
  | "TH_TRANSLATION_BLOCKED"
  | "TH_EXPIRED"
  | "TH_WORKER_INTERRUPTED"
  | "TH_WORKER_CRASHED";

/** The base class of every error below. It distinguishes Trans-Hub's own errors from all others. */
export abstract class TransHubError extends Error {
  abstract readonly code: TransHubErrorCode;
  /** True if the same call may succeed later without any change by its caller. */
  abstract readonly retryable: boolean;
  readonly hint: string | undefined;

  constructor(message: string, options: TransHubErrorOptions = {}) {
    super(message, options);
    this.name = new.target.name;
    this.hint = options.hint;
  }
}

// --- Input of the caller -------------------------------------------------------------------------------------

/** A setting is missing, has a bad value or contradicts another. The error names every offending key at once. */
export class SettingsError extends TransHubError {
  readonly code = "TH_SETTINGS";
  readonly retryable = false;
  /** One entry for each offending setting, such as `{ key: "TH_BATCH_SIZE", problem: "must be a whole number" }`. */
  readonly problems: readonly { key: string; problem: string }[];

  constructor(problems: readonly { key: string; problem: string }[], options: TransHubErrorOptions = {}) {
    super(problems.map(({ key, problem }) => `${key}: ${problem}`).join("; "), options);
    this.problems = problems;
  }
}

/** The reason why an item was refused. */
export type InvalidItemCode =
  | "TH_ITEM_SHAPE"
  | "TH_TEXT_EMPTY"
  | "TH_TEXT_TOO_LONG"
  | "TH_TEXT_CHARACTERS"
  | "TH_LOCALE"
  | "TH_BUSINESS_ID"
  | "TH_PROJECT"
  | "TH_CONTEXT"
  | "TH_PRIORITY"
  | "TH_FORMAT";

/** One item of a request was refused and not stored. The other items are stored. */
export class InvalidItemError extends TransHubError {
  readonly code: InvalidItemCode;
  readonly retryable = false;
  /** The field at fault, such as `text` or `targetLocales[1]`. */
  readonly field: string;
  /** The place of the item in the caller's list, from 0. Undefined: no list was given, or the fault is not of one item. */
  readonly index: number | undefined;

  constructor(
    code: InvalidItemCode,
    field: string,
    problem: string,
    options: TransHubErrorOptions & { index?: number | undefined } = {},
  ) {
    super(`${field}: ${problem}`, options);
    this.code = code;
    this.field = field;
    this.index = options.index;
  }

  /** The same fault of the item at a place of the caller's list. */
  at(index: number): InvalidItemError {
    const { code, field, message, hint, cause } = this;
    return new InvalidItemError(code, field, message.slice(field.length + 2), { hint, cause, index });
  }
}

/**
 * The backlog is full: the number of waiting texts has reached its limit. New rows of this item were not registered;
 * existing rows are unchanged.
 */
export class BacklogFullError extends TransHubError {
  readonly code = "TH_BACKLOG_FULL";
  readonly retryable = true;
  constructor(options: TransHubErrorOptions = {}) {
    super("The backlog is full: the number of waiting texts has reached its limit", {
      hint: "Try again later, add workers, or raise TH_MAX_BACKLOG or the database's trans_hub.max_backlog.",
      ...options,
    });
  }
}

/** A file is not a readable catalog, or could not be written. */
export class CatalogError extends TransHubError {
  readonly code = "TH_CATALOG";
  readonly retryable = false;
  readonly file: string;
  /** Counted from 1. Undefined: the fault has no place in the file. */
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor(file: string, problem: string, options: TransHubErrorOptions & { line?: number; column?: number } = {}) {
    const place =
      options.line === undefined ? "" : `:${options.line}${options.column === undefined ? "" : `:${options.column}`}`;
    super(`${file}${place}: ${problem}`, options);
    this.file = file;
    this.line = options.line;
    this.column = options.column;
  }
}

/** The process runs on a version of Node that Trans-Hub does not support. Thrown by importing any package. */
export class UnsupportedNodeError extends TransHubError {
  readonly code = "TH_NODE_VERSION";
  readonly retryable = false;

  constructor(version: string) {
    super(`Node ${version} is too old`, { hint: "Trans-Hub needs Node 22.18 or newer." });
  }
}

// --- The database --------------------------------------------------------------------------------------------------

/** The database did not answer, or closed the connection. The same call may succeed once the database is back. */
export class DatabaseUnavailableError extends TransHubError {
  readonly code = "TH_DATABASE_UNAVAILABLE";
  readonly retryable = true;
}

/** The database refused: missing rights, wrong password, wrong encoding, no such database. */
export class DatabaseRefusedError extends TransHubError {
  readonly code = "TH_DATABASE_REFUSED";
  readonly retryable = false;
}

/** The schema is missing, or older than this release needs. */
export class SchemaMissingError extends TransHubError {
  readonly code = "TH_SCHEMA_MISSING";
  readonly retryable = false;
  constructor(message: string, options: TransHubErrorOptions = {}) {
    super(message, { hint: "Run `trans-hub migrate` against this database.", ...options });
  }
}

/** A newer release migrated the schema. This release refuses to work on it, as it could damage data. */
export class SchemaNewerError extends TransHubError {
  readonly code = "TH_SCHEMA_NEWER";
  readonly retryable = false;
  constructor(message: string, options: TransHubErrorOptions = {}) {
    super(message, {
      hint: "Upgrade Trans-Hub on this machine to the release that migrated the database.",
      ...options,
    });
  }
}

/** A migration failed. The database is as it was before that migration. */
export class MigrationError extends TransHubError {
  readonly code = "TH_MIGRATION";
  readonly retryable = false;
}

/** The embedded PostgreSQL could not be started or reached. */
export class EmbeddedDatabaseError extends TransHubError {
  readonly code = "TH_EMBEDDED_DATABASE";
  readonly retryable = false;
}

// --- Reading and reviewing -----------------------------------------------------------------------------------------

/** There is no such translation. */
export class TranslationNotFoundError extends TransHubError {
  readonly code = "TH_NOT_FOUND";
  readonly retryable = false;
}

/** The project has no such webhook. */
export class WebhookNotFoundError extends TransHubError {
  readonly code = "TH_WEBHOOK_NOT_FOUND";
  readonly retryable = false;

  constructor(options: TransHubErrorOptions = {}) {
    super("The project has no webhook with this id", {
      hint: "Is it of another project? `trans-hub webhooks list` names the webhooks of all projects.",
      ...options,
    });
  }
}

/** The process has no key, and so can neither make nor sign with a secret of a webhook. */
export class WebhooksOffError extends TransHubError {
  readonly code = "TH_WEBHOOKS_OFF";
  readonly retryable = false;

  constructor(options: TransHubErrorOptions = {}) {
    super("Webhooks are off: TH_WEBHOOK_KEY is not set", {
      hint: "Make a key with: openssl rand -base64 32, and give the same one to every server, and to this process, as TH_WEBHOOK_KEY_FILE.",
      ...options,
    });
  }
}

/** The translation, or the glossary, changed since the person read it. Nothing was done. */
export class RevisionChangedError extends TransHubError {
  readonly code = "TH_REVISION_CHANGED";
  readonly retryable = false;
  /** Undefined: none was named, and the translation is not as the last act left it. */
  readonly expected: number | undefined;
  readonly actual: number;

  constructor(expected: number | undefined, actual: number, subject: "translation" | "glossary" = "translation") {
    super(`The ${subject} is at revision ${actual}, not ${expected ?? "as the last act left it"}`, {
      hint: `Read the ${subject} again, and name its new revision.`,
    });
    this.expected = expected;
    this.actual = actual;
  }
}

/** The translation is not approved, so that its approval cannot be taken back. */
export class NotApprovedError extends TransHubError {
  readonly code = "TH_NOT_APPROVED";
  readonly retryable = false;
  constructor(options: TransHubErrorOptions = {}) {
    super("The translation is not approved, and cannot be reopened", {
      hint: "To have a text translated anew, reject it.",
      ...options,
    });
  }
}

/** The translation has no act of a person that is not undone. */
export class NothingToUndoError extends TransHubError {
  readonly code = "TH_NOTHING_TO_UNDO";
  readonly retryable = false;
  constructor(options: TransHubErrorOptions = {}) {
    super("The translation has no act of a person that is not undone", {
      hint: "Its history names all of them: trans-hub review history.",
      ...options,
    });
  }
}

/** Events after the cursor are missing: they are no longer kept, or the database was restored. */
export class CursorGoneError extends TransHubError {
  readonly code = "TH_CURSOR_GONE";
  readonly retryable = false;
  constructor(place: string, options: TransHubErrorOptions = {}) {
    super(`The cursor stands before ${place}`, {
      hint: 'Get a cursor of now (after: "now"), list the translations anew, and follow the feed from that cursor.',
      ...options,
    });
  }
}

/** The feed of events was switched on, and a transaction that began before is still changing texts without telling of it. */
export class FeedOpeningError extends TransHubError {
  readonly code = "TH_FEED_OPENING";
  readonly retryable = true;
  constructor(options: TransHubErrorOptions = {}) {
    super("The feed of events waits for a transaction that began before it was switched on", {
      hint: "Try again. pg_stat_activity shows the oldest transaction (xact_start).",
      ...options,
    });
  }
}

/** The time of `waitFor` ended before every translation was settled. The work goes on, and nothing is lost. */
export class WaitTimeoutError extends TransHubError {
  readonly code = "TH_WAIT_TIMEOUT";
  readonly retryable = true;
}

/** The call was cancelled through its `signal`. Work committed before stays committed. */
export class CancelledError extends TransHubError {
  readonly code = "TH_CANCELLED";
  readonly retryable = true;
}

/** A method was called on a closed coordinator or store. */
export class ClosedError extends TransHubError {
  readonly code = "TH_CLOSED";
  readonly retryable = false;
}

// --- Engines -------------------------------------------------------------------------------------------------------

/** There is no engine of this name, or no engine at all. */
export class EngineNotFoundError extends TransHubError {
  readonly code = "TH_ENGINE_NOT_FOUND";
  readonly retryable = false;
}

/** The project may use no engine of the chain (`TH_PROJECT_ENGINES`). No engine was given its texts. */
export class EngineNotAllowedError extends TransHubError {
  readonly code = "TH_ENGINE_NOT_ALLOWED";
  readonly retryable = false;
  readonly project: string;

  /** @param engines The names in the chain; the engines that the project may use. */
  constructor(
    project: string,
    { chain, allowed }: { chain: readonly string[]; allowed: readonly string[] },
    options: TransHubErrorOptions = {},
  ) {
    super(
      `Project ${JSON.stringify(project)} may use only ${allowed.join(", ") || "no engine"}, ` +
        `and the chain of engines is ${chain.join(", ")}`,
      {
        hint: "Add an engine that the project may use to TH_ENGINES, or allow one in TH_PROJECT_ENGINES; then replay its dead letters.",
        ...options,
      },
    );
    this.project = project;
  }
}

/** The engine refused work because of too many requests. The text loses no attempt. */
export class EngineRateLimitedError extends TransHubError {
  readonly code = "TH_ENGINE_RATE_LIMITED";
  readonly retryable = true;
  /** Milliseconds, from the engine's `Retry-After`. Undefined: the engine sent none. */
  readonly retryAfterMs: number | undefined;
  constructor(message: string, options: TransHubErrorOptions & { retryAfterMs?: number | undefined } = {}) {
    super(message, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The engine's account has no credit or quota left. */
export class EngineQuotaError extends TransHubError {
  readonly code = "TH_ENGINE_QUOTA";
  readonly retryable = true;
}

/** A call does not fit into the budgets of its project, and was not made. Its texts wait, and no attempt counts. */
export class BudgetExceededError extends TransHubError {
  readonly code = "TH_BUDGET_EXCEEDED";
  readonly retryable = true;
  readonly project: string;

  /**
   * @param budget The budget without room, and the amount of it that is spent, if it is known. Undefined: running calls hold it.
   * @param call The most that a call of one text may cost, and the amount that is left, if they are known.
   */
  constructor(
    project: string,
    budget: { per: string; amount: string; currency: string; spent?: string } | undefined,
    call?: { most: string; room: string },
  ) {
    const { spent } = budget ?? {};
    const why = call ? `: it may cost ${call.most}, and ${call.room} is left` : spent ? `: ${spent} is spent` : "";
    const which =
      budget === undefined
        ? "the budget is held by running calls"
        : `the budget of ${budget.amount} ${budget.currency} per ${budget.per} has no room for a call${why}`;
    super(`Project "${project}" waits: ${which}`, {
      hint: "It goes on in the next period, or with a greater amount: trans-hub budget set.",
    });
    this.project = project;
  }
}

/** An engine cannot be held to the budgets of a project, and was not asked. Its texts wait, and no attempt counts. */
export class BudgetUnpricedError extends TransHubError {
  readonly code = "TH_BUDGET_UNPRICED";
  readonly retryable = true;
  readonly project: string;

  constructor(project: string, engine: string, why: string) {
    super(`Engine "${engine}" cannot be held to the budget of project "${project}": ${why}`, {
      hint: "Add its price to TH_PRICES_FILE in the currency of the budget, or another engine to TH_ENGINES.",
    });
    this.project = project;
  }
}

/** The configuration of the engine is wrong: missing or bad key, unknown model, wrong address. */
export class EngineConfigError extends TransHubError {
  readonly code = "TH_ENGINE_CONFIG";
  readonly retryable = false;
}

/**
 * Work with an end of its own (`--once`, `--until-empty`, `translate`) stopped early, because no engine of the chain can be
 * asked: the account or a setting of each is at fault (`cause` is the fault of the first one), or none has answered for a
 * minute. Texts not translated still wait.
 */
export class EnginesStoppedError extends TransHubError {
  readonly code = "TH_ENGINES_STOPPED";
  readonly retryable = true;
}

/** The engine failed temporarily: network, time-out, server error. */
export class EngineTransientError extends TransHubError {
  readonly code = "TH_ENGINE_TRANSIENT";
  readonly retryable = true;
}

/** The engine declined to translate this text (content filter, unsupported pair). */
export class EngineRefusedError extends TransHubError {
  readonly code = "TH_ENGINE_REFUSED";
  readonly retryable = false;
}

/** The engine's answer for this text was unusable: it could not be parsed, was missing, or came twice. */
export class EngineMalformedError extends TransHubError {
  readonly code = "TH_ENGINE_MALFORMED";
  readonly retryable = true;
}

/** The text, or its translation, is longer than the engine allows. */
export class EngineTooLongError extends TransHubError {
  readonly code = "TH_ENGINE_TOO_LONG";
  readonly retryable = true;
}

/** The blocking check that a translation failed. */
export type BlockedBy =
  | "oversized"
  | "empty"
  | "nul"
  | "truncated"
  | "placeholders"
  | "markup"
  | "icu"
  | "mask"
  | "icu-quote"
  | "icu-number"
  | "icu-branch"
  | "markup-nesting"
  | "printf-order"
  | "url"
  | "email"
  | "code"
  | "link-target"
  | "entity"
  | "newline"
  | "wrapper"
  | "bidi"
  | "replacement-character";

/** The engine's translation failed a blocking check and was not stored. */
export class TranslationBlockedError extends TransHubError {
  readonly code = "TH_TRANSLATION_BLOCKED";
  readonly retryable = true;
  readonly check: BlockedBy;

  constructor(check: BlockedBy, message: string, options: TransHubErrorOptions = {}) {
    super(message, options);
    this.check = check;
  }
}

/** The request waited longer than its lifetime, and no engine was asked. */
export class RequestExpiredError extends TransHubError {
  readonly code = "TH_EXPIRED";
  readonly retryable = false;
}

/**
 * A worker's pool ended unasked, or the fleet declared the worker dead and took over its work. The worker starts a new
 * pool. The error appears in the worker's log only (`worker.fault`).
 */
export class WorkerInterruptedError extends TransHubError {
  readonly code = "TH_WORKER_INTERRUPTED";
  readonly retryable = true;
}

/** The text was being translated each time its worker died. */
export class WorkerCrashedError extends TransHubError {
  readonly code = "TH_WORKER_CRASHED";
  readonly retryable = false;
}

/** The texts would cost more than the caller allows, by their estimate, or need prompts many times their size. Nothing was sent. */
export class CostLimitError extends TransHubError {
  readonly code = "TH_COST_LIMIT";
  readonly retryable = false;
}
