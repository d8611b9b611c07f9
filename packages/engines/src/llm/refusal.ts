/**
 * Reads a refusal of the endpoint from a status and an error object: those of an HTTP error, or of an `error` inside a 200.
 *
 * An error body may repeat the prompt. So only its `code` and `type` are ever passed on, and only when they look like
 * identifiers.
 */
import type { EngineErrorKind, EngineFailure } from "@trans-hub/core/engine";
import { engineFailure } from "../failure.ts";
import { retryAfterMs } from "../retry-after.ts";
import { isUnbilledStatus } from "../unbilled.ts";

export interface Refusal {
  /** The HTTP status, or the number in an error inside a 200. Undefined: neither. */
  status: number | undefined;
  code: string | undefined;
  type: string | undefined;
  param: string | undefined;
  /** Read, never repeated. */
  message: string;
  retryAfterMs: number | undefined;
}

/** The statuses of servers that do not list their models: no sign of a fault. */
export const NO_SUCH_LIST: ReadonlySet<number> = new Set([404, 405, 501]);

/** Reads the `error` object of a body. */
export function refusalOf(status: number | undefined, error: unknown, headers?: Headers): Refusal {
  const fields = typeof error === "object" && error !== null ? (error as Record<string, unknown>) : {};
  const { code, type, param, message } = fields;
  const numericCode = Number(code);
  const delay = retryDelayMs(fields.details);
  const { flagged_input: flagged } = (fields.metadata ?? {}) as { flagged_input?: unknown };
  return {
    status: status === 200 || status === undefined ? (numericCode >= 400 ? numericCode : undefined) : status,
    // OpenRouter's moderation answers 403, as a wrong key does.
    code: flagged !== undefined ? "content_filter" : delay !== undefined ? "rate_limit_exceeded" : identifier(code),
    type: identifier(type),
    param: identifier(param),
    message: typeof message === "string" ? message : typeof error === "string" ? error : "",
    retryAfterMs: (headers && waitMs(headers)) ?? delay,
  };
}

/** Gemini calls a limit of the minute a quota, and tells it from one that is used up by a delay: `{"retryDelay": "17s"}`. */
function retryDelayMs(details: unknown): number | undefined {
  const [delay] = Array.isArray(details)
    ? details.map((detail: { retryDelay?: unknown } | null) => detail?.retryDelay).filter((each) => each !== undefined)
    : [];
  const seconds = typeof delay === "string" ? /^(\d+(?:\.\d+)?)s$/.exec(delay)?.[1] : undefined;
  return seconds === undefined ? undefined : Math.ceil(Number(seconds) * 1_000);
}

/** An identifier has no digit here, so that no key passes: every key has one. */
function identifier(value: unknown): string | undefined {
  return typeof value === "string" && /^[A-Za-z][A-Za-z_.-]{0,63}$/.test(value) ? value : undefined;
}

/**
 * The wait that the endpoint asked for, in milliseconds. Undefined: none; 0: a moment in the past.
 *
 * `retry-after-ms` is OpenAI's own, and more exact than `Retry-After`.
 */
function waitMs(headers: Headers): number | undefined {
  const exact = headers.get("retry-after-ms");
  return exact !== null && /^[0-9]+(\.[0-9]+)?$/.test(exact)
    ? Math.ceil(Number(exact))
    : retryAfterMs(headers, Date.now());
}

/** Codes and types that are more exact than the status. For unspecific ones (`server_error`) the status decides. */
const CODES: Readonly<Record<string, EngineErrorKind>> = {
  insufficient_quota: "quota",
  billing_hard_limit_reached: "quota",
  billing_not_active: "quota",
  invalid_api_key: "config",
  model_not_found: "config",
  invalid_model: "config",
  unsupported_model: "config",
  authentication_error: "config",
  rate_limit_exceeded: "rate_limited",
  rate_limit_error: "rate_limited",
  context_length_exceeded: "too_long",
  string_above_max_length: "too_long",
  max_tokens_exceeded: "too_long",
  content_filter: "refused",
  content_policy_violation: "refused",
  invalid_prompt: "refused",
  json_validate_failed: "malformed", // Groq: the model's answer was not the JSON that it was held to
  billing_error: "quota",
  permission_error: "config",
  not_found_error: "config",
  request_too_large: "too_long",
  overloaded_error: "transient",
  timeout_error: "transient",
};

/**
 * The failure of a call.
 *
 * A 400 without another explanation counts as `refused`: the same request fails again.
 *
 * @param itemCount Texts in the call. A refusal of several texts does not say which of them is meant, so it comes back as
 *   `malformed`, which splits the batch until that text stands alone.
 */
export function failureOf(engine: string, refusal: Refusal, itemCount: number): EngineFailure {
  const { status, code, type } = refusal;
  const kind = kindOf(refusal);
  const facts = [status === undefined ? undefined : `status ${status}`, code, type].filter(
    (fact) => fact !== undefined,
  );
  const about = facts.length === 0 ? "" : ` (${[...new Set(facts)].join(", ")})`;
  if (kind === "refused") return refused(engine, `the request${about}`, itemCount);
  return engineFailure(kind, `Engine "${engine}" ${MEANING[kind]}${about}`, {
    retryAfterMs: refusal.retryAfterMs,
    hint: hintOf(engine, kind),
  });
}

/**
 * Refusals after work that a provider may bill. Azure bills the reading of texts that its filter or its window refuses with 400; Groq
 * answers 400 when the model has written something else than JSON.
 */
const AFTER_WORK: ReadonlySet<string | undefined> = new Set([
  "content_filter",
  "content_policy_violation",
  "context_length_exceeded",
  "json_validate_failed",
]);

/** Whether a refusal says that its request is never billed. */
export function isUnbilled({ status, code, type }: Refusal): boolean {
  return isUnbilledStatus(status ?? 200) && !AFTER_WORK.has(code) && !AFTER_WORK.has(type);
}

/** The endpoint declined on grounds of content. */
export function refused(engine: string, what: string, itemCount: number): EngineFailure {
  return itemCount === 1
    ? engineFailure("refused", `Engine "${engine}" refused ${what}`)
    : engineFailure("malformed", `Engine "${engine}" refused ${what} for ${itemCount} texts together`);
}

const MEANING: Readonly<Record<Exclude<EngineErrorKind, "refused">, string>> = {
  rate_limited: "is limiting our rate",
  quota: "has no credit or quota left",
  config: "is not set up right",
  transient: "failed for a moment",
  malformed: "gave an unusable answer",
  too_long: "cannot take a request of this length",
};

function hintOf(engine: string, kind: EngineErrorKind): string | undefined {
  const setting = `TH_${engine.toUpperCase().replaceAll("-", "_")}`;
  if (kind === "quota") return `Check the plan and the billing of the account that ${setting}_API_KEY belongs to.`;
  return kind === "config" ? `Check ${setting}_API_KEY, ${setting}_MODEL and ${setting}_ENDPOINT.` : undefined;
}

function kindOf({ status, code, type, message }: Refusal): EngineErrorKind {
  const words = [code ?? "", type ?? ""].filter((word) => Object.hasOwn(CODES, word));
  const known = CODES[words[0] ?? ""];
  if (known !== undefined) return known;
  // Compatible servers give no code, only words. So does Anthropic for credit and for long texts.
  if (status === 400 && /credit balance is too low|reached your specified .{0,20}usage limits/i.test(message)) {
    return "quota";
  }
  if (status === 400 && /context length|context window|maximum context|too many tokens|too long/i.test(message)) {
    return "too_long";
  }
  if (status === 400 && /api key not valid|invalid api key/i.test(message)) return "config";
  if (status === 402) return "quota";
  if (status === 413) return "too_long";
  if (status === 429) return /insufficient_quota|exceeded your current quota/i.test(message) ? "quota" : "rate_limited";
  if (status === 401 || status === 403 || status === 404 || status === 405) return "config";
  // A redirect is not followed: it could carry texts and key to another host.
  if (status !== undefined && status >= 300 && status < 400) return "config";
  if (status === 400 || status === 422 || status === 451) return "refused";
  return "transient";
}
