export * from "./engine.ts";
export * from "./errors.ts";
export { type CheckFailure, checkTranslation, type TranslationToCheck } from "./text/checks.ts";
export type { Span } from "./text/icu.ts";
export {
  hasIcuSyntax,
  isVerbatim,
  mergeSpans,
  type ProtectedToken,
  protectedTokens,
  readSyntax,
  type Syntax,
} from "./text/syntax.ts";
