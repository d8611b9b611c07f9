/**
 * For programs that read settings and arguments: rules of names and options, and the errors of wrong ones. It loads neither a
 * store nor the checks of translations, so that a program that starts often starts at once.
 */
import "./supported-node.ts";

export { TEXT_FORMATS, type TextFormat, UNDETERMINED_LOCALE } from "./contract/engine.ts";
export {
  EngineConfigError,
  EngineNotFoundError,
  InvalidItemError,
  SettingsError,
  TransHubError,
} from "./contract/errors.ts";
export { MAX_STORED_TEXT_BYTES } from "./contract/text-size.ts";
export { USAGE_GROUPS, type UsageGroup } from "./contract/usage.ts";
export { closestName } from "./rules/closest-name.ts";
export { chainFor } from "./rules/engine-route.ts";
export { DEFAULT_PROJECT, ITEM_KEYS, type ItemLimits, MAX_EXPIRY_SECONDS, parseItem } from "./rules/item.ts";
export { canonicalLocale } from "./rules/locale.ts";
export { formatAmount, parseAmount } from "./rules/money.ts";
export { MAX_NAME_BYTES, parseName } from "./rules/name.ts";
export { type OptionKind, type OptionTable, optionCheck, optionKinds } from "./rules/options.ts";
export { PREFERENCES } from "./rules/prefer.ts";
export { oldPrices, type Prices } from "./rules/prices.ts";
export { noEngineAllowed, type ProjectEngines } from "./rules/project-engines.ts";
export { isSettled } from "./rules/settled.ts";
export { parseTag } from "./rules/tag.ts";
