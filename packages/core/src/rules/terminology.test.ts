import { cpuMs } from "@trans-hub/test-support/load";
import { expect, test } from "vitest";
import type { GlossaryTerm } from "../contract/glossary.ts";
import { Terminology } from "./terminology.ts";

function terminology(kind: GlossaryTerm["kind"]): Terminology {
  const facts = { case: "any", note: null, forms: [], revision: 1, by: null, at: new Date(0) } as const;
  const term: GlossaryTerm = {
    term: "foo",
    sourceLocale: "en",
    kind,
    targets: { de: { as: "bad", forms: [] } },
    ...facts,
  };
  return new Terminology({ project: "shop", revision: 1, terms: [term], styles: [] }, "en", "de");
}

for (const kind of ["translate", "keep", "forbid"] as const) {
  test(`a text that has a term to ${kind} thousands of times is judged in a time that grows as the text does`, async () => {
    const judging = (times: number) =>
      cpuMs(() => terminology(kind).judge("foo bar. ".repeat(times), "baz barre. ".repeat(times), "text"));
    await judging(1_000);
    const [short, long] = [await judging(2_000), await judging(16_000)];
    // Eight times the text: each find with a look through the translation took 64 times as long.
    expect(long).toBeLessThan(24 * Math.max(short, 5));
  });
}
