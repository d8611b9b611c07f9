/** Refusals of an option that a call can do without. Servers and gateways say them each in their own words. */
import type { Refusal } from "../llm/refusal.ts";

/** Whether the endpoint does not support the requested response format. */
export function isAboutResponseFormat(refusal: Refusal): boolean {
  return isNamed(refusal, "response_format") || isSaid(refusal, FORMAT);
}

/** Whether the model takes no temperature, or not this one. */
export function isAboutTemperature(refusal: Refusal): boolean {
  return isNamed(refusal, "temperature") || isSaid(refusal, /\btemperature\b/i);
}

/** Whether the endpoint does not know this name of the limit of an answer. */
export function isAboutAnswerLimit(refusal: Refusal): boolean {
  return isNamed(refusal, "max_completion_tokens") || isNamed(refusal, "max_tokens") || isSaid(refusal, ANSWER_LIMIT);
}

const ANSWER_LIMIT = /\bmax_(completion_)?tokens\b/i;

/** The limit in "max_tokens is too large: 30000. This model supports at most 16384 completion tokens". Undefined: none is said. */
export function lowerAnswerLimit({ status, message }: Refusal): number | undefined {
  if (status !== 400 && status !== 422) return undefined;
  const limit =
    /max_(?:completion_)?tokens\b.{0,60}?(?:at most|maximum(?: value)? (?:is|of)|less than or equal to|<=) ?`?(\d+)/i;
  const found = Number(limit.exec(message)?.[1]);
  return found > 0 ? found : undefined;
}

/**
 * The tokens that the model's window has for the answer beside the question, in "This model's maximum context length is 8192 tokens.
 * However, you requested 9191 tokens (95 in the messages, 9096 in the completion)". Undefined: the refusal does not say so.
 */
export function roomInWindow({ status, message }: Refusal): number | undefined {
  if (status !== 400 && status !== 422) return undefined;
  const window = /maximum context length is (\d+)/i.exec(message)?.[1];
  const question = /(\d+) (?:in the messages|input tokens|of text input)/i.exec(message)?.[1];
  const room = Number(window) - Number(question);
  return room > 0 ? room : undefined;
}

/** Gemini names the fields of its own API (`generation_config.response_schema`); llama.cpp makes a grammar of a schema. */
const FORMAT =
  /response[_ ]?format|response_(schema|mime_type)|json[_ ](schema|object|mode)|structured[_ ]output|guided|grammar/i;

function isNamed({ status, param }: Refusal, option: string): boolean {
  return (status === 400 || status === 422) && param !== undefined && param.split(".")[0] === option;
}

/** A gateway may answer 500 or 502 for its provider's 400. */
function isSaid({ status, message }: Refusal, about: RegExp): boolean {
  return REFUSING.has(status ?? 0) && UNSUPPORTED.test(message) && about.test(message);
}

const REFUSING: ReadonlySet<number> = new Set([400, 422, 500, 501, 502]);

const UNSUPPORTED =
  /not support|unsupported|unknown|unrecognized|not allowed|not permitted|not implemented|invalid|unavailable|must be|should be|failed to/i;
