/**
 * Looks at the licence of every package that is installed, and holds docs/licences.md to what is shipped.
 *
 *     node scripts/licences.ts            # exit code 1 when one is not allowed, or the page is out of date
 *     node scripts/licences.ts --write    # writes the page
 *
 * Reads node_modules and nothing else, so it works without a network.
 */
import { existsSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "..");
const PAGE = join(ROOT, "docs/licences.md");

/** Those that ask for no more than a notice. */
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

/** Of tools that we run and do not ship: what is made with them is not under it. */
const ALLOWED_FOR_TOOLS = new Set([...ALLOWED, "MPL-2.0"]);

interface Package {
  name: string;
  licence: string;
  folder: string;
}

interface Manifest {
  name?: string;
  license?: string | { type?: string };
  /** Given by packages that hold binaries for one system: which of them are installed differs. */
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

/** What whoever installs our packages gets: their dependencies and those of these, peers left out. */
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

/** As Node looks for it. Undefined: optional, and not for this system. */
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

/** `(MIT OR Apache-2.0)` is allowed by one of the two, `MIT AND ISC` by both. */
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

Trans-Hub is under the [MIT licence](../LICENSE). Its packages depend on these, directly or by others; \`npm run check\` holds this
list to what is installed and refuses any licence that asks for more than a notice. \`@trans-hub/embedded\`, which production images leave
out, also brings PostgreSQL's own binaries, under the PostgreSQL licence.

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
