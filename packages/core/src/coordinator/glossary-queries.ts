/** The arguments of the coordinator's methods about glossaries, as an application gives them. */
import type { GlossaryEdit, StaleTranslation } from "../contract/glossary.ts";
import type { RegisterItem } from "../contract/item.ts";
import type { Page } from "../contract/page.ts";
import { normalizeContext } from "../rules/context.ts";
import { isVerbatim } from "../text/verbatim.ts";

/** An edit of a glossary. */
export interface EditGlossaryQuery extends Omit<GlossaryEdit, "project"> {
  /** Default: the coordinator's. */
  project?: string | undefined;
}

/** The lane whose stale translations are meant. */
export interface StaleQuery {
  /** BCP 47. */
  targetLocale: string;
  /** Default: the coordinator's. */
  project?: string | undefined;
}

/** The result of asking for stale translations anew. */
export interface RetranslateReport {
  /** Translations that were asked for anew. */
  requested: number;
  /** Stale translations that a person approved. They stay as they are. */
  approved: number;
}

/** The forced requests for the stale translations of a page that no person approved. */
export function requestsOf({ items }: Page<StaleTranslation>): RegisterItem[] {
  return items.flatMap(({ translation, format }): RegisterItem[] => {
    const { status, project, sourceLocale, targetLocale, sourceText, context, businessIds } = translation;
    if (status === "approved" || sourceText === "") return [];
    return [
      {
        ...{ project, sourceLocale, targetLocales: [targetLocale], text: sourceText, format, force: true },
        // A use that is there, so that none is made.
        businessId: businessIds[0] ?? "",
        context: normalizeContext(context)?.canonical ?? null,
        ...{ verbatim: isVerbatim(sourceText), priority: 1, expiresAfterSeconds: null },
      },
    ];
  });
}
