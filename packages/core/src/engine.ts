/**
 * For authors of engines: the contract, its errors, the syntax of texts that an engine must leave intact, and two small
 * tools for waiting and for hints.
 */
import "./supported-node.ts";

export { orAbort } from "./async/or-abort.ts";
export {
  type Engine,
  type EngineBatch,
  type EngineBound,
  type EngineErrorKind,
  type EngineFailure,
  type EngineItem,
  type EngineItemResult,
  type EngineReference,
  type EngineReply,
  type EngineTerm,
  type EngineUsage,
  FORMALITIES,
  type Formality,
  failAll,
  type PluralForm,
  type Protection,
  TERM_KINDS,
  TEXT_FORMATS,
  type TermKind,
  type TextFormat,
  type TrustedText,
  UNDETERMINED_LOCALE,
} from "./contract/engine.ts";
export type { EngineLimits } from "./contract/engine-gate.ts";
export {
  type BlockedBy,
  EngineConfigError,
  EngineMalformedError,
  EngineNotFoundError,
  EngineQuotaError,
  EngineRateLimitedError,
  EngineRefusedError,
  EngineTooLongError,
  EngineTransientError,
  SettingsError,
  TransHubError,
} from "./contract/errors.ts";
export type { Hint } from "./contract/hint.ts";
export { checkTranslation, translationCheckOf } from "./rules/check-translation.ts";
export { closestName } from "./rules/closest-name.ts";
export { chainFor } from "./rules/engine-route.ts";
export { type OptionKind, type OptionTable, optionCheck, optionKinds } from "./rules/options.ts";
export { pluralContext, pluralFormOf } from "./rules/plural-context.ts";
export type { CheckFailure, CheckReport, CheckWarning } from "./text/checks/judge.ts";
export type { TranslationToCheck } from "./text/checks/subject.ts";
export type { Span } from "./text/icu.ts";
export { type Asking, askingOf, type Question, type TextToAsk } from "./text/message/asking.ts";
export { type FormToAsk, formsToAsk, gettextFormsToAsk, type PluralFamily } from "./text/message/forms.ts";
export { type GettextPlurals, readPluralForms } from "./text/message/gettext-plurals.ts";
export { type I18nextFamily, i18nextFamilies, i18nextFormsToAsk } from "./text/message/i18next-families.ts";
export {
  isVerbatim,
  mergeSpans,
  type ProtectedToken,
  protectedTokens,
  readSyntax,
  type Syntax,
} from "./text/syntax.ts";
