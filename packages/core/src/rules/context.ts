/**
 * A producer's context of a text: one JSON object, in one form (RFC 8785), so that the same context from different
 * writers is the same row. The twin of `trans_hub.normal_context` and `trans_hub.canonical_json`.
 */
import canonicalize from "canonicalize";
import { InvalidItemError } from "../contract/errors.ts";

/** Largest size of a context in canonical form, in bytes (UTF-8). */
export const MAX_CONTEXT_BYTES = 8_192;
/** Deepest nesting of objects and arrays, the context itself counted. */
export const MAX_CONTEXT_DEPTH = 32;

export interface NormalContext {
  /** The form of RFC 8785. */
  canonical: string;
  value: Readonly<Record<string, unknown>>;
}

/**
 * A context in its one form; undefined for an empty one: null, undefined, `""` and `{}`.
 *
 * A string is short for `{ note }`, unless it begins with a brace: then it is the object in JSON.
 *
 * @throws {InvalidItemError} `TH_CONTEXT`: not plain JSON at some depth (class instances and `NaN` too, whole numbers
 * beyond 2^53 - 1, U+0000 or half a surrogate pair in a string or key), too long, or too deep.
 */
export function normalizeContext(context: unknown, field = "context"): NormalContext | undefined {
  if (context === undefined || context === null || context === "") return undefined;
  const value = typeof context === "string" ? readString(context, field) : context;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refused(field, "is neither an object nor a string");
  }
  const problem = problemWith(value, 1, { nodes: 0 });
  if (problem !== undefined) throw refused(field, problem);
  const canonical = canonicalize(value) ?? "{}";
  if (canonical === "{}") return undefined;
  if (Buffer.byteLength(canonical) > MAX_CONTEXT_BYTES) throw refused(field, TOO_LONG);
  return { canonical, value: value as Record<string, unknown> };
}

const TOO_LONG = "is longer than 8,192 bytes";

function readString(context: string, field: string): unknown {
  if (!context.startsWith("{")) return { note: context };
  try {
    return JSON.parse(context);
  } catch {
    // Without the cause: its message repeats the text.
    throw refused(field, "begins with a brace and is not JSON");
  }
}

/** The reason why a value is not plain JSON, in words. */
function problemWith(value: unknown, depth: number, seen: { nodes: number }): string | undefined {
  switch (typeof value) {
    case "string":
      return problemWithString(value);
    case "boolean":
      return undefined;
    case "number":
      if (!Number.isFinite(value)) return "holds a number beyond a double's range";
      if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
        return "holds a whole number beyond 2^53 - 1, which other languages would round";
      }
      return undefined;
    case "object":
      return value === null ? undefined : problemWithContainer(value, depth, seen);
    default:
      return `holds a value that JSON does not have (${typeof value})`;
  }
}

function problemWithContainer(value: object, depth: number, seen: { nodes: number }): string | undefined {
  // This also ends the walk of an object that contains itself. A small web of shared objects is a huge tree, so nodes
  // are counted.
  if (depth > MAX_CONTEXT_DEPTH) return `is nested deeper than ${MAX_CONTEXT_DEPTH} levels`;
  if (Array.isArray(value)) {
    seen.nodes += value.length;
    if (seen.nodes > MAX_CONTEXT_BYTES) return TOO_LONG;
    for (let at = 0; at < value.length; at++) {
      const problem = problemWith(value[at], depth + 1, seen);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    return "holds an instance of a class (a Date, a Map …), where only plain JSON is the same for everybody";
  }
  for (const key of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[key];
    // As in JSON, a member without a value is absent.
    if (member === undefined) continue;
    seen.nodes += 1;
    if (seen.nodes > MAX_CONTEXT_BYTES) return TOO_LONG;
    const problem = problemWithString(key) ?? problemWith(member, depth + 1, seen);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemWithString(text: string): string | undefined {
  return text.isWellFormed() && !text.includes("\0")
    ? undefined
    : "holds U+0000 or half a surrogate pair, which the database cannot store";
}

function refused(field: string, problem: string): InvalidItemError {
  return new InvalidItemError("TH_CONTEXT", field, problem);
}
