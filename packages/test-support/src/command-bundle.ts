/**
 * The command in some 100 files instead of 700 modules, made once for a test run: most of the processor's time of a short
 * command goes into finding and loading its modules, and the suite starts it some thousand times.
 *
 * It is the command of the sources and no other: nothing is shaken off or made shorter, each module keeps the address of its
 * source (`import.meta.url`), and so its folder of migrations, its manifest and its own dependencies.
 */
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type PluginContext, type ResolveIdResult, rolldown } from "rolldown";

const SOURCES = fileURLToPath(new URL("../../cli/src/", import.meta.url));

/** Packages that are many small modules, and that every command loads. All others are loaded from their own places. */
const BUNDLED = /^(?:@trans-hub\/|@opentelemetry\/api$|(?:zod|commander|prom-client|cli-progress|cli-table3)(?:\/|$))/;

/** The module whose dynamic imports are told from others by the address of the module itself. */
const MOVED = join("cli", "src", "own-engine.ts");

export interface CommandBundle {
  /** The file that Node starts. */
  readonly bin: string;
  remove(): Promise<void>;
}

export async function bundleCommand(): Promise<CommandBundle> {
  const folder = await mkdtemp(join(tmpdir(), "trans-hub-bundle-"));
  await chmod(folder, 0o755); // some tests start the command as another user
  const bundle = await rolldown({
    input: { main: join(SOURCES, "main.ts") },
    platform: "node",
    treeshake: false,
    plugins: [{ name: "trans-hub", resolveId: resolveOwn, transform: keepAddress }],
  });
  await bundle.write({ dir: folder, format: "esm", entryFileNames: "main.js", chunkFileNames: "[name]-[hash].js" });
  await bundle.close();
  const bin = join(folder, "bin.js");
  const source = await readFile(join(SOURCES, "bin.js"), "utf8");
  await writeFile(bin, source.replace("./main.ts", "./main.js"));
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
  return { bin, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** A dependency that stays outside gets its address: the folder of the bundle has none. */
async function resolveOwn(this: PluginContext, id: string, importer: string | undefined): Promise<ResolveIdResult> {
  if (importer === undefined || /^[./]/.test(id) || isBuiltin(id) || BUNDLED.test(id)) return null;
  // Modules of a bundled package find each other by its own rules.
  if (importer.includes(`${sep}node_modules${sep}`)) return null;
  const found = await this.resolve(id, importer, { skipSelf: true });
  // One that is not installed is an error only of the command that asks for it.
  return { id: found === null ? id : pathToFileURL(found.id).href, external: true };
}

function keepAddress(code: string, id: string): string | null {
  if (id.includes(`${sep}node_modules${sep}`) || id.endsWith(MOVED)) return null;
  return code.includes("import.meta.url")
    ? code.replaceAll("import.meta.url", JSON.stringify(pathToFileURL(id).href))
    : null;
}
