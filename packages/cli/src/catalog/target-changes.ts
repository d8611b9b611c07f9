/** The bytes of a target file: its document with the values of a run. */
import type { AskedForm, CatalogDocument, Change, Unit, UnitState, Value } from "@trans-hub/formats";
import type { FormattedFile } from "./catalog.ts";
import { entriesOf, keyOf } from "./unit-keys.ts";

export interface ShapedSource {
  readonly read: CatalogDocument;
  /** The forms of each family in the target locale, by the unit's id. */
  readonly forms?: ReadonlyMap<string, readonly AskedForm[]>;
  /** By key. */
  readonly texts: ReadonlyMap<string, string>;
}

export interface TargetToWrite {
  source: ShapedSource;
  /** The target file as it is; undefined: there is none. */
  target: { readonly read: CatalogDocument; readonly texts: ReadonlyMap<string, string> } | undefined;
  /** By key. */
  values: ReadonlyMap<string, string>;
  /** The keys whose value in the target was written by Trans-Hub. */
  managed: ReadonlySet<string>;
  /** The keys whose value is written as one that a person has still to look at. */
  unreviewed: ReadonlySet<string>;
  /** Values of texts that the source has no more, by the key that each of them has from now on. */
  displaced: ReadonlyMap<string, string>;
  locale: string;
}

/**
 * - A target that exists keeps its layout and its order: values are put in, new texts come behind their neighbour in the source.
 * - A target that does not exist is the source with the values in it, without the texts that have none.
 * - A text without a value is left out: programs then fall back to another locale.
 * - A family is written with all the forms of its language, or not at all; so is an array.
 * - A text that the source has no more, or no more for translation, goes if Trans-Hub wrote it.
 */
export function writeTarget(input: TargetToWrite): FormattedFile {
  const { source, target, locale } = input;
  const changes =
    target === undefined ? changesOfNew(input) : [...changesOf(input, target), ...removals(input, target)];
  const document = target?.read ?? source.read;
  const { bytes, refused } = document.write(changes, target === undefined ? { locale } : {});
  const refusedIds = new Set(refused.map(({ id }) => id));
  const changed = new Set(changes.flatMap(({ kind, id }) => (kind === "remove" || refusedIds.has(id) ? [] : [id])));
  return outcome(input, changed);
  function outcome({ values }: TargetToWrite, done: ReadonlySet<string>): FormattedFile {
    const [written, stale] = [new Set<string>(), new Set<string>()];
    for (const unit of source.read.units) {
      if (!unit.translate) continue;
      for (const key of keysOf(unit, source)) {
        const present = target?.texts.get(key);
        if (done.has(unit.id) && values.has(key)) written.add(key);
        else if (present !== undefined) (present === values.get(key) ? written : stale).add(key);
      }
    }
    return { bytes, written, stale };
  }
}

function keysOf(unit: Unit, { forms }: ShapedSource): string[] {
  const asked = forms?.get(unit.id);
  return asked === undefined ? [unit.id] : asked.map(({ key }) => keyOf(unit, key));
}

/** The arrays of which a text has no value. */
function brokenGroups({ source, values }: TargetToWrite): ReadonlySet<string> {
  const broken = new Set<string>();
  for (const unit of source.read.units) {
    if (unit.group !== undefined && unit.translate && valueFor(unit, source, values) === undefined)
      broken.add(unit.group);
  }
  return broken;
}

function changesOfNew(input: TargetToWrite): Change[] {
  const { source, values } = input;
  const { isBilingual, keepsUntranslatable, keepsUntranslated = false } = source.read;
  const broken = brokenGroups(input);
  return source.read.units.flatMap((unit): Change[] => {
    const isBroken = unit.group !== undefined && broken.has(unit.group);
    const value = unit.translate && !isBroken ? valueFor(unit, source, values) : undefined;
    if (value !== undefined)
      return [{ kind: "set", id: unit.id, value, from: source.read, state: stateOf(unit, input) }];
    if (keepsUntranslated || (!unit.translate && keepsUntranslatable && !isBroken)) return [];
    return isBilingual ? emptied(unit) : [{ kind: "remove", id: unit.id }];
  });
}

function changesOf(input: TargetToWrite, target: NonNullable<TargetToWrite["target"]>): Change[] {
  const { source, values, managed } = input;
  const { isBilingual, keepsUntranslatable, keepsUntranslated = false } = source.read;
  const present = new Map(target.read.units.map((unit) => [unit.id, unit]));
  const broken = brokenGroups(input);
  const changes: Change[] = [];
  let after: string | undefined;
  for (const unit of source.read.units) {
    const { id } = unit;
    const there = present.get(id);
    const state = stateOf(unit, input);
    const add = (value: Value): Change => ({ kind: "add", id, value, from: source.read, after, state });
    if (unit.group !== undefined && broken.has(unit.group)) {
      if (there !== undefined) after = id;
      continue;
    }
    const value = unit.translate ? valueFor(unit, source, values) : undefined;
    if (value !== undefined && there !== undefined) {
      const isMoved = there.state !== state && (there.state !== "approved" || state === "needs-review");
      const own = withOwnForms(value, unit, there, managed);
      changes.push({ kind: "set", id, value: own, from: source.read, ...(isMoved && { state }) });
    } else if (value !== undefined) changes.push(add(value));
    else if (unit.translate && keepsUntranslated) {
      if (there === undefined && typeof unit.value === "string") changes.push(add(unit.value));
    } else if (unit.translate) {
      if (there !== undefined && target.texts.has(id)) {
        changes.push(...(isBilingual ? emptied(there) : [{ kind: "remove", id } as const]));
      }
    } else if (keepsUntranslatable && !isBilingual) {
      const copy = add(typeof unit.value === "string" ? unit.value : "");
      if (there === undefined) changes.push(copy);
      else if (managed.has(id)) changes.push({ kind: "remove", id }, copy);
    }
    if (there !== undefined || value !== undefined || keepsUntranslated) after = id;
  }
  return changes;
}

function stateOf(unit: Unit, { source, unreviewed }: TargetToWrite): UnitState {
  return keysOf(unit, source).some((key) => unreviewed.has(key)) ? "needs-review" : "translated";
}

/** A person's form that the language does not ask for stays, where each form has a key of its own. */
function withOwnForms(value: Value, unit: Unit, { value: present }: Unit, managed: ReadonlySet<string>): Value {
  if (typeof value === "string" || typeof present !== "object" || unit.formKey === undefined) return value;
  const own = [...present.forms].filter(([form]) => !value.forms.has(form) && !managed.has(keyOf(unit, form)));
  return { ...value, forms: new Map([...value.forms, ...own]) };
}

function removals(
  { source, managed, displaced }: TargetToWrite,
  target: NonNullable<TargetToWrite["target"]>,
): Change[] {
  const { units, keepsUntranslatable } = source.read;
  const sourceUnits = new Map(units.map((unit) => [unit.id, unit]));
  return target.read.units.flatMap((unit): Change[] => {
    const own = displaced.get(unit.id);
    if (own !== undefined) return own === unit.value ? [] : [{ kind: "set", id: unit.id, value: own }];
    const keys = entriesOf(unit, unit.value).map(([key]) => key);
    const from = sourceUnits.get(unit.id);
    const isBarred = from?.translate === false && unit.translate && !keepsUntranslatable;
    const isGone = (from === undefined || isBarred) && keys.length > 0;
    return isGone && keys.every((key) => managed.has(key) && !source.texts.has(key))
      ? [{ kind: "remove", id: unit.id }]
      : [];
  });
}

/** A template has no values to take out. */
function emptied({ id, value }: Unit): Change[] {
  return value === undefined || value === "" || typeof value === "object" ? [] : [{ kind: "set", id, value: "" }];
}

/** Undefined: there is none, or not for each form. */
function valueFor(unit: Unit, { forms }: ShapedSource, values: ReadonlyMap<string, string>): Value | undefined {
  const asked = forms?.get(unit.id);
  if (asked === undefined) return values.get(unit.id) || undefined;
  const texts = asked.map(({ key }) => [key, values.get(keyOf(unit, key)) ?? ""] as const);
  return texts.some(([, text]) => text === "") ? undefined : { forms: new Map(texts) };
}
