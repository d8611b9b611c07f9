/** Loads an engine that is not of this release: from a file, or from a package of the working directory. */

import { readdirSync, statSync } from "node:fs";
import { isBuiltin, registerHooks } from "node:module";
import { basename, dirname, extname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Engine } from "@trans-hub/core/engine";
import { closestName, EngineConfigError, EngineNotFoundError, optionKinds, SettingsError } from "@trans-hub/core/rules";
import type { EngineContext } from "@trans-hub/engines";
import { ENGINE_NAMES } from "@trans-hub/engines/registry";
import { isEnginePath } from "./settings/engine-names.ts";
import { settling } from "./settling.ts";

const EXTENSIONS = [".ts", ".mts", ".js", ".mjs", ".cjs"];

/**
 * Loads an engine of one's own: the default export of a module, an engine or a function that makes one.
 *
 * @param word The path of its file, or the name of its package, as `TH_ENGINES` has it.
 * @param cwd Paths and packages are looked for from here.
 * @returns Undefined: the word is no path, and no package of this name is installed.
 * @throws {EngineNotFoundError} The file does not exist, or is no module.
 * @throws {EngineConfigError} The module cannot be loaded, or gives no engine.
 * @throws {SettingsError} The engine lacks a field, or has a wrong one: all of them at once.
 */
export async function loadOwnEngine(word: string, cwd: string, context: EngineContext): Promise<Engine | undefined> {
  const made = await saying(word, "cannot be loaded", async () => {
    const module = isEnginePath(word) ? await moduleOfFile(word, cwd) : await moduleOfPackage(word, cwd);
    return module && { given: defaultExport(module) };
  });
  if (made === undefined) return undefined;
  const { given } = made;
  const engine =
    typeof given === "function" ? await saying(word, "cannot be made", async () => given(context) as unknown) : given;
  if (typeof engine !== "object" || engine === null) {
    throw new EngineConfigError(`Engine ${word}: its default export is no engine and no function that makes one`, {
      hint: "Export it by default: export default { name, version, …, translate }.",
    });
  }
  return checked(engine as Engine, word);
}

async function moduleOfFile(word: string, cwd: string): Promise<object> {
  const path = pathOf(word, cwd);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats?.isFile()) {
    const meant = closestName(basename(path), modulesIn(dirname(path)));
    throw new EngineNotFoundError(`Engine ${word}: there is no such file`, {
      hint: `${meant === undefined ? "" : `Did you mean ${meant}? `}A path begins at the working directory, ${cwd}.`,
    });
  }
  if (!EXTENSIONS.includes(extname(path))) {
    throw new EngineNotFoundError(`Engine ${word}: the file is no module`, {
      hint: `The name of a module ends with ${EXTENSIONS.join(", ")}.`,
    });
  }
  return (await import(pathToFileURL(path).href)) as object;
}

/** Names of the files in a folder that may be engines. Empty: it cannot be read. */
export function modulesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => EXTENSIONS.includes(extname(name)));
  } catch {
    return [];
  }
}

function pathOf(word: string, cwd: string): string {
  if (!/^file:/i.test(word)) return resolve(cwd, word);
  try {
    return fileURLToPath(word);
  } catch {
    throw new EngineNotFoundError(`Engine ${word}: this is no URL of a file`, {
      hint: "Write file:///folder/engine.ts, or the path alone.",
    });
  }
}

/** Resolved as an import of a module in `cwd`, which no import of this module could say. Undefined: it is not installed. */
async function moduleOfPackage(name: string, cwd: string): Promise<object | undefined> {
  if (isBuiltin(name)) return undefined;
  const parentURL = pathToFileURL(join(cwd, "engine.js")).href;
  let isInstalled = true;
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      if (specifier !== name || context.parentURL !== import.meta.url) return next(specifier, context);
      try {
        return next(specifier, { ...context, parentURL });
      } catch (error) {
        isInstalled = (error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND";
        throw error;
      }
    },
  });
  try {
    return (await import(name)) as object;
  } catch (error) {
    if (!isInstalled) return undefined;
    throw error;
  } finally {
    hooks.deregister();
  }
}

/** A module that was compiled to CommonJS has its default export one step further. */
function defaultExport(module: { default?: unknown }): unknown {
  const { default: given } = module;
  const inner = (given as { __esModule?: unknown; default?: unknown } | undefined)?.__esModule;
  return inner === true ? (given as { default?: unknown }).default : given;
}

async function saying<T>(word: string, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await settling(work);
  } catch (error) {
    if (error instanceof EngineNotFoundError) throw error;
    const { message, hint, stack } = (error ?? {}) as { message?: unknown; hint?: unknown; stack?: unknown };
    const [line = ""] = String(message ?? error)
      .trim()
      .split("\n");
    // The stack of an error in the syntax of TypeScript begins with its place, `/folder/engine.ts:3`. Node hides that of others.
    const isSyntax = error instanceof SyntaxError;
    const [, place] = (isSyntax && /^\S+:(\d+)\n/.exec(String(stack))) || [];
    const cure = isSyntax && isEnginePath(word) ? `node ${word} shows the place.` : undefined;
    throw new EngineConfigError(`Engine ${word} ${what}: ${line}${place === undefined ? "" : ` (line ${place})`}`, {
      hint: typeof hint === "string" ? hint : cure,
    });
  }
}

const NAME = /^[a-z][a-z0-9-]{0,62}$/;
/** `none` is the engine of texts without words; the others stand for kinds of engines in `TH_PROJECT_ENGINES`. */
const TAKEN = ["none", "local", "third-party", ...ENGINE_NAMES];

/** The engine as an object that may be spread, as one of a class may not. */
function checked(engine: Engine, word: string): Engine {
  const problems = optionKinds.engines([engine], "").map(({ key, problem }) => {
    const field = key.slice("[0].".length) as keyof Engine;
    return { field, problem: engine[field] === undefined ? "is missing" : problem };
  });
  const add = (field: string, problem: string) => problems.push({ field: field as keyof Engine, problem });
  const { name, processor, version } = engine;
  if (typeof name === "string" && name !== "") {
    if (!NAME.test(name)) add("name", "must be lower-case letters, digits and -, beginning with a letter");
    if (TAKEN.includes(name)) add("name", `"${name}" is taken: give it another name`);
  }
  if (version === "") add("version", "must not be empty");
  if (processor === undefined) add("processor", 'is missing: "local" or "third-party"');
  if (problems.length > 0) {
    const all = problems.map(({ field, problem }) => ({ key: `${field} of engine ${word}`, problem }));
    throw new SettingsError(all, { hint: "docs/engines.md has the fields of an engine." });
  }
  return {
    name,
    version,
    processor,
    maxItemsPerCall: engine.maxItemsPerCall,
    maxBytesPerCall: engine.maxBytesPerCall,
    detectsSource: engine.detectsSource,
    takesContext: engine.takesContext,
    takesHint: engine.takesHint,
    takesInstructions: engine.takesInstructions,
    takesTerms: engine.takesTerms,
    takesReferences: engine.takesReferences,
    targetLocales: engine.targetLocales,
    protects: engine.protects,
    model: engine.model,
    isFree: engine.isFree,
    ...(engine.estimateTokens && { estimateTokens: engine.estimateTokens.bind(engine) }),
    ...(engine.estimateUsage && { estimateUsage: engine.estimateUsage.bind(engine) }),
    ...(engine.bound && { bound: engine.bound.bind(engine) }),
    ...(engine.prepare && { prepare: engine.prepare.bind(engine) }),
    ...(engine.probe && { probe: engine.probe.bind(engine) }),
    translate: engine.translate.bind(engine),
    ...(engine.close && { close: engine.close.bind(engine) }),
  };
}
