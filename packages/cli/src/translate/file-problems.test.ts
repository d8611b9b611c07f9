import { formatNamed } from "@trans-hub/formats";
import { expect, test } from "vitest";
import { catalogOf } from "../catalog/document-catalog.ts";
import { type LockEntry, sourceHash } from "../catalog/lock-file.ts";
import { problemsOf, withoutProblems } from "./file-problems.ts";
import { planFile } from "./plan.ts";

const json = await formatNamed("json");
const parsed = (file: string, content: object) => catalogOf(json, Buffer.from(JSON.stringify(content)), { file });
const target = { source: "en.json", locale: "fr", path: "fr.json" };
const ours = (source: string, value: string): LockEntry => ({ source: sourceHash(source), written: sourceHash(value) });
const theirs = (source: string, value: string): LockEntry => ({
  source: sourceHash(source),
  person: sourceHash(value),
});

/** The problems as `severity kind key`. */
function found(source: object, existing: object | undefined, locked: Record<string, LockEntry> | undefined): string[] {
  const plan = {
    target,
    source: parsed("en.json", source),
    existing: existing && parsed("fr.json", existing),
    locked: locked && new Map(Object.entries(locked)),
    force: false,
  };
  const report = problemsOf(planFile(plan), { sourceLocale: "en" });
  // A plan without the values that have no problem has the same problems.
  const short = planFile({ ...plan, passes: withoutProblems("en") });
  expect(problemsOf(short, { sourceLocale: "en" })).toEqual(report);
  return report.problems.map(({ severity, kind, key }) => `${severity} ${kind} ${key}`);
}

test("a file that fits its source has no problem", () => {
  const locked = { pay: ours("Pay", "Payer"), back: theirs("Back", "Retour") };
  expect(found({ pay: "Pay", back: "Back" }, { pay: "Payer", back: "Retour" }, locked)).toEqual([]);
  expect(found({ pay: "Pay" }, { pay: "Payer" }, {})).toEqual([]);
});

test("values that are not there are missing, also all of a file that does not exist", () => {
  expect(found({ a: "A", b: "B" }, { a: "", c: "" }, {})).toEqual(["error missing a", "error missing b"]);
  expect(found({ a: "A" }, undefined, undefined)).toEqual(["error missing a"]);
});

test("a changed source makes a value stale; a person's is a warning once a run has named it", () => {
  const source = { pay: "Pay now", back: "Go back" };
  const existing = { pay: "Payer", back: "Retour" };
  const locked = { pay: ours("Pay", "Payer"), back: theirs("Back", "Retour") };
  expect(found(source, existing, locked)).toEqual(["error stale pay", "error stale back"]);
  const told = { ...locked.back, seen: sourceHash("Go back") };
  expect(found(source, existing, { ...locked, back: told })).toEqual(["error stale pay", "warning stale back"]);
  expect(found({ ...source, back: "Back up" }, existing, { ...locked, back: told })).toContain("error stale back");
});

test("values of unknown age are one problem of the file", () => {
  expect(found({ pay: "Pay", back: "Back" }, { pay: "Payer", back: "Retour" }, undefined)).toEqual(["error unknown "]);
});

test("values that are gone since the last run are one problem, beside each that is missing", () => {
  const locked = { pay: ours("Pay", "Payer"), back: ours("Back", "Retour"), old: ours("Old", "Vieux") };
  expect(found({ pay: "Pay", back: "Back", new: "New" }, { back: "Retour" }, locked)).toEqual([
    "error missing pay",
    "error missing new",
    "error fewer ",
  ]);
});

test("a value without a message is an orphan, and leaves the exit code", () => {
  expect(found({ pay: "Pay" }, { pay: "Payer", gone: "Parti" }, {})).toEqual(["warning orphan gone"]);
});

test("a renamed key is missing until a run moves its value, and the old key is no orphan", () => {
  expect(found({ checkout: "Pay" }, { pay: "Payer" }, { pay: ours("Pay", "Payer") })).toEqual([
    "error missing checkout",
  ]);
});

test("people's values are judged; the source text as a value is a warning", () => {
  const source = { hello: "Hello {name}", bye: "Good bye then", five: "Delete your account" };
  const existing = { hello: "Bonjour {nom}", bye: "Good bye then", five: "Supprimer votre compte" };
  expect(found(source, existing, {})).toEqual(["warning same bye", "error broken hello"]);
});

test("a text without words to translate has its source for a value, and is no warning", () => {
  const texts = { name: "{name}", link: "https://example.com/docs", tag: "<br class='wide'/>", key: "$t(cart.title)" };
  expect(found(texts, texts, {})).toEqual([]);
});

test("no message of a problem holds a text of the catalog", () => {
  const planned = planFile({
    target,
    source: parsed("en.json", { a: "Secretsource {name}", b: "Secretsource" }),
    existing: parsed("fr.json", { a: "Secretvalue", c: "Secretvalue" }),
    locked: undefined,
    force: false,
  });
  const { problems } = problemsOf(planned, { sourceLocale: "en" });
  expect(problems.length).toBeGreaterThan(3);
  expect(JSON.stringify(problems)).not.toContain("Secret");
});

test("a value without a problem gets no plan, and is counted", () => {
  const plan = {
    target,
    source: parsed("en.json", {
      ours: "One",
      theirs: "Two {a}",
      broken: "Three {a}",
      same: "Four words",
      none: "Five",
    }),
    existing: parsed("fr.json", { ours: "Un", theirs: "Deux {a}", broken: "Trois", same: "Four words" }),
    locked: new Map([
      ["ours", ours("One", "Un")],
      ["theirs", theirs("Two {a}", "Deux {a}")],
      ["broken", theirs("Three {a}", "Trois")],
      ["same", ours("Four words", "Four words")],
    ]),
    force: false,
    passes: withoutProblems("en"),
  };
  const planned = planFile(plan);
  expect(planned.messages.map(({ key }) => key)).toEqual(["broken", "same", "none"]);
  expect(planned.passed).toBe(2);
  expect(problemsOf(planned, { sourceLocale: "en" }).checked).toBe(5);
});
