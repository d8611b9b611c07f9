/** The habits of Ruby on Rails in a YAML file: a root key that is the locale, and plural forms side by side under one key. */
import { CatalogError } from "@trans-hub/core/operations";
import { isMap, isScalar, type ParsedNode } from "yaml";
import type { Places } from "../places.ts";
import { PLURAL_CATEGORIES } from "../plural-categories.ts";
import { isLocale } from "../tree/locales.ts";
import type { TreeNode } from "../tree/tree.ts";

/**
 * The key of the root that is the file's locale. Beside it may stand what the locale takes over by an anchor. Undefined: the
 * file is no Rails catalog.
 *
 * @throws {CatalogError} The file holds several locales.
 */
export function localeKey(
  root: ParsedNode | null,
  { file, locale, places }: { file: string; locale: string | undefined; places: Places },
): string | undefined {
  if (!isMap(root) || root.flow === true) return undefined;
  const found: { key: string; start: number }[] = [];
  for (const { key, value } of root.items) {
    if (!isScalar(key)) return undefined;
    const name = String(key.value);
    const node = value as ParsedNode | null;
    const holdsTexts = isMap(node) || (isScalar(node) && String(node.value) === "" && root.items.length === 1);
    if (holdsTexts && isLocale(name, file, locale)) {
      found.push({ key: name, start: (key.range as [number, number, number])[0] });
    } else if (node === null || !("anchor" in node && node.anchor !== undefined)) {
      if (!/^[.\u002d_]|^x-|^defaults?$/.test(name)) return undefined;
    }
  }
  const [first, second] = found;
  if (second !== undefined && locale === undefined) {
    throw new CatalogError(file, "holds several locales", {
      ...places.at(second.start),
      hint: "Give each locale a file of its own, such as config/locales/fr.yml.",
    });
  }
  return found.find(({ key }) => key === locale)?.key ?? first?.key;
}

/** The forms of a plural family by category. Undefined: the branch is none by its keys. */
export function formsOf(node: TreeNode): Map<string, TreeNode> | undefined {
  if (node.kind !== "map" || node.entries.length === 0) return undefined;
  const forms = new Map<string, TreeNode>();
  for (const { key, node: form } of node.entries) {
    if (!isCategory(key) || forms.has(key) || (form.kind !== "text" && form.kind !== "empty")) return undefined;
    forms.set(key, form);
  }
  return forms.has("other") ? forms : undefined;
}

export function isCategory(name: string): boolean {
  return (PLURAL_CATEGORIES as readonly string[]).includes(name);
}
