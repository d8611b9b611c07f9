/** Target files that the lock names and the configuration does not: their source, or their locale, is gone. */
import { existsSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import { type Lock, targetName } from "../catalog/lock-file.ts";
import type { TargetFile } from "./target-files.ts";

export interface Stray {
  /** The name in the lock. */
  name: string;
  /** Path of the file. */
  file: string;
  isThere: boolean;
}

/** @param configured All targets of the configuration; undefined: there is none, and nothing says which targets there are. */
export function strayTargets(
  lock: Lock,
  lockFile: string,
  { configured, cwd }: { configured: readonly TargetFile[] | undefined; cwd: string },
): Stray[] {
  if (configured === undefined) return [];
  const known = new Set<string>();
  for (const { path, locale } of configured) {
    const name = targetName(lockFile, path);
    known.add(name).add(`${name}#${locale}`);
  }
  return [...lock.keys()].flatMap((name): Stray[] => {
    if (known.has(name)) return [];
    const whole = pathOf(name, lockFile, cwd);
    // In a file of several locales, each locale has a section.
    const file = existsSync(resolve(cwd, whole)) ? whole : whole.replace(/#[^#/]*$/, "");
    return [{ name, file, isThere: existsSync(resolve(cwd, file)) }];
  });
}

function pathOf(name: string, lockFile: string, cwd: string): string {
  return relative(cwd, resolve(dirname(resolve(cwd, lockFile)), name))
    .split(sep)
    .join("/");
}
