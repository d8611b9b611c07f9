/**
 * Loads graphile-worker.
 *
 * While it is imported, version 0.18 searches the working directory and its parents for an old configuration file, and
 * if it finds one, prints a page and ends the process. Our settings come from one place, so during the import that
 * search is answered with "none".
 */
import module from "node:module";

type GraphileWorker = typeof import("graphile-worker");

/** The schema of graphile-worker's own tables. */
export const GRAPHILE_SCHEMA = "graphile_worker";

const NO_CONFIGURATION = "export const cosmiconfigSync = () => ({ search: () => null });";

let loading: Promise<GraphileWorker> | undefined;

export function loadGraphileWorker(): Promise<GraphileWorker> {
  loading ??= load();
  return loading;
}

async function load(): Promise<GraphileWorker> {
  const hooks = module.registerHooks({
    resolve(specifier, context, nextResolve) {
      return specifier === "cosmiconfig" && context.parentURL?.includes("/graphile-worker/")
        ? { url: `data:text/javascript,${encodeURIComponent(NO_CONFIGURATION)}`, shortCircuit: true }
        : nextResolve(specifier, context);
    },
  });
  try {
    return await import("graphile-worker");
  } finally {
    hooks.deregister();
  }
}
