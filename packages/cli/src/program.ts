/**
 * The tree of commands.
 *
 * A command's module is loaded only when its name is on the command line: `--help` and `get` must not wait for the
 * dependencies of `demo`.
 */
import { Command, CommanderError, Option } from "commander";
import type { CommandContext } from "./command-context.ts";
import { UsageError } from "./usage-error.ts";

/** Adds arguments, options and the action to a command. */
type Define = (command: Command, context: CommandContext) => void;

interface CommandEntry {
  summary: string;
  load(): Promise<{ define: Define }>;
}

const COMMANDS: Record<string, CommandEntry> = {
  migrate: { summary: "migrate the database to this release", load: () => import("./commands/migrate.ts") },
  roles: { summary: "create database roles with limited rights", load: () => import("./commands/roles.ts") },
  request: { summary: "register texts for translation", load: () => import("./commands/request.ts") },
  worker: { summary: "translate registered texts", load: () => import("./commands/worker.ts") },
  serve: { summary: "answer the HTTP API", load: () => import("./commands/serve.ts") },
  get: { summary: "read one translation", load: () => import("./commands/get.ts") },
  export: { summary: "stream every translation as JSON lines", load: () => import("./commands/export.ts") },
  translate: { summary: "translate catalog files, as in CI", load: () => import("./commands/translate.ts") },
  init: { summary: "find the catalogs of this folder and configure them", load: () => import("./commands/init.ts") },
  lock: { summary: "join lock files, adopt values of unknown age", load: () => import("./commands/lock.ts") },
  import: { summary: "store people's texts of catalog files", load: () => import("./commands/import.ts") },
  check: { summary: "judge translations that exist", load: () => import("./commands/check.ts") },
  quality: { summary: "measure how an engine keeps syntax", load: () => import("./commands/quality.ts") },
  status: { summary: "count finished, waiting and running work", load: () => import("./commands/status.ts") },
  usage: { summary: "account for engine calls and their cost", load: () => import("./commands/usage.ts") },
  estimate: { summary: "estimate what the waiting texts would cost", load: () => import("./commands/estimate.ts") },
  events: { summary: "follow what changes in the store", load: () => import("./commands/events.ts") },
  "dead-letters": {
    summary: "list, replay or purge failed texts",
    load: () => import("./commands/dead-letters.ts"),
  },
  why: { summary: "tell one translation's whole story", load: () => import("./commands/why.ts") },
  approve: { summary: "approve a translation as a person", load: () => import("./commands/approve.ts") },
  memory: { summary: "search, import and export what people translated", load: () => import("./commands/memory.ts") },
  review: { summary: "list, decide and undo as a reviewer", load: () => import("./commands/review.ts") },
  pause: { summary: "pause an engine, project or locale, or all work", load: () => import("./commands/pause.ts") },
  resume: { summary: "end a pause", load: () => import("./commands/resume.ts") },
  glossary: {
    summary: "the words that a project's translations keep to",
    load: () => import("./commands/glossary.ts"),
  },
  style: { summary: "the manner of a project's translations", load: () => import("./commands/style.ts") },
  budget: { summary: "limit what a project may spend", load: () => import("./commands/budget.ts") },
  webhooks: { summary: "tell other programs of changes", load: () => import("./commands/webhooks.ts") },
  cancel: { summary: "cancel waiting translations", load: () => import("./commands/cancel.ts") },
  forget: { summary: "remove a text from every table", load: () => import("./commands/forget.ts") },
  gc: { summary: "remove texts that are no longer used", load: () => import("./commands/gc.ts") },
  doctor: {
    summary: "check that the installation is ready for production",
    load: () => import("./commands/doctor.ts"),
  },
  tokens: { summary: "make, list and revoke tokens for the HTTP API", load: () => import("./commands/tokens.ts") },
  dev: { summary: "run database, migrations and a worker in one process", load: () => import("./commands/dev.ts") },
  demo: { summary: "translate a sample web shop into three languages", load: () => import("./commands/demo.ts") },
};

const HELP_AFTER = `
Examples:
  $ trans-hub demo
  $ trans-hub migrate
  $ trans-hub request "Add to cart" --from en --to fr,de
  $ trans-hub worker
  $ trans-hub get "Add to cart" --from en --to fr

The database is TH_DATABASE_URL; if that is not set, DATABASE_URL; otherwise an embedded PostgreSQL in .trans-hub/.
Exit codes: 0 done, 1 failed, 2 wrong usage or setting, 3 nothing to show,
            4 incomplete: run the same command again, 130 interrupted.`;

/**
 * Runs the command that `argv` (without node and script) names.
 *
 * @throws {UsageError} The command line is wrong.
 */
export async function runProgram(argv: string[], version: string, context: CommandContext): Promise<void> {
  const program = createProgram(version, context);
  for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
    const command = program.command(name).summary(summary).description(sentence(summary));
    // A text that happens to be a command's name loads one module too many, which does no harm.
    if (argv.includes(name)) (await load()).define(command, context);
  }
  if (argv.length === 0) {
    program.outputHelp({ error: true });
    throw new UsageError("no command was given", "See the list above; `trans-hub demo` shows an example.");
  }
  try {
    await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw usageError(error);
  }
}

function createProgram(version: string, context: CommandContext): Command {
  return (
    new Command("trans-hub")
      .description("Register texts with one durable write; a fleet of workers translates them.")
      .version(version, "-V, --version", "print the version")
      .option("--json", "one JSON object on one line of stdout")
      .option("--embedded", "use the embedded PostgreSQL, even if a database is set")
      .addOption(new Option("--migrate", "migrate the database to this release first"))
      .helpCommand("help [command]", "show a command's options and examples")
      .configureHelp({ showGlobalOptions: true })
      .addHelpText("after", HELP_AFTER)
      .exitOverride()
      // Errors are reported in one place, in the form that --json asks for.
      .configureOutput({
        outputError: () => undefined,
        getOutHasColors: () => context.output.colors.isColorSupported,
      })
  );
}

/** Commander says `error: …`, sometimes with a suggestion on the next line. */
function usageError({ message, code }: CommanderError): UsageError {
  const [first = "", ...rest] = message.replace(/^error: /, "").split("\n");
  const meant = rest.join(" ").replace(/^\((.*)\)$/, "$1");
  if (code === "commander.help") return new UsageError("a subcommand is missing", "See the list above.");
  return new UsageError(first, meant === "" ? "Add --help for the accepted options." : meant);
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}
