#!/usr/bin/env node
import { main } from "./main.ts";

// Explicitly, since PID 1 and open connections would otherwise keep the process.
process.exit(await main(process.argv.slice(2)));
