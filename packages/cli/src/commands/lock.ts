import { resolve } from "node:path";
import { CatalogError } from "@trans-hub/core/operations";
import type { Command } from "commander";
import { type Lock, readLockFile, writeLockFile } from "../catalog/lock-file.ts";
import { mergedLock } from "../catalog/lock-merge.ts";
import type { CommandContext } from "../command-context.ts";
import { adoptValues } from "../init/adopt.ts";
import { examples } from "../options.ts";
import { countOf } from "../output.ts";
import { EXIT } from "../report-error.ts";
import { readSettings } from "../session.ts";
import { type JobOptions, readJob, withJobOptions } from "../translate/job.ts";
import { type OnlyKeys, parseOnlyKeys } from "../translate/only-keys.ts";

export function define(command: Command, context: CommandContext): void {
  command.description("Join the lock files of two branches, or say that values of unknown age fit their source.");
  command
    .command("merge")
    .description("Join two lock files by key: git's merge driver. The result is written to <ours>.")
    .argument("<base>", "the file that both began with (%O)")
    .argument("<ours>", "the file of this branch (%A)")
    .argument("<theirs>", "the file of the other branch (%B)")
    .action((base: string, ours: string, theirs: string) => merge(context, { base, ours, theirs }));
  withJobOptions(command.command("adopt"))
    .description(
      "Say that the values of unknown age in target files fit the present source. They become people's values.",
    )
    .option("--stale", "also the values whose source changed, a person's or not: they fit the changed source")
    .option("--only <keys>", "only these keys, comma-separated, such as 'cart.*,title'", parseOnlyKeys)
    .action((files: string[], options: AdoptOptions) => adopt(context, files, options));
  examples(
    command,
    "lock adopt",
    "lock adopt --stale --only cart.title --to fr",
    "lock adopt locales/en.json --to fr --out 'locales/{locale}.json'",
    "lock merge %O %A %B",
  );
  command.addHelpText(
    "after",
    `
As git's driver: put "trans-hub.lock merge=trans-hub" into .gitattributes, and run
  git config merge.trans-hub.driver 'npx trans-hub lock merge %O %A %B'
Without it, a lock with the marks of a merge is read by key, and the next translate writes it whole.`,
  );
}

interface AdoptOptions extends JobOptions {
  stale?: boolean;
  only?: OnlyKeys;
}

async function adopt(context: CommandContext, sources: string[], options: AdoptOptions): Promise<void> {
  const { cwd, output, signal } = context;
  const { stale = false, only } = options;
  const { targets, from, lockFile } = await readJob(sources, options, cwd);
  const sourceLocale = from ?? readSettings(context).sourceLocale;
  const { lock, damage } = await readLockFile(lockFile);
  if (damage !== undefined) output.warn(`${lockFile} was damaged (${damage}), and is written anew`);
  const {
    lock: adopted,
    files,
    outdated,
    faulty,
  } = await adoptValues({
    ...{ targets, sourceLocale, lockFile, lock, stale, signal },
    only: only?.matches,
  });
  for (const line of new Set(faulty.map(({ error }) => error.message))) output.warn(line);
  if (faulty.length > 0) context.exitCode = EXIT.failed;
  if (damage !== undefined || files.length > 0) await writeLockFile(lockFile, adopted);
  if (outdated > 0) {
    const are = outdated === 1 ? "is" : "are";
    output.note(
      `${countOf(outdated, "value")} whose source changed ${are} left; --stale says that they fit, --only names some.`,
    );
  }
  const count = files.reduce((sum, each) => sum + each.adopted, 0);
  await output.result({ adopted: count, files }, () => {
    const lines = files.map(({ file, adopted: own }) => `${file}: ${countOf(own, "value")}`);
    return [...lines, `${count} adopted`].join("\n");
  });
}

interface Sides {
  base: string;
  ours: string;
  theirs: string;
}

/** @throws {CatalogError} A side is damaged: git then leaves the file to a person. */
async function merge({ cwd, output }: CommandContext, sides: Sides): Promise<void> {
  const [base, ours, theirs] = await Promise.all([
    sideOf(resolve(cwd, sides.base)),
    sideOf(resolve(cwd, sides.ours)),
    sideOf(resolve(cwd, sides.theirs)),
  ]);
  const merged = mergedLock(ours, theirs, base);
  await writeLockFile(resolve(cwd, sides.ours), merged);
  const values = [...merged.values()].flatMap((entries) => [...entries.values()]);
  const report = { values: values.length, both: values.filter(({ others }) => others !== undefined).length };
  await output.result(report, () => {
    const both = report.both === 0 ? "" : `, ${report.both} of them as both branches say`;
    return `${report.values} values${both}`;
  });
}

async function sideOf(file: string): Promise<Lock> {
  const { lock, damage } = await readLockFile(file);
  if (damage === undefined) return lock;
  throw new CatalogError(file, `is no lock: ${damage}`, { hint: "Take one branch's file whole, or restore it." });
}
