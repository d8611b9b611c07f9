/**
 * Checks of options: a table names each option of a function, and the kind of its values. So an option that is not in
 * the table is told, and every bad value has one clear error, also for callers in plain JavaScript.
 *
 * Written by hand instead of with a schema: the options of `request` are checked with every call.
 */
import { SettingsError, TransHubError } from "../contract/errors.ts";
import { instructionProblems } from "./instructions.ts";
import { shownKey, unknownKey, unknownKeyProblem } from "./known-names.ts";
import { canonicalLocale } from "./locale.ts";
import { MAX_NAME_BYTES, parseName } from "./name.ts";
import { priceProblems } from "./prices.ts";

interface Problem {
  key: string;
  problem: string;
}

/** The faults of a value; empty: it is one of the kind. Problems never repeat the value, which may be a secret. */
export interface OptionKind {
  (value: unknown, key: string): readonly Problem[];
  /** Undefined is refused too. */
  readonly isRequired?: true;
}

/** One kind for every option, so that a new option cannot be forgotten. */
export type OptionTable<Given> = { readonly [Name in keyof Required<Given> & string]: OptionKind };

/**
 * Makes the check of a function's options.
 *
 * @param noun The function, such as `Coordinator.connect`.
 * @returns A function that gives back the options, or throws `SettingsError` with every option at fault.
 */
export function optionCheck<Given extends object>(noun: string, table: OptionTable<Given>): (given: Given) => Given {
  const kinds = new Map<string, OptionKind>(Object.entries(table));
  const known: ReadonlySet<string> = new Set(kinds.keys());
  const required = [...known].filter((key) => kinds.get(key)?.isRequired);
  return (given) => {
    const problems: Problem[] = [];
    if (typeof given !== "object" || given === null || Array.isArray(given)) {
      problems.push({ key: "options", problem: `of ${noun} must be an object` });
    } else {
      for (const key in given) {
        const value: unknown = given[key];
        if (value !== undefined) problems.push(...(kinds.get(key)?.(value, key) ?? []));
      }
      for (const key of required) {
        if ((given as Record<string, unknown>)[key] === undefined) problems.push({ key, problem: "is missing" });
      }
    }
    if (problems.length === 0 && unknownKey(given, known) === undefined) return given;
    throw settingsError(given, problems, known, noun);
  };
}

function settingsError(given: object, problems: Problem[], known: ReadonlySet<string>, noun: string): SettingsError {
  const unknown = typeof given === "object" && given !== null ? unknownKeys(given, known, `an option of ${noun}`) : [];
  return new SettingsError([...problems, ...unknown], {
    ...(unknown.length > 0 && { hint: `The options of ${noun} are: ${[...known].join(", ")}.` }),
  });
}

function unknownKeys(given: object, known: ReadonlySet<string>, noun: string): Problem[] {
  return Object.keys(given)
    .filter((key) => !known.has(key) && (given as Record<string, unknown>)[key] !== undefined)
    .map((key) => ({ key: shownKey(key), problem: unknownKeyProblem(key, known, noun) }));
}

/** Makes a kind of value. `wanted` completes "must be …". */
function kind(wanted: string, accepts: (value: unknown) => boolean): OptionKind {
  return (value, key) => (accepts(value) ? FINE : [{ key, problem: `must be ${wanted}` }]);
}
const FINE: readonly Problem[] = [];

/** A kind whose reader throws an error of the catalogue. Its problem is the reader's own. */
function readable(read: (value: unknown, key: string) => void): OptionKind {
  return (value, key) => {
    try {
      read(value, key);
      return FINE;
    } catch (error) {
      if (!(error instanceof TransHubError)) throw error;
      const problem = error.message.slice(key.length + 2);
      return [{ key, problem: error.hint === undefined ? problem : `${problem} (${error.hint})` }];
    }
  };
}

/** The longest time of Node's timers, in milliseconds: some 24 days. A longer one ends at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

const POSTGRES_URL = "the URL of a PostgreSQL database, such as postgres://user:password@host:5432/database";

/** The kinds of values. */
export const optionKinds = {
  /** A whole number from `least` to `most`. */
  whole: (least: number, most: number): OptionKind =>
    kind(
      `a whole number from ${grouped(least)} to ${grouped(most)}`,
      (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
    ),

  /** A number from `least` to `most`, with or without a fraction. */
  decimal: (least: number, most: number): OptionKind =>
    kind(
      `a number from ${grouped(least)} to ${grouped(most)}`,
      (value) => typeof value === "number" && value >= least && value <= most,
    ),

  /** A number above 0, up to `most`. */
  positive: (most: number): OptionKind =>
    kind(
      `a number more than 0, at most ${grouped(most)}`,
      (value) => typeof value === "number" && value > 0 && value <= most,
    ),

  /** Milliseconds of a wait, above 0. */
  milliseconds: kind(
    `milliseconds: a number more than 0, at most ${grouped(LONGEST_TIMER_MS)}`,
    (value) => typeof value === "number" && value > 0 && value <= LONGEST_TIMER_MS,
  ),

  /** Milliseconds of a wait that may be 0. */
  millisecondsOrNone: kind(
    `milliseconds: a number from 0 to ${grouped(LONGEST_TIMER_MS)}`,
    (value) => typeof value === "number" && value >= 0 && value <= LONGEST_TIMER_MS,
  ),

  flag: kind("true or false", (value) => typeof value === "boolean"),

  /** A string that may go into a connection or a statement. */
  text: kind("a string, not empty, without U+0000", isText),

  /** A secret, or a function that gives the one of each moment. */
  secret: kind(
    "a string, not empty, without U+0000, or a function that gives one",
    (value) => isMethod(value) || isText(value),
  ),

  oneOf: (...names: readonly string[]): OptionKind =>
    kind(`one of ${names.join(", ")}`, (value) => (names as readonly unknown[]).includes(value)),

  /** The name of a project. */
  project: readable((value, key) => parseName(value, key, "TH_PROJECT")),

  /** A name of at most 255 bytes. */
  name: kind(`a name of at most ${MAX_NAME_BYTES} bytes`, (value) => isName(value)),

  /** A locale, or `und`. */
  sourceLocale: readable((value, key) => canonicalLocale(value, key, { allowUndetermined: true })),

  /** A list of locales. */
  targetLocales: (value: unknown, key: string) =>
    Array.isArray(value)
      ? value.flatMap((each: unknown, at) => targetLocale(each, `${key}[${at}]`))
      : [{ key, problem: "must be an array of locales" }],

  /** The URL of a PostgreSQL database. */
  postgresUrl: kind(POSTGRES_URL, isPostgresUrl),

  /** A URL, or a function that gives the URL of each moment: that one is read, and may be found wrong, at each connection. */
  connectionUrl: kind(
    `${POSTGRES_URL}, or a function that gives it`,
    (value) => isMethod(value) || isPostgresUrl(value),
  ),

  date: kind("a valid Date", (value) => value instanceof Date && !Number.isNaN(value.getTime())),

  /** Known by its shape: a signal of another realm is one too. */
  signal: kind(
    "an AbortSignal",
    (value) => isObject(value) && typeof value.aborted === "boolean" && isMethod(value.addEventListener),
  ),

  /** A client in a transaction of the caller. A pool gives each statement to any connection, outside of it. */
  transaction: kind(
    "a client of the driver with an open transaction, not a pool",
    (value) => isObject(value) && isMethod(value.query) && value.totalCount === undefined,
  ),

  callback: kind("a function", isMethod),

  /** An object that has all of these methods. */
  methods: (noun: string, ...names: readonly string[]): OptionKind =>
    kind(`${noun}: an object with the methods ${names.join(", ")}`, (value) => hasMethods(value, names)),

  /** An object of which each of these that is there is a method. */
  someMethods: (noun: string, ...names: readonly string[]): OptionKind =>
    kind(
      `${noun}: an object whose ${names.join(", ")} are functions`,
      (value) => isObject(value) && names.every((name) => value[name] === undefined || isMethod(value[name])),
    ),

  /** An object with options of its own. */
  parts:
    (table: Readonly<Record<string, OptionKind>>): OptionKind =>
    (value, key) => {
      if (!isObject(value) || Array.isArray(value)) return [{ key, problem: "must be an object" }];
      const known = Object.keys(table);
      const unknown = Object.keys(value)
        .filter((name) => !known.includes(name) && value[name] !== undefined)
        .map((name) => ({
          key: `${key}.${shownKey(name)}`,
          problem: unknownKeyProblem(name, known, `a part of ${key}`),
        }));
      const faulty = Object.entries(table).flatMap(([name, kind]) => {
        if (value[name] !== undefined) return kind(value[name], `${key}.${name}`);
        return kind.isRequired ? [{ key: `${key}.${name}`, problem: "is missing" }] : [];
      });
      return [...faulty, ...unknown];
    },

  /** The limits of engines, by name. */
  engineLimits: (value: unknown, key: string) =>
    isObject(value) && !Array.isArray(value)
      ? Object.entries(value).flatMap(([engine, limits]) => limitProblems(limits, `${key}.${engine}`))
      : [{ key, problem: "must be an object: limits by the name of their engine" }],

  /** The engines of each project. A string in place of a list is refused, whose letters would count as names. */
  projectEngines: (value: unknown, key: string) =>
    isObject(value) && !Array.isArray(value)
      ? Object.entries(value)
          .filter(([, names]) => !isListOfNames(names) || names.length === 0)
          .map(([project]) => ({ key: `${key}.${project}`, problem: "must be a list of names, with one at least" }))
      : [{ key, problem: "must be an object: lists of engines by the name of their project" }],

  /** Instructions for engines, of every project and of some. */
  instructions: instructionProblems,

  /** Prices of engines. */
  prices: priceProblems,

  /** A list of names, which may be empty. */
  names: kind("an array of names", isListOfNames),

  /** Engines, each as the contract of engines names it. */
  engines: (value: unknown, key: string) =>
    Array.isArray(value)
      ? value.flatMap((engine: unknown, at) => engineProblems(engine, `${key}[${at}]`))
      : [{ key, problem: "must be an array of engines, such as [pseudo()]" }],

  /** A string, empty or not. */
  anyText: kind("a string", (value) => typeof value === "string"),

  /** Any object. Its own fields are checked elsewhere, or by its user. */
  object: kind("an object", (value) => isObject(value) && !Array.isArray(value)),

  /** Any value: another check of the same call reads it. */
  checkedElsewhere: (): readonly Problem[] => FINE,

  /** The same kind, where undefined is refused too. */
  required: (kind: OptionKind): OptionKind =>
    Object.assign((value: unknown, key: string) => kind(value, key), { isRequired: true as const }),
} as const;

const targetLocale = readable((value, key) => canonicalLocale(value, key));

const LIMITS = ["rpm", "tpm", "concurrency"];
const MOST_OF_A_LIMIT = 1_000_000_000;

function limitProblems(limits: unknown, key: string): Problem[] {
  if (!isObject(limits)) return [{ key, problem: `must be an object with ${LIMITS.join(", ")}` }];
  const ofLimit = optionKinds.whole(1, MOST_OF_A_LIMIT);
  return Object.entries(limits).flatMap(([name, value]) => {
    if (value === undefined) return [];
    if (LIMITS.includes(name)) return ofLimit(value, `${key}.${name}`);
    return [{ key: `${key}.${shownKey(name)}`, problem: unknownKeyProblem(name, LIMITS, "a limit of an engine") }];
  });
}

const ENGINE: OptionTable<{
  name: string;
  version: string;
  maxItemsPerCall: number;
  maxBytesPerCall: number;
  processor: string;
  detectsSource: boolean;
  takesContext: boolean;
  takesHint: boolean;
  takesInstructions: boolean;
  takesTerms: boolean;
  takesReferences: boolean;
  targetLocales: unknown;
  protects: string;
  model: string;
  isFree: boolean;
  estimateTokens: unknown;
  bound: unknown;
  estimateUsage: unknown;
  prepare: unknown;
  probe: unknown;
  translate: unknown;
  close: unknown;
}> = {
  name: kind("a name", (value) => typeof value === "string" && value !== ""),
  version: kind("a string", (value) => typeof value === "string"),
  maxItemsPerCall: optionKinds.whole(1, Number.MAX_SAFE_INTEGER),
  maxBytesPerCall: optionKinds.whole(1, Number.MAX_SAFE_INTEGER),
  // Without one it is known by its name alone, and stands for no kind of engine.
  processor: ifThere(optionKinds.oneOf("local", "third-party")),
  detectsSource: optionKinds.flag,
  takesContext: optionKinds.flag,
  takesHint: ifThere(optionKinds.flag),
  takesInstructions: ifThere(optionKinds.flag),
  takesTerms: ifThere(optionKinds.flag),
  takesReferences: ifThere(optionKinds.flag),
  targetLocales: ifThere(optionKinds.targetLocales),
  protects: ifThere(optionKinds.oneOf("instructed", "tags", "words", "none")),
  model: ifThere(optionKinds.anyText),
  isFree: ifThere(optionKinds.flag),
  estimateTokens: ifThere(optionKinds.callback),
  bound: ifThere(optionKinds.callback),
  estimateUsage: ifThere(optionKinds.callback),
  prepare: ifThere(optionKinds.callback),
  probe: ifThere(optionKinds.callback),
  translate: optionKinds.callback,
  close: ifThere(optionKinds.callback),
};

function ifThere(kind: OptionKind): OptionKind {
  return (value, key) => (value === undefined ? FINE : kind(value, key));
}

function engineProblems(engine: unknown, key: string): Problem[] {
  if (!isObject(engine)) return [{ key, problem: "must be an engine, such as pseudo()" }];
  return Object.entries(ENGINE).flatMap(([field, kind]) => kind(engine[field], `${key}.${field}`));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isListOfNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === "string" && name !== "");
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "" && value.isWellFormed() && !value.includes("\0");
}

function isMethod(value: unknown): boolean {
  return typeof value === "function";
}

function hasMethods(value: unknown, names: readonly string[]): boolean {
  return isObject(value) && names.every((name) => isMethod(value[name]));
}

function isName(value: unknown): boolean {
  try {
    parseName(value, "name", "TH_ITEM_SHAPE");
    return true;
  } catch {
    return false;
  }
}

/**
 * As the driver reads it: with the host left out, a user before it is no URL by the standard (`postgres://user@/app`), and
 * names a socket by `?host=/run/postgresql`.
 */
function isPostgresUrl(value: unknown): boolean {
  if (typeof value !== "string" || !/^postgres(ql)?:\/\//i.test(value) || value.includes("\0")) return false;
  return URL.canParse(value) || URL.canParse(value.replace("@/", "@host/"));
}

/** `1,000`. By hand: the first `toLocaleString` of a process takes 13 ms. */
function grouped(number: number): string {
  return String(number).replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ",");
}
