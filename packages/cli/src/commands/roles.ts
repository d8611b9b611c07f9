import { join } from "node:path";
import { createRoles, ROLE_KINDS, type RoleKind, type RolesReport } from "@trans-hub/core/operations";
import type { Command } from "commander";
import type { CommandContext, GlobalOptions } from "../command-context.ts";
import { CONNECT_TIMEOUT_MS, openDatabase } from "../database.ts";
import { readTextFile, type UnreadableFileError } from "../input/regular-file.ts";
import { examples, parseLocales } from "../options.ts";
import { readSettings } from "../session.ts";
import { UsageError } from "../usage-error.ts";

interface RolesOptions {
  prefix: string;
  passwordFiles?: string;
  reviewerLocales?: string[];
  dryRun?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command.description(
    "Database roles with only the rights that they need: migrator, producer, worker, reader, server and reviewer.",
  );
  const create = command
    .command("create")
    .description(
      "Create the roles, or correct the rights of existing ones. Safe to run again at any time, beside a running fleet.",
    )
    .option("--prefix <prefix>", "prefix of the role names", "trans_hub")
    .option(
      "--password-files <folder>",
      "set passwords from the files migrator, producer, worker, reader, server and reviewer in this folder",
    )
    .option(
      "--reviewer-locales <list>",
      "the target locales in which the reviewer may review, such as fr,de; *: every one",
      parseReviewerLocales,
    )
    .option("--dry-run", "print the SQL, and change nothing")
    .action((options: RolesOptions) => createAll(create, context, options));
  examples(
    command,
    "roles create --migrate",
    "roles create --dry-run",
    "roles create --password-files /run/secrets/roles",
    "roles create --reviewer-locales fr,de",
  );
  command.addHelpText(
    "after",
    `
TH_DATABASE_URL must name a superuser, or a role with CREATEROLE that owns the database. The tables and functions to grant
exist after the first migration; with --migrate, this command also migrates.`,
  );
}

async function createAll(
  command: Command,
  context: CommandContext,
  { prefix, passwordFiles, reviewerLocales, dryRun = false }: RolesOptions,
): Promise<void> {
  const globals = command.optsWithGlobals<GlobalOptions>();
  const passwords = passwordFiles === undefined ? {} : readPasswords(passwordFiles);
  const database = await openDatabase(context, readSettings(context), globals);
  try {
    const report = await createRoles({
      databaseUrl: database.databaseUrl,
      directUrl: database.directUrl,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      prefix,
      passwords,
      ...(reviewerLocales !== undefined && { reviewerLocales }),
      dryRun,
      migrate: globals.migrate,
    });
    await context.output.result(report, () =>
      dryRun ? report.statements.map((statement) => `${statement};`).join("\n") : describe(report, passwords),
    );
  } finally {
    await database.close();
  }
}

function parseReviewerLocales(value: string, before?: readonly string[]): string[] {
  return value.trim() === "*" ? ["*"] : parseLocales(value, before);
}

const MAX_PASSWORD_BYTES = 1_048_576;

/** @throws {UsageError} The folder has none of the files, or has an unreadable one. */
function readPasswords(folder: string): Partial<Record<RoleKind, string>> {
  const passwords: Partial<Record<RoleKind, string>> = {};
  for (const kind of ROLE_KINDS) {
    try {
      passwords[kind] = readTextFile(join(folder, kind), MAX_PASSWORD_BYTES).replace(/[\r\n]+$/, "");
    } catch (error) {
      const { code, problem } = error as UnreadableFileError;
      if (code !== "ENOENT") throw new UsageError(`the password file ${join(folder, kind)} ${problem}`);
    }
  }
  if (Object.keys(passwords).length > 0) return passwords;
  throw new UsageError(`no password file is in ${folder}`, `Name them ${ROLE_KINDS.join(", ")}.`);
}

function describe(
  { roles, created, complete }: RolesReport,
  passwords: Readonly<Partial<Record<RoleKind, string>>>,
): string {
  const silent = ROLE_KINDS.filter((kind) => created.includes(roles[kind]) && passwords[kind] === undefined);
  return [
    ...[roles.owner, ...ROLE_KINDS.map((kind) => roles[kind])].map(
      (name) => `${created.includes(name) ? "created:" : "updated:"} ${name}`,
    ),
    ...(silent.length > 0
      ? [
          `without a password: ${silent.map((kind) => roles[kind]).join(", ")}; in psql: \\password ${roles[silent[0] ?? "worker"]}`,
        ]
      : []),
    ...(complete
      ? []
      : [`not migrated yet: run trans-hub migrate as ${roles.migrator}, then this again (or add --migrate)`]),
  ].join("\n");
}
