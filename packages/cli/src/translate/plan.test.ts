import type { Translation } from "@trans-hub/core";
import { expect, test } from "vitest";
import { catalogFormat } from "../catalog/formats.ts";
import { parseCatalog } from "../catalog/json-catalog.ts";
import { type LockEntry, sourceHash } from "../catalog/lock-file.ts";
import { noticesOf } from "./notices.ts";
import { lockEntries, type PlanInput, type PlannedMessage, planFile, replan, valuesOf, writtenKeys } from "./plan.ts";

const target = { source: "en.json", locale: "fr", path: "fr.json" };

function plan(source: object, existing: object | undefined, overrides: Partial<PlanInput> = {}) {
  return planFile({
    target,
    source: parseCatalog("en.json", JSON.stringify(source)),
    existing: existing && parseCatalog("fr.json", JSON.stringify(existing)),
    locked: new Map(),
    force: false,
    ...overrides,
  });
}

/** The text of the target file, and the keys in it. */
function formatted(file: ReturnType<typeof plan>, values: ReadonlyMap<string, string>) {
  const options = { existing: file.existing, managed: writtenKeys(file), locale: "fr" };
  const { bytes, ...keys } = catalogFormat("en.json").format(file.source, values, options);
  return { text: Buffer.from(bytes).toString(), ...keys };
}

/** Writes the planned file; returns its content, its entries in the lock, and the notices as `kind: key`. */
function write(file: ReturnType<typeof plan>, translated: Record<string, string> = {}, force = false) {
  const values = valuesOf(file, new Map(Object.entries(translated)));
  const result = formatted(file, values);
  const after = parseCatalog("fr.json", result.text);
  const notices = noticesOf({ file, after, missing: new Map(), force });
  return {
    content: JSON.parse(result.text),
    entries: Object.fromEntries(lockEntries(file, values, result)),
    notices: notices.map(({ kind, key }) => `${kind}: ${key}`),
  };
}

const decisions = (file: ReturnType<typeof plan>) => Object.fromEntries(file.messages.map((m) => [m.key, m.decision]));
const ours = (source: string, value: string): LockEntry => ({ source: sourceHash(source), written: sourceHash(value) });
const theirs = (source: string, value: string): LockEntry => ({
  source: sourceHash(source),
  person: sourceHash(value),
});

test("our current values are kept; missing, outdated and forced ones are translated", () => {
  const source = { pay: "Pay", back: "Back", next: "Next" };
  const locked = new Map([
    ["pay", ours("Pay", "Payer")],
    ["back", ours("Go back", "Revenir")],
  ]);
  const existing = { pay: "Payer", back: "Revenir" };
  expect(decisions(plan(source, existing, { locked }))).toEqual({ pay: "keep", back: "translate", next: "translate" });
  expect(decisions(plan(source, existing, { locked, force: true }))).toMatchObject({ pay: "translate" });
});

test("a person's value is kept and named when its source changes, until the person edits or deletes it", () => {
  const locked = new Map([
    ["edited", ours("Pay", "[fr] Pay")],
    ["own", theirs("Back", "Retour")],
  ]);
  const existing = { edited: "Payer", own: "Retour" };
  const source = { edited: "Pay now", own: "Go back" };
  for (const force of [false, true]) {
    const first = write(plan(source, existing, { locked, force }), {}, force);
    expect(first.content).toEqual(existing);
    expect(first.notices).toEqual(["stale: edited", "stale: own"]);
    const again = new Map(Object.entries(first.entries));
    expect(write(plan(source, existing, { locked: again })).notices).toEqual(["stale: edited", "stale: own"]);
    const corrected = { edited: "Payer maintenant", own: "Retourner" };
    const last = write(plan(source, corrected, { locked: again }));
    expect(last).toMatchObject({ content: corrected, notices: [] });
    expect(last.entries).toEqual({
      edited: theirs("Pay now", "Payer maintenant"),
      own: theirs("Go back", "Retourner"),
    });
    expect(decisions(plan(source, {}, { locked: again }))).toEqual({ edited: "translate", own: "translate" });
  }
});

test("force spares a person's value, and names it", () => {
  const locked = new Map([["pay", ours("Pay", "Payer")]]);
  const file = plan({ pay: "Pay", back: "Back" }, { pay: "Payer", back: "Retour" }, { locked, force: true });
  const { content, notices } = write(file, { pay: "[fr] Pay" }, true);
  expect(content).toEqual({ pay: "[fr] Pay", back: "Retour" });
  expect(notices).toEqual(["replaced: pay", "kept: back"]);
});

test("a value whose source is gone is removed if it is ours, kept if it is a person's, and named", () => {
  const locked = new Map([
    ["ours", ours("A", "a")],
    ["changed", ours("B", "b")],
    ["theirs", theirs("C", "c")],
  ]);
  const { content, notices } = write(
    plan({ x: "X" }, { ours: "a", changed: "bb", theirs: "c", few: "d" }, { locked }),
    {
      x: "Y",
    },
  );
  expect(content).toEqual({ changed: "bb", theirs: "c", few: "d", x: "Y" });
  expect(notices).toEqual(["removed: ours", "stale: changed", "stale: theirs"]);
});

test("an array with one value of a person stays when its source is gone", () => {
  const locked = new Map([
    ["list.0", ours("A", "a")],
    ["list.1", ours("B", "b")],
  ]);
  expect(write(plan({}, { list: ["a", "b"] }, { locked })).content).toEqual({});
  expect(write(plan({}, { list: ["a", "bb"] }, { locked })).content).toEqual({ list: ["a", "bb"] });
});

test("a failed message is left out of the file and of the lock", () => {
  const { content, entries, notices } = write(plan({ pay: "Pay" }, undefined));
  expect({ content, entries, notices }).toEqual({ content: {}, entries: {}, notices: ["left out: pay"] });
});

function message(author: "tool" | "person", existing: string): PlannedMessage {
  const source = sourceHash("Pay");
  return { key: "pay", text: "Pay", sourceHash: source, decision: "keep", existing, standing: { author, source } };
}
const stored = (text: string, status: "translated" | "approved", engine = "openai") =>
  ({ text, status, engine }) as unknown as Translation;
const allowed = { allowsPseudo: false };

test("an approved text of the store replaces our value, and never a person's", () => {
  const approved = stored("Régler", "approved", "human");
  expect(replan(message("tool", "Payer"), approved, allowed)).toMatchObject({ decision: "translate" });
  expect(replan(message("person", "Payer"), approved, allowed)).toMatchObject({ decision: "keep", isConflict: true });
  expect(replan(message("person", "Régler"), approved, allowed).isConflict).toBeUndefined();
  expect(replan(message("tool", "Payer"), stored("x", "translated"), allowed)).toEqual(message("tool", "Payer"));
});

test("a value equal to the store's text is ours, so that a lost lock or a killed run makes nobody's text a person's", () => {
  const old: PlannedMessage = { ...message("person", "Payer"), standing: { author: "person", source: "old" } };
  expect(replan(old, stored("Payer", "translated"), allowed).standing).toEqual({
    author: "tool",
    source: sourceHash("Pay"),
  });
});

test("a value by pseudo is replaced once that engine is not named any more", () => {
  const pseudo = stored("Ṕáý", "translated", "pseudo");
  expect(replan(message("tool", "Ṕáý"), pseudo, allowed).decision).toBe("translate");
  expect(replan(message("tool", "Ṕáý"), pseudo, { allowsPseudo: true }).decision).toBe("keep");
});

test("a replaced value is named with its one reason: the source, an approved text, the end of pseudo, or force", () => {
  const named = (file: ReturnType<typeof plan>, force = false) => {
    const after = parseCatalog("fr.json", formatted(file, valuesOf(file, new Map([["pay", "New"]]))).text);
    return noticesOf({ file, after, missing: new Map(), force }).map(({ kind, reason }) => `${kind}: ${reason}`);
  };
  const known = (source: string) => ({ locked: new Map([["pay", ours(source, "Payer")]]) });
  const withStore = (file: ReturnType<typeof plan>, translation: Translation) => ({
    ...file,
    messages: file.messages.map((planned) => replan(planned, translation, allowed)),
  });
  const current = plan({ pay: "Pay" }, { pay: "Payer" }, known("Pay"));
  expect(named(plan({ pay: "Pay now" }, { pay: "Payer" }, known("Pay")))).toEqual(["replaced: its source changed"]);
  expect(named(withStore(current, stored("New", "approved", "human")))).toEqual([
    "replaced: a person approved another text in the store",
  ]);
  expect(named(withStore(current, stored("Payer", "translated", "pseudo")))).toEqual([
    "replaced: it was a text by pseudo, which is not named any more",
  ]);
  expect(named(plan({ pay: "Pay" }, { pay: "Payer" }, { ...known("Pay"), force: true }), true)).toEqual([
    "replaced: --force took the store's text",
  ]);
});

test("a person's value at the end of an array stays when the source's array is shorter, at its place", () => {
  const locked = new Map([
    ["tips.0", ours("One", "Un")],
    ["tips.1", ours("Two", "Deux")],
  ]);
  const longer = { tips: ["Un", "Deux", "Trois"] };
  expect(write(plan({ tips: ["One"] }, longer, { locked })).content).toEqual(longer);
  expect(write(plan({ tips: [] }, longer, { locked })).content).toEqual(longer);
  const ownOnly = { tips: ["Un", "Deux"] };
  expect(write(plan({ tips: ["One"] }, ownOnly, { locked }))).toMatchObject({
    content: { tips: ["Un"] },
    notices: ["removed: tips.1"],
  });
});
