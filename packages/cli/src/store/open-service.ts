/** Chooses where the texts of a command about catalogs are: behind a server where one is named, else in a database. */
import type { Engine } from "@trans-hub/core/engine";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { CommandContext, GlobalOptions } from "../command-context.ts";
import { readServerUrl } from "../settings/setting-kinds.ts";
import type { Settings } from "../settings/settings.ts";
import { UsageError } from "../usage-error.ts";
import type { CatalogService } from "./catalog-store.ts";

export interface ServerOptions {
  /** The address of a server. Default: the setting. */
  server?: string | undefined;
  /** Whether a token may go to another machine over http://. */
  insecure?: boolean | undefined;
}

/** The options by which a command reaches a server instead of a database. */
export function withServerOptions(command: Command): Command {
  return command
    .option(
      "--server <url>",
      "use this server of Trans-Hub instead of a database, with TH_TOKEN (default: TH_SERVER)",
      parseServer,
    )
    .addOption(
      new Option("--insecure", "send the token to another machine over http:// too, readable for the network"),
    );
}

function parseServer(value: string): string {
  const url = readServerUrl(value);
  if (url !== undefined) return url;
  throw new InvalidArgumentError(
    "It must be an http:// or https:// URL without a name, a password, a query or a fragment.",
  );
}

export interface OpenServiceOptions {
  command: Command;
  context: CommandContext;
  settings: Settings;
  project: string;
  /** The options of the command. */
  options: ServerOptions & OnlyHere;
  /**
   * The engines that the command needs of this process where it has a database: `files`, to fill files; `texts`, to look at
   * texts; `none`.
   */
  engines: "files" | "texts" | "none";
  /** Whether a run waits until its texts are settled. Default: true. */
  settles?: boolean | undefined;
  /** Whether the command only looks, so that it has an answer without the store. Default: false. */
  isLook?: boolean | undefined;
}

/** Options for this process alone: behind a server, the fleet and the token say it. */
interface OnlyHere {
  engine?: unknown;
  by?: string | undefined;
}

/**
 * @throws {UsageError | SettingsError} An option contradicts another, or the address would send the token in the clear.
 * @throws {EngineNotFoundError | EngineConfigError} An engine cannot be made.
 * @throws {ServerUnavailableError | ServerRefusedError} The server does not answer, or refuses the token.
 */
export async function openService(given: OpenServiceOptions): Promise<CatalogService> {
  const { command, context, settings, project, options, engines } = given;
  const global = command.optsWithGlobals<GlobalOptions>();
  // The command line is stronger than the environment.
  const url = options.server ?? (global.embedded === true ? undefined : settings.server);
  if (url === undefined) {
    const { databaseService } = await import("./database-service.ts");
    return databaseService({ command, context, settings, engines: await enginesHere(given, engines) });
  }
  refuseOnlyHere(options, global);
  const { serverService } = await import("./server-service.ts");
  const { settles = true, isLook = false } = given;
  const isInsecure = options.insecure === true;
  return serverService({
    url,
    context,
    token: settings.token,
    project,
    sourceLocale: settings.sourceLocale,
    settles,
    isLook,
    isInsecure,
  });
}

function refuseOnlyHere({ engine, by }: OnlyHere, { embedded, migrate }: GlobalOptions): void {
  if (embedded === true) throw excluded("--embedded", "A server has its own database.");
  if (migrate === true) throw excluded("--migrate", "Migrate where the database is: trans-hub migrate.");
  if (engine !== undefined) throw excluded("--engine", "The workers behind the server have their own TH_ENGINES.");
  if (by !== undefined) throw excluded("--by", "The server records the name that the token stands for.");
}

function excluded(flag: string, reason: string): UsageError {
  return new UsageError(
    `${flag} and a server exclude each other`,
    `${reason} Leave ${flag} out, or --server and TH_SERVER.`,
  );
}

async function enginesHere(
  { command, context, settings, settles = true }: OpenServiceOptions,
  engines: OpenServiceOptions["engines"],
): Promise<readonly Engine[]> {
  if (engines === "none" || !settles) return [];
  const { enginesForFiles, enginesToTranslateWith } = await import("../engines.ts");
  if (engines === "files") return enginesForFiles(settings, context);
  return enginesToTranslateWith(settings, context, command.optsWithGlobals<GlobalOptions>());
}
