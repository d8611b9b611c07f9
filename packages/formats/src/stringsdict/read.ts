/** The texts of a `.stringsdict`, with their places. */
import { CatalogError } from "@trans-hub/core/operations";
import type { Span, Unit, Value } from "../contract.ts";
import { PLURAL_CATEGORIES } from "../plural-categories.ts";
import { childElements, commentBefore, type XmlElement, type XmlFile } from "../xml/xml.ts";

/** A key of a dictionary, and its value. */
export interface Pair {
  readonly key: XmlElement;
  readonly name: string;
  readonly value: XmlElement;
}

/** One text: the format of an entry, a variable with its plural forms, or the text for one width or device. */
export interface Place {
  readonly unit: Unit;
  /** From the key of the entry to the end of its dictionary. */
  readonly owner: Span;
  /** The entry's key. */
  readonly key: XmlElement;
  /** The element `<string>` of a text, the element `<dict>` of a family. */
  readonly holder: XmlElement;
}

const FORMAT = "NSStringLocalizedFormatKey";
const RULE = "NSStringFormatSpecTypeKey";
const PLURAL_RULE = "NSStringPluralRuleType";
const VARIANTS = new Set(["NSStringVariableWidthRuleType", "NSStringDeviceSpecificRuleType"]);

/** @throws {CatalogError} The file is no property list of dictionaries. */
export function readPlaces(file: string, xml: XmlFile, syntax: Unit["syntax"]): Place[] {
  const [root] = xml.root.name === "plist" ? childElements(xml.root) : [];
  if (root?.name !== "dict") {
    throw new CatalogError(file, "has no plist with a dict at its root", xml.places.at(xml.root.start));
  }
  const pairsOf = (dict: XmlElement) => pairs(file, xml, dict);
  const places = new Map<string, Place>();
  for (const { key, name, value } of pairsOf(root)) {
    if (value.name !== "dict") continue;
    const owner = { start: key.start, end: value.end };
    const note = commentBefore(key)?.content.trim() ?? "";
    for (const { suffix, holder, text, isOpen = true } of textsOf(pairsOf(value), pairsOf)) {
      const id = suffix === "" ? name : `${name}#${suffix}`;
      // An entry that has the name of another one's variable, or stands twice.
      if (places.has(id)) continue;
      const texts = typeof text === "string" ? [text] : [...text.forms.values()];
      const unit: Unit = {
        ...{
          id,
          value: text,
          syntax,
          translate: isOpen && texts.some((each) => each.trim() !== ""),
          state: "translated",
        },
        ...(note !== "" && { note }),
        ...xml.places.at(holder.content?.start ?? holder.start),
      };
      places.set(id, { unit, owner, key, holder });
    }
  }
  return [...places.values()];
}

interface Found {
  /** The end of the id, behind the entry's key. Empty: the key is the id. */
  readonly suffix: string;
  /** False for a format that is variables alone. Default: true. */
  readonly isOpen?: boolean;
  readonly holder: XmlElement;
  readonly text: Value;
}

/**
 * The only variable of an entry has the entry's own id; each other text has its key behind it. No id depends on a text, which
 * another language may write with its words in the format or in the forms.
 */
function textsOf(entry: readonly Pair[], pairsOf: (dict: XmlElement) => Pair[]): Found[] {
  const found: Found[] = [];
  const variables = entry.flatMap(({ name, value }) => {
    if (value.name !== "dict" || VARIANTS.has(name)) return [];
    const rule = pairsOf(value);
    const isPlural = rule.some(({ name, value }) => name === RULE && value.text.trim() === PLURAL_RULE);
    const forms = rule.filter(isForm).map((form) => [form.name, form.value.text] as const);
    return isPlural && forms.length > 0
      ? [{ name, holder: value, text: { argument: name, forms: new Map(forms) } }]
      : [];
  });
  const format = entry.find(({ name, value }) => name === FORMAT && value.name === "string")?.value;
  if (format !== undefined) {
    const isOpen = /\p{L}/u.test(format.text.replace(/%(?:\d+\$)?#@[^@]*@|%[\d$.*+-]*[a-z@]+/giu, ""));
    found.push({ suffix: FORMAT, holder: format, text: format.text, isOpen });
  }
  for (const { name, ...variable } of variables) {
    found.push({ suffix: variables.length === 1 ? "" : name, ...variable });
  }
  for (const { name, value } of entry) {
    if (!VARIANTS.has(name) || value.name !== "dict") continue;
    for (const variant of pairsOf(value)) {
      if (variant.value.name === "string") {
        found.push({ suffix: variant.name, holder: variant.value, text: variant.value.text });
      }
    }
  }
  return found;
}

/** Whether a pair is a plural form. */
export function isForm({ name, value }: Pair): boolean {
  return value.name === "string" && (PLURAL_CATEGORIES as readonly string[]).includes(name);
}

/** The keys and values of a dictionary. */
export function pairs(file: string, { places }: XmlFile, dict: XmlElement): Pair[] {
  const children = childElements(dict);
  const found: Pair[] = [];
  for (let at = 0; at < children.length; at += 2) {
    const [key, value] = [children[at], children[at + 1]];
    if (key?.name !== "key" || value === undefined || value.name === "key") {
      throw new CatalogError(file, "has a dict that is no list of keys and values", places.at((key ?? dict).start));
    }
    found.push({ key, name: key.text, value });
  }
  return found;
}
