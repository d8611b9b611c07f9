/**
 * The copy of the OpenAPI document that is released with the server (`packages/server/openapi.json`).
 *
 *     node scripts/openapi.ts           fails where the routes would break a client of the copy, or where the copy is old
 *     node scripts/openapi.ts --write   writes the copy; refuses a break, unless it was never released (--break)
 */
import { readFileSync, writeFileSync } from "node:fs";
import { openApiDocument } from "../packages/server/src/openapi.ts";
import { breaksOf, withoutWords } from "../packages/server/src/openapi-breaks.ts";
import { ROUTES } from "../packages/server/src/routes/index.ts";

const COPY = new URL("../packages/server/openapi.json", import.meta.url);

const document = JSON.parse(JSON.stringify(openApiDocument(ROUTES)));
const copy = readCopy();
const breaks = copy === undefined ? [] : breaksOf(copy, document);
const isAllowed = process.argv.includes("--break");
if (breaks.length > 0 && !isAllowed) {
  fail(
    `A client of the released HTTP API would break:\n  ${breaks.join("\n  ")}\nKeep the old form beside the new one.`,
  );
} else if (process.argv.includes("--write")) {
  writeFileSync(COPY, `${JSON.stringify(document, null, 2)}\n`);
} else if (JSON.stringify(withoutWords(copy)) !== JSON.stringify(withoutWords(document))) {
  fail("packages/server/openapi.json is not the document of the routes: node scripts/openapi.ts --write");
}

function readCopy() {
  try {
    return JSON.parse(readFileSync(COPY, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function fail(reason: string): void {
  process.stderr.write(`${reason}\n`);
  process.exitCode = 1;
}
