/**
 * Checks the licence of every installed package, and keeps docs/licences.md in step with the shipped ones.
 *
 *     node scripts/licences.ts            # exit code 1 when one is not allowed, or the page is out of date
 *     node scripts/licences.ts --write    # writes the page
 *
 * Reads only node_modules, so it works without a network.
 */
import { existsSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "..");
const PAGE = join(ROOT, "docs/licences.md");

/** Licences that require no more than a notice. */
const ALLOWED = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "MIT",
  "PostgreSQL",
  "Python-2.0",
  "Unlicense",
]);

/** Licences of tools that are used and not shipped: they do not extend to the tools' output. */
const ALLOWED_FOR_TOOLS = new Set([...ALLOWED, "MPL-2.0"]);

interface Package {
  name: string;
  licence: string;
  folder: string;
}

interface Manifest {
  name?: string;
  license?: string | { type?: string };
  /** Set by packages with binaries for one system: the installed ones differ between systems. */
  os?: string[];
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}

function packageAt(folder: string): Package {
  const { name = folder, license = "none" } = manifestOf(folder);
  return { name, licence: typeof license === "string" ? license : (license.type ?? "none"), folder };
}

/** The packages that an installation of ours includes: their dependencies, all the way down, without peers. */
function shipped(): Package[] {
  const own = readdirSync(join(ROOT, "packages")).map((name) => join(ROOT, "packages", name));
  const found = new Map<string, Package>();
  const visit = (folder: string) => {
    const { dependencies, optionalDependencies } = manifestOf(folder);
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const at = resolvePackage(name, folder);
      if (at === undefined || found.has(at)) continue;
      found.set(at, packageAt(at));
      visit(at);
    }
  };
  for (const folder of own) visit(folder);
  return [...found.values()].filter(({ folder }) => !folder.startsWith(join(ROOT, "packages")));
}

/** Resolves like Node. Undefined: optional, and not for this system. */
function resolvePackage(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const at = join(folder, "node_modules", name);
    if (existsSync(join(at, "package.json"))) return realpathSync(at);
    if (folder === dirname(folder)) return undefined;
  }
}

function installed(): Package[] {
  const store = join(ROOT, "node_modules/.pnpm");
  return readdirSync(store)
    .map((entry) => join(store, entry, "node_modules"))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder).flatMap((name) =>
        name.startsWith("@")
          ? readdirSync(join(folder, name)).map((inner) => join(folder, name, inner))
          : join(folder, name),
      ),
    )
    .filter((folder) => existsSync(join(folder, "package.json")) && realpathSync(folder) === folder)
    .map(packageAt);
}

/** `(MIT OR Apache-2.0)` needs one of the two to be allowed, `MIT AND ISC` both. */
function isAllowed(licence: string, allowed: ReadonlySet<string>): boolean {
  return licence
    .replaceAll(/[()]/g, "")
    .split(/ AND /i)
    .every((part) => part.split(/ OR /i).some((each) => allowed.has(each.trim())));
}

function page(packages: readonly Package[]): string {
  const rows = new Set(
    packages
      .filter(({ folder }) => manifestOf(folder).os === undefined)
      .sort((one, other) => (one.name < other.name ? -1 : 1))
      .map(({ name, licence }) => `| \`${name}\` | ${licence} |`),
  );
  return `# Licences

Trans-Hub is under the [MIT licence](../LICENSE). Its packages depend on the packages below, directly or indirectly.
\`npm run check\` compares this list with the installed packages, and refuses any licence that requires more than a notice.
\`@trans-hub/embedded\`, which production images leave out, also contains PostgreSQL's own binaries, under the PostgreSQL
licence.

| package | licence |
|---|---|
${[...rows].join("\n")}
`;
}

const toShip = shipped();
const refused = [
  ...toShip.filter(({ licence }) => !isAllowed(licence, ALLOWED)),
  ...installed().filter(({ licence }) => !isAllowed(licence, ALLOWED_FOR_TOOLS)),
];
for (const { name, licence } of refused) console.error(`The licence of ${name} is not allowed: ${licence}`);
if (refused.length > 0) process.exitCode = 1;
if (process.argv.includes("--write")) writeFileSync(PAGE, page(toShip));
else if (!existsSync(PAGE) || readFileSync(PAGE, "utf8") !== page(toShip)) {
  console.error("docs/licences.md is out of date: node scripts/licences.ts --write");
  process.exitCode = 1;
}
