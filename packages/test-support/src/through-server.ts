/**
 * The commands about catalogs behind a server instead of on a database: a real `trans-hub serve` and a real worker stand beside
 * them, and they get an address and no database.
 *
 * A file of tests goes through it by `goThroughServer()` before it imports the tests of others
 * (`test/acceptance/through-server.test.ts`).
 */
import { type CommandOptions, type Commands, changed, type Running } from "./command.ts";

export function goThroughServer(): void {
  changed.by = throughServer;
}

/** Whether the tests of this file go through a server. */
export const goesThroughServer = (): boolean => changed.by !== undefined;

/** Settings that a command behind a server still reads by itself. */
const OWN_SETTINGS = new Set(["TH_PROJECT", "TH_SOURCE_LOCALE", "TH_LOG_LEVEL"]);

interface Fleet {
  /** The settings of its members. */
  key: string;
  url: string;
  members: readonly Running[];
}

/**
 * Commands of which those about catalogs go through a server. The server and the worker have the settings of the command, and are
 * replaced when these change.
 *
 * @param env The settings of every command, with the database.
 */
function throughServer(commands: Commands, env: Readonly<Record<string, string>>): Commands {
  let fleet: Promise<Fleet> | undefined;
  const fleetFor = async (own: Record<string, string>): Promise<Fleet> => {
    const key = JSON.stringify(Object.entries(own).sort());
    const before = await fleet;
    if (before?.key === key) return before;
    for (const member of before?.members ?? []) member.kill("SIGTERM");
    await Promise.all(before?.members.map((member) => member.ended()) ?? []);
    fleet = startFleet(commands, own, key);
    return fleet;
  };
  const behind = async (options: CommandOptions = {}): Promise<CommandOptions> => {
    const own = { ...env, ...options.env };
    const { url } = await fleetFor(own);
    const kept = Object.entries(own).filter(([name]) => !name.startsWith("TH_") || OWN_SETTINGS.has(name));
    return { ...options, env: { ...BARE, ...Object.fromEntries(kept), TH_SERVER: url } };
  };
  return {
    ...commands,
    run: async (args, options) =>
      goesThrough(args) ? commands.run(withoutName(args), await behind(options)) : commands.run(args, options),
    json: async (args, options) => {
      if (!goesThrough(args)) return commands.json(args, options);
      return commands.json(withoutName(args), { ...options, ...(await behind(options)) });
    },
  };
}

/** An empty value counts as unset, and hides that of every command. */
const BARE = { TH_DATABASE_URL: "", TH_ENGINES: "" };

function goesThrough([name = "", ...args]: readonly string[]): boolean {
  if (name === "translate") return !args.includes("--check") && !args.includes("--engine");
  return name === "import" || name === "estimate" || (name === "check" && args.includes("--stored"));
}

/** Behind a server, the person is the one that the token stands for. */
function withoutName(args: readonly string[]): string[] {
  const at = args.indexOf("--by");
  return args.filter((_, place) => at === -1 || (place !== at && place !== at + 1));
}

export async function startFleet(commands: Commands, own: Record<string, string>, key = ""): Promise<Fleet> {
  const [server, worker] = [
    commands.start(["serve", "--port", "0", "--json"], { env: own }),
    commands.start(["worker"], { env: own }),
  ];
  await Promise.all([server.says(/server\.listening/), worker.says(/worker\.ready/)]);
  return { key, url: urlOf(server), members: [server, worker] };
}

/** The address on which a server said that it listens. */
export function urlOf({ stdout, stderr }: Running): string {
  const [, port] = /"port":(\d+)/.exec(stdout + stderr) ?? [];
  if (port === undefined) throw new Error("the server named no port");
  return `http://127.0.0.1:${port}`;
}
