/** A failed command's message and exit code. */

export interface ReportedError {
  code: string;
  /** One line, without secrets. */
  message: string;
  hint?: string;
}

export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  nothing: 3,
  /** The command ended early, and the finished part is kept: the same command continues. */
  incomplete: 4,
  interrupted: 130,
} as const;

/** Errors of a command's own arguments and settings. A bad line of a file is reported, not thrown. */
const USAGE_ERRORS = new Set([
  "UsageError",
  "SettingsError",
  "InvalidItemError",
  "EngineNotFoundError",
  "EngineConfigError",
  "EngineNotAllowedError",
  "ServerRefusedError",
]);

/** What is done is stored, and the same command does the rest later. */
const INCOMPLETE: ReadonlySet<string> = new Set(["TH_ENGINES_STOPPED", "TH_BUDGET_EXCEEDED", "TH_BUDGET_UNPRICED"]);

/** Hints for errors of core that have a remedy on the command line. */
const HINTS: Readonly<Record<string, string>> = {
  TH_DATABASE_UNAVAILABLE: "Check that PostgreSQL runs, and that TH_DATABASE_URL is its address.",
  TH_DATABASE_REFUSED: "Check the user, password and database in TH_DATABASE_URL, and the grants of that user.",
};

export function exitCodeOf(error: unknown): number {
  if (isInterruption(error)) return EXIT.interrupted;
  if (isOurs(error) && INCOMPLETE.has(error.code)) return EXIT.incomplete;
  return isOurs(error) && USAGE_ERRORS.has(error.name) ? EXIT.usage : EXIT.failed;
}

/**
 * An error in the form for people and `--json`.
 *
 * A foreign error is a fault of Trans-Hub. Its message helps to find the fault; a stack trace on a user's terminal does
 * not.
 */
export function reportError(error: unknown, redactUrl: (url: string) => string): ReportedError {
  const oneLine = (text: string) =>
    text
      .replaceAll(/\s*[\r\n]+\s*/g, " ")
      .trim()
      .replaceAll(/\bpostgres(?:ql)?:\/\/[^\s"'`]+/g, redactUrl);
  if (isInterruption(error)) {
    return {
      code: "TH_CANCELLED",
      message: "Interrupted",
      hint: "Finished work is kept; run the same command again to continue.",
    };
  }
  if (isOurs(error)) {
    const { code, message, hint = HINTS[code] } = error;
    return { code, message: oneLine(message), ...(hint !== undefined && { hint: oneLine(hint) }) };
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { code: "TH_UNEXPECTED", message: `unexpected: ${oneLine(message.split("\n")[0] ?? "")}` };
}

interface OwnError extends Error {
  code: string;
  hint?: string | undefined;
}

/** Recognized by its code and not by `instanceof`: the base class lives in core, which this file must not load. */
function isOurs(error: unknown): error is OwnError {
  return error instanceof Error && "code" in error && typeof error.code === "string" && error.code.startsWith("TH_");
}

function isInterruption(error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || (isOurs(error) && error.code === "TH_CANCELLED"));
}
