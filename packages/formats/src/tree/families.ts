/** The plural families of a target that only its source can tell. */
import type { CatalogDocument, PluralValue, Unit } from "../contract.ts";

export class SourceUnits {
  readonly #byId: ReadonlyMap<string, Unit>;

  constructor(source: CatalogDocument | undefined) {
    this.#byId = new Map(source?.units.map((unit) => [unit.id, unit]));
  }

  /** The family of an id. */
  family(id: string): PluralValue | undefined {
    const value = this.#byId.get(id)?.value;
    return typeof value === "object" ? value : undefined;
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }
}

/** The plural categories of a locale, in any spelling. Undefined: it is not known. */
export function categoriesOf(locale: string | undefined): readonly string[] | undefined {
  if (locale === undefined) return undefined;
  const known = knownCategories.get(locale);
  if (known !== undefined) return known;
  const categories = categoriesIn(locale);
  if (knownCategories.size > 1000) knownCategories.clear(); // locales come from callers
  if (categories !== undefined) knownCategories.set(locale, categories);
  return categories;
}

/** Rules take longer to make than a text to read. */
const knownCategories = new Map<string, readonly string[]>();

function categoriesIn(locale: string): readonly string[] | undefined {
  try {
    return new Intl.PluralRules(locale.replaceAll("_", "-")).resolvedOptions().pluralCategories;
  } catch {
    return undefined;
  }
}
