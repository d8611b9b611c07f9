/** Filter of a list of translations. */
import type { TranslationStatus } from "./translation.ts";

export interface ListFilter {
  project: string;
  targetLocale: string;
  status?: TranslationStatus | undefined;
  businessIdPrefix?: string | undefined;
}
