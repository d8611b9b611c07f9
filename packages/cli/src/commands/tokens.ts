import { type ApiToken, TOKEN_SCOPES, type TokenScope } from "@trans-hub/core";
import { closestName } from "@trans-hub/core/engine";
import { parseName } from "@trans-hub/core/store";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { examples, parseLocales, required } from "../options.ts";
import { type Output, printable } from "../output.ts";
import { EXIT } from "../report-error.ts";
import { withSession } from "../session.ts";
import { tableOf } from "../table.ts";
import { UsageError } from "../usage-error.ts";

interface CreateOptions {
  projects?: string[] | "*";
  scopes?: TokenScope[];
  locales?: string[];
  expires?: number;
  label?: string;
}

export function define(command: Command, context: CommandContext): void {
  command.description("Tokens for the HTTP API: make, list and revoke them. The database has only their hashes.");
  const create = command
    .command("create")
    .description("Make a token and print it. This is the only time that it is shown.")
    .addOption(
      new Option(
        "--projects <names>",
        "its projects, comma-separated; '*': all of them, and acts on the whole fleet (required)",
      ).argParser(parseProjects),
    )
    .addOption(
      new Option("--scopes <names>", `its rights, comma-separated: ${TOKEN_SCOPES.join(", ")} (required)`).argParser(
        parseScopes,
      ),
    )
    .addOption(
      new Option("--locales <locales>", "only these target locales, comma-separated (default: all)").argParser(
        parseLocales,
      ),
    )
    .addOption(
      new Option("--expires <time>", "how long it lives: 90d, 12h or 30m (default: until it is revoked)").argParser(
        parseLifetime,
      ),
    )
    .option("--label <name>", "the name under which its acts are noted, such as a person's (default: token:<id>)")
    .action((options: CreateOptions) => createToken(create, context, options));
  const list = command
    .command("list")
    .description("List all tokens, the newest first, without the tokens themselves.")
    .action(() => listTokens(list, context));
  const revoke = command
    .command("revoke")
    .description("End a token. Servers refuse it within ten seconds.")
    .argument("<id>", "the id of the token, as `tokens list` shows it")
    .action((id: string) => revokeToken(revoke, context, id));
  examples(
    command,
    "tokens create --projects shop --scopes request,read --expires 90d --json",
    "tokens create --projects shop,blog --scopes read,review --locales fr --label mia@example.com",
    "tokens create --projects '*' --scopes read,operate",
    "tokens list",
    "tokens revoke 4Yx0bPq81kWc",
  );
  command.addHelpText(
    "after",
    `
With roles of limited rights, TH_DATABASE_URL must name the migrator (trans_hub_migrator): neither a worker nor a server can make
a token.`,
  );
}

async function createToken(command: Command, context: CommandContext, options: CreateOptions): Promise<void> {
  const projects = required(options.projects, "--projects");
  const scopes = required(options.scopes, "--scopes");
  const { locales, expires: expiresInSeconds, label } = options;
  if (label !== undefined && (label === "" || Buffer.byteLength(label) > 255)) {
    throw new UsageError("--label must be a name of at most 255 bytes");
  }
  await withSession(command, context, {}, async ({ hub }) => {
    const created = await hub.createToken({ projects, scopes, locales, expiresInSeconds, label });
    // Alone on stdout, so that a pipe takes the token and nothing else.
    await context.output.result(created, () => created.token);
    if (context.output.json) return;
    context.output.note(`The token ${created.id} is shown only now: keep it. It may ${rightsOf(created)}.`);
  });
}

async function listTokens(command: Command, context: CommandContext): Promise<void> {
  await withSession(command, context, {}, async ({ hub }) => {
    const tokens = await hub.listTokens();
    await context.output.result({ tokens }, () => describe(context.output, tokens));
  });
}

async function revokeToken(command: Command, context: CommandContext, id: string): Promise<void> {
  // The message must not repeat a token that stands in the place of its id.
  if (!/^[0-9A-Za-z]{12}$/.test(id)) {
    throw new UsageError("the id of a token has 12 letters and digits", "See `trans-hub tokens list`.");
  }
  await withSession(command, context, {}, async ({ hub }) => {
    const revoked = await hub.revokeToken(id);
    await context.output.result({ revoked }, () => (revoked ? `revoked ${id}` : `there is no token ${id}`));
    if (!revoked) context.exitCode = EXIT.failed;
  });
}

function describe(output: Output, tokens: readonly ApiToken[]): string {
  if (tokens.length === 0) return "no tokens";
  const now = Date.now();
  return tableOf(
    output,
    ["id", "label", "projects", "scopes", "locales", "state", "created", "last used"],
    tokens.map((token) => [
      token.id,
      token.label ?? "-",
      listOf(token.projects),
      token.scopes.join(","),
      listOf(token.locales ?? "*"),
      stateOf(token, now),
      token.createdAt.toISOString().slice(0, 10),
      token.lastUsedOn ?? "never",
    ]),
  );
}

function stateOf({ revokedAt, expiresAt }: ApiToken, now: number): string {
  if (revokedAt !== null) return `revoked ${revokedAt.toISOString().slice(0, 10)}`;
  if (expiresAt === null) return "active";
  const day = expiresAt.toISOString().slice(0, 10);
  return expiresAt.getTime() <= now ? `expired ${day}` : `active until ${day}`;
}

function rightsOf({ projects, scopes, locales, expiresAt }: ApiToken): string {
  const where = projects === "*" ? "every project" : printable(projects.join(", "));
  const into = locales === null ? "" : ` into ${locales.join(", ")}`;
  const until = expiresAt === null ? "" : `, until ${expiresAt.toISOString()}`;
  return `${scopes.join(", ")} in ${where}${into}${until}`;
}

function listOf(names: readonly string[] | "*"): string {
  return typeof names === "string" ? names : names.join(",");
}

function partsOf(value: string): string[] {
  return value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function parseProjects(value: string): string[] | "*" {
  const names = partsOf(value);
  if (names.length === 0) throw new InvalidArgumentError("Name at least one project, or '*' for all of them.");
  if (names.length === 1 && names[0] === "*") return "*";
  if (names.includes("*")) throw new InvalidArgumentError("'*' stands alone: it is every project.");
  for (const name of names) {
    try {
      parseName(name, "project", "TH_PROJECT");
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : "");
    }
  }
  return names;
}

function parseScopes(value: string): TokenScope[] {
  const names = partsOf(value);
  const unknown = names.find((name) => !(TOKEN_SCOPES as readonly string[]).includes(name));
  if (unknown !== undefined) {
    const meant = closestName(unknown, TOKEN_SCOPES);
    throw new InvalidArgumentError(
      meant === undefined ? `Scopes are ${TOKEN_SCOPES.join(", ")}.` : `Did you mean ${meant}?`,
    );
  }
  if (names.length === 0) throw new InvalidArgumentError(`Name at least one of ${TOKEN_SCOPES.join(", ")}.`);
  return names as TokenScope[];
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { m: 60, h: 3_600, d: 86_400 };
const MOST_DAYS = 36_500;

function parseLifetime(value: string): number {
  const [, number, unit = ""] = /^(\d{1,9})([mhd])$/.exec(value) ?? [];
  const seconds = Number(number) * (UNIT_SECONDS[unit] ?? Number.NaN);
  if (seconds > 0 && seconds <= MOST_DAYS * 86_400) return seconds;
  throw new InvalidArgumentError(`Must be a number of days, hours or minutes, such as 90d, 12h or 30m.`);
}
