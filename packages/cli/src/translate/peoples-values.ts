/** The values of people in target files, by the row of the store that each belongs to. */
import type { CatalogMessage } from "../catalog/catalog.ts";
import { sourceHash, standingOf } from "../catalog/lock-file.ts";
import { formsBetweenPipes } from "../catalog/pipes.ts";
import { faultOf } from "../check/check-values.ts";
import { shownKey } from "../problems/problem.ts";
import { businessIdOf } from "./business-id.ts";
import { type Row, rowId, rowsOf } from "./own-rows.ts";
import type { StandingTarget } from "./standing-targets.ts";
import type { TargetFile } from "./target-files.ts";
import { ruledKey, ruleOf } from "./text-rules.ts";
import { isUntranslated } from "./untranslated.ts";

export interface ValuePlace {
  file: string;
  locale: string;
  /** See {@link shownKey}. */
  key: string;
}

export interface RefusedValue extends ValuePlace {
  reason: string;
}

/** A row of the store, and the values that files have for it. */
export interface RowValues {
  row: Row;
  locale: string;
  values: GatheredValue[];
}

interface GatheredValue {
  text: string;
  businessId: string;
  place: ValuePlace;
  /** Whether the value is that of a plural form which takes another form's translation. */
  isSharer: boolean;
}

export interface GatherOptions {
  /** BCP 47, or `und`. */
  sourceLocale: string;
  cwd: string;
  /** Whether values count that Trans-Hub wrote. */
  all: boolean;
  only?: ((key: string) => boolean) | undefined;
}

/** Gathers the values of many files: one row may serve keys of several. */
export class PeoplesValues {
  readonly refused: RefusedValue[] = [];
  readonly #rows = new Map<string, RowValues>();
  readonly #options: GatherOptions;

  constructor(options: GatherOptions) {
    this.#options = options;
  }

  /** Adds the values of one file. */
  add({ target, messages, existing, locked }: StandingTarget): void {
    const { all, only } = this.#options;
    for (const message of messages) {
      const { key, text } = message;
      const value = existing.texts.get(key);
      if (value === undefined || value === "" || ruleOf(message, target.rules) === "copy") continue;
      if (only !== undefined && !only(ruledKey(message))) continue;
      const present = sourceHash(text);
      const standing = standingOf({ key, existing: value, sourceHash: present, locked });
      if (standing.author === "tool" && !all) continue;
      const line = existing.places.get(key)?.line;
      const place = { file: target.path, locale: target.locale, key: shownKey(key, { text, line, file: target.path }) };
      const isOld = standing.source !== undefined && standing.source !== present;
      const reason = isOld ? "its source changed since it was written" : this.#fault(message, value, target);
      const texts = textsOfRows(message, value);
      if (reason !== undefined) this.refused.push({ ...place, reason });
      else if (texts === undefined) this.refused.push({ ...place, reason: "it has another number of plural forms" });
      else for (const each of texts) this.#addRow(each, target, message, place);
    }
  }

  #fault(message: CatalogMessage, value: string, { locale: targetLocale, path: file }: TargetFile): string | undefined {
    const { sourceLocale } = this.#options;
    const isCopy = isUntranslated({ text: message.text, value }, { sourceLocale, targetLocale });
    return isCopy ? "it equals its source" : faultOf(message, value, { sourceLocale, targetLocale, file });
  }

  #addRow({ row, text }: RowText, target: TargetFile, { key, sharesWith }: CatalogMessage, place: ValuePlace): void {
    const id = `${target.locale}\n${rowId(row)}`;
    const known = this.#rows.get(id) ?? { row, locale: target.locale, values: [] };
    const businessId = businessIdOf(target, key, this.#options.cwd);
    known.values.push({ text, businessId, place, isSharer: sharesWith !== undefined });
    this.#rows.set(id, known);
  }

  /** Every row, with the values that may be its text. */
  get #decided(): RowValues[] {
    return [...this.#rows.values()].map((row) => {
      const own = row.values.filter(({ isSharer }) => !isSharer);
      return own.length === 0 ? row : { ...row, values: own };
    });
  }

  /** The rows for which all files have one text. */
  get agreed(): RowValues[] {
    return this.#decided.filter((row) => !isDiffering(row));
  }

  /** The rows for which files have several texts: none of them can be the row's. */
  get differing(): RowValues[] {
    return this.#decided.filter(isDiffering);
  }

  /** The values of plural forms that have no row of their own, and another text than the form whose row it is. */
  get unstorable(): RefusedValue[] {
    return [...this.#rows.values()].flatMap(({ values }) => {
      const own = values.find(({ isSharer }) => !isSharer);
      const others = values.filter(({ isSharer, text }) => isSharer && own !== undefined && text !== own.text);
      return others.map(({ place }) => ({ ...place, reason: SHARED }));
    });
  }
}

const SHARED = "the store has one text for two plural forms, and took the other one; this one stays in its file";

function isDiffering({ values }: RowValues): boolean {
  return values.some(({ text }) => text !== values[0]?.text);
}

export interface RowText {
  row: Row;
  text: string;
}

/** The text of each row of a message's value. Undefined: the value has another number of texts. */
export function textsOfRows(message: Row, value: string): RowText[] | undefined {
  const rows = rowsOf(message);
  const texts = message.parts === undefined ? [value] : formsBetweenPipes(value);
  if (texts.length !== rows.length) return undefined;
  return rows.map((row, at) => ({ row, text: texts[at] ?? "" }));
}
