/** Random files and random edits of them, read back by `JSON.parse`. `TH_RANDOM_EDITS` sets their number; default: 300. */
import { seeded } from "@trans-hub/test-support/random";
import { expect, test } from "vitest";
import type { CatalogDocument, Change } from "../contract.ts";
import { json } from "./json.ts";

const COUNT = Number(process.env.TH_RANDOM_EDITS ?? 300);

interface Tree {
  [name: string]: string | number | null | Tree;
}

const NAMES = ["a", "b.c", "10", "", "é", "x y", "n_one", "n_other", "deep", "z"];
const TEXTS = ["Alpha", "{{count}} files", 'a "b" \\ c', "été\n–", "</b>", " "];

function treeOf(random: () => number, depth: number): Tree {
  const tree: Tree = {};
  for (const name of NAMES) {
    const roll = random();
    if (roll < 0.35) continue;
    if (roll < 0.5 && depth > 0 && !name.startsWith("n_")) tree[name] = treeOf(random, depth - 1);
    else if (roll < 0.6) tree[name] = roll < 0.55 ? 1.5 : null;
    else tree[name] = TEXTS[Math.floor(random() * TEXTS.length)] ?? "";
  }
  return tree;
}

function printed(tree: Tree, random: () => number): string {
  const text = JSON.stringify(tree, null, [2, 4, "\t", 0][Math.floor(random() * 4)]);
  return random() < 0.3 ? text.replaceAll("\n", "\r\n") : text;
}

/** All texts by key, families by the key of each form. */
function texts({ units }: CatalogDocument): Map<string, string> {
  return new Map(
    units.flatMap(({ id, value, formKey }): [string, string][] => {
      if (typeof value === "object") return [...value.forms].map(([form, text]) => [formKey?.(form) ?? form, text]);
      return value === undefined || value === "" ? [] : [[id, value]];
    }),
  );
}

const read = (text: string) => json.read(Buffer.from(text), { file: "a.json", locale: "en" });

test("a target takes every text of a source and loses none of its own; and its own texts go one by one", () => {
  for (let seed = 0; seed < COUNT; seed += 1) {
    const random = seeded(seed);
    const source = read(printed(treeOf(random, 2), random));
    const target = read(printed(treeOf(random, 2), random));
    const there = new Map(target.units.map((unit) => [unit.id, unit]));
    const changes = source.units.flatMap((unit): Change[] => {
      const { id, value, translate } = unit;
      if (!translate || value === undefined || random() < 0.3) return [];
      const isSet = there.has(id);
      return [isSet ? { kind: "set", id, value } : { kind: "add", id, value, from: source, after: undefined }];
    });
    const { bytes, refused } = target.write(changes);
    const text = Buffer.from(bytes).toString();
    expect(() => JSON.parse(text), `seed ${seed}`).not.toThrow();
    expect(refused, `seed ${seed}`).toEqual([]);
    const after = texts(read(text));
    for (const change of changes) {
      const unit = source.units.find(({ id }) => id === change.id);
      for (const [key, wanted] of texts({ ...source, units: unit === undefined ? [] : [unit] })) {
        expect(after.get(key), `seed ${seed}: ${key}`).toBe(wanted);
      }
    }
    const isMeant = (key: string) =>
      /n_(?:one|other)$/.test(key) ||
      changes.some(({ id }) => id === key || id.startsWith(`${key}.`) || key.startsWith(`${id}.`));
    for (const [key, own] of texts(target)) {
      if (!isMeant(key)) expect(after.get(key), `seed ${seed}: ${key}`).toBe(own);
    }
    const again = read(text);
    const removed = again.units.filter(({ translate }) => translate && random() < 0.5).map(({ id }) => id);
    const less = Buffer.from(again.write(removed.map((id) => ({ kind: "remove", id }))).bytes).toString();
    expect(() => JSON.parse(less), `seed ${seed}`).not.toThrow();
    const gone = texts({ ...again, units: again.units.filter(({ id }) => removed.includes(id)) });
    const kept = [...texts(again)].filter(([key]) => !gone.has(key));
    expect(new Map(texts(read(less))), `seed ${seed}`).toEqual(new Map(kept));
    expect(Buffer.from(again.write([]).bytes).toString()).toBe(text);
  }
});
