/**
 * JSON catalogs: nested or flat ones (`json`), Flutter's (`arb`), formatjs's and Transifex's entries with a description
 * (`formatjs-json`), and those of browser extensions (`chrome-json`).
 */
import { CatalogError } from "@trans-hub/core/operations";
import type { CatalogSyntax, Format, ReadOptions, Unit } from "../contract.ts";
import { familiesOf, formId, type JsonFamily } from "./families.ts";
import { JsonDocument } from "./json-document.ts";
import type { JsonEntry } from "./json-entry.ts";
import { type JsonFile, memberOf, readJsonFile, textOf } from "./json-file.ts";
import { ARB, CHROME, FORMATJS, hasLayout, type Layout, type Leaf, leavesOf, localeRoot, NESTED } from "./layouts.ts";
import { detectSyntax, syntaxOf } from "./syntax.ts";

export const json: Format = formatOf(NESTED);
export const arb: Format = formatOf(ARB);
export const formatjsJson: Format = formatOf(FORMATJS);
export const chromeJson: Format = formatOf(CHROME);

/** Whether the entries of a file are those of formatjs, or of a browser extension. False where the file is not valid. */
export function isLaidOutAs(format: Format, bytes: Uint8Array): boolean {
  try {
    return hasLayout(readJsonFile(bytes, ""), format === chromeJson ? CHROME : FORMATJS);
  } catch (error) {
    if (error instanceof CatalogError) return false;
    throw error;
  }
}

function formatOf(layout: Layout): Format {
  return {
    name: layout.name,
    layout: "one-locale",
    read: (bytes, options) =>
      readDocument(readJsonFile(bytes, options.file, { allowsRepeats: layout === ARB }), layout, options),
  };
}

function readDocument(file: JsonFile, layout: Layout, options: ReadOptions): JsonDocument {
  const { root } = file;
  const isList = layout === FORMATJS && root.kind === "array";
  if (root.kind !== "object" && !isList) {
    const kind = root.kind === "array" ? "an array" : "a single value";
    throw new CatalogError(options.file, `must hold a JSON object, not ${kind}`, file.places.at(root.start));
  }
  const rootKey = layout === NESTED ? localeRoot(file, options) : undefined;
  const stated = memberOf(root, "@@locale");
  const base = rootKey ?? root;
  const leaves = leavesOf(file, base, layout);
  const syntax =
    options.syntax ?? impliedSyntax(layout, file) ?? detectSyntax(leaves.flatMap(({ text }) => text ?? []));
  const hasFamilies =
    layout === NESTED && (options.syntax === undefined || ["auto", "i18next"].includes(options.syntax));
  const families = hasFamilies ? familiesOf(leaves, options.locale) : [];
  return new JsonDocument({
    ...{ file, layout, base, syntax },
    entries: entriesOf(file, leaves, families, syntax),
    locale: rootKey?.name ?? (stated?.kind === "string" ? textOf(file, stated) : undefined),
    localeAt:
      rootKey !== undefined
        ? { node: rootKey, isKey: true }
        : stated?.kind === "string"
          ? { node: stated, isKey: false }
          : undefined,
  });
}

/** The messages of Flutter and of formatjs are ICU; others that have the layout of formatjs are not all. */
function impliedSyntax(layout: Layout, { root }: JsonFile): CatalogSyntax | undefined {
  if (layout === ARB) return "icu";
  if (layout === CHROME) return "auto";
  return layout === FORMATJS && root.children.some((entry) => memberOf(entry, "defaultMessage")) ? "icu" : undefined;
}

function entriesOf(
  file: JsonFile,
  leaves: readonly Leaf[],
  families: readonly JsonFamily[],
  syntax: CatalogSyntax,
): JsonEntry[] {
  const familyOf = new Map<string, JsonFamily>();
  const empty = new Set(families.flatMap((family) => family.empty));
  for (const family of families) for (const { id } of family.leaves.values()) familyOf.set(id, family);
  const done = new Set<JsonFamily>();
  const entries: JsonEntry[] = [];
  for (const leaf of leaves) {
    const family = families.length === 0 ? undefined : familyOf.get(leaf.id);
    if (family === undefined) {
      if (!empty.has(leaf.value)) {
        entries.push({ leaf, unit: unitOf(file, leaf, syntax), family: undefined });
      }
    } else if (!done.has(family)) {
      done.add(family);
      entries.push({ leaf, unit: familyUnit(file, leaf, family, syntax), family });
    }
  }
  return entries;
}

/** Its fields are written one by one: a file has many thousand units, and each spread of an object takes its time. */
function unitOf(file: JsonFile, leaf: Leaf, syntax: CatalogSyntax): Unit {
  const { id, value, text, group, note, maxLength } = leaf;
  const isText = text !== undefined;
  const { line, column } = file.places.at(value.start);
  return {
    id,
    value: text ?? (value.kind === "string" ? "" : undefined),
    syntax: isText ? syntaxOf(text, syntax) : "auto",
    translate: isText,
    state: "translated",
    line,
    column,
    group,
    note: note === "" ? undefined : note,
    maxLength,
  };
}

function familyUnit(file: JsonFile, leaf: Leaf, { id, leaves, family }: JsonFamily, syntax: CatalogSyntax): Unit {
  const forms = new Map([...leaves].map(([form, each]) => [form, each.text ?? ""]));
  return {
    ...unitOf(file, leaf, syntax),
    id,
    value: { forms },
    formKey: (form) => formId(family, form),
  };
}
