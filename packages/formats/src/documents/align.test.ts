import { seeded } from "@trans-hub/test-support/random";
import { expect, test } from "vitest";
import type { KnownValues } from "../contract.ts";
import { aligned } from "./align.ts";
import { type Block, idsOfBlocks } from "./block.ts";

/** More documents with `TH_TEST_RANDOM_EDITS=10000`. */
const DOCUMENTS = Number(process.env.TH_TEST_RANDOM_EDITS ?? 200);

function block(kind: string, value: string): Block {
  return { kind, value, isVerbatim: false, section: 0, start: 0, end: 0 };
}

function withIds(blocks: readonly Block[]) {
  const ids = idsOfBlocks(blocks);
  return blocks.map((each, at) => ({ id: ids[at] ?? "", block: each }));
}

function remembered(pairs: readonly (readonly [id: string, value: string])[]): KnownValues {
  const ids = (value: string) => pairs.flatMap(([id, other]) => (other === value ? [id] : []));
  return { ids: new Set(pairs.map(([id]) => id)), idsOf: ids };
}

test("random edits on both sides: what nobody edited keeps its text, and a person's block with its neighbours does too", () => {
  for (let seed = 1; seed <= DOCUMENTS; seed += 1) {
    const random = seeded(seed);
    const before = Array.from({ length: 30 }, (_, at) => block(at % 7 === 0 ? "h2" : "p", `text ${at}`));
    const pairs = withIds(before).map(({ id }, at) => [id, `texte ${at}`] as const);
    const known = remembered(pairs);
    let target = before.map(({ kind }, at) => ({ at, block: block(kind, `texte ${at}`), isOwn: false }));
    target = target.map((each, at) =>
      random() < 0.1 ? { ...each, block: block(each.block.kind, `par une personne ${at}`), isOwn: true } : each,
    );
    const changed = new Set<number>();
    let source = before.map((each, at) => {
      const chance = random();
      if (chance > 0.1) return { at, block: each };
      changed.add(at);
      return { at, block: block(each.kind, `another text ${at}`) };
    });
    source = source.flatMap((each) => {
      const chance = random();
      if (chance < 0.05) {
        changed.add(each.at);
        return [];
      }
      return chance < 0.1 ? [{ at: -1, block: block("p", `new text ${each.at}`) }, each] : [each];
    });
    const { ids, formerIds } = aligned(
      withIds(source.map((each) => each.block)),
      target.map((each) => each.block),
      known,
    );
    expect(new Set(ids).size).toBe(ids.length);
    const former = pairs.map(([id]) => id);
    for (const [index, { at, isOwn }] of target.entries()) {
      const isAlone = [at - 1, at, at + 1].every((near) => !changed.has(near) && (near === at || !target[near]?.isOwn));
      if (!changed.has(at) && (!isOwn || isAlone)) expect(ids[index], `document ${seed}, block ${at}`).toBe(former[at]);
      // A changed source is never taken for the present one.
      const id = ids[index] ?? "";
      if (changed.has(at) && !isOwn && !former.includes(id) && !id.startsWith("own-"))
        expect(formerIds.get(id)).toBe(former[at]);
    }
  }
});

test("equal texts keep their order when an equal one comes first, in the middle or last", () => {
  const twice = [block("p", "OK"), block("p", "A"), block("p", "OK"), block("p", "B")];
  const known = remembered(withIds(twice).map(({ id, block: { value } }) => [id, `${value}.`]));
  const target = twice.map(({ value }) => block("p", `${value}.`));
  for (const at of [0, 2, 4]) {
    const source = withIds([...twice.slice(0, at), block("p", "OK"), ...twice.slice(at)]);
    const { ids } = aligned(source, target, known);
    const places = ids.map((id) => source.findIndex((each) => each.id === id));
    expect(places).toEqual([...places].sort((one, other) => one - other));
    expect(new Set(places).size).toBe(4);
  }
});

test("where both sides of a block changed at once, its source is not taken for the present one", () => {
  const [source] = [withIds([block("p", "Changed.")])];
  const [{ id: before } = { id: "" }] = withIds([block("p", "Text.")]);
  const { ids, formerIds } = aligned(source, [block("p", "De main d'homme.")], remembered([[before, "Texte."]]));
  expect(ids).toEqual([source[0]?.id]);
  expect(formerIds.get(ids[0] ?? "")).toBe(before);
});

test("10,000 blocks that no lock knows are paired in time", () => {
  const source = withIds(Array.from({ length: 10_000 }, (_, at) => block("p", `text ${at}`)));
  const target = Array.from({ length: 10_000 }, (_, at) => block("p", `texte ${at}`));
  const { ids } = aligned(source, target, undefined);
  expect(ids).toEqual(source.map(({ id }) => id));
}, 10_000);

test("equal texts of a page keep their numbers, although their neighbours moved in the source", () => {
  const source = withIds([block("p", "E"), block("li", "B"), block("p", "G"), block("li", "B")]);
  const [e = "", first = "", g = "", second = ""] = source.map(({ id }) => id);
  const target = [block("li", "b1"), block("p", "g"), block("p", "e"), block("li", "b2")];
  const known = remembered([
    [first, "b1"],
    [g, "g"],
    [e, "e"],
    [second, "b2"],
  ]);
  expect(aligned(source, target, known).ids).toEqual([first, g, e, second]);
});

test("equal blocks that went from the source have each the id that it is remembered under, so that each can be removed", () => {
  const before = withIds([block("p", "OK"), block("p", "A"), block("p", "OK")]);
  const [first = "", middle = "", second = ""] = before.map(({ id }) => id);
  const known = remembered([
    [first, "ok"],
    [middle, "a"],
    [second, "ok"],
  ]);
  const target = [block("p", "ok"), block("p", "a"), block("p", "ok")];
  expect(aligned(withIds([block("p", "A")]), target, known).ids).toEqual([first, middle, second]);
  const { ids, formerIds } = aligned(withIds([block("p", "A"), block("p", "OK")]), target, known);
  expect(ids.toSorted()).toEqual([first, middle, second].sort());
  expect([...formerIds.values()]).toEqual([]);
});

test("a block that was edited on both sides is paired although its neighbours moved, and a translator's own is not", () => {
  const [list, text] = withIds([block("li", "item"), block("p", "Alpha")]).map(({ id }) => id);
  const known = remembered([
    [text ?? "", "alpha"],
    [list ?? "", "item"],
  ]);
  const source = withIds([block("li", "item"), block("p", "Beta")]);
  const both = aligned(source, [block("p", "by a person"), block("li", "item")], known);
  expect(both.ids).toEqual([source[1]?.id, list]);
  expect(both.formerIds.get(source[1]?.id ?? "")).toBe(text);
  const own = aligned(source, [block("p", "alpha"), block("p", "by a person"), block("li", "item")], known);
  expect(own.ids[1]).toMatch(/^own-/);
});

test("documents that nobody edited since keep their pairs, where equal texts have other values and equal values are a stranger's too", () => {
  const source = withIds([0, 1, 2, 0].map((at) => ({ ...block("p", `text ${at}`), section: at })));
  const values = ["Paczka", "Cena", "Karta", "Karta"];
  const known = remembered(source.map(({ id }, at) => [id, values[at] ?? ""]));
  const target = ["Karta", ...values].map((value) => block("p", value));
  const { ids, formerIds } = aligned(source, target, known);
  expect(ids.slice(1, 4)).toEqual(source.slice(0, 3).map(({ id }) => id));
  expect([ids[0], ids[4]]).toContain(source[3]?.id);
  expect([...formerIds]).toEqual([]);
});
