/**
 * The catalogue of errors: every error that Trans-Hub raises on purpose, each with a stable `code`, an answer to
 * "may the same call be tried again?" (`retryable`), and, where there is one, a `hint` that names the cure.
 *
 * A message never holds a source text, a translation or a secret: it may stand in a log.
 * `docs/errors.md` lists the same codes; a test holds the two in step.
 */

interface TransHubErrorOptions extends ErrorOptions {
  /** What the reader can do about it, as one sentence. */
  hint?: string | undefined;
}

/** The base of every error below. Catch it to tell Trans-Hub's own errors from all others. */
export abstract class TransHubError extends Error {
  abstract readonly code: string;
  /** True when the very same call may succeed later without anybody changing anything. */
  abstract readonly retryable: boolean;
  readonly hint: string | undefined;

  constructor(message: string, options: TransHubErrorOptions = {}) {
    super(message, options);
    this.name = new.target.name;
    this.hint = options.hint;
  }
}

// --- What the caller handed in -------------------------------------------------------------------------------------

/** A setting has a bad value, is missing, or contradicts another. Names every offending key at once. */
export class SettingsError extends TransHubError {
  readonly code = "TH_SETTINGS";
  readonly retryable = false;
  /** One entry per offending setting, such as `{ key: "TH_BATCH_SIZE", problem: "must be a whole number" }`. */
  readonly problems: readonly { key: string; problem: string }[];

  constructor(problems: readonly { key: string; problem: string }[], options: TransHubErrorOptions = {}) {
    super(problems.map(({ key, problem }) => `${key}: ${problem}`).join("; "), options);
    this.problems = problems;
  }
}

/** Why one item was refused. */
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

/** One item of a request was refused; nothing of it was stored, its neighbours were. */
export class InvalidItemError extends TransHubError {
  readonly code: InvalidItemCode;
  readonly retryable = false;
  /** The field at fault, such as `text` or `targetLocales[1]`. */
  readonly field: string;

  constructor(code: InvalidItemCode, field: string, problem: string, options: TransHubErrorOptions = {}) {
    super(`${field}: ${problem}`, options);
    this.code = code;
    this.field = field;
  }
}

/** As many texts wait as may wait. New work of this item was not registered; what was there before is not touched. */
export class BacklogFullError extends TransHubError {
  readonly code = "TH_BACKLOG_FULL";
  readonly retryable = true;
  constructor(options: TransHubErrorOptions = {}) {
    super("As many texts wait to be translated as may wait", {
      hint: "Try again later; see `trans-hub status` for what waits. TH_MAX_BACKLOG is the bound.",
      ...options,
    });
  }
}

/** A catalog file could not be read as one, or not be written. */
export class CatalogError extends TransHubError {
  readonly code = "TH_CATALOG";
  readonly retryable = false;
  readonly file: string;
  /** Counted from 1; absent when the fault has no place in the file. */
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

// --- The database --------------------------------------------------------------------------------------------------

/** The database did not answer, or ended the connection. The same call may succeed once it is back. */
export class DatabaseUnavailableError extends TransHubError {
  readonly code = "TH_DATABASE_UNAVAILABLE";
  readonly retryable = true;
}

/** The database answered, and refused: missing rights, wrong password, wrong encoding, no such database. */
export class DatabaseRefusedError extends TransHubError {
  readonly code = "TH_DATABASE_REFUSED";
  readonly retryable = false;
}

/** The schema is not there, or older than this release needs. */
export class SchemaMissingError extends TransHubError {
  readonly code = "TH_SCHEMA_MISSING";
  readonly retryable = false;
  constructor(message: string, options: TransHubErrorOptions = {}) {
    super(message, { hint: "Run `trans-hub migrate` against this database.", ...options });
  }
}

/** The schema was migrated by a newer release than this one; going on could damage its data. */
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

/** A migration failed; the database is as it was before that migration. */
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

/** The translation changed since the reviewer read it; nothing was approved. */
export class RevisionChangedError extends TransHubError {
  readonly code = "TH_REVISION_CHANGED";
  readonly retryable = false;
  readonly expected: number;
  readonly actual: number;

  constructor(expected: number, actual: number) {
    super(`The translation is at revision ${actual}, not ${expected}`, {
      hint: "Read it again, look at the new text, and approve that revision.",
    });
    this.expected = expected;
    this.actual = actual;
  }
}

/** `waitFor` gave up before every translation was there. Nothing is lost: the work goes on. */
export class WaitTimeoutError extends TransHubError {
  readonly code = "TH_WAIT_TIMEOUT";
  readonly retryable = true;
}

/** The call was cancelled through its `signal`. What was committed before stays. */
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

/** No engine of that name, or none at all. */
export class EngineNotFoundError extends TransHubError {
  readonly code = "TH_ENGINE_NOT_FOUND";
  readonly retryable = false;
}

/** The engine refused work for now: too many requests. Consumes no attempt. */
export class EngineRateLimitedError extends TransHubError {
  readonly code = "TH_ENGINE_RATE_LIMITED";
  readonly retryable = true;
  /** From the engine's `Retry-After`; absent when it sent none. Milliseconds. */
  readonly retryAfterMs: number | undefined;
  constructor(message: string, options: TransHubErrorOptions & { retryAfterMs?: number | undefined } = {}) {
    super(message, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The engine's account has no credit or no quota left. */
export class EngineQuotaError extends TransHubError {
  readonly code = "TH_ENGINE_QUOTA";
  readonly retryable = true;
}

/** The engine is set up wrongly: missing or bad key, unknown model, wrong address. */
export class EngineConfigError extends TransHubError {
  readonly code = "TH_ENGINE_CONFIG";
  readonly retryable = false;
}

/**
 * A pass that ends by itself ended early: the account or setting of every engine of the chain is at fault, which `cause`
 * tells of the first. What was not translated still waits.
 */
export class EnginesStoppedError extends TransHubError {
  readonly code = "TH_ENGINES_STOPPED";
  readonly retryable = true;
}

/** The engine failed for a moment: network, time-out, server error. */
export class EngineTransientError extends TransHubError {
  readonly code = "TH_ENGINE_TRANSIENT";
  readonly retryable = true;
}

/** The engine declined to translate this text (content filter, unsupported pair). */
export class EngineRefusedError extends TransHubError {
  readonly code = "TH_ENGINE_REFUSED";
  readonly retryable = false;
}

/** The engine's answer for this text could not be used: not to be parsed, missing, doubled. */
export class EngineMalformedError extends TransHubError {
  readonly code = "TH_ENGINE_MALFORMED";
  readonly retryable = true;
}

/** The text, or the answer to it, was longer than the engine can give. */
export class EngineTooLongError extends TransHubError {
  readonly code = "TH_ENGINE_TOO_LONG";
  readonly retryable = true;
}

/** Which blocking check a translation failed. */
export type BlockedBy = "empty" | "nul" | "truncated" | "placeholders" | "markup" | "icu";

/** A translation came back and failed a blocking check; it was not stored. */
export class TranslationBlockedError extends TransHubError {
  readonly code = "TH_TRANSLATION_BLOCKED";
  readonly retryable = true;
  readonly check: BlockedBy;

  constructor(check: BlockedBy, message: string, options: TransHubErrorOptions = {}) {
    super(message, options);
    this.check = check;
  }
}

/** The request waited longer than requests may live, or than it was wanted; no engine was asked. */
export class RequestExpiredError extends TransHubError {
  readonly code = "TH_EXPIRED";
  readonly retryable = false;
}

/**
 * A worker's pool ended without being asked, or the fleet gave the worker up for dead and took its work over. It starts afresh.
 * Told in its log (`worker.fault`), and to nobody else.
 */
export class WorkerInterruptedError extends TransHubError {
  readonly code = "TH_WORKER_INTERRUPTED";
  readonly retryable = true;
}

/** The text was being translated every time its worker died. */
export class WorkerCrashedError extends TransHubError {
  readonly code = "TH_WORKER_CRASHED";
  readonly retryable = false;
}
