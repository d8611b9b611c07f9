#!/usr/bin/env node
console.log("trans-hub", process.version);
