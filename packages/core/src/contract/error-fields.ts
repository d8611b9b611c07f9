import { TransHubError } from "./errors.ts";

/** The parts of an error that may stand in a log. */
export interface ErrorFields {
  name: string;
  /** A code of the catalogue, of PostgreSQL or of the system. */
  code?: string;
  /** Only of the catalogue's errors: their messages never hold a text of a user. */
  message?: string;
  hint?: string;
  /** The place in the program where a foreign error was thrown. */
  at?: string;
  cause?: ErrorFields;
}

/** The greatest number of causes that are followed. */
const MAX_DEPTH = 4;

/**
 * Reduces an error to the parts that hold neither texts nor secrets.
 *
 * A foreign error keeps only name, code and place, as its message may quote anything (`invalid input syntax for type
 * integer: "…"`, `Unexpected token in JSON "…"`).
 */
export function errorFields(error: unknown, depth = 0): ErrorFields {
  if (!(error instanceof Error)) return { name: typeof error };
  const cause = error.cause === undefined || depth >= MAX_DEPTH ? undefined : errorFields(error.cause, depth + 1);
  if (error instanceof TransHubError) {
    return {
      name: error.name,
      code: error.code,
      message: error.message,
      ...(error.hint !== undefined && { hint: error.hint }),
      ...(cause && { cause }),
    };
  }
  const { code } = error as { code?: unknown };
  const at = firstFrame(error);
  return {
    name: error.name,
    ...((typeof code === "string" || typeof code === "number") && { code: String(code) }),
    ...(at !== undefined && { at }),
    ...(cause && { cause }),
  };
}

/** The first place of a stack. The message before it is skipped, as it may hold anything, even a line like a place. */
function firstFrame({ stack = "", message }: Error): string | undefined {
  const frames = stack.slice(stack.indexOf(message) + message.length);
  return /^ {4}at (?:.*\()?((?:file|node|\/|[A-Za-z]:\\)[^)\n]*:\d+:\d+)\)?$/m.exec(frames)?.[1];
}
