/** The name under which the store knows a key of a source file. */
import { hash } from "node:crypto";
import { resolve } from "node:path";
import { cutToBytes } from "./cut-text.ts";
import { fileName, type TargetFile } from "./target-files.ts";

/** In bytes of UTF-8, as the store limits it. */
const LONGEST_BUSINESS_ID = 255;
const KEPT_OF_LONG_KEY = 150;

/** A key may be a whole text. A long one is cut, and told from others by its hash. */
export function businessIdOf(target: TargetFile, key: string, cwd: string): string {
  const file = fileOf(target, cwd);
  const whole = `${file}#${key}`;
  if (Buffer.byteLength(whole) <= LONGEST_BUSINESS_ID) return whole;
  return `${file}#${cutToBytes(key, KEPT_OF_LONG_KEY)}~${hash("sha256", key, "hex").slice(0, 16)}`;
}

let last: { source: string; root: string | undefined; cwd: string; name: string } | undefined;

/** The messages of a file come one behind the other, and the name of a path takes longer than the rest of an id. */
function fileOf({ source, root }: TargetFile, cwd: string): string {
  if (last === undefined || last.source !== source || last.root !== root || last.cwd !== cwd) {
    last = { source, root, cwd, name: fileName(resolve(cwd, source), root ?? cwd) };
  }
  return last.name;
}
