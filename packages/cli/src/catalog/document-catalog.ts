/**
 * The catalogs of `@trans-hub/formats` as `translate` sees them: each text is a message, and so is each plural form that the
 * target's language has.
 */
import { type FormToAsk, formsToAsk, gettextFormsToAsk, type PluralFamily } from "@trans-hub/core/engine";
import { type CatalogDocument, type Change, EXTENSIONS, formatOf, type Unit, type Value } from "@trans-hub/formats";
import type { Catalog, CatalogFormat, CatalogMessage, FormatOptions, FormattedFile, Locales } from "./catalog.ts";
import { readCatalogFile } from "./catalog-file.ts";

export { EXTENSIONS };

interface ReadCatalog extends Catalog {
  read: CatalogDocument;
  /** In a source file, the forms of each family in the target locale, by the unit's id. Default: none is shaped yet. */
  forms?: ReadonlyMap<string, readonly FormToAsk[]>;
}

export const documentCatalog: CatalogFormat = {
  extensions: EXTENSIONS,
  async read(file) {
    const bytes = readCatalogFile(file);
    return bytes && openCatalog(file, bytes);
  },
  parse: openCatalog,
  format: (source, values, options) => formatDocument(asRead(source), values, options),
  shapedFor: (source, locales, existing) => shapedDocument(asRead(source), locales, existing && asRead(existing)),
  orphanedKeys: () => new Set(),
};

function asRead(catalog: Catalog): ReadCatalog {
  if ("read" in catalog) return catalog as ReadCatalog;
  throw new TypeError("The catalog was not read by a format of @trans-hub/formats");
}

async function openCatalog(file: string, bytes: Uint8Array): Promise<ReadCatalog> {
  const format = await formatOf(file, bytes);
  const read = format.read(bytes, { file });
  const texts = new Map(
    read.units.flatMap((unit) => {
      // What another tool guessed, or a person has still to look at, is no value yet.
      if (!unit.translate || unit.state === "new" || unit.state === "needs-review") return [];
      return entriesOf(unit.id, unit.value);
    }),
  );
  return { file, bytes, read, texts, messages: read.units.flatMap((unit) => messagesOf(unit)) };
}

/** A value by the keys of its messages. */
function entriesOf(id: string, value: Value | undefined): [string, string][] {
  if (value === undefined || value === "") return [];
  if (typeof value === "string") return [[id, value]];
  return [...value.forms].map(([form, text]) => [keyOf(id, form), text]);
}

function keyOf(id: string, form: string): string {
  return `${id}[${form}]`;
}

function sourceOf({ source, value }: Unit): Value | undefined {
  return source ?? value;
}

/** The message of a unit without plural forms; a family has messages once its target is known. */
function messagesOf(unit: Unit): CatalogMessage[] {
  const text = sourceOf(unit);
  if (!unit.translate || typeof text !== "string" || text === "") return [];
  return [{ key: unit.id, text, ...factsOf(unit) }];
}

function factsOf({ line, column, syntax, context }: Unit) {
  return {
    ...{ line, column },
    ...(syntax !== "auto" && { format: syntax }),
    ...(context !== undefined && { msgctxt: context }),
  };
}

function shapedDocument(
  source: ReadCatalog,
  { sourceLocale, targetLocale }: Locales,
  existing: ReadCatalog | undefined,
): ReadCatalog {
  const forms = new Map<string, readonly FormToAsk[]>();
  const plurals = existing?.read.plurals ?? source.read.pluralsFor?.(targetLocale);
  const messages = source.read.units.flatMap((unit): CatalogMessage[] => {
    const value = sourceOf(unit);
    if (!unit.translate || typeof value !== "object") return messagesOf(unit);
    const family: PluralFamily = { forms: value.forms, format: unit.syntax, sourceLocale, targetLocale };
    const asked = plurals === undefined ? formsToAsk(family) : gettextFormsToAsk(family, plurals);
    forms.set(unit.id, asked);
    const byKey = new Map(asked.map((form) => [form.key, form]));
    return asked.map((form): CatalogMessage => {
      const { text, form: told } = byKey.get(form.sameAs ?? "") ?? form;
      return { key: keyOf(unit.id, form.key), text, form: told, ...factsOf(unit) };
    });
  });
  return { ...source, messages, forms, texts: new Map(messages.map(({ key, text }) => [key, text])) };
}

/**
 * The bytes of a target file.
 *
 * - A target that exists keeps its layout and its order: values are put in, new texts come behind their neighbour in the source.
 * - A target that does not exist is the source with the values in it, without the texts that have none.
 * - A family is written with all the forms of its language, or not at all.
 * - A text that the source has no more goes if Trans-Hub wrote it.
 */
function formatDocument(
  source: ReadCatalog,
  values: ReadonlyMap<string, string>,
  { existing, managed = new Set(), locale }: FormatOptions,
): FormattedFile {
  const target = existing && asRead(existing).read;
  const present = new Map(target?.units.map((unit) => [unit.id, unit]));
  const changes: Change[] = [];
  const keys = new Map<string, string[]>();
  let after: string | undefined;
  for (const unit of source.read.units) {
    const isThere = target === undefined || present.has(unit.id);
    const value = unit.translate ? valueFor(unit, source, values) : undefined;
    if (value !== undefined) {
      const { id } = unit;
      keys.set(
        id,
        entriesOf(id, value).map(([key]) => key),
      );
      const isNew = target === undefined || present.get(id)?.state !== "translated";
      const state = isNew ? ({ state: "translated" } as const) : {};
      if (isThere) changes.push({ kind: "set", id, value, ...state });
      else changes.push({ kind: "add", id, value, from: source.read, after, state: "translated" });
    } else if (target === undefined && (unit.translate || !source.read.keepsUntranslatable)) {
      if (source.read.isBilingual) changes.push(...emptied(unit));
      else changes.push({ kind: "remove", id: unit.id });
    }
    if (isThere || value !== undefined) after = unit.id;
  }
  const sourceIds = new Set(source.read.units.map(({ id }) => id));
  for (const { id, value } of target?.units ?? []) {
    const own = entriesOf(id, value).map(([key]) => key);
    if (!sourceIds.has(id) && own.length > 0 && own.every((key) => managed.has(key)))
      changes.push({ kind: "remove", id });
  }
  const { bytes, refused } = (target ?? source.read).write(changes, target === undefined ? { locale } : {});
  const refusedIds = new Set(refused.map(({ id }) => id));
  const written = [...keys].flatMap(([id, own]) => (refusedIds.has(id) ? [] : own));
  const stale = [...keys].flatMap(([id, own]) => (refusedIds.has(id) && present.has(id) ? own : []));
  return { bytes, written: new Set(written), stale: new Set(stale) };
}

/** A template has no values to take out. */
function emptied({ id, value }: Unit): Change[] {
  return value === undefined || value === "" || typeof value === "object" ? [] : [{ kind: "set", id, value: "" }];
}

/** Undefined: there is none, or not for each form. */
function valueFor({ id }: Unit, { forms }: ReadCatalog, values: ReadonlyMap<string, string>): Value | undefined {
  const asked = forms?.get(id);
  if (asked === undefined) return values.get(id);
  const texts = asked.map(({ key }) => [key, values.get(keyOf(id, key)) ?? ""] as const);
  return texts.some(([, text]) => text === "") ? undefined : { forms: new Map(texts) };
}
