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
import { type CatalogDocument, type Format, formatOf, type KnownValues } from "@trans-hub/formats";

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
  const ids = document.units.flatMap(({ id, value, translate }) =>
    translate && typeof value === "string" ? [id] : [],
  );
  return {
    ...{ file, format: format.name, units: document.units.length },
    identical: isSame(document.write([]).bytes),
    unlike: unlikeAmong(ids, { format, document, isSame }),
  };
}

interface Written {
  format: Format;
  document: CatalogDocument;
  isSame(written: Uint8Array): boolean;
}

/**
 * The values that do not come back: writes other values in their places, and the values back, through the escapes of the format
 * both ways. Where a group does not come back, its halves are tried.
 */
function unlikeAmong(ids: readonly string[], written: Written): number {
  const { format, document, isSame } = written;
  if (ids.length === 0) return 0;
  const values = new Map(document.units.map(({ id, value }) => [id, value]));
  const set = (suffix: string) =>
    ids.map((id) => ({ kind: "set" as const, id, value: `${String(values.get(id))}${suffix}` }));
  const memory = format.isKeyless
    ? { source: document, known: remembered(ids, (id) => `${String(values.get(id))}!`) }
    : {};
  const other = format.read(document.write(set("!")).bytes, { file: "written", ...memory });
  if (isSame(other.write(set("")).bytes)) return 0;
  if (ids.length === 1) return 1;
  const half = Math.ceil(ids.length / 2);
  return unlikeAmong(ids.slice(0, half), written) + unlikeAmong(ids.slice(half), written);
}

/** What a lock knows after the values were written. */
function remembered(ids: readonly string[], valueFor: (id: string) => string): KnownValues {
  const byValue = Map.groupBy(ids, valueFor);
  return { ids: new Set(ids), idsOf: (value) => byValue.get(value) ?? [] };
}
