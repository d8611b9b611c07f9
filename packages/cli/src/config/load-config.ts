/** Finds and reads the configuration of the catalogs: a file of its own, or a key in package.json. */

import { existsSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { CatalogError } from "@trans-hub/core/operations";
import { SettingsError } from "@trans-hub/core/rules";
import { type JsonFile, type JsonNode, readJsonFile, textOf } from "@trans-hub/formats";
import { readRegularFile, UnreadableFileError } from "../input/regular-file.ts";
import { settling } from "../settling.ts";
import { UsageError } from "../usage-error.ts";
import { checkedConfig, type LoadedConfig } from "./config.ts";

/** The names that are looked up. There is at most one in a folder. */
export const CONFIG_FILES = ["ts", "js", "mjs", "json"].map((ending) => `trans-hub.config.${ending}`);

/** A `.ts` file is read by Node itself, which takes types away and resolves nothing else. */
const MODULES = [".ts", ".mts", ".js", ".mjs", ".cjs"];

const MANIFEST = "package.json";
/** The key of the manifest. */
export const KEY = "trans-hub";

export interface LoadOptions {
  cwd: string;
  /** The file of `--config`, relative to `cwd`. Default: the one of `cwd`. */
  config?: string | undefined;
}

/**
 * Loads the configuration. Undefined: none was named, and the folder has none.
 *
 * @throws {SettingsError} With every key at fault, or with the place where the file cannot be read.
 * @throws {UsageError} The named file does not exist or is none of the kinds, or the folder has several.
 */
export async function loadConfig({ cwd, config }: LoadOptions): Promise<LoadedConfig | undefined> {
  if (config !== undefined) return read(config, cwd);
  const files = CONFIG_FILES.filter((name) => existsSync(join(cwd, name)));
  const manifest = existsSync(join(cwd, MANIFEST)) && inManifest(MANIFEST, cwd, files.length > 0) !== undefined;
  const found = manifest ? [...files, MANIFEST] : files;
  const [first, second] = found;
  if (second !== undefined) {
    const places = found.map((name) => (name === MANIFEST ? `the key "${KEY}" in ${MANIFEST}` : name));
    throw new UsageError(
      `${places.join(" and ")} both configure this folder`,
      "Keep one of them, or name it by --config.",
    );
  }
  return first === undefined ? undefined : read(first, cwd);
}

async function read(file: string, cwd: string): Promise<LoadedConfig> {
  const path = resolve(cwd, file);
  const extension = extname(file).toLowerCase();
  if (!existsSync(path)) throw new UsageError(`--config: ${file} does not exist`, "`trans-hub init` writes one.");
  if (!MODULES.includes(extension) && extension !== ".json") {
    const endings = [...MODULES, ".json"].join(", ");
    throw new UsageError(`--config: ${file} is no configuration file`, `Such a file ends in ${endings}.`);
  }
  if (basename(file) === MANIFEST) {
    const content = inManifest(file, cwd);
    if (content === undefined) throw new UsageError(`--config: ${file} has no key "${KEY}"`);
    return checkedConfig(`${file}, key "${KEY}"`, dirname(path), content);
  }
  const content = extension === ".json" ? jsonOf(file, path) : await exported(file, path);
  return checkedConfig(file, dirname(path), content);
}

/** @param isQuiet Another file may be the configuration, so that a fault of this one is none. */
function inManifest(file: string, cwd: string, isQuiet = false): unknown {
  try {
    return (jsonOf(file, resolve(cwd, file)) as Record<string, unknown> | null)?.[KEY];
  } catch (error) {
    if (isQuiet) return undefined;
    throw error;
  }
}

const MAX_BYTES = 1_048_576;

function jsonOf(file: string, path: string): unknown {
  try {
    const json = readJsonFile(readRegularFile(path, MAX_BYTES), file);
    return contentOf(json, json.root);
  } catch (error) {
    if (error instanceof UnreadableFileError) throw new SettingsError([{ key: file, problem: error.problem }]);
    if (!(error instanceof CatalogError)) throw error;
    const place = error.line === undefined ? file : `${file}:${error.line}:${error.column ?? 1}`;
    const problem = error.message.replace(`${place}: `, "");
    throw new SettingsError([{ key: place, problem }], { hint: error.hint, cause: error });
  }
}

const TYPES_CURE =
  'Install it in the project, or write `import type { Config } from "@trans-hub/cli"`, which needs no package.';

/** The value of a node. Comments are no part of it. */
function contentOf(json: JsonFile, node: JsonNode): unknown {
  if (node.kind === "string") return textOf(json, node);
  if (node.kind === "array") return node.children.map((child) => contentOf(json, child));
  if (node.kind === "scalar") return JSON.parse(json.text.slice(node.start, node.end));
  return Object.fromEntries(node.children.map((child) => [child.name, contentOf(json, child)]));
}

async function exported(file: string, path: string): Promise<unknown> {
  try {
    const content = await settling(async () => {
      const module = (await quietly(() => import(pathToFileURL(path).href))) as { default?: unknown };
      return await module.default;
    });
    if (content !== undefined) return content;
  } catch (cause) {
    const problem = cause instanceof Error ? `${cause.name}: ${cause.message.split("\n")[0]}` : String(cause);
    const hint = problem.includes("'@trans-hub/cli'") ? TYPES_CURE : undefined;
    throw new SettingsError([{ key: file, problem: `cannot be loaded: ${problem}` }], { hint, cause });
  }
  throw new SettingsError([{ key: file, problem: "exports nothing: write `export default { … }`" }]);
}

/** Node warns of a manifest that names no type of module. That is no fault of a project, and none to be told at every run. */
async function quietly<Result>(work: () => Promise<Result>): Promise<Result> {
  const { emitWarning } = process;
  const mute = (_: unknown, options: unknown, code: unknown) => {
    const facts = typeof options === "object" && options !== null ? options : { type: options, code };
    return Object.values(facts).some(
      (fact) => fact === "ExperimentalWarning" || fact === "MODULE_TYPELESS_PACKAGE_JSON",
    );
  };
  process.emitWarning = (...all: unknown[]) => {
    if (!mute(all[0], all[1], all[2])) Reflect.apply(emitWarning, process, all);
  };
  try {
    return await work();
  } finally {
    process.emitWarning = emitWarning;
  }
}
