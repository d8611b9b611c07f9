/**
 * The catalogs of `@trans-hub/formats` as `translate` sees them: each text is a message, and so is each plural form that the
 * target's language has.
 */
import { formsToAsk, gettextFormsToAsk, type PluralFamily, type TextFormat } from "@trans-hub/core/engine";
import {
  type AskedForm,
  type CatalogDocument,
  type CatalogSyntax,
  EXTENSIONS,
  type Format,
  formatNamed,
  formatOf,
  type ReadOptions,
  type Unit,
  type Value,
} from "@trans-hub/formats";
import type { Catalog, CatalogFormat, CatalogMessage, Locales, Place, ReadCatalogOptions } from "./catalog.ts";
import { readCatalogFile } from "./catalog-file.ts";
import { withPipes } from "./pipes.ts";
import { type ShapedSource, writeTarget } from "./target-changes.ts";
import { entriesOf, keyOf, sourceOf } from "./unit-keys.ts";

export { EXTENSIONS };

interface ReadCatalog extends Catalog {
  format: Format;
  read: CatalogDocument;
  facts: DocumentFacts;
  /** In a source file, the forms of each family in the target locale, by the unit's id. Default: none is shaped yet. */
  forms?: ReadonlyMap<string, readonly AskedForm[]>;
}

export const documentCatalog: CatalogFormat = {
  extensions: EXTENSIONS,
  async read(file, options) {
    const bytes = readCatalogFile(file);
    return bytes && openCatalog(file, bytes, options);
  },
  parse: openCatalog,
  format(source, values, { existing, managed = new Set(), unreviewed = new Set(), displaced = new Map(), locale }) {
    const shaped: ShapedSource = asRead(source);
    const target = existing && asRead(existing);
    return writeTarget({ source: shaped, target, values, managed, unreviewed, displaced, locale });
  },
  shapedFor: (source, locales, existing) => shapedDocument(asRead(source), locales, existing && asRead(existing)),
  orphanedKeys: (existing, source, isLocked) =>
    existing ? orphanedForms(asRead(existing), source, isLocked) : new Set(),
};

function asRead(catalog: Catalog): ReadCatalog {
  if ("read" in catalog) return catalog as ReadCatalog;
  throw new TypeError("The catalog was not read by a format of @trans-hub/formats");
}

async function openCatalog(
  file: string,
  bytes: Uint8Array,
  { format: name, like, syntax, ...rest }: ReadCatalogOptions = {},
): Promise<ReadCatalog> {
  if (like !== undefined) {
    const source = asRead(like);
    return catalogOf(source.format, bytes, { ...rest, file, syntax: syntax ?? source.syntax, source: source.read });
  }
  const format = name === undefined ? await formatOf(file, bytes) : await formatNamed(name);
  return catalogOf(format, bytes, { ...rest, file, syntax });
}

/** @throws {CatalogError} The file is not of the format. */
export function catalogOf(format: Format, bytes: Uint8Array, options: ReadOptions): ReadCatalog {
  const { file } = options;
  const read = format.read(bytes, options);
  const [texts, unreviewed] = [new Map<string, string>(), new Map<string, string>()];
  for (const unit of read.units) {
    if (!hasValues(unit)) continue;
    const values = unit.state === "needs-review" ? unreviewed : texts;
    if (typeof unit.value !== "string") for (const [key, text] of entriesOf(unit, unit.value)) values.set(key, text);
    else if (unit.value !== "") values.set(unit.id, unit.value);
  }
  const { syntax, locale, locales, formerIds: formerKeys } = read;
  const facts = new DocumentFacts(read);
  return {
    ...{ file, bytes, format, read, texts, unreviewed, facts, places: facts },
    ...{ syntax, layout: format.layout, locale, locales, formerKeys },
    get messages() {
      return facts.messages;
    },
  };
}

/** What another tool guessed, or a person has still to look at, is no value yet. */
function hasValues({ translate, state }: Unit): boolean {
  return translate && state !== "new";
}

/** Facts that are made when they are first asked for: of a target file, no messages are, and places are for problems alone. */
class DocumentFacts {
  readonly #read: CatalogDocument;
  #byUnit: readonly CatalogMessage[][] | undefined;
  #messages: readonly CatalogMessage[] | undefined;
  #texts: ReadonlyMap<string, string> | undefined;
  #units: ReadonlyMap<string, Unit> | undefined;

  constructor(read: CatalogDocument) {
    this.#read = read;
  }

  /** In the order of the units. The messages of a unit without forms are the same for each target. */
  get messagesByUnit(): readonly CatalogMessage[][] {
    this.#byUnit ??= this.#read.units.map(messagesOf);
    return this.#byUnit;
  }

  get messages(): readonly CatalogMessage[] {
    this.#messages ??= this.messagesByUnit.flat();
    return this.#messages;
  }

  /** The texts of the messages, by key. */
  get texts(): ReadonlyMap<string, string> {
    this.#texts ??= textsOf(this.messages);
    return this.#texts;
  }

  /** The place of a value, by key. */
  get(key: string): Place | undefined {
    this.#units ??= new Map(this.#read.units.filter(hasValues).flatMap(keyedUnit));
    const unit = this.#units.get(key);
    return unit && { line: unit.line, column: unit.column };
  }
}

function keyedUnit(unit: Unit): [string, Unit][] {
  return entriesOf(unit, unit.value).map(([key]) => [key, unit]);
}

function textsOf(messages: readonly CatalogMessage[]): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const { key, text } of messages) texts.set(key, text);
  return texts;
}

/** The message of a unit without plural forms; a family has messages once its target is known. */
function messagesOf(unit: Unit): CatalogMessage[] {
  const text = sourceOf(unit);
  if (!unit.translate || typeof text !== "string" || text === "") return [];
  const message = { key: unit.id, text, ...factsOf(unit), facts: { text } };
  return [unit.syntax === "vue-i18n" ? withPipes(message) : message];
}

function factsOf({ line, column, syntax, context, note, maxLength, isVerbatim, group }: Unit) {
  const format = textFormatOf(syntax);
  return { line, column, format, msgctxt: context, isVerbatim: isVerbatim || undefined, group, note, maxLength };
}

/** Undefined: detection finds it. */
function textFormatOf(syntax: CatalogSyntax): TextFormat | undefined {
  return syntax === "auto" || syntax === "vue-i18n" ? undefined : syntax;
}

function shapedDocument(source: ReadCatalog, locales: Locales, existing: ReadCatalog | undefined): ReadCatalog {
  const forms = new Map<string, readonly AskedForm[]>();
  const { facts } = source;
  const hasForms = source.read.units.some((unit) => unit.translate && typeof sourceOf(unit) === "object");
  if (!hasForms) return { ...source, forms, texts: facts.texts };
  const messages = source.read.units.flatMap((unit, at): CatalogMessage[] => {
    const value = sourceOf(unit);
    if (!unit.translate || typeof value !== "object") return facts.messagesByUnit[at] ?? [];
    const asked = askedForms(source.read, unit, value, locales, existing?.read);
    forms.set(unit.id, asked);
    const byKey = new Map(asked.map((form) => [form.key, form]));
    return asked.map((form): CatalogMessage => {
      const { text, form: told } = byKey.get(form.sameAs ?? "") ?? form;
      const sameForm = value.forms.get(form.form?.category ?? "");
      return {
        ...{ key: keyOf(unit, form.key), text, ...(told && { form: told }) },
        ...(sameForm !== undefined && sameForm !== text && { sameForm }),
        ...(form.sameAs !== undefined && byKey.has(form.sameAs) && { sharesWith: keyOf(unit, form.sameAs) }),
        ...factsOf(unit),
      };
    });
  });
  return { ...source, messages, forms, texts: textsOf(messages) };
}

function askedForms(
  source: CatalogDocument,
  unit: Unit,
  { forms }: Exclude<Value, string>,
  locales: Locales,
  target: CatalogDocument | undefined,
): readonly AskedForm[] {
  if (source.formsFor !== undefined) return source.formsFor(unit, locales);
  const plurals = target?.plurals ?? source.pluralsFor?.(locales.targetLocale);
  const family: PluralFamily = {
    forms,
    format: textFormatOf(unit.syntax),
    zeroIsNumber: source.zeroIsNumber,
    ...locales,
  };
  return plurals === undefined ? formsToAsk(family) : gettextFormsToAsk(family, plurals);
}

/**
 * The keys of families that stand in a target file although the source has no key of theirs any more. A form is no value by
 * itself: the languages of a family do not have the same keys, so the family goes as a whole, whoever wrote its forms.
 */
function orphanedForms(
  { read }: ReadCatalog,
  source: Catalog,
  isLocked: (key: string) => boolean,
): ReadonlySet<string> {
  const orphaned = new Set<string>();
  for (const unit of read.units) {
    if (unit.formKey === undefined || source.texts.has(unit.formKey())) continue;
    const keys = entriesOf(unit, unit.value).map(([key]) => key);
    if (keys.every((key) => isLocked(key) && !source.texts.has(key))) for (const key of keys) orphaned.add(key);
  }
  return orphaned;
}
