/** The driver, loaded with the first connection: a program that talks to a server of Trans-Hub imports our rules, and has no database. */
import { createRequire } from "node:module";
import type pg from "pg";

// Node reads a module with `require` at once, and a pool is made without waiting.
const require = createRequire(import.meta.url);
let loaded: typeof pg | undefined;

export function driver(): typeof pg {
  loaded ??= require("pg") as typeof pg;
  return loaded;
}
