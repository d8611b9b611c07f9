/**
 * The texts of one localization: its own, those for devices, and the plural forms of its substitutions.
 *
 *     { "stringUnit": … }
 *     { "variations": { "plural": { "one": { "stringUnit": … }, … } } }
 *     { "variations": { "device": { "mac": <a localization>, … } } }
 *     { "stringUnit": …, "substitutions": { "files": { "argNum": 1, …, "variations": { "plural": … } } } }
 */
import type { UnitState, Value } from "../contract.ts";
import { type JsonFile, type JsonNode, memberOf, textOf } from "../json/json-file.ts";

/** One text, or one family. */
export interface Slot {
  /** The names from the localization down to the object that holds it: `variations`, `device`, `mac`. */
  readonly path: readonly string[];
  readonly value: Value;
  readonly state: UnitState;
  /** The literal of the text, or of the first form. */
  readonly at: JsonNode;
}

/** The slots by the ending that they give to an id: empty, `#device.mac`, `#substitutions.files`. */
export type Slots = ReadonlyMap<string, Slot>;

/** Undefined: it varies in a way that is not read, or has no text. */
export function slotsOf(file: JsonFile, localization: JsonNode): Slots | undefined {
  const slots = new Map<string, Slot>();
  const own = slotOf(file, localization, []);
  const devices = child(localization, "variations", "device");
  if (own !== undefined) slots.set("", own);
  else if (devices === undefined || devices.children.length === 0) return undefined;
  for (const device of devices?.children ?? []) {
    const name = device.name ?? "";
    const slot = slotOf(file, device, ["variations", "device", name]);
    if (slot === undefined) return undefined;
    slots.set(`#device.${name}`, slot);
  }
  for (const substitution of memberOf(localization, "substitutions")?.children ?? []) {
    const name = substitution.name ?? "";
    const slot = slotOf(file, substitution, ["substitutions", name]);
    if (slot === undefined || typeof slot.value === "string") return undefined;
    slots.set(`#substitutions.${name}`, { ...slot, value: { ...slot.value, argument: name } });
  }
  return slots;
}

function slotOf(file: JsonFile, node: JsonNode, path: readonly string[]): Slot | undefined {
  const unit = unitOf(file, node);
  if (unit !== undefined) return { path, value: unit.text, state: unit.state, at: unit.at };
  const forms = child(node, "variations", "plural")?.children ?? [];
  const found = forms.map((form) => [form.name ?? "", unitOf(file, form)] as const);
  const texts = found.flatMap(([name, form]) => (form === undefined ? [] : [[name, form] as const]));
  const [first] = texts;
  if (first === undefined || texts.length < found.length) return undefined;
  return {
    path,
    value: { forms: new Map(texts.map(([name, { text }]) => [name, text])) },
    state: STATES.find((state) => texts.some(([, form]) => form.state === state)) ?? "translated",
    at: first[1].at,
  };
}

const STATES: readonly UnitState[] = ["new", "needs-review"];

function unitOf(file: JsonFile, node: JsonNode): { text: string; state: UnitState; at: JsonNode } | undefined {
  const at = child(node, "stringUnit", "value");
  if (at?.kind !== "string") return undefined;
  const state = child(node, "stringUnit", "state");
  return { text: textOf(file, at), at, state: stateOf(state?.kind === "string" ? textOf(file, state) : "") };
}

/** `stale`: the source has changed since. */
function stateOf(state: string): UnitState {
  if (state === "new") return "new";
  return state === "needs_review" || state === "stale" ? "needs-review" : "translated";
}

/** The descendant by names. */
export function child(node: JsonNode, ...names: readonly string[]): JsonNode | undefined {
  let at: JsonNode | undefined = node;
  for (const name of names) at = at && memberOf(at, name);
  return at;
}

/** Whether a text says something besides its substitutions and arguments. */
export function hasWords(text: string): boolean {
  return /\p{L}/u.test(text.replace(/%(?:\d+\$)?#@[^@]*@|%arg\b|%[\d$.*+-]*[a-z@]+/giu, ""));
}

/**
 * The value of a slot that another language has in another shape: a person's text stands for all forms, and a person's forms
 * stand for a text. Undefined: it has none.
 *
 * @param suffix The ending of the slot's id in the source.
 */
export function valueLike(slots: Slots, suffix: string, source: Value): Slot | undefined {
  const own = slots.get(suffix);
  const isShared = own === undefined && !suffix.startsWith("#substitutions.");
  const slot = own ?? (isShared ? (slots.get("") ?? slots.get("#device.other") ?? [...slots.values()][0]) : undefined);
  if (slot === undefined) return undefined;
  const { value } = slot;
  if (typeof source === "string" && typeof value === "object") {
    return { ...slot, value: value.forms.get("other") ?? [...value.forms.values()].at(-1) ?? "" };
  }
  if (typeof source === "object" && typeof value === "string") {
    return { ...slot, value: { ...source, forms: new Map([["other", value]]) } };
  }
  return slot;
}
