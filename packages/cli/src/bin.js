#!/usr/bin/env node
// JavaScript, so that what strips types is not loaded for this file alone: with what was compiled before, it halves the start.
import { enableCompileCache } from "node:module";

enableCompileCache();
const { main } = await import("./main.ts");

// Explicitly, since PID 1 and open connections would otherwise keep the process.
process.exit(await main(process.argv.slice(2)));
