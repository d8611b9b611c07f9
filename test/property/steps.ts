/** The steps of a run as plain data, which fast-check draws, shrinks and prints. */
import fc from "fast-check";
import type { TextName, Wish } from "./model.ts";

/** An engine's answer for one text. */
export type Answer =
  | "good"
  | "by pseudo"
  | "again"
  | "malformed"
  | "again later"
  | "rate limited"
  | "failed"
  | "paused"
  | "over budget"
  | "released";

/** Workers and rows are chosen by number, modulo their count; if there is none, the step does nothing. */
export type SingleStep =
  | { kind: "register"; wishes: Wish[]; engine?: string | undefined }
  | { kind: "enqueue"; wishes: Wish[]; commits: boolean }
  | { kind: "register the inbox" }
  | { kind: "read"; name: TextName }
  | { kind: "claim"; worker: number; jobs: number; begins: boolean }
  /** `completes`: whether the worker lives long enough to complete graphile-worker's job. */
  | { kind: "settle"; worker: number; hand: number; answers: Answer[]; completes: boolean }
  /** By a lost worker, or for the second time. */
  | { kind: "settle late"; hand: number; answers: Answer[]; completes: boolean }
  | { kind: "crash"; worker: number }
  | { kind: "rescue"; worker: number }
  | { kind: "approve"; row: number; isOwnText: boolean; revision: "any" | "current" | "old" }
  | { kind: "replay"; locale?: string | undefined }
  | { kind: "purge"; locale?: string | undefined }
  | { kind: "cancel"; project: string; locale?: string | undefined; prefix?: string | undefined }
  | { kind: "forget"; project: string; by: { text: string } | { businessId: string } }
  | { kind: "forget a prefix"; project: string; prefix: string }
  | { kind: "pause" | "resume"; target: { engine?: string; project?: string; targetLocale?: string } }
  | { kind: "nobody asks for long"; project: string; text: string }
  | { kind: "collect"; isLong: boolean; includeApproved: boolean; project: string | undefined }
  | { kind: "time passes" }
  | { kind: "fold the counts" };

/** Steps taken at the same moment. */
export type Step = SingleStep | { kind: "together"; steps: SingleStep[] };

// Few names, so that steps meet; one text has nothing to translate.
const project = oneOf(["shop", 5], ["blog", 1]);
export const TEXTS = ["One", "Two", "42"] as const;
const text = oneOf(["One", 6], ["Two", 3], ["42", 1]);
const context = oneOf<string | null>([null, 5], ['{"a":1}', 1]);
const businessId = oneOf(["", 2], ["cart.1", 1], ["cart.2", 1], ["help.1", 1]);
const locale = fc.constantFrom("de", "fr");
const anyLocale = fc.option(locale, { nil: undefined, freq: 2 });
const place = fc.nat({ max: 7 });
const answer = oneOf<Answer>(
  ["good", 5],
  ["failed", 4],
  ["by pseudo", 1],
  ["again", 1],
  ["malformed", 1],
  ["again later", 1],
  ["rate limited", 1],
  ["paused", 1],
  ["over budget", 1],
  ["released", 1],
);
const answers = fc.array(answer, { minLength: 1, maxLength: 4 });
const often = fc.nat({ max: 5 }).map((drawn) => drawn > 0);

const wish: fc.Arbitrary<Wish> = fc.record({
  project,
  businessId,
  text,
  context,
  locales: fc.uniqueArray(locale, { minLength: 1 }),
  priority: fc.constantFrom(-1, 0, 1),
  force: fc.boolean(),
});
const engine = fc.option(fc.constantFrom("pseudo", "openai"), { nil: undefined });
const target = fc.oneof(
  fc.record({ project }),
  fc.record({ targetLocale: locale }),
  fc.record({ engine: fc.constant("openai") }),
  fc.constant({}),
);

const registerOne = step("register", { wishes: wish.map((one) => [one]), engine });
const claim = step("claim", { worker: place, jobs: fc.integer({ min: 1, max: 3 }), begins: often });
const settle = step("settle", { worker: place, hand: place, answers, completes: often });
const settleLate = step("settle late", { hand: place, answers, completes: fc.boolean() });
const rescue = step("rescue", { worker: place });
const approve = step("approve", {
  row: place,
  isOwnText: fc.boolean(),
  revision: fc.constantFrom("any", "current", "old"),
});
const replay = step("replay", { locale: anyLocale });
const purge = step("purge", { locale: anyLocale });
const cancel = step("cancel", {
  project,
  locale: anyLocale,
  prefix: fc.option(fc.constantFrom("cart.", "help."), { nil: undefined, freq: 1 }),
});
const forget = step("forget", {
  project,
  by: fc.oneof(fc.record({ text }), fc.record({ businessId: businessId.filter(Boolean) })),
});
/** Several transactions, so it meets no other step in one moment. */
const forgetPrefix = step("forget a prefix", { project, prefix: fc.constantFrom("cart.", "help.", "c", "cart%") });
const collect = step("collect", {
  isLong: fc.boolean(),
  includeApproved: fc.boolean(),
  project: fc.option(project, { nil: undefined }),
});
const pause = step("pause", { target });
const resume = step("resume", { target });
const timePasses = step("time passes", {});
const fold = step("fold the counts", {});

/** Steps that may meet in one moment. One wish at a time: behind a lock, a call with several is split. */
const meeting = weighted(
  [registerOne, 4],
  [claim, 3],
  [settle, 4],
  [settleLate, 3],
  [rescue, 2],
  [approve, 2],
  [replay, 2],
  [purge, 1],
  [cancel, 1],
  [forget, 1],
  [collect, 2],
  [pause, 1],
  [resume, 1],
  [fold, 1],
);

const single = weighted(
  [registerOne, 4],
  [step("register", { wishes: fc.array(wish, { minLength: 2, maxLength: 4 }), engine }), 4],
  [step("enqueue", { wishes: fc.array(wish, { minLength: 1, maxLength: 2 }), commits: often }), 1],
  [step("register the inbox", {}), 1],
  [step("read", { name: fc.record({ project, text, context }) }), 1],
  [claim, 12],
  [settle, 12],
  [settleLate, 4],
  [step("crash", { worker: place }), 3],
  [rescue, 3],
  [approve, 2],
  [replay, 5],
  [purge, 3],
  [cancel, 2],
  [forget, 1],
  [forgetPrefix, 1],
  [pause, 1],
  [resume, 1],
  [step("nobody asks for long", { project, text }), 1],
  [collect, 2],
  [timePasses, 3],
  [fold, 1],
);

const together: fc.Arbitrary<Step> = fc
  .array(meeting, { minLength: 2, maxLength: 3 })
  .map((steps) => ({ kind: "together", steps }));

export const someSteps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof<fc.WeightedArbitrary<Step>[]>({ arbitrary: single, weight: 6 }, { arbitrary: together, weight: 1 }),
  { minLength: 1, maxLength: 50, size: "max" },
);

function step<Kind extends SingleStep["kind"]>(
  kind: Kind,
  fields: { [Field in keyof Omit<Extract<SingleStep, { kind: Kind }>, "kind">]-?: fc.Arbitrary<unknown> },
): fc.Arbitrary<SingleStep> {
  return fc.record({ kind: fc.constant(kind), ...fields }) as unknown as fc.Arbitrary<SingleStep>;
}

function weighted(...choices: [fc.Arbitrary<SingleStep>, number][]): fc.Arbitrary<SingleStep> {
  return fc.oneof(...choices.map(([arbitrary, weight]) => ({ arbitrary, weight })));
}

function oneOf<Value>(...choices: [Value, number][]): fc.Arbitrary<Value> {
  return fc.oneof(...choices.map(([value, weight]) => ({ arbitrary: fc.constant(value), weight })));
}
