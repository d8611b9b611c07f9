import { expect, test } from "vitest";
import { engineBatch, factsOf } from "./brief.ts";

test("ids are short, distinct in two letters at least, in no order, and the same in each call", () => {
  const items = Array.from({ length: 1_000 }, (_, at) => ({ text: `Text ${at}`, format: "auto" as const }));
  const batch = { project: "shop", sourceLocale: "en", targetLocale: "fr" };
  const none = () => undefined;
  const idsOf = (count: number) => engineBatch({}, batch, items.slice(0, count), none).items.map(({ id }) => id);
  const ids = idsOf(400);
  expect(idsOf(400)).toEqual(ids);
  expect(ids.every((id) => /^[b-df-hj-np-tv-xz]{3}$/.test(id))).toBe(true);
  expect(new Set(idsOf(1_000)).size).toBe(1_000);
  for (const [at, id] of ids.entries()) {
    for (const other of ids.slice(at + 1)) {
      const differing = [...id].filter((letter, place) => letter !== other[place]).length;
      expect(differing).toBeGreaterThanOrEqual(2);
    }
  }
  const ascending = ids.filter((id, at) => at > 0 && id > (ids[at - 1] ?? "")).length;
  expect(ascending / ids.length).toBeGreaterThan(0.3);
  expect(ascending / ids.length).toBeLessThan(0.7);
});

test("a rejection is told as the failure of the first try, and its note behind the producer's own", () => {
  const item = { context: null, hint: { note: "A button", key: "pay" } };
  const takes = { takesContext: false, takesHint: true };
  expect(factsOf(takes, { ...item, reviewNote: "Say payer" }, undefined)).toEqual({
    hint: { note: "A button\nSay payer", key: "pay" },
    previousFailure: "A reviewer rejected the last translation",
  });
  expect(factsOf(takes, { context: null, reviewNote: "Say payer" }, "1 placeholder missing")).toEqual({
    hint: { note: "Say payer" },
    previousFailure: "1 placeholder missing",
  });
  expect(factsOf(takes, { ...item, reviewNote: "" }, undefined)).toEqual({
    hint: item.hint,
    previousFailure: "A reviewer rejected the last translation",
  });
  expect(factsOf({ takesContext: false }, { ...item, reviewNote: "Say payer" }, undefined)).toEqual({
    previousFailure: "A reviewer rejected the last translation",
  });
  expect(factsOf(takes, item, undefined)).toEqual({ hint: item.hint });
});
