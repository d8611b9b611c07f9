/**
 * Builds the reference of all public doors from their TSDoc, as a site.
 *
 *     npm run docs:reference                              # into docs/reference/, which git ignores
 *     node tools/reference/build.ts FOLDER
 *
 * Exit code 1 when a link of a docstring leads nowhere. TypeDoc needs the compiler's JavaScript interface, which
 * TypeScript 7 does not have: this folder is a package of its own, so that only TypeDoc sees the TypeScript 6 beside it.
 */
import { join, relative, resolve } from "node:path";
import { Application } from "typedoc";
import { ownManifest, PUBLISHED } from "../../scripts/packages.ts";

const root = resolve(import.meta.dirname, "../..");

/** The source file of each door, by the name it is imported by. */
function doors(): Map<string, string> {
  const found = PUBLISHED.flatMap((name) =>
    Object.entries((ownManifest(name).exports ?? {}) as Record<string, string>).map(
      ([door, file]) => [join("@trans-hub", name, door), join(root, "packages", name, file)] as const,
    ),
  );
  return new Map(found);
}

/**
 * Writes the site into `folder`.
 *
 * @returns Whether every docstring's links lead somewhere, and every file could be read.
 */
export async function buildReference(folder: string): Promise<boolean> {
  const entryPoints = doors();
  const app = await Application.bootstrap({
    name: "Trans-Hub",
    readme: join(root, "README.md"),
    basePath: root,
    entryPoints: [...entryPoints.values()],
    tsconfig: join(import.meta.dirname, "tsconfig.json"),
    // `npm run check` has checked the types already, with the compiler that the project uses.
    skipErrorChecking: true,
    highlightLanguages: ["typescript", "javascript", "bash", "sql", "json"],
    excludeInternal: true,
    excludePrivate: true,
    disableGit: true,
    sourceLinkTemplate: "https://github.com/trans-hub/trans-hub/blob/main/{path}#L{line}",
    // Not for types that no door exports: a door lists what its readers need, and TypeDoc shows the rest by name.
    validation: { invalidLink: true, notExported: false, notDocumented: false },
    treatWarningsAsErrors: true,
    logLevel: "Warn",
  });
  const project = await app.convert();
  if (project === undefined) return false;
  const names = new Map([...entryPoints].map(([name, file]) => [relative(root, file), name]));
  for (const door of project.children ?? []) {
    door.name = names.get(door.sources?.[0]?.fileName ?? "") ?? door.name;
  }
  app.validate(project);
  await app.generateDocs(project, folder);
  return !app.logger.hasErrors() && !app.logger.hasWarnings();
}

if (import.meta.main) {
  const folder = resolve(process.argv[2] ?? join(root, "docs/reference"));
  if (await buildReference(folder)) console.log(folder);
  else process.exitCode = 1;
}
