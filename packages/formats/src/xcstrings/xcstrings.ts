/**
 * Xcode's string catalogs: all locales in one file.
 *
 * The id of a text is its key, with `#device.mac` behind it where the source varies by device, and `#substitutions.files` for the
 * plural forms of a substitution. A key without a localization in the source language is itself the source text. Not translated:
 * stale keys, those with `shouldTranslate: false`, and those of which a plural form varies by device.
 */
import { CatalogError } from "@trans-hub/core/operations";
import type { CatalogSyntax, Format, Unit } from "../contract.ts";
import { type JsonFile, type JsonNode, memberOf, readJsonFile, textOf } from "../json/json-file.ts";
import { child, hasWords, type Slot, type Slots, slotsOf, valueLike } from "./slots.ts";
import { type Place, XcstringsDocument } from "./xcstrings-document.ts";

export const xcstrings: Format = {
  name: "xcstrings",
  layout: "multi-locale",
  read(bytes, { file, locale, sourceLocale, syntax = "printf" }): XcstringsDocument {
    return openXcstrings(readJsonFile(bytes, file), { locale, sourceLocale, syntax });
  },
};

interface OpenOptions {
  readonly locale: string | undefined;
  readonly sourceLocale: string | undefined;
  readonly syntax: CatalogSyntax;
}

function openXcstrings(file: JsonFile, options: OpenOptions): XcstringsDocument {
  const { root, places, name } = file;
  const [language, strings] = [memberOf(root, "sourceLanguage"), memberOf(root, "strings")];
  if (language?.kind !== "string" || strings?.kind !== "object") {
    throw new CatalogError(name, 'has no "sourceLanguage" with "strings"', places.at(root.start));
  }
  const sourceLanguage = textOf(file, language);
  refuseOtherSource(file, language, sourceLanguage, options.sourceLocale);
  const names = new Set([sourceLanguage]);
  for (const entry of strings.children) {
    for (const { name } of memberOf(entry, "localizations")?.children ?? []) names.add(name ?? "");
  }
  const { locale = sourceLanguage } = options;
  const localeName = nameOf(locale, names);
  const found = strings.children.flatMap((entry) => placesOf(file, entry, { sourceLanguage, localeName, ...options }));
  return new XcstringsDocument({
    ...{
      file,
      strings,
      sourceLanguage,
      localeName,
      locale,
      locales: [...names].map((name) => name.replaceAll("_", "-")),
      places: found,
    },
    reopened: (bytes) => openXcstrings(readJsonFile(bytes, name), options),
  });
}

function refuseOtherSource(file: JsonFile, at: JsonNode, sourceLanguage: string, given: string | undefined): void {
  if (given === undefined || given === "und" || languageOf(given) === languageOf(sourceLanguage)) return;
  throw new CatalogError(file.name, `says that its source language is ${sourceLanguage}, not ${given}`, {
    ...file.places.at(at.start),
    hint: `Translate it from ${sourceLanguage}.`,
  });
}

function languageOf(locale: string): string {
  return locale.toLowerCase().split(/[-_]/)[0] ?? locale;
}

/** The name of a locale in the file: its own spelling, or that of Apple. */
function nameOf(locale: string, names: ReadonlySet<string>): string {
  const plain = (name: string) => name.toLowerCase().replaceAll("_", "-");
  const own = [...names].find((name) => plain(name) === plain(locale));
  return own ?? APPLE_NAMES[locale] ?? locale.replaceAll("_", "-");
}

/** Apple tells Chinese by its script. */
const APPLE_NAMES: Readonly<Record<string, string>> = { "zh-CN": "zh-Hans", "zh-TW": "zh-Hant" };

interface EntryOptions {
  readonly sourceLanguage: string;
  readonly localeName: string;
  readonly syntax: CatalogSyntax;
}

function placesOf(
  file: JsonFile,
  entry: JsonNode,
  { sourceLanguage, localeName, syntax }: EntryOptions,
): readonly Place[] {
  const key = entry.name ?? "";
  const sourceNode = child(entry, "localizations", sourceLanguage);
  const source = sourceNode === undefined ? undefined : slotsOf(file, sourceNode);
  const isEmptySource = sourceNode === undefined || sourceNode.children.length === 0;
  const slots: Slots = source ?? new Map(isEmptySource ? [["", ownText(key, entry)]] : []);
  const localization = child(entry, "localizations", localeName);
  const target = localization && (localization === sourceNode ? slots : slotsOf(file, localization));
  const isOdd = target === undefined && localization !== undefined && localization.children.length > 0;
  const isOpen = isToTranslate(file, entry) && slots.size > 0;
  const comment = memberOf(entry, "comment");
  const note = comment?.kind === "string" ? textOf(file, comment) : "";
  const places = isOpen ? [...slots] : [["", ownText(key, entry)] as const];
  return places.map(([suffix, slot]): Place => {
    const present = target && valueLike(target, suffix, slot.value);
    const isText =
      typeof slot.value === "object" || (slot.value.trim() !== "" && (slots.size === 1 || hasWords(slot.value)));
    const values: Pick<Unit, "source" | "value" | "state"> =
      localeName === sourceLanguage
        ? { value: slot.value, state: "translated" }
        : { source: slot.value, value: isOpen ? present?.value : undefined, state: present?.state ?? "new" };
    const unit: Unit = {
      ...{ id: idOf(key, suffix), syntax, translate: isOpen && isText, ...values },
      ...(note !== "" && { note }),
      ...(slots.size > 1 && { group: idOf(key, "") }),
      ...file.places.at((present?.at ?? slot.at).start),
    };
    return { unit, entry, suffix, source: slot, target, isOdd, localization };
  });
}

/** The key as the text of its own. */
function ownText(key: string, entry: JsonNode): Slot {
  return { path: [], value: key, state: "translated", at: entry };
}

function isToTranslate(file: JsonFile, entry: JsonNode): boolean {
  const state = memberOf(entry, "extractionState");
  if (state?.kind === "string" && textOf(file, state) === "stale") return false;
  const flag = memberOf(entry, "shouldTranslate");
  return flag === undefined || file.text.slice(flag.start, flag.end) !== "false";
}

/** No key is such an id: what would be an ending in a key is escaped. */
function idOf(key: string, suffix: string): string {
  const escaped = key.replace(/(\\*)#(?=(?:device|substitutions)\.)/g, "$1$1\\#");
  return suffix === "" ? escaped : `${escaped.replace(/\\+$/, "$&$&")}${suffix}`;
}
