export { engineFailure } from "./failure.ts";
export { DEFAULT_BASE_URL, DEFAULT_MODEL, type OpenaiOptions, openai } from "./openai/openai.ts";
export { type PseudoOptions, pseudo } from "./pseudo.ts";
export { ENGINE_NAMES, type EngineSettings, makeEngine } from "./registry.ts";
