/** Translates the errors of PostgreSQL and the driver into the catalogue's. */
import {
  DatabaseRefusedError,
  DatabaseUnavailableError,
  SchemaMissingError,
  TransHubError,
} from "../../contract/errors.ts";

/** Socket errors that mean "not now". */
const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EPIPE",
  "ENOENT",
]);

/**
 * SQLSTATEs (or their class) that mean "not now": connection exceptions, out of connections, shutdown and start-up,
 * disk full, too little memory, a time limit.
 */
const UNAVAILABLE_STATE = /^(08|57P0[1-5]|53|57014|25P03)/;

/** This process, or its machine, has no descriptor left for a connection. */
const NO_DESCRIPTOR = new Set(["EMFILE", "ENFILE"]);

/** SQLSTATEs (or their class) that mean a refusal: authentication, no such database, missing right. */
const REFUSED_STATE = /^(28|3D000|42501)/;

/** A standby, or a server that accepts no writes: after a failover, the same address is a primary again. */
const READ_ONLY_STATE = "25006";

/** Our own functions, called in an isolation level in which they would lose work (functions/register/refuse_isolation.sql). */
const ISOLATION_STATE = "TH020";

/** Node's codes for an unacceptable certificate or TLS handshake. */
const TLS_CODE = /^(ERR_TLS_|ERR_SSL_|CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_(GET|VERIFY|DECODE|DECRYPT)_)|_CERT_/;

/** PgBouncer's refusal of our start-up limits, which it reports with the SQLSTATE of a broken connection. */
const POOLER_SAYS_NO = /unsupported startup parameter/;

/** The driver reports these only in words too. */
const DRIVER_SAYS_NO = /server does not support SSL|There was an error establishing an SSL connection/;

/** Undefined schema, table, function, column, type: our schema or graphile-worker's is missing. */
const MISSING_STATE = /^(3F000|42P01|42883|42703|42704)$/;

/** The driver reports these only in words. */
const DRIVER_SAYS_GONE =
  /Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|not queryable|Cannot use a pool after calling end|Client was closed/;

/** Whether a connection did not answer within its time limit: it, or everything behind it, hangs. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof Error && error.message === "Query read timeout";
}

/** SQLSTATE of a database error, or the driver's code; undefined for anything else. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  if (typeof code === "string" && !(error instanceof TransHubError)) return code;
  // Happy eyeballs: Node collects one error per address.
  if (error instanceof AggregateError) return error.errors.map(errorCode).find((inner) => inner !== undefined);
  return error.cause === undefined ? undefined : errorCode(error.cause);
}

/**
 * Whether two sessions changed one function, role or right at once. The second one fails with an internal error, "tuple
 * concurrently updated", instead of waiting for a lock; the same change then succeeds.
 */
export function isCatalogRace(error: unknown): boolean {
  // By the place in the server's code: the message is in the language of lc_messages.
  const { routine } = error as { routine?: unknown };
  return errorCode(error) === "XX000" && /^simple_heap_(update|delete)$/.test(String(routine));
}

/** The catalogue's error for a foreign one; an unknown error is returned untouched. */
export function databaseError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof TransHubError) return error;
  const code = errorCode(error);
  if (isAboutFile(error))
    return refused(error as Error, `a certificate's file cannot be read (${code})`, TLS_FILE_HINT);
  if (code === undefined) {
    if (DRIVER_SAYS_NO.test(error.message)) return refused(error, error.message, NO_TLS_HINT);
    return DRIVER_SAYS_GONE.test(error.message)
      ? new DatabaseUnavailableError(`The database does not answer: ${error.message}`, { cause: error })
      : error;
  }
  if (POOLER_SAYS_NO.test(error.message)) return refused(error, error.message, POOLER_HINT);
  if (NO_DESCRIPTOR.has(code)) {
    return new DatabaseUnavailableError(`No connection: too many files are open (${code})`, {
      cause: error,
      hint: DESCRIPTOR_HINT,
    });
  }
  if (UNREACHABLE.has(code)) {
    const place = [code, addressOf(error)].filter((part) => part !== undefined).join(" ");
    return new DatabaseUnavailableError(`The database does not answer (${place})`, {
      cause: error,
      hint: UNREACHABLE_HINT,
    });
  }
  if (UNAVAILABLE_STATE.test(code)) {
    return new DatabaseUnavailableError(`The database does not answer (${code})`, { cause: error });
  }
  if (code === READ_ONLY_STATE) {
    return new DatabaseUnavailableError("The database takes no writes now: it is a standby, or read-only", {
      cause: error,
      hint: READ_ONLY_HINT,
    });
  }
  if (code === ISOLATION_STATE) return refused(error, error.message, ISOLATION_HINT);
  if (TLS_CODE.test(code)) return refused(error, error.message, TLS_HINT);
  if (REFUSED_STATE.test(code)) return refused(error, error.message, REFUSED_HINTS[code.slice(0, 2)]);
  if (MISSING_STATE.test(code)) {
    return new SchemaMissingError(`The database has no Trans-Hub schema, or an older one (${error.message})`, {
      cause: error,
    });
  }
  return error;
}

/** The address that Node tried, or the name that it could not resolve. */
function addressOf(error: unknown): string | undefined {
  if (error instanceof AggregateError) return error.errors.map(addressOf).find((inner) => inner !== undefined);
  const { address, hostname, port } = error as { address?: unknown; hostname?: unknown; port?: unknown };
  const host = address ?? hostname;
  if (typeof host !== "string") return undefined;
  if (typeof port !== "number") return host;
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** The driver reads certificates while it makes a connection. A missing socket file is a different error. */
function isAboutFile(error: Error): boolean {
  const { syscall, code } = error as NodeJS.ErrnoException;
  // A folder opens like a file, and only its reading fails.
  return syscall === "open" || code === "EISDIR";
}

const UNREACHABLE_HINT =
  "Check that PostgreSQL runs, and that the database's URL (TH_DATABASE_URL; in the library databaseUrl) has its address.";

/** By the class of the SQLSTATE. */
const REFUSED_HINTS: Readonly<Record<string, string>> = {
  "28": "Check the user and the password in the database's URL (TH_DATABASE_URL; in the library databaseUrl), and pg_hba.conf of the server.",
  "3D": "Create the database (createdb --encoding=UTF8 --template=template0 NAME), or correct its name in the URL (TH_DATABASE_URL; in the library databaseUrl).",
  "42": "The role of the database URL lacks this right. Operators' commands and workers need a role like trans_hub_worker, reading ones trans_hub_reader, `migrate`, `tokens` and backups trans_hub_migrator. After an upgrade, run trans-hub roles create again.",
};

const READ_ONLY_HINT =
  "If the call is inside a transaction of yours, begin that without READ ONLY. On a primary, look at default_transaction_read_only of the server, the database and the role: a managed server switches it on when its disk is full.";

const ISOLATION_HINT =
  "Reset default_transaction_isolation of the database and the role that the connection logs in with.";

const TLS_HINT =
  "Name the CA that signed the server's certificate, with sslmode=verify-full&sslrootcert=/path/to/ca.pem in the URL or with NODE_EXTRA_CA_CERTS, and the host as the certificate names it.";

const NO_TLS_HINT = "Switch ssl on in the server, or leave sslmode out of the URL on a network that nobody else is on.";

const DESCRIPTOR_HINT =
  "Raise the limit of open files (ulimit -n, or LimitNOFILE= of the unit); 64 are enough for a worker with the default settings.";

const POOLER_HINT =
  "TH_DATABASE_URL is that of a pooler: name the database itself as TH_DIRECT_URL too (in the library: directUrl).";

const TLS_FILE_HINT = "Look at sslrootcert, sslcert and sslkey in the database's URL.";

function refused(error: Error, why = error.message, hint?: string): DatabaseRefusedError {
  return new DatabaseRefusedError(`The database refused: ${why}`, { cause: error, hint });
}
