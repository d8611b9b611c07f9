/** The edits of people between two runs of `translate`. */
import fc from "fast-check";

export type Edit =
  | { kind: "source"; key: string; word: number; at: number }
  | { kind: "rename"; key: string; to: string }
  | { kind: "remove" | "note" | "approve"; key: string }
  | { kind: "reorder"; key: string; at: number }
  | { kind: "array"; act: "insert" | "remove" | "move" | "reword"; at: number; word: number }
  | TargetEdit
  | { kind: "take"; side: "store" | "file" }
  | { kind: "prune" }
  | { kind: "lock"; harm: "lost" | "damaged" | "merged" }
  | { kind: "run"; args: readonly string[] };

/** Edits of a target file. */
export type TargetEdit =
  | { kind: "person"; key: string; form: number }
  | { kind: "clear" | "orphan"; key: string }
  | { kind: "move"; key: string; at: number };

export const KEYS = ["a", "b", "c.x", "c.y", "d", "n", "nn"];

/** The key of an array of texts. */
export const ARRAY = "l";

const key = fc.constantFrom(...KEYS);
const at = fc.nat({ max: 9 });

const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("source"), key, word: fc.nat({ max: 4 }), at }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("rename"), key, to: key }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("person"),
      key: fc.constantFrom(...KEYS, ARRAY, ARRAY),
      form: fc.nat({ max: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("array"),
      act: fc.constantFrom("insert", "insert", "remove", "move", "reword"),
      at,
      word: fc.nat({ max: 4 }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constantFrom("remove", "note", "clear", "orphan", "approve"), key }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("reorder", "move"), key, at }) },
  {
    weight: 3,
    arbitrary: fc.oneof(
      fc.record({ kind: fc.constant("take"), side: fc.constantFrom("store", "file") }),
      fc.record({ kind: fc.constant("prune") }),
      fc.record({ kind: fc.constant("lock"), harm: fc.constantFrom("lost", "damaged", "merged") }),
      fc.record({
        kind: fc.constant("run"),
        args: fc.oneof(
          { weight: 2, arbitrary: fc.constantFrom(["import"], ["import", "--approved"], ["import", "--all"]) },
          fc.constantFrom(["translate"], ["translate", "--force"], ["lock", "adopt"]),
          key.map((only) => ["translate", "--only", only]),
        ),
      }),
    ),
  },
) as fc.Arbitrary<Edit>;

/** Edits between two runs. */
export const stepsOf = (mostEdits: number) =>
  fc.array(fc.array(edit, { minLength: 1, maxLength: mostEdits, size: "max" }), { minLength: 2, maxLength: 8 });
