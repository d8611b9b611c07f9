/** Judges the values of one target catalog against its source, by the checks of core. */
import { translationCheckOf } from "@trans-hub/core/engine";
import type { Catalog, CatalogMessage } from "../catalog/catalog.ts";
import { formsBetweenPipes } from "../catalog/pipes.ts";
import { type Problem, shownKey } from "../problems/problem.ts";
import { formPlace } from "./form-place.ts";
import { withoutLiberties } from "./liberties.ts";

export interface ValuesToCheck {
  /** The texts of the source, as the target has to have them. */
  messages: readonly CatalogMessage[];
  /** BCP 47, or `und`. */
  sourceLocale: string;
  target: Pick<Catalog, "file" | "texts" | "places" | "bytes">;
  /** BCP 47. */
  targetLocale: string;
  /** Whether the warnings of the checks are problems as well. */
  warnings: boolean;
}

export interface CheckedValues {
  problems: Problem[];
  /** The number of values that have a source. */
  checked: number;
}

/**
 * Judges every value of the target that has a source. A value that is one form of a plural is held to the form of the source
 * from which it is made.
 *
 * @returns problems with the target's file as it is named in the catalog.
 */
export function checkValues({ messages, target, ...rest }: ValuesToCheck): CheckedValues {
  const problems: Problem[] = [];
  let checked = 0;
  for (const message of messages) {
    if (message.isVerbatim === true) continue;
    const value = target.texts.get(message.key);
    if (value === undefined || value === "") continue;
    checked += 1;
    problems.push(...problemsOfValue(message, value, { target, ...rest }));
  }
  return { problems, checked };
}

/** The problems of one value. */
export function problemsOfValue(
  message: CatalogMessage,
  value: string,
  { sourceLocale, target, targetLocale, warnings }: Omit<ValuesToCheck, "messages">,
): readonly Problem[] {
  const { blocked, warned } = judged(message, value, { sourceLocale, targetLocale, file: target.file, warnings });
  if (blocked.length === 0 && (warned.length === 0 || !warnings)) return NONE;
  const problems: Problem[] = [];
  const family = target.places.get(message.key);
  const place = family && formPlace(target, message.key, family);
  const named = {
    file: target.file,
    locale: targetLocale,
    key: shownKey(message.key, { text: message.text, line: place?.line, file: target.file }),
    ...place,
  };
  const [first] = blocked;
  if (first !== undefined) {
    // Two checks may say the same of one fault.
    const clauses = new Set(blocked.map(({ message: clause }) => clause));
    const clause = [...clauses].join("; ");
    problems.push({ ...named, kind: "broken", severity: "error", message: clause, check: first.check });
  }
  if (!warnings) return problems;
  for (const { check, message: clause } of warned) {
    const kind = check === "same" ? "same" : "broken";
    problems.push({ ...named, kind, severity: "warning", message: clause, check });
  }
  return problems;
}

const NONE: readonly Problem[] = [];

/** Why a value cannot stand, as clauses; undefined: it can. */
export function faultOf(message: CatalogMessage, value: string, place: Omit<Place, "warnings">): string | undefined {
  const { blocked } = judged(message, value, { ...place, warnings: false });
  return blocked.length === 0 ? undefined : [...new Set(blocked.map(({ message: clause }) => clause))].join("; ");
}

interface Finding {
  check: string;
  message: string;
}

interface Place {
  sourceLocale: string;
  targetLocale: string;
  file: string;
  warnings: boolean;
}

interface Judgement {
  blocked: Finding[];
  warned: Finding[];
}

function judged(message: CatalogMessage, value: string, place: Place): Judgement {
  const { parts, form, sameForm } = message;
  if (parts === undefined) {
    const asMade = judgedText(message, value, form?.category, place);
    if (asMade.blocked.length === 0 || sameForm === undefined || !NAMES_ITS_NUMBER.test(form?.category ?? ""))
      return asMade;
    const asSame = judgedText({ ...message, text: sameForm }, value, form?.category, place);
    return asSame.blocked.length === 0 ? asSame : asMade;
  }
  // The forms of one text are counted otherwise in each language; the last one of the source is for all other numbers.
  const all = formsBetweenPipes(value).map((translation, at): Judgement => {
    const row = parts.rows[Math.min(at, parts.rows.length - 1)];
    return judgedText({ ...message, text: row?.text ?? message.text }, translation, row?.form.category, place);
  });
  return {
    blocked: firstOfEach(all.flatMap(({ blocked }) => blocked)),
    warned: firstOfEach(all.flatMap(({ warned }) => warned)),
  };
}

/** The plural forms in which a language may say the number in words, or in the noun. */
const NAMES_ITS_NUMBER = /^(?:zero|one|two|=\d+)$/;

function firstOfEach(findings: readonly Finding[]): Finding[] {
  return [...Map.groupBy(findings, ({ check }) => check).values()].flatMap(([first]) => first ?? []);
}

type SourceText = Pick<CatalogMessage, "text" | "format" | "facts">;

function judgedText(
  message: SourceText & Pick<CatalogMessage, "key">,
  translation: string,
  pluralCategory: string | undefined,
  { sourceLocale, targetLocale, file, warnings: wantsWarnings }: Place,
): Judgement {
  const { key, text, format } = message;
  const pair = withoutLiberties({ source: text, translation }, { file, key });
  if (pair === undefined) return { blocked: [], warned: [] };
  const check = pair.source === text ? checkOf(message) : translationCheckOf({ source: pair.source, format });
  const { blocked, warnings } = check({
    translation: pair.translation,
    // The checks that need the language of the source pass without it.
    sourceLocale: sourceLocale === "und" ? undefined : sourceLocale,
    targetLocale,
    pluralCategory,
    by: "person",
    warnings: wantsWarnings,
  });
  return { blocked, warned: warnings };
}

function checkOf({ text, format, facts }: SourceText): ReturnType<typeof translationCheckOf> {
  if (facts?.text !== text) return translationCheckOf({ source: text, format });
  facts.check ??= translationCheckOf({ source: text, format });
  return facts.check;
}
