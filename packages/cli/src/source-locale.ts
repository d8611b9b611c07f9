/** The usual reason why a text is not found: its source locale is a part of its identity, and was not given. */
import { UNDETERMINED_LOCALE } from "@trans-hub/core/rules";
import type { Settings } from "./settings/settings.ts";

/** The cure for a text that was looked up without a source locale and not found. Undefined: a locale was given. */
export function sourceLocaleHint(
  from: string | undefined,
  { sourceLocale }: Pick<Settings, "sourceLocale">,
): string | undefined {
  if ((from ?? sourceLocale) !== UNDETERMINED_LOCALE) return undefined;
  return "Add --from, such as --from en, or set TH_SOURCE_LOCALE: the same text in another source locale is another text.";
}
