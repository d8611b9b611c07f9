/**
 * Holds the formats to real files, which the repository does not contain:
 *
 *     node scripts/real-catalogs.ts [--json] FOLDER…
 *
 * For each file of a known format: `write([])` gives its bytes, and each value put back through its escapes leaves them.
 * Exit 1 when a file fails.
 */
import { globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CatalogError } from "@trans-hub/core/operations";
import { type CatalogDocument, type Format, formatOf } from "@trans-hub/formats";

interface FileReport {
  file: string;
  format: string;
  units: number;
  identical: boolean;
  /** Values whose literal cannot be written the same way. */
  unlike: number;
}

const { values, positionals } = parseArgs({ options: { json: { type: "boolean" } }, allowPositionals: true });
const reports: FileReport[] = [];
const refused: string[] = [];
for (const folder of positionals) {
  for (const name of globSync("**/*", { cwd: folder }).sort()) {
    const file = join(folder, name);
    if (!statSync(file).isFile()) continue;
    const bytes = readFileSync(file);
    const format = await formatOf(file, bytes).catch(() => undefined);
    if (format === undefined) continue;
    try {
      reports.push(examine(file, format, bytes));
    } catch (error) {
      if (!(error instanceof CatalogError)) throw error;
      refused.push(error.message);
    }
  }
}

const sum = (field: "units" | "unlike") => reports.reduce((total, report) => total + report[field], 0);
if (values.json) console.log(JSON.stringify({ reports, refused }));
else {
  for (const { file, format, units, identical, unlike } of reports) {
    if (!identical || unlike > 0)
      console.log(`${format} ${file}: identical ${identical}, ${unlike} of ${units} unlike`);
  }
  for (const message of refused) console.log(`refused: ${message}`);
  console.log(`${reports.length} files, ${sum("units")} values, ${sum("unlike")} of them unlike`);
}
process.exitCode = reports.some(({ identical }) => !identical) || refused.length > 0 ? 1 : 0;

function examine(file: string, format: Format, bytes: Uint8Array): FileReport {
  const document = format.read(bytes, { file });
  const isSame = (written: Uint8Array) => Buffer.compare(written, bytes) === 0;
  return {
    ...{ file, format: format.name, units: document.units.length },
    identical: isSame(document.write([]).bytes),
    unlike: document.units.filter((unit) => isUnlike(format, document, unit.id, isSame)).length,
  };
}

/** Writes another value in the place of one, and the value back: through the escapes of the format, both ways. */
function isUnlike(
  format: Format,
  document: CatalogDocument,
  id: string,
  isSame: (written: Uint8Array) => boolean,
): boolean {
  const value = document.units.find((unit) => unit.id === id)?.value;
  if (typeof value !== "string" || value === "") return false;
  const other = format.read(document.write([{ kind: "set", id, value: `${value}!` }]).bytes, { file: "written" });
  return !isSame(other.write([{ kind: "set", id, value }]).bytes);
}
