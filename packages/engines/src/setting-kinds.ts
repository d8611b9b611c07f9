/**
 * The kinds of values that settings have: each reads a string, and its complaint says in words which values it accepts.
 * They stand with the engines, as engines bring settings; the command line adds the kinds that only its own have.
 */
import { z } from "zod";
import type { Secret } from "./secret.ts";

/**
 * Makes a kind of value. Blanks around the string are dropped.
 *
 * @param wanted Completes "must be …". It never repeats the value, which may be a secret.
 * @param read Returns undefined if the string is not such a value.
 */
export function kind<T>(wanted: string, read: (text: string) => T | undefined) {
  return z.string().transform((text, context): T => {
    const value = read(text.trim());
    if (value !== undefined) return value;
    context.addIssue({ code: "custom", message: `must be ${wanted}` });
    return z.NEVER;
  });
}

/** A string that matches the pattern. */
export function text(wanted: string, pattern: RegExp) {
  return kind(wanted, (value) => (pattern.test(value) ? value : undefined));
}

const secrets = new WeakSet<z.ZodType>();

/**
 * Marks a setting as a secret: if a file holds it, its value is a function that reads the file again, so that a
 * replaced key is used without a restart.
 */
export function secret(setting: z.ZodOptional<z.ZodType<string, string>>) {
  secrets.add(setting);
  return setting as z.ZodOptional<z.ZodType<Secret, string>>;
}

/** Whether {@link secret} marked the setting. */
export function isSecret(setting: z.ZodType): boolean {
  return secrets.has(setting);
}

/** A whole number from `min` to `max`. */
export function whole(min: number, max: number) {
  return kind(`a whole number from ${grouped(min)} to ${grouped(max)}`, (value) => numberIn(value, /^\d+$/, min, max));
}

/** A number from `min` to `max`, with or without a fraction. */
export function decimal(min: number, max: number) {
  return kind(`a number from ${grouped(min)} to ${grouped(max)}`, (value) =>
    numberIn(value, /^\d+(\.\d+)?$/, min, max),
  );
}

/** An address, which loses its closing slashes. */
export function httpUrl() {
  return kind("an http:// or https:// URL", (value) =>
    /^https?:\/\//.test(value) && URL.canParse(value) ? value.replace(/\/+$/, "") : undefined,
  );
}

function numberIn(text: string, pattern: RegExp, min: number, max: number): number | undefined {
  const value = pattern.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}

/** `1,000`. By hand: the first `toLocaleString` of a process takes 13 ms, as much as a tenth of `trans-hub get`. */
function grouped(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}
