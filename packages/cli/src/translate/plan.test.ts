import { expect, test } from "vitest";
import { formatCatalog, parseCatalog } from "../catalog/json-catalog.ts";
import { sourceHash } from "../catalog/lock-file.ts";
import { lockEntries, type PlanInput, planFile, valuesOf } from "./plan.ts";

const target = { source: "en.json", locale: "fr", path: "fr.json" };

function plan(source: object, existing: object | undefined, overrides: Partial<PlanInput> = {}) {
  return planFile({
    target,
    source: parseCatalog("en.json", JSON.stringify(source)),
    existing: existing && parseCatalog("fr.json", JSON.stringify(existing)),
    locked: new Map(),
    pluralKeys: new Set(),
    force: false,
    ...overrides,
  });
}

const decisions = (file: ReturnType<typeof plan>) => Object.fromEntries(file.messages.map((m) => [m.key, m.decision]));

test("current values are kept; missing, outdated and forced ones are translated", () => {
  const source = { pay: "Pay", back: "Back", next: "Next" };
  const locked = new Map([
    ["pay", sourceHash("Pay")],
    ["back", sourceHash("Go back")],
  ]);
  const existing = { pay: "Payer", back: "Revenir" };
  expect(decisions(plan(source, existing, { locked }))).toEqual({ pay: "keep", back: "translate", next: "translate" });
  expect(decisions(plan(source, existing, { locked, force: true }))).toMatchObject({ pay: "translate" });
});

test("a plural message is never translated, and a person's own plural stays in the file although its source changed", () => {
  const source = { items_one: "{{count}} item", items_other: "{{count}} items", pay: "Pay" };
  const old = sourceHash("{{count}} thing");
  const file = plan(
    source,
    { items_one: "{{count}} article" },
    { pluralKeys: new Set(["items_one", "items_other"]), locked: new Map([["items_one", old]]), force: true },
  );
  expect(decisions(file)).toEqual({ items_one: "unsupported", items_other: "unsupported", pay: "translate" });
  const values = valuesOf(file, new Map([["pay", "Payer"]]));
  expect(Object.fromEntries(values)).toEqual({ items_one: "{{count}} article", pay: "Payer" });
  const formatted = formatCatalog(file.source, values, { existing: file.existing, managed: file.locked });
  expect(Object.fromEntries(lockEntries(file, formatted))).toEqual({ items_one: old, pay: sourceHash("Pay") });
});

test("a failed message is left out of the file and of the lock", () => {
  const file = plan({ pay: "Pay" }, undefined);
  const values = valuesOf(file, new Map());
  expect(values.size).toBe(0);
  const formatted = formatCatalog(file.source, values);
  expect(lockEntries(file, formatted).size).toBe(0);
});
