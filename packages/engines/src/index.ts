/** The engines, for applications that pass them to a coordinator. `/registry` has them by name, for a command line. */
export {
  type AnthropicOptions,
  anthropic,
  DEFAULT_ANTHROPIC_MODEL,
  DEFAULT_ANTHROPIC_URL,
} from "./anthropic/anthropic.ts";
export { engineFailure } from "./failure.ts";
export { DEFAULT_BASE_URL, DEFAULT_MODEL, type OpenaiOptions, openai } from "./openai/openai.ts";
export { type PseudoOptions, pseudo } from "./pseudo/pseudo.ts";
