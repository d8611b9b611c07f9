/** The brake of a run: a source that lost its texts by mistake must not take the targets along. */
import { CatalogError } from "@trans-hub/core/operations";
import type { Catalog } from "../catalog/catalog.ts";
import { asideKeys, orphanedValues, type PlannedFile, writtenKeys } from "./plan.ts";
import { formatOfTarget } from "./read-files.ts";

/** A run that takes at least this many values from a file, and more than a fifth of them, stops for that file. */
const FEW = 20;
const MOST_OF_FIVE = 5;

export interface LocaleOutcome {
  file: PlannedFile;
  /** The content of the file after the run. */
  after: Catalog;
}

/**
 * Refuses to write a file that would lose many values.
 *
 * @param locales All locales of one file.
 * @throws {CatalogError}
 */
export function refuseManyRemovals(path: string, locales: readonly LocaleOutcome[]): void {
  let [before, gone] = [0, 0];
  for (const { file, after } of locales) {
    const moved = new Set(file.messages.map(({ movedFrom }) => movedFrom));
    for (const [key, value] of file.existing?.texts ?? []) {
      if (value === "") continue;
      before += 1;
      if (!after.texts.get(key) && !moved.has(key)) gone += 1;
    }
  }
  if (gone < FEW || gone * MOST_OF_FIVE <= before) return;
  throw new CatalogError(path, `is not written, because ${gone} of its ${before} values would be removed`, {
    hint: "If the source is right, --prune removes them.",
  });
}

/** The keys of a target file whose value goes where the source has it no more. */
export function removableKeys(file: PlannedFile, { prune }: { prune: boolean }): ReadonlySet<string> {
  const { target, source, existing, locked } = file;
  const families = formatOfTarget(target).orphanedKeys(existing, source, (key) => locked?.has(key) === true);
  const ours = writtenKeys(file).union(families);
  const all = prune ? ours.union(orphanedValues(file)) : ours;
  const isAside = asideKeys(file);
  return new Set([...all].filter((key) => !isAside(key)));
}
