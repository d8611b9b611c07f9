/** Requests by which stale translations are made anew. */
import type { StaleTranslation } from "../contract/glossary.ts";
import type { RegisterItem } from "../contract/item.ts";
import type { Page } from "../contract/page.ts";
import { isVerbatim } from "../text/verbatim.ts";
import { normalizeContext } from "./context.ts";

/** The forced requests for the stale translations of a page that no person approved. */
export function requestsOf({ items }: Page<StaleTranslation>): RegisterItem[] {
  return items.flatMap(({ translation, format }): RegisterItem[] => {
    const { status, project, sourceLocale, targetLocale, sourceText, context } = translation;
    if (status === "approved" || sourceText === "") return [];
    return [
      {
        ...{ project, sourceLocale, targetLocales: [targetLocale], text: sourceText, format, force: true },
        // Without an id: an id that has another text by now would get the old one back.
        businessId: "",
        context: normalizeContext(context)?.canonical ?? null,
        ...{ verbatim: isVerbatim(sourceText), priority: 1, expiresAfterSeconds: null },
      },
    ];
  });
}
