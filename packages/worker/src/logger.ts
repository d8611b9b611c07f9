/**
 * The log: one event a line, fields instead of prose, and nowhere a source text, a translation or a secret.
 *
 * Errors are where texts would slip in: PostgreSQL quotes values in `detail` and `where`, a JSON parser quotes what it
 * could not parse, an HTTP client its request. So an error is never logged as it is, only what `errorFields` takes.
 */

import { errorFields } from "@trans-hub/core/operations";
import { type DestinationStream, type Logger, type LoggerOptions, pino } from "pino";

export interface LogOptions {
  /** Default `info`. */
  level?: string | undefined;
  /** Where lines go: a stream of JSON lines, such as pino's own destination or a pretty printer. */
  destination: DestinationStream;
}

/** Field names under which no value is ever written, at the top or one level down. */
const SECRET_FIELDS = ["apiKey", "databaseUrl", "directUrl", "password", "authorization"];

export function createLogger({ level = "info", destination }: LogOptions): Logger {
  return pino({ ...LOGGER_OPTIONS, level }, destination);
}

/** The event's name stands under this key, in place of a message. */
export const EVENT_KEY = "event";

const LOGGER_OPTIONS: LoggerOptions = {
  base: { pid: process.pid },
  messageKey: EVENT_KEY,
  timestamp: () => `,"time":"${new Date().toISOString()}"`,
  formatters: { level: (label) => ({ level: label }) },
  redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: "[redacted]" },
  serializers: { err: errorFields, error: errorFields },
  hooks: {
    // pino takes an error's message for the event when none is given, past the serializer.
    logMethod(args, method) {
      const [first, event] = args as unknown as [unknown, string | undefined];
      const fields = first instanceof Error ? { err: first } : first;
      if (typeof fields === "object") method.call(this, fields as object, event ?? "error");
      else method.apply(this, args);
    },
  },
};
