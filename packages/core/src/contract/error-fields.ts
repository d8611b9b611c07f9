import { TransHubError } from "./errors.ts";

/** The parts of an error that a log may hold. */
export interface ErrorFields {
  name: string;
  /** From the catalogue, PostgreSQL or the system. */
  code?: string;
  /** Only of the catalogue's errors: their messages are ours and hold no user's text. */
  message?: string;
  hint?: string;
  /** The place in the program where a foreign error was thrown. */
  at?: string;
  cause?: ErrorFields;
}

/** Greatest number of causes that are followed. */
const MAX_DEPTH = 4;

/** Fields of this module's making: a logger that reduces errors by itself leaves them as they are. */
const REDUCED = new WeakSet<object>();

/**
 * Reduces an error to fields that hold neither texts nor secrets.
 *
 * Of a foreign error only name, code and place are kept: its message may quote anything (`invalid input syntax for type
 * integer: "…"`, `Unexpected token in JSON "…"`). Fields that were reduced before come as they are.
 */
export function errorFields(error: unknown, depth = 0): ErrorFields {
  if (typeof error === "object" && error !== null && REDUCED.has(error)) return error as ErrorFields;
  const fields = reduced(error, depth);
  REDUCED.add(fields);
  return fields;
}

function reduced(error: unknown, depth: number): ErrorFields {
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

/** The first place in a stack, searched after the message, which may hold anything. */
function firstFrame({ stack = "", message }: Error): string | undefined {
  const frames = stack.slice(stack.indexOf(message) + message.length);
  return /^ {4}at (?:.*\()?((?:file|node|\/|[A-Za-z]:\\)[^)\n]*:\d+:\d+)\)?$/m.exec(frames)?.[1];
}
