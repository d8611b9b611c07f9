#!/usr/bin/env node
// JavaScript, so that Node's type stripper is not loaded for this file alone: beside compiled modules, that halves the
// start-up time.
import module from "node:module";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`error: Node ${process.versions.node} is too old\nhint: Trans-Hub needs Node 22.18 or newer.`);
  process.exit(1);
}
module.enableCompileCache();
const { main } = await import("./main.ts");

// Explicitly, since PID 1 and open connections would otherwise keep the process.
process.exit(await main(process.argv.slice(2)));
