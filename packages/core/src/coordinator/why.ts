/** Tells one translation's whole story, part by part. */
import type { TextFormat } from "../contract/engine.ts";
import type { MemoryUnit } from "../contract/memory.ts";
import type { HistoryEntry } from "../contract/review.ts";
import type { PersistenceHandler } from "../contract/store.ts";
import type { IdReference, Priority, Translation } from "../contract/translation.ts";
import type { OpenFailure, TextUse, TranslationFacts, WaitingWork } from "../contract/why.ts";
import { type CheckFailure, type CheckWarning, checkTranslation } from "../rules/check-translation.ts";
import { maxLengthOf } from "../rules/max-length.ts";
import { pluralFormOf } from "../rules/plural-context.ts";

/** A part of the story. A later release may add kinds. */
export type WhySection =
  | {
      /** Where the present text comes from. */
      kind: "origin";
      by: "engine" | "person" | "nobody";
      engine: string | null;
      model: string | null;
      approvedBy: string | null;
      changedAt: Date | null;
    }
  | { kind: "uses"; uses: TextUse[] }
  | {
      /** The checks of today on the present text. `flags` of the translation are those of the day when it was stored. */
      kind: "checks";
      format: TextFormat;
      blocked: CheckFailure[];
      warnings: CheckWarning[];
    }
  | {
      /** The pairs of the translation memory that were with the engine, or gave the text. */
      kind: "memory";
      pairs: MemoryUnit[];
    }
  | {
      /** The latest acts of people, and texts that were replaced; latest first. */
      kind: "history";
      entries: HistoryEntry[];
      /** Whether there are older ones; see `history`. */
      hasMore: boolean;
    }
  | ({ kind: "failure" } & OpenFailure)
  | ({ kind: "work"; priority: Priority; expiresAt: Date | null } & WaitingWork)
  | {
      /** The request waits for a worker to register it. */
      kind: "registration";
    };

export interface Why {
  translation: Translation;
  /** The parts that there is something to say of, in the order of the type. */
  sections: WhySection[];
}

/** The entries of the history that the story has. */
const LATEST_ENTRIES = 20;

type Facts = Pick<PersistenceHandler, "history" | "memory" | "why">;

export async function tellWhy(store: Facts, translation: Translation): Promise<Why> {
  const { id, project, targetLocale } = translation;
  if (id === null) return { translation, sections: [{ kind: "registration" }] };
  const reference: IdReference = { id, project, targetLocale };
  const [facts, pairs, history] = await Promise.all([
    store.why(reference),
    store.memory.usedFor(reference),
    store.history(reference, { limit: LATEST_ENTRIES }),
  ]);
  // It was forgotten or collected since it was read.
  if (facts === undefined) return { translation, sections: [] };
  const sections: WhySection[] = [originOf(translation, facts), { kind: "uses", uses: facts.uses }];
  const checks = checksOf(translation, facts);
  if (checks !== undefined) sections.push(checks);
  if (pairs.length > 0) sections.push({ kind: "memory", pairs });
  if (history.items.length > 0) {
    sections.push({ kind: "history", entries: history.items, hasMore: history.nextCursor !== null });
  }
  const { failure, work, priority, expiresAt } = facts;
  if (failure !== null) sections.push({ kind: "failure", ...failure });
  if (work !== null) sections.push({ kind: "work", priority, expiresAt, ...work });
  return { translation, sections };
}

function originOf({ text, engine, model }: Translation, { approvedBy, changedAt }: TranslationFacts): WhySection {
  const by = text === null ? "nobody" : engine === "human" ? "person" : "engine";
  return { kind: "origin", by, engine, model, approvedBy, changedAt };
}

/** Undefined: there is no text to judge. */
function checksOf(translation: Translation, { format, uses }: TranslationFacts): WhySection | undefined {
  const { text, sourceText, sourceLocale, targetLocale, context, engine } = translation;
  if (text === null || sourceText === "") return undefined;
  const lengths = [context, ...uses.map(({ hint }) => hint)].flatMap((said) => maxLengthOf(said) ?? []);
  const report = checkTranslation({
    ...{ source: sourceText, translation: text, format, sourceLocale, targetLocale },
    by: engine === "human" ? "person" : "machine",
    pluralCategory: pluralFormOf(context)?.category,
    maxLength: lengths.length === 0 ? undefined : Math.min(...lengths),
  });
  return { kind: "checks", format, ...report };
}
