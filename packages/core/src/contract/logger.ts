/** Where a library tells what nobody awaits; pino's loggers are such. Fields hold no text of anybody. */
export interface Logger {
  debug(fields: object, event: string): void;
  info(fields: object, event: string): void;
  warn(fields: object, event: string): void;
  error(fields: object, event: string): void;
}

const nothing = () => undefined;

/** For who was given none. */
export const SILENT_LOGGER: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
