/** Catalogs whose texts are in a database: this process opens it, and translates with its own engines beside any fleet. */
import { existsSync } from "node:fs";
import type { Coordinator } from "@trans-hub/core";
import { chainFor, type Engine } from "@trans-hub/core/engine";
import {
  DatabaseUnavailableError,
  estimateCalls,
  mayAsk,
  type PersistenceHandler,
  priceTable,
  SchemaMissingError,
} from "@trans-hub/core/store";
import type { Command } from "commander";
import type { CommandContext, GlobalOptions } from "../command-context.ts";
import { usesEmbedded } from "../database.ts";
import { printable } from "../output.ts";
import { withSession } from "../session.ts";
import type { Settings } from "../settings/settings.ts";
import type { CatalogService, CatalogStore, EstimatedCalls, TextsToEstimate } from "./catalog-store.ts";
import { refuseUnserved } from "./unserved.ts";

export interface DatabaseServiceOptions {
  command: Command;
  context: CommandContext;
  settings: Settings;
  /** Empty: the texts are left to the fleet, or none is registered. */
  engines: readonly Engine[];
}

export function databaseService({ command, context, settings, engines }: DatabaseServiceOptions): CatalogService {
  const { prices } = settings;
  return {
    engines,
    // Without a worker no engine is loaded, and one of a file is known by its path alone.
    engineNames: engines.length > 0 ? engines.map(({ name }) => name) : settings.engines,
    maxTextBytes: settings.maxTextBytes,
    prices: prices && { currency: prices.currency, asOf: prices.asOf },
    settles: engines.length > 0,
    refuseUnserved: (project, locales) => refuseUnserved(engines, settings.projectEngines, project, locales),
    estimate: async (asked) => estimateHere(asked, engines, settings),
    withStore: (subject, work) =>
      withSession(command, context, { settings, engines, ...subject }, ({ hub, handler }) =>
        work(storeOf({ hub, handler, engines, settings, project: subject.project })),
      ),
    async lookAtStore(subject, work) {
      // An embedded database is not made for a look.
      const isEmbedded = usesEmbedded(settings, command.optsWithGlobals<GlobalOptions>());
      if (isEmbedded && !(await hasEmbeddedData(context, settings))) return undefined;
      try {
        return await this.withStore(subject, work);
      } catch (error) {
        if (!(error instanceof DatabaseUnavailableError || error instanceof SchemaMissingError)) throw error;
        context.output.note(`${printable(error.message)}; the answer is that of the files and the lock alone`);
        return undefined;
      }
    },
  };
}

async function hasEmbeddedData({ cwd }: CommandContext, { dataDir }: Pick<Settings, "dataDir">): Promise<boolean> {
  const embedded = await import("@trans-hub/embedded").catch(() => undefined);
  return embedded !== undefined && existsSync(embedded.findDataDir(cwd, dataDir));
}

function estimateHere(
  { project, sourceLocale, targetLocale, texts }: TextsToEstimate,
  engines: readonly Engine[],
  { batchSize, instructions, prices, projectEngines }: Settings,
): EstimatedCalls | undefined {
  const [engine] = chainFor(engines, targetLocale).filter((each) => mayAsk(projectEngines, project, each));
  if (engine === undefined) return undefined;
  const options = {
    project,
    sourceLocale,
    targetLocale,
    batchSize,
    instructions,
    prices: prices && priceTable(prices),
  };
  return { engine: engine.name, estimate: estimateCalls(engine, texts, options) };
}

interface OpenStore {
  hub: Coordinator;
  handler: PersistenceHandler;
  engines: readonly Engine[];
  settings: Settings;
  project: string;
}

function storeOf({ hub, handler, engines, settings, project }: OpenStore): CatalogStore {
  return {
    getTranslations: (names, options) => hub.getTranslations(names, options),
    request: (items, { tag }) => hub.request(items, { priority: "interactive", ...(tag !== undefined && { tag }) }),
    approve: (query) => hub.approve(query),
    contribute: (contributions) => handler.contribute(contributions),
    list: (query) => hub.listTranslations(query),
    counts: async () => (await hub.status({ project })).locales,
    async settle({ open, locales, signal, onLook, tell }) {
      // The worker's own modules are loaded only where this process works.
      const { workOwn } = await import("../translate/work-own.ts");
      return workOwn({
        ...{ handler, engines, settings, project, locales, signal, tell },
        remaining: async () => {
          const left = await open.readOpen();
          onLook(left);
          return left;
        },
        leftLocales: () => open.openLocales,
      });
    },
  };
}
