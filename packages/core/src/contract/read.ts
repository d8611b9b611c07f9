/** Filter of a list of translations. */
import type { StoredStatus } from "./translation.ts";

export interface ListFilter {
  project: string;
  targetLocale: string;
  status?: StoredStatus | undefined;
  businessIdPrefix?: string | undefined;
}
