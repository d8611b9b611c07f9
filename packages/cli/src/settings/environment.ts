/** The environment of a command, and how its URLs are shown. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { SettingsError } from "@trans-hub/core";

export interface EnvironmentOptions {
  /** The folder of `.env`. Default: the working directory. */
  cwd?: string;
  /** Default: `process.env`. */
  env?: Readonly<Record<string, string | undefined>>;
}

/**
 * The environment, with the variables of the file `.env` added, if there is one. A variable of the environment wins
 * over the file, even if it is empty.
 *
 * @throws {SettingsError} `.env` exists and cannot be read.
 */
export function loadEnvironment(options: EnvironmentOptions = {}): Record<string, string | undefined> {
  const { cwd = process.cwd(), env = process.env } = options;
  let file: string;
  try {
    file = readFileSync(join(cwd, ".env"), "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return { ...env };
    throw new SettingsError([{ key: ".env", problem: `is there and cannot be read (${code})` }]);
  }
  return { ...parseEnv(file), ...env };
}

/** A URL with `***` in place of its password, wherever the password stands. */
export function redact(url: string): string {
  if (!URL.canParse(url)) return "(not a URL)";
  const shown = new URL(url);
  if (shown.password !== "") shown.password = "***";
  for (const name of new Set(shown.searchParams.keys())) {
    if (/pass|key|secret|token/i.test(name)) shown.searchParams.set(name, "***");
  }
  return shown.href;
}
