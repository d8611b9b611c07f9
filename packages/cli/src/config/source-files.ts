/** Source files by path or by glob. Globs are expanded here, because no shell does it in a configuration, or on Windows. */
import { existsSync, globSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";

export interface SourceFile {
  /** With forward slashes, relative to `cwd`; without a glob, as it was given. */
  path: string;
  /**
   * The folders between the fixed beginning of the glob and the file: `admin/users` for `src/en/admin/users/list.json` by
   * `src/en/**` + `/*.json`. Undefined: the file was named without a glob.
   */
  captured: string | undefined;
}

/**
 * The files of a path or glob, sorted by code unit: `*`, `?`, `**`, `{a,b}`, `[ab]`. Wildcards match no folder
 * `node_modules`, and nothing whose name begins with a dot. A file with such a name (`app/[locale]/en.json`) is itself.
 *
 * @param cwd The folder that a relative pattern starts from.
 * @returns Empty: a glob matches no file. A path without a glob is returned whether there is such a file or not.
 */
export function sourceFiles(pattern: string, cwd: string): SourceFile[] {
  const path = sep === "\\" ? pattern.replaceAll("\\", "/") : pattern;
  if (!MAGIC.test(path) || existsSync(resolve(cwd, path))) return [{ path, captured: undefined }];
  const { base, glob } = split(path, cwd);
  const skipsModules = !path.split("/").includes("node_modules");
  const exclude = ({ name }: { name: string }) => skipsModules && name === "node_modules";
  return globSync(glob, { cwd, withFileTypes: true, exclude })
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => withSlashes(relative(cwd, resolve(parentPath, name))))
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    .map((file) => ({
      path: file,
      captured: withSlashes(relative(resolve(cwd, base), dirname(resolve(cwd, file)))),
    }));
}

const MAGIC = /[*?[\]{}]/;

/** The folder that a glob begins in, and the glob, in which the brackets of that folder's name stand for themselves. */
function split(path: string, cwd: string): { base: string; glob: string } {
  const segments = path.split("/");
  const isLiteral = (end: number) => existsSync(resolve(cwd, segments.slice(0, end).join("/") || "/"));
  const from = segments.findIndex((segment, at) => MAGIC.test(segment) && !isLiteral(at + 1));
  const base = segments.slice(0, from);
  // In brackets, an opening bracket is a character like any other.
  const escaped = base.map((segment) => segment.replaceAll(/[*?[{]/g, "[$&]"));
  return { base: base.join("/"), glob: [...escaped, ...segments.slice(from)].join("/") };
}

function withSlashes(path: string): string {
  return path.split(sep).join("/");
}
