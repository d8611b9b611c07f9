/** Judges the translations of a project that the store has. */
import { checkTranslation } from "@trans-hub/core";
import { pluralFormOf } from "@trans-hub/core/engine";
import type { CommandContext } from "../command-context.ts";
import type { CatalogService, ListedText } from "../store/catalog-store.ts";
import { Findings } from "./findings.ts";

export interface StoredToCheck {
  context: CommandContext;
  service: CatalogService;
  project: string;
  /** Undefined: every target locale of the project. */
  to: string | undefined;
}

/** Judges each stored translation that has words, and prints the findings. Sets the exit code to 1 when one is blocked. */
export async function checkStored({ context, service, project, to }: StoredToCheck): Promise<void> {
  const findings = new Findings(context, ["locale", "id"]);
  await service.withStore({ project, sourceLocale: undefined }, async (store) => {
    const locales = to === undefined ? Object.keys(await store.counts()).sort() : [to];
    for (const targetLocale of locales) {
      for await (const text of store.list({ targetLocale })) {
        context.signal.throwIfAborted();
        if (text.text === null || text.sourceText === "" || text.engine === "none") continue;
        const place = { locale: targetLocale, id: text.businessIds };
        await findings.add(place, judged(text, text.text, targetLocale));
      }
    }
  });
  await findings.end("the store");
}

function judged({ sourceText, sourceLocale, context, status, engine }: ListedText, translation: string, to: string) {
  const form = context === null ? undefined : pluralFormOf(context);
  return checkTranslation({
    ...{ source: sourceText, translation, targetLocale: to },
    // The engine detects the language of such a text, and a check does not know it.
    ...(sourceLocale !== "und" && { sourceLocale }),
    ...(form !== undefined && { pluralCategory: form.category }),
    by: status === "approved" || engine === "human" ? "person" : "machine",
  });
}
