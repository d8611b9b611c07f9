/** The kinds of setting values: each parses a string and describes its accepted values in words. */

import { canonicalLocale } from "@trans-hub/core";
import { MAX_NAME_BYTES, parseName } from "@trans-hub/core/store";
import { z } from "zod";

/**
 * A kind of value.
 *
 * @param read Returns undefined when the string is not such a value.
 * @param wanted Completes "must be …". Never repeats the value, which may be a secret.
 */
function kind<T>(wanted: string, read: (text: string) => T | undefined) {
  return z.string().transform((text, context): T => {
    const value = read(text.trim());
    if (value !== undefined) return value;
    context.addIssue({ code: "custom", message: `must be ${wanted}` });
    return z.NEVER;
  });
}

export function text(wanted: string, pattern: RegExp) {
  return kind(wanted, (value) => (pattern.test(value) ? value : undefined));
}

export function whole(min: number, max: number) {
  return kind(`a whole number from ${grouped(min)} to ${grouped(max)}`, (value) => numberIn(value, /^\d+$/, min, max));
}

/** A number that may have a fraction. */
export function decimal(min: number, max: number) {
  return kind(`a number from ${grouped(min)} to ${grouped(max)}`, (value) =>
    numberIn(value, /^\d+(\.\d+)?$/, min, max),
  );
}

export function oneOf<const Name extends string>(...names: Name[]) {
  return kind(`one of ${names.join(", ")}`, (value) => names.find((name) => name === value.toLowerCase()));
}

/** Names of engines, comma-separated, each once. */
export function engineNames() {
  return kind("names of engines (lower-case letters, digits, -), comma-separated", (value) => {
    const names = value
      .split(",")
      .map((name) => name.trim().toLowerCase())
      .filter((name) => name !== "");
    return names.length > 0 && names.every((name) => /^[a-z][a-z0-9-]*$/.test(name)) ? [...new Set(names)] : undefined;
  });
}

export function postgresUrl() {
  return kind("a postgres:// or postgresql:// URL", (value) =>
    /^postgres(ql)?:\/\//.test(value) && URL.canParse(value) ? value : undefined,
  );
}

/** An HTTP address, without its closing slashes. */
export function httpUrl() {
  return kind("an http:// or https:// URL", (value) =>
    /^https?:\/\//.test(value) && URL.canParse(value) ? value.replace(/\/+$/, "") : undefined,
  );
}

export function projectName() {
  return kind(`a name of at most ${MAX_NAME_BYTES} bytes`, (value) =>
    unlessItThrows(() => parseName(value, "project", "TH_PROJECT")),
  );
}

export function sourceLocale() {
  return kind('a locale such as "en" or "pt-BR", or "und"', (value) =>
    unlessItThrows(() => canonicalLocale(value, "locale", { allowUndetermined: true })),
  );
}

function unlessItThrows<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

const CRON_FIELDS: readonly (readonly [min: number, max: number])[] = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
];

/** Five fields as graphile-worker reads them, in UTC: numbers, ranges, a star, a star with a divisor; comma-separated. */
export function cron() {
  return kind("five cron fields such as 30 3 * * * (numbers, a-b, *, */n; in UTC)", (value) => {
    const fields = value.split(/\s+/);
    const isValid =
      fields.length === 5 && CRON_FIELDS.every(([min, max], at) => isCronField(fields[at] ?? "", min, max));
    return isValid ? fields.join(" ") : undefined;
  });
}

function isCronField(field: string, min: number, max: number): boolean {
  return field.split(",").every((part) => {
    const star = /^\*(?:\/(\d+))?$/.exec(part);
    if (star !== null) return star[1] === undefined || Number(star[1]) >= 1;
    const [, from, to] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    if (from === undefined || Number(from) < min) return false;
    return to === undefined ? Number(from) <= max : Number(from) < Number(to) && Number(to) <= max;
  });
}

function numberIn(text: string, pattern: RegExp, min: number, max: number): number | undefined {
  const value = pattern.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}

/**
 * `1,000`. Written by hand: the first `toLocaleString` of a process takes 13 ms, a tenth of the time of `trans-hub
 * get`.
 */
function grouped(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}
