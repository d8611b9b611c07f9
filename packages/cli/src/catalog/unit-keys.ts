/** The keys of a unit's texts, as the lock, the store and people see them. */
import type { Unit, Value } from "@trans-hub/formats";

export function keyOf({ id, formKey }: Unit, form: string): string {
  return formKey === undefined ? `${id}[${form}]` : formKey(form);
}

/** The key of the family, of a plural form without a key of its own in the file: `mail` for `mail[one]`. Any other key stays. */
export function familyKey(key: string): string {
  return key.replace(/\[[^[\]]*\]$/, "");
}

/** The texts of a value by key. An empty one is none. */
export function entriesOf(unit: Unit, value: Value | undefined): [string, string][] {
  if (value === undefined || value === "") return [];
  if (typeof value === "string") return [[unit.id, value]];
  return [...value.forms].map(([form, text]) => [keyOf(unit, form), text]);
}

export function sourceOf({ source, value }: Unit): Value | undefined {
  return source ?? value;
}
