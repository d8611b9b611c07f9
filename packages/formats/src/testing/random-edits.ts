/** Random edits of a file: what a call does not name keeps its value, and what it names has the value that was asked for. */
import { expect, test } from "vitest";
import type { CatalogDocument, Change, Format, ReadOptions, Value } from "../contract.ts";

/** More edits with `TH_TEST_RANDOM_EDITS=10000`. */
const EDITS = Number(process.env.TH_TEST_RANDOM_EDITS ?? 40);

const TEXTS = [
  "plain",
  " space ",
  "two\nlines",
  'it\'s "quoted"',
  "yes",
  "a: b # c",
  "- x",
  "end\\",
  "",
  "été 日本",
  "1.0",
];

/** @param samples Files of the format. */
export function randomEdits(format: Format, samples: readonly string[], options: Partial<ReadOptions> = {}): void {
  test.each(samples.map((content, at) => [at, content] as const))(
    "random edits of file %i keep all other values",
    (seed, content) => {
      const read = (bytes: Uint8Array) => format.read(bytes, { file: "sample", ...options });
      const original = read(Buffer.from(content));
      // A list goes and comes with what is no text in it.
      const closed = new Set(original.units.flatMap(({ id, translate }) => (translate ? [] : [id])));
      const random = randomNumbers(seed + 1);
      for (let edit = 0; edit < EDITS; edit += 1) {
        const changes = original.units.flatMap(({ id, value, translate }): Change[] => {
          const chance = translate ? random() : 1;
          if (chance < 0.3) return [{ kind: "set", id, value: otherValue(value, random) }];
          return chance < 0.45 ? [{ kind: "remove", id }] : [];
        });
        const edited = applied(original, changes, { read, closed });
        const missing = original.units.filter(({ id }) => !edited.units.some((unit) => unit.id === id));
        const ids = original.units.map(({ id }) => id);
        const adds = missing.flatMap(({ id, value }): Change[] => {
          const after = ids[ids.indexOf(id) - 1];
          return value === undefined ? [] : [{ kind: "add", id, value, from: original, after }];
        });
        const whole = applied(edited, adds, { read, closed });
        if (missing.length === adds.length && whole.units.length === ids.length) {
          expect(whole.units.map(({ id }) => id)).toEqual(ids);
        }
      }
    },
  );
}

/** The document after the changes, of which each has happened or was refused. */
function applied(
  document: CatalogDocument,
  changes: readonly Change[],
  { read, closed }: { read(bytes: Uint8Array): CatalogDocument; closed: ReadonlySet<string> },
): CatalogDocument {
  const { bytes, refused } = document.write(changes);
  const spared = new Set(refused.map(({ id }) => id));
  const wanted = new Map(document.units.map(({ id, value }) => [id, value]));
  for (const change of changes) {
    if (spared.has(change.id)) continue;
    if (change.kind === "remove") wanted.delete(change.id);
    else wanted.set(change.id, change.value);
  }
  const found = read(bytes);
  const texts = (values: Iterable<readonly [string, Value | undefined]>) =>
    new Map([...values].flatMap(([id, value]) => (closed.has(id) ? [] : [[id, plain(value)]])));
  expect(texts(found.units.map(({ id, value }) => [id, value] as const))).toEqual(texts(wanted));
  expect(Buffer.compare(found.write([]).bytes, bytes)).toBe(0);
  return found;
}

function otherValue(value: Value | undefined, random: () => number): Value {
  const text = () => TEXTS[Math.floor(random() * TEXTS.length)] ?? "";
  if (typeof value !== "object") return text();
  return { ...value, forms: new Map([...value.forms.keys()].map((key) => [key, `${text()}.`])) };
}

function plain(value: Value | undefined): unknown {
  return typeof value === "object" ? Object.fromEntries(value.forms) : value;
}

/** The same numbers from 0 to 1 for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
