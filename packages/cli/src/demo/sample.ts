/** The sample catalog of `demo`: a web shop in English. */
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import type { Coordinator, Translation } from "@trans-hub/core";
import { CatalogError } from "@trans-hub/core/operations";
import { catalogFormat } from "../catalog/formats.ts";
import type { Catalog, CatalogMessage } from "../catalog/json-catalog.ts";
import { writeFileByRename } from "../catalog/write-file.ts";

export const SAMPLE_LOCALE = "en";
export const SAMPLE_TARGETS = ["fr", "de", "ja"];
/** Keys whose translations are shown side by side at the end. */
export const SHOWN_KEYS = [
  "product.addToCart",
  "product.added",
  "nav.greeting",
  "common.requiredHint",
  "common.pageOf",
];

/** Beside `src` in the repository, beside `dist` in the package. */
const SAMPLE_FILE = fileURLToPath(new URL("../../sample/shop.en.json", import.meta.url));

export interface Sample {
  catalog: Catalog;
  messages: readonly CatalogMessage[];
  /** Number of omitted messages with ICU or plural syntax. */
  unsupported: number;
}

export async function readSample(): Promise<Sample> {
  const format = catalogFormat(SAMPLE_FILE);
  const catalog = await format.read(SAMPLE_FILE);
  if (catalog === undefined) throw new CatalogError(SAMPLE_FILE, "is missing from the installation");
  const plurals = format.pluralKeys(catalog);
  const messages = catalog.messages.filter(({ key }) => !plurals.has(key));
  return { catalog, messages, unsupported: plurals.size };
}

/** Registers everything, screen by screen like an application; returns the number of rows. */
export async function registerSample(hub: Coordinator, { messages }: Sample): Promise<number> {
  const screens = Map.groupBy(messages, ({ key }) => key.split(".")[0]);
  const texts = new Set<string>();
  let rows = 0;
  for (const screen of screens.values()) {
    const items = screen.map(({ key, text }) => {
      // Forced, so that a second demo shows the same as the first; a text that several screens use is forced only once.
      const force = !texts.has(text);
      texts.add(text);
      return { text, businessId: `${basename(SAMPLE_FILE)}#${key}`, force };
    });
    const { registered } = await hub.request(items, { targetLocales: SAMPLE_TARGETS });
    rows += registered;
  }
  return rows;
}

/** The translations of each target locale, by key. */
export async function readTranslations(
  hub: Coordinator,
  sample: Sample,
): Promise<Map<string, Map<string, Translation>>> {
  const all = new Map<string, Map<string, Translation>>();
  for (const targetLocale of SAMPLE_TARGETS) {
    const texts = sample.messages.map(({ text }) => text);
    const found = await hub.getTranslations(texts, { targetLocale });
    const byKey = new Map<string, Translation>();
    for (const [at, { key }] of sample.messages.entries()) {
      const translation = found[at];
      if (translation?.text != null) byKey.set(key, translation);
    }
    all.set(targetLocale, byKey);
  }
  return all;
}

/** Writes one catalog per locale; returns their paths. */
export async function writeCatalogs(
  sample: Sample,
  translations: ReadonlyMap<string, ReadonlyMap<string, Translation>>,
  pathOf: (locale: string) => string,
): Promise<string[]> {
  const files: string[] = [];
  for (const [locale, byKey] of translations) {
    const values = new Map([...byKey].map(([key, { text }]) => [key, text ?? ""]));
    const { text } = catalogFormat(SAMPLE_FILE).format(sample.catalog, values);
    await writeFileByRename(pathOf(locale), text);
    files.push(pathOf(locale));
  }
  return files;
}
