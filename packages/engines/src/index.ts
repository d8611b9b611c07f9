/** The engines, for applications that pass them to a coordinator. `/registry` has them by name, for a command line. */
export {
  type AnthropicOptions,
  anthropic,
  DEFAULT_ANTHROPIC_MODEL,
  DEFAULT_ANTHROPIC_URL,
} from "./anthropic/anthropic.ts";
export { type ApertiumOptions, apertium } from "./apertium/apertium.ts";
export { type DeeplOptions, deepl } from "./deepl/deepl.ts";
export type { EngineContext, EngineModule } from "./engine-module.ts";
export { engineFailure } from "./failure.ts";
export { type LibretranslateOptions, libretranslate } from "./libretranslate/libretranslate.ts";
export { DEFAULT_BASE_URL, DEFAULT_MODEL, type OpenaiOptions, openai } from "./openai/openai.ts";
export { type PseudoOptions, pseudo } from "./pseudo/pseudo.ts";
