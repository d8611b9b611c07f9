import {
  EngineConfigError,
  type EngineErrorKind,
  type EngineFailure,
  EngineMalformedError,
  EngineQuotaError,
  EngineRateLimitedError,
  EngineRefusedError,
  EngineTooLongError,
  EngineTransientError,
} from "@trans-hub/core/engine";

const ERRORS = {
  quota: EngineQuotaError,
  config: EngineConfigError,
  transient: EngineTransientError,
  refused: EngineRefusedError,
  malformed: EngineMalformedError,
  too_long: EngineTooLongError,
} as const;

/**
 * A failure of the given kind, with its error of the catalogue.
 *
 * @param message Appears in logs and dead letters, so it holds no source text, no answer and no key.
 * @param options `retryAfterMs` counts only with `rate_limited`: the wait that the engine asked for, in milliseconds.
 */
export function engineFailure(
  kind: EngineErrorKind,
  message: string,
  options: { retryAfterMs?: number | undefined; hint?: string | undefined } = {},
): EngineFailure {
  if (kind !== "rate_limited") return { kind, error: new ERRORS[kind](message, { hint: options.hint }) };
  const { retryAfterMs } = options;
  return { kind, error: new EngineRateLimitedError(message, { ...options }), retryAfterMs };
}
