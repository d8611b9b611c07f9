/**
 * The log: one event a line, fields instead of prose, and never a source text, a translation or a secret.
 *
 * Errors are the way by which texts would slip in: PostgreSQL quotes values in `detail` and `where`, a JSON parser
 * quotes its input, an HTTP client its request. So the log never holds a whole error, only the fields that
 * `errorFields` selects.
 */

import { errorFields, optionKinds as kinds, optionCheck } from "@trans-hub/core/operations";
import { type DestinationStream, type Logger, type LoggerOptions, pino } from "pino";

export interface LogOptions {
  /** Default `info`. */
  level?: string | undefined;
  /** The destination of the log: a stream of JSON lines, such as pino's own destination or a pretty printer. */
  destination: DestinationStream;
}

/** Names of fields whose values are never written, at the top or one level down. */
const SECRET_FIELDS = ["apiKey", "databaseUrl", "directUrl", "password", "authorization"];

const checkOptions = optionCheck<LogOptions>("createLogger", {
  level: kinds.oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent"),
  destination: kinds.required(kinds.methods("a stream", "write")),
});

/** @throws {SettingsError} An option is missing, unknown, or has a bad value. */
export function createLogger(options: LogOptions): Logger {
  const { level = "info", destination } = checkOptions(options);
  return pino({ ...LOGGER_OPTIONS, level }, destination);
}

/** The key of the event's name, which takes the place of a message. */
export const EVENT_KEY = "event";

const LOGGER_OPTIONS: LoggerOptions = {
  base: { pid: process.pid },
  messageKey: EVENT_KEY,
  timestamp: () => `,"time":"${new Date().toISOString()}"`,
  formatters: { level: (label) => ({ level: label }) },
  redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: "[redacted]" },
  serializers: { err: errorFields, error: errorFields },
  hooks: {
    // Without a message, pino would use the error's own message as the event, and so bypass the serializer.
    logMethod(args, method) {
      const [first, event] = args as unknown as [unknown, string | undefined];
      const fields = first instanceof Error ? { err: first } : first;
      if (typeof fields === "object") method.call(this, fields as object, event ?? "error");
      else method.apply(this, args);
    },
  },
};
