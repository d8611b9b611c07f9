/** Checks catalogs that are found by looking. */
import { CatalogError } from "@trans-hub/core/operations";
import { catalogFormat } from "../catalog/formats.ts";
import { type Family, familiesOf } from "../look/families.ts";
import { type FoundFamily, openFamily, openTarget, type Surroundings } from "../look/found-families.ts";
import type { Look } from "../look/look-round.ts";
import type { CatalogReport } from "./catalog-report.ts";
import type { CheckOptions } from "./check-options.ts";
import { withTexts } from "./keyed-source.ts";

/** Checks the targets that were named, or whose source was. */
export async function checkFound(look: Look, report: CatalogReport, options: CheckOptions): Promise<void> {
  const { sourceLocale, signal, progress } = options;
  const around: Surroundings = { paths: look.files, sourceLocale };
  const asked = familiesOf(look.files).filter((family) => pathsOf(family).some((path) => look.isNamed(path)));
  for (const [at, family] of asked.entries()) {
    progress?.(at, asked.length);
    signal.throwIfAborted();
    const found = await openFamily(family, around);
    if (found === undefined) continue;
    if ("error" in found) report.addUnreadable(found.path, found.locale, found.error);
    else if (!(await checkFamily(found, report, look, options)) && !found.isSure) continue;
    report.families += 1;
  }
}

function pathsOf({ base, members }: Family): string[] {
  return [...(base === undefined ? [] : [base]), ...members.map(({ path }) => path)];
}

/** @returns whether one of its files is a target. */
async function checkFamily(
  family: FoundFamily,
  report: CatalogReport,
  { isNamed }: Look,
  { warnings, signal }: CheckOptions,
): Promise<boolean> {
  const { source, candidates } = family;
  const isSourceNamed = source !== undefined && isNamed(source.path);
  const sourceLocale = source?.locale ?? "und";
  let hasTargets = false;
  for (const member of candidates) {
    signal.throwIfAborted();
    if (!isSourceNamed && !isNamed(member.path)) continue;
    const target = await openTarget(family, member);
    if (target === undefined) continue;
    hasTargets = true;
    if (target instanceof CatalogError) {
      report.addUnreadable(member.path, member.locale, target);
      continue;
    }
    report.addFile(member.path);
    const isBilingual = target.layout === "bilingual";
    const texts = isBilingual ? target : source?.catalog;
    if (texts === undefined) continue;
    const targetLocale = member.locale;
    const shaped = catalogFormat(member.path).shapedFor(texts, { sourceLocale, targetLocale }, target);
    const messages = isBilingual ? withTexts(shaped.messages, source?.catalog) : shaped.messages;
    report.addValues({ messages, sourceLocale, target, targetLocale, warnings });
  }
  return hasTargets;
}
