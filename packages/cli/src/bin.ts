#!/usr/bin/env node
import module from "node:module";

// Before anything else is loaded: it halves the start of a command that was run before. A Node without it is too old.
if (module.enableCompileCache === undefined) {
  console.error(`error: Node ${process.versions.node} is too old\nhint: Trans-Hub needs Node 22.18 or newer.`);
  process.exit(1);
}
module.enableCompileCache();
const { main } = await import("./main.ts");

// Explicitly, since PID 1 and open connections would otherwise keep the process.
process.exit(await main(process.argv.slice(2)));
