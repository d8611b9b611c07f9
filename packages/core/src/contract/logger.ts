/** Receives a library's messages that no caller awaits; pino's loggers fit. Fields hold no user's text. */
export interface Logger {
  debug(fields: object, event: string): void;
  info(fields: object, event: string): void;
  warn(fields: object, event: string): void;
  error(fields: object, event: string): void;
}

const nothing = () => undefined;

/** Used when no logger is given. */
export const SILENT_LOGGER: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
