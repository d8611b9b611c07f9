import type { Translation } from "@trans-hub/core";
import { formatNamed } from "@trans-hub/formats";
import { describe, expect, test } from "vitest";
import { catalogOf, documentCatalog } from "../catalog/document-catalog.ts";
import { type LockEntry, sourceHash } from "../catalog/lock-file.ts";
import { noticesOf } from "./notices.ts";
import {
  isUnknown,
  lockEntries,
  type PlanInput,
  type PlannedMessage,
  planFile,
  replan,
  valuesOf,
  writtenKeys,
} from "./plan.ts";

const json = await formatNamed("json");
const parsed = (file: string, text: string) => catalogOf(json, Buffer.from(text), { file });
const target = { source: "en.json", locale: "fr", path: "fr.json" };

function plan(source: object, existing: object | undefined, overrides: Partial<PlanInput> = {}) {
  return planFile({
    target,
    source: parsed("en.json", JSON.stringify(source)),
    existing: existing && parsed("fr.json", JSON.stringify(existing)),
    locked: new Map(),
    force: false,
    ...overrides,
  });
}

/** The text of the target file, and the keys in it. */
function formatted(file: ReturnType<typeof plan>, values: ReadonlyMap<string, string>) {
  const options = { existing: file.existing, managed: writtenKeys(file), displaced: file.displaced, locale: "fr" };
  const { bytes, ...keys } = documentCatalog.format(file.source, values, options);
  return { text: Buffer.from(bytes).toString(), ...keys };
}

/** Writes the planned file; returns its content, its entries in the lock, and the notices as `kind: key`. */
function write(file: ReturnType<typeof plan>, translated: Record<string, string> = {}, force = false) {
  const values = valuesOf(file, new Map(Object.entries(translated)));
  const result = formatted(file, values);
  const after = parsed("fr.json", result.text);
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
      edited: { ...theirs("Pay now", "Payer maintenant"), was: theirs("Pay", "Payer") },
      own: { ...theirs("Go back", "Retourner"), was: theirs("Back", "Retour") },
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

test("a renamed key keeps its value, a person's too, and the old key goes", () => {
  const locked = new Map([
    ["pay", ours("Pay", "Payer")],
    ["cart/back", theirs("Back", "Retour")],
    ["cart/next", ours("Next", "Suivant")],
  ]);
  const existing = { pay: "Payer", "cart/back": "Retour", "cart/next": "Suivant !" };
  const file = plan({ checkout: "Pay", "basket/back": "Back", "basket/next": "Next" }, existing, { locked });
  const { content, entries, notices } = write(file);
  expect(content).toEqual({ checkout: "Payer", "basket/back": "Retour", "basket/next": "Suivant !" });
  expect(entries).toEqual({
    checkout: ours("Pay", "Payer"),
    "basket/back": theirs("Back", "Retour"),
    "basket/next": theirs("Next", "Suivant !"),
  });
  expect(notices).toEqual(["moved: checkout", "moved: basket/back", "moved: basket/next"]);
});

test("of several keys with one text, a renamed one is that with the longest common end", () => {
  const locked = new Map([
    ["a/title", ours("Open", "Ouvrir (titre)")],
    ["a/hint", ours("Open", "Ouvrir (aide)")],
    ["b", ours("Close", "Fermer 1")],
    ["c", ours("Close", "Fermer 2")],
  ]);
  const existing = { "a/title": "Ouvrir (titre)", "a/hint": "Ouvrir (aide)", b: "Fermer 1", c: "Fermer 2" };
  const file = plan({ "x/hint": "Open", "x/title": "Open", d: "Close" }, existing, { locked });
  expect(Object.fromEntries(file.messages.map(({ key, movedFrom }) => [key, movedFrom]))).toEqual({
    "x/hint": "a/hint",
    "x/title": "a/title",
    d: undefined,
  });
});

test("a key that stays, a changed text and a value that is there are no renames", () => {
  const locked = new Map([
    ["a", ours("Open", "Ouvrir")],
    ["gone", ours("Close", "Fermer")],
  ]);
  const existing = { a: "Ouvrir", gone: "Fermer", there: "Clore" };
  const file = plan({ a: "Open", copy: "Open", there: "Close", changed: "Close it" }, existing, { locked });
  expect(file.messages.filter(({ movedFrom }) => movedFrom !== undefined)).toEqual([]);
});

test("without an entry for the file, values are kept and of unknown age, until a person edits them", () => {
  const existing = { pay: "Payer", back: "Retour" };
  const first = write(plan({ pay: "Pay", back: "Back" }, existing, { locked: undefined }));
  expect(first.content).toEqual(existing);
  expect(first.entries).toEqual({ pay: { person: sourceHash("Payer") }, back: { person: sourceHash("Retour") } });
  const locked = new Map(Object.entries(first.entries));
  const changed = { pay: "Pay now", back: "Back" };
  expect(plan(changed, existing, { locked }).messages.filter(isUnknown)).toHaveLength(2);
  const edited = write(plan(changed, { pay: "Payer maintenant", back: "Retour" }, { locked }));
  expect(edited.entries.pay).toEqual(theirs("Pay now", "Payer maintenant"));
  expect(edited.entries.back).toEqual({ person: sourceHash("Retour") });
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

test("a person's value stays a person's after its import, and an imported text that Trans-Hub wrote stays ours", () => {
  const imported = stored("Payer", "translated", "human");
  expect(replan(message("person", "Payer"), imported, allowed).standing.author).toBe("person");
  expect(replan(message("tool", "Payer"), imported, allowed).standing.author).toBe("tool");
});

test("without the store's side taken, no conflict ends; a form without a row of its own has none", () => {
  const approved = stored("Régler", "approved", "human");
  const conflict = message("person", "Payer");
  expect(replan(conflict, approved, { ...allowed, takesStore: true })).toMatchObject({
    ...{ decision: "translate", replacedFor: "conflict" },
  });
  expect(replan({ ...conflict, sharesWith: "other" }, approved, allowed)).toEqual({ ...conflict, sharesWith: "other" });
  expect(replan({ ...conflict, isAside: true }, approved, { ...allowed, takesStore: true }).decision).toBe("keep");
});

test("a value by pseudo is replaced once that engine is not named any more", () => {
  const pseudo = stored("Ṕáý", "translated", "pseudo");
  expect(replan(message("tool", "Ṕáý"), pseudo, allowed).decision).toBe("translate");
  expect(replan(message("tool", "Ṕáý"), pseudo, { allowsPseudo: true }).decision).toBe("keep");
});

test("a replaced value is named with its one reason: the source, an approved text, the end of pseudo, or force", () => {
  const named = (file: ReturnType<typeof plan>, force = false) => {
    const after = parsed("fr.json", formatted(file, valuesOf(file, new Map([["pay", "New"]]))).text);
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

test.each([
  {
    name: "an item that comes first moves the others with their authors",
    before: ["A", "B"],
    existing: ["ah", "[B]"],
    source: ["X", "A", "B"],
    wanted: ["[X]", "ah", "[B]"],
    notices: ["moved: l.1", "moved: l.2"],
  },
  {
    name: "an item that goes takes our value along",
    before: ["A", "B", "C"],
    existing: ["[A]", "bé", "cé"],
    source: ["B", "C"],
    wanted: ["bé", "cé"],
    notices: ["moved: l.0", "moved: l.1"],
  },
  {
    name: "a person's value whose item is gone goes to the end, and is named",
    before: ["A", "B", "C"],
    existing: ["ah", "[B]", "[C]"],
    source: ["B", "C"],
    wanted: ["[B]", "[C]", "ah"],
    notices: ["moved: l.0", "moved: l.1"],
  },
  {
    name: "items that change their places change them in the target",
    before: ["A", "B", "C"],
    existing: ["ah", "bé", "[C]"],
    source: ["C", "A", "B"],
    wanted: ["[C]", "ah", "bé"],
    notices: ["moved: l.0", "moved: l.1", "moved: l.2"],
  },
  {
    name: "an item that is reworded in its place keeps a person's value, as one whose source changed",
    before: ["A", "B"],
    existing: ["ah", "[B]"],
    source: ["A2", "B"],
    wanted: ["ah", "[B]"],
    notices: ["stale: l.0"],
  },
  {
    name: "a person's value without a place keeps all values at their index",
    before: ["A", "B"],
    existing: ["ah", "bé"],
    source: ["X", "A"],
    wanted: ["ah", "bé"],
    notices: ["stale: l.0", "stale: l.1"],
  },
  {
    name: "equal items keep their order",
    before: ["A", "A", "B"],
    existing: ["ah", "[A]", "[B]"],
    source: ["B", "A", "A"],
    wanted: ["[B]", "[A]", "ah"],
    notices: ["moved: l.0", "moved: l.2"],
  },
])("$name", ({ before, existing, source, wanted, notices }) => {
  const locked = new Map(before.map((text, at) => [`l.${at}`, ours(text, `[${text}]`)]));
  const file = plan({ l: source }, { l: existing }, { locked });
  const written = write(file, Object.fromEntries(source.map((text, at) => [`l.${at}`, `[${text}]`])));
  expect(written.content).toEqual({ l: wanted });
  expect(written.notices).toEqual(notices);

  const again = plan({ l: source }, written.content, { locked: new Map(Object.entries(written.entries)) });
  expect(decisions(again)).toEqual(Object.fromEntries(source.map((_, at) => [`l.${at}`, "keep"])));
  expect(write(again).content).toEqual(written.content);
});

test("an item of several texts moves with all of them, also where one was reworded", () => {
  const before = [
    { q: "Why?", a: "So." },
    { q: "How?", a: "Thus." },
  ];
  const locked = new Map(
    before.flatMap(({ q, a }, at) => [
      [`f.${at}.q`, ours(q, `[${q}]`)] as const,
      [`f.${at}.a`, theirs(a, `(${a})`)] as const,
    ]),
  );
  const existing = { f: before.map(({ q, a }) => ({ q: `[${q}]`, a: `(${a})` })) };
  const source = { f: [{ q: "Who?", a: "I." }, { q: "How?", a: "Thus!" }, before[0]] };
  const file = plan(source, existing, { locked });
  const { content, notices } = write(file, { "f.0.q": "[Who?]", "f.0.a": "[I.]" });
  expect(content).toEqual({
    f: [
      { q: "[Who?]", a: "[I.]" },
      { q: "[How?]", a: "(Thus.)" },
      { q: "[Why?]", a: "(So.)" },
    ],
  });
  expect(notices).toEqual(["stale: f.1.a", "moved: f.2.q", "moved: f.2.a"]);
});

describe("one commit that changes a source and its target", () => {
  test.each([
    ["both, of ours", ours("Pay", "Payer"), "Pay now", "Payer tout de suite", "keep", ["stale: k"]],
    ["both, of a person's", theirs("Pay", "Payer"), "Pay now", "Payer tout de suite", "keep", ["stale: k"]],
    ["the source, of ours", ours("Pay", "Payer"), "Pay now", "Payer", "translate", ["replaced: k"]],
    ["the source, of a person's", theirs("Pay", "Payer"), "Pay now", "Payer", "keep", ["stale: k"]],
    ["the target, of ours", ours("Pay", "Payer"), "Pay", "Régler", "keep", []],
    ["the target, of a person's", theirs("Pay", "Payer"), "Pay", "Régler", "keep", []],
    ["the target to its source", ours("Pay", "Payer"), "Pay", "Pay", "keep", []],
    [
      "the target, after the change of its source was named",
      { ...theirs("Pay", "Payer"), seen: sourceHash("Pay now") },
      "Pay now",
      "Régler",
      "keep",
      [],
    ],
  ] as const)("changes %s", (_, entry, source, value, decision, notices) => {
    const file = plan({ k: source }, { k: value }, { locked: new Map([["k", entry]]) });
    expect(decisions(file)).toEqual({ k: decision });
    expect(write(file, { k: "[Pay now]" }).notices).toEqual(notices);
  });
});

describe("a key whose name changes", () => {
  const locked = new Map([
    ["a.x", ours("One", "Un")],
    ["a.y", theirs("Two", "Deux")],
  ]);
  const existing = { a: { x: "Un", y: "Deux" } };

  test.each([
    ["its group", { b: { x: "One", y: "Two" } }, { b: { x: "Un", y: "Deux" } }],
    ["its depth", { x: "One", b: { c: { y: "Two" } } }, { x: "Un", b: { c: { y: "Deux" } } }],
    ["its last part", { a: { first: "One", second: "Two" } }, { a: { first: "Un", second: "Deux" } }],
    ["a dot for a level", { "a.x": "One", a: { y: "Two" } }, { "a.x": "Un", a: { y: "Deux" } }],
    ["name and text", { a: { z: "One more", y: "Two" } }, { a: { z: "[z]", y: "Deux" } }],
    ["into two keys that are alike", { a: { y: "Two" }, b: "One", c: "One" }, { a: { y: "Deux" }, b: "[b]", c: "[c]" }],
    ["its text with its neighbour", { a: { x: "Two", y: "One" } }, { a: { x: "[x]", y: "Deux" } }],
  ])("changes %s", (_, source, wanted) => {
    const file = plan(source, existing, { locked });
    const fresh = { "a.z": "[z]", b: "[b]", c: "[c]", "a.x": "[x]" };
    expect(write(file, fresh).content).toEqual(wanted);
  });
});
