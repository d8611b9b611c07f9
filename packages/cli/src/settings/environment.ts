/** A command's environment, and its display without secrets. */

import { join } from "node:path";
import { parseEnv } from "node:util";
import { SettingsError } from "@trans-hub/core/rules";
import { readTextFile, type UnreadableFileError } from "../input/regular-file.ts";

export interface EnvironmentOptions {
  /** The folder of `.env`. Default: the working directory. */
  cwd?: string;
  /** Default: `process.env`. */
  env?: Readonly<Record<string, string | undefined>>;
}

const MAX_ENV_BYTES = 1_048_576;

/**
 * The environment, completed from the file `.env` if it exists. The environment's values win, empty ones included.
 *
 * @throws {SettingsError} A `.env` exists and cannot be read, or is no regular file of UTF-8.
 */
export function loadEnvironment(options: EnvironmentOptions = {}): Record<string, string | undefined> {
  const { cwd = process.cwd(), env = process.env } = options;
  let file: string;
  try {
    file = readTextFile(join(cwd, ".env"), MAX_ENV_BYTES);
  } catch (error) {
    const { code, problem } = error as UnreadableFileError;
    if (code === "ENOENT" || code === "ENOTDIR") return { ...env };
    throw new SettingsError([{ key: ".env", problem: `exists and ${problem}` }]);
  }
  return { ...parseEnv(file), ...env };
}

/** A URL fit to be shown: `***` replaces every password in it. */
export function redact(url: string): string {
  if (!URL.canParse(url)) return "(not a URL)";
  const shown = new URL(url);
  if (shown.password !== "") shown.password = "***";
  for (const name of new Set(shown.searchParams.keys())) {
    if (/pass|key|secret|token/i.test(name)) shown.searchParams.set(name, "***");
  }
  return shown.href;
}
