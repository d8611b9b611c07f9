import { statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { optionKinds as kinds, optionCheck } from "@trans-hub/core/operations";
import { DATA_DIR_NAME } from "./layout.ts";

const checkFolders = optionCheck<{ from: string; configured?: string | undefined }>("findDataDir", {
  from: kinds.required(kinds.text),
  configured: kinds.anyText,
});

/**
 * The data folder of a command that runs in `from`: the `configured` one (`TH_DATA_DIR`, relative to `from`), otherwise
 * `.trans-hub/` in the nearest ancestor that has one, otherwise beside the nearest `package.json`, otherwise in `from`
 * itself. Changes nothing; `openEmbedded` makes the folder.
 *
 * @throws {SettingsError} A folder is no string.
 */
export function findDataDir(from: string, configured?: string): string {
  checkFolders({ from, configured });
  if (configured !== undefined && configured !== "") return resolve(from, configured);
  const folders = withAncestors(resolve(from));
  const home =
    folders.find((folder) => isDirectory(join(folder, DATA_DIR_NAME))) ??
    folders.find((folder) => exists(join(folder, "package.json"))) ??
    resolve(from);
  return join(home, DATA_DIR_NAME);
}

function withAncestors(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...withAncestors(parent)];
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
