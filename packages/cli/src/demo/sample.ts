/** The sample catalog of `demo`: a web shop in English. */
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import type { Coordinator, Item, Translation } from "@trans-hub/core";
import { CatalogError } from "@trans-hub/core/operations";
import type { Catalog } from "../catalog/catalog.ts";
import { catalogFormat } from "../catalog/formats.ts";
import { writeFileByRename } from "../catalog/write-file.ts";
import { nameOf, rowId } from "../translate/own-rows.ts";

export const SAMPLE_LOCALE = "en";
export const SAMPLE_TARGETS = ["fr", "de", "ja"];
/** Keys whose translations are shown side by side at the end. */
export const SHOWN_KEYS = [
  "product.addToCart",
  "product.added",
  "nav.greeting",
  "common.requiredHint",
  "common.pageOf",
  "cart.items_one",
  "cart.items_other",
];

/** Beside `src` in the repository, beside `dist` in the package. */
const SAMPLE_FILE = fileURLToPath(new URL("../../sample/shop.en.json", import.meta.url));

export interface Sample {
  /** In English. */
  catalog: Catalog;
  /** By target locale: the messages that it needs, each with the plural form that it is. */
  shaped: ReadonlyMap<string, Catalog>;
}

export async function readSample(): Promise<Sample> {
  const format = catalogFormat(SAMPLE_FILE);
  const catalog = await format.read(SAMPLE_FILE, { locale: SAMPLE_LOCALE });
  if (catalog === undefined) throw new CatalogError(SAMPLE_FILE, "is missing from the installation");
  const shaped = SAMPLE_TARGETS.map((targetLocale): [string, Catalog] => [
    targetLocale,
    format.shapedFor(catalog, { sourceLocale: SAMPLE_LOCALE, targetLocale }, undefined),
  ]);
  return { catalog, shaped: new Map(shaped) };
}

/** Registers everything, screen by screen like an application; returns the number of rows. */
export async function registerSample(hub: Coordinator, { shaped }: Sample): Promise<number> {
  const screens = new Map<string, Map<string, Item & { targetLocales: string[] }>>();
  const known = new Set<string>();
  for (const [locale, { messages }] of shaped) {
    for (const { key, ...row } of messages) {
      const [screen = ""] = key.split(".");
      // Forced, so that a second demo shows the same as the first; a text that several screens use is forced only once.
      const force = !known.has(`${locale} ${rowId(row)}`);
      known.add(`${locale} ${rowId(row)}`);
      const items = screens.get(screen) ?? new Map();
      screens.set(screen, items);
      const id = JSON.stringify([key, rowId(row), force]);
      const item = items.get(id) ?? {
        ...nameOf(row),
        businessId: `${basename(SAMPLE_FILE)}#${key}`,
        targetLocales: [],
        force,
      };
      items.set(id, { ...item, targetLocales: [...item.targetLocales, locale] });
    }
  }
  let rows = 0;
  for (const items of screens.values()) {
    const { registered } = await hub.request([...items.values()]);
    rows += registered;
  }
  return rows;
}

/** The translations of each target locale, by key. */
export async function readTranslations(
  hub: Coordinator,
  { shaped }: Sample,
): Promise<Map<string, Map<string, Translation>>> {
  const all = new Map<string, Map<string, Translation>>();
  for (const [targetLocale, { messages }] of shaped) {
    const found = await hub.getTranslations(messages.map(nameOf), { targetLocale });
    const byKey = new Map<string, Translation>();
    for (const [at, { key }] of messages.entries()) {
      const translation = found[at];
      if (translation?.text != null) byKey.set(key, translation);
    }
    all.set(targetLocale, byKey);
  }
  return all;
}

/** Writes one catalog per locale; returns their paths. */
export async function writeCatalogs(
  { shaped, catalog }: Sample,
  translations: ReadonlyMap<string, ReadonlyMap<string, Translation>>,
  pathOf: (locale: string) => string,
): Promise<string[]> {
  const files: string[] = [];
  for (const [locale, byKey] of translations) {
    const values = new Map([...byKey].map(([key, { text }]) => [key, text ?? ""]));
    const { bytes } = catalogFormat(SAMPLE_FILE).format(shaped.get(locale) ?? catalog, values, { locale });
    await writeFileByRename(pathOf(locale), bytes);
    files.push(pathOf(locale));
  }
  return files;
}
