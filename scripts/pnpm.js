#!/usr/bin/env node
/**
 * Runs the pnpm that `packageManager` of package.json names, with the arguments given; npm fetches it.
 *
 *     node scripts/pnpm.js -r build
 *
 * JavaScript and not TypeScript, because `npm run setup` runs it on the machine's own Node, which may be a 20. Not corepack,
 * because Node 25 and later come without it.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const { packageManager } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
// Without --prefer-offline, npx asks the registry each time: over a minute where no registry answers.
const { error, status } = spawnSync("npx", ["--yes", "--prefer-offline", packageManager, ...process.argv.slice(2)], {
  stdio: "inherit",
  shell: process.platform === "win32",
});
if (error) throw error;
process.exit(status ?? 1);
