import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { readLockFile, writeLockFile } from "../catalog/lock-file.ts";
import { writeFileByRename } from "../catalog/write-file.ts";
import type { CommandContext } from "../command-context.ts";
import { checkedConfig } from "../config/config.ts";
import type { Config } from "../config/config-types.ts";
import { CONFIG_FILES, KEY } from "../config/load-config.ts";
import { confirm } from "../confirm.ts";
import { type Adoption, adoptValues } from "../init/adopt.ts";
import { configOf } from "../init/config-of.ts";
import { findProject, type Project } from "../init/project.ts";
import { formatNameOf } from "../look/read-catalogs.ts";
import { examples, parseLocales, parseOneLocale } from "../options.ts";
import { countOf, firstOf, type Output, printable } from "../output.ts";
import { configuredFiles } from "../translate/configured-files.ts";
import { UsageError } from "../usage-error.ts";

interface InitOptions {
  yes?: boolean;
  from?: string;
  to?: string[];
  ts?: boolean;
  force?: boolean;
}

const LOCK = "trans-hub.lock";

export function define(command: Command, context: CommandContext): void {
  command
    .description("Find the catalogs of this folder, and write the configuration for them.")
    .option("--yes", "write the files without asking")
    .option("--from <locale>", "locale of the source files (default: that of most files)", (value: string) =>
      parseOneLocale(value),
    )
    .option("--to <locales>", "target locales besides those that have files, comma-separated", parseLocales)
    .option("--ts", "write trans-hub.config.ts instead of trans-hub.config.json")
    .option("--force", "replace a configuration that exists")
    .action((options: InitOptions) => init(context, options));
  examples(command, "init", "init --yes --to fr,de", "init --yes --json");
  command.addHelpText(
    "after",
    `
Catalogs are found by the names of files, as with \`trans-hub check .\`. The values that stand in the target files are
entered into ${LOCK} as people's texts of the present sources: \`trans-hub translate\` never replaces them. Commit both
files. With --json: {"config","files":[{"in","out","format"}],"source","targets","lock","adopted","same","leftOut"}.`,
  );
}

async function init(context: CommandContext, options: InitOptions): Promise<void> {
  const { cwd, output, signal } = context;
  const { from, to = [], ts = false, force = false } = options;
  const file = ts ? "trans-hub.config.ts" : "trans-hub.config.json";
  refusePresentConfig(cwd, file, force);
  const project = await findProject({ cwd, sourceLocale: from, signal });
  if (project.files.length === 0) throw nothingFound(project);
  const { config, sources } = configOf(project, to);
  if (config.targets.length === 0) {
    throw new UsageError("no target locale was found", "Name the locales to translate into, such as --to fr,de.");
  }
  const targets = configuredFiles(checkedConfig(file, cwd, config), { cwd });
  const { lock } = await readLockFile(LOCK);
  const adoption = await adoptValues({ targets, sourceLocale: config.source, lockFile: LOCK, lock, signal });
  const { adopted } = adoption;
  if (!output.json) await output.line(printable(described(project, config)));
  tell(project, adoption, output);
  const entering = adopted > 0 ? ` and enter ${countOf(adopted, "value")} into ${LOCK}` : "";
  if (!(await confirm(context, `write ${file}${entering}`, options.yes))) return;
  // The lock comes first: with a configuration alone, a run would not know the values.
  if (adopted > 0) await writeLockFile(LOCK, adoption.lock);
  await writeFileByRename(join(cwd, file), contentOf(config, ts));
  const files: object[] = [];
  for (const [at, { in: source, out }] of config.files.entries()) {
    files.push({
      in: source,
      ...(out !== undefined && { out }),
      format: await formatNameOf(sources[at] ?? source),
    });
  }
  const { source, targets: locales } = config;
  await output.result(
    {
      config: file,
      files,
      source,
      targets: locales,
      lock: LOCK,
      adopted,
      same: adoption.same.length,
      leftOut: project.leftOut,
    },
    () =>
      `wrote ${file}${adopted > 0 ? ` and ${LOCK}` : ""}; \`trans-hub translate\` does the rest, with TH_ENGINES or --engine`,
  );
}

/** @throws {UsageError} The folder has a configuration that is not to be replaced. */
function refusePresentConfig(cwd: string, file: string, force: boolean): void {
  const present = CONFIG_FILES.filter((name) => existsSync(join(cwd, name)));
  if (isInManifest(cwd)) present.push(`the key "${KEY}" in package.json`);
  const [other] = present.filter((name) => name !== file);
  if (other !== undefined) throw new UsageError(`${other} configures this folder`, "Remove it to write another one.");
  if (present.length > 0 && !force) {
    throw new UsageError(`${file} exists already`, "Add --force to replace it.");
  }
}

function isInManifest(cwd: string): boolean {
  try {
    return KEY in JSON.parse(readFileSync(join(cwd, "package.json"), "utf8"));
  } catch {
    return false;
  }
}

function nothingFound({ leftOut, sourceLocale }: Project): UsageError {
  const [first] = leftOut;
  if (first === undefined) {
    return new UsageError(
      "no catalogs were found in this folder",
      "docs/catalogs.md tells the names of files that are found.",
    );
  }
  return new UsageError(
    `no catalog has a place in a configuration with the source locale ${sourceLocale}: ${first.path} ${first.reason}`,
    "Name the locale of the sources by --from.",
  );
}

function described({ files, sourceLocale }: Project, { files: entries, targets }: Config): string {
  const list = entries.map(({ in: source, out, syntax }) => {
    return `  ${source} → ${out ?? "(the same file)"}${syntax === undefined ? "" : `, ${syntax}`}`;
  });
  const heading = `${countOf(files.length, "catalog")} in ${sourceLocale}, into ${targets.join(", ")}:`;
  return [heading, ...firstOf(list, LISTED)].join("\n");
}

const LISTED = 30;

function tell({ leftOut }: Project, { adopted, same, faulty }: Adoption, output: Output): void {
  if (adopted > 0)
    output.note(`${countOf(adopted, "value")} of target files will be known as people's, and as current.`);
  if (same.length > 0) {
    output.note(
      `${same.length} of them ${same.length === 1 ? "equals its" : "equal their"} source. Delete those that were never translated: a person's value is kept.`,
    );
    for (const line of firstOf(same)) output.note(printable(`  ${line}`));
  }
  const lines = [
    ...leftOut.map(({ path, reason }) => `${path} is left out: ${reason}`),
    ...new Set(faulty.map(({ error }) => error.message)),
  ];
  for (const line of firstOf(lines)) output.warn(line);
}

function contentOf(config: Config, ts: boolean): string {
  const json = JSON.stringify(config, null, 2).replaceAll(/\[\s+((?:"[^"\n]*",?\s+)+)\]/g, (_, list: string) => {
    return `[${list.trim().replaceAll(/\s+/g, " ")}]`;
  });
  return ts ? `export default ${json};\n` : `${json}\n`;
}
