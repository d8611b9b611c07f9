/** Refusals of an option that a call can do without. */
import type { Refusal } from "../llm/refusal.ts";

/** Whether the endpoint does not support the requested response format. */
export function isAboutResponseFormat({ status, param, message }: Refusal): boolean {
  if (status !== 400 && status !== 422) return false;
  if (param?.startsWith("response_format") === true) return true;
  return UNSUPPORTED.test(message) && /response_format|json_schema|json_object|structured output|guided/i.test(message);
}

/** Whether the model takes no temperature, or not this one. */
export function isAboutTemperature({ status, param, message }: Refusal): boolean {
  if (status !== 400 && status !== 422) return false;
  return param === "temperature" || (UNSUPPORTED.test(message) && /\btemperature\b/i.test(message));
}

const UNSUPPORTED =
  /not support|unsupported|unknown|unrecognized|not allowed|not permitted|invalid|unavailable|must be/i;
