/**
 * Loaded into each worker of a scene (`--import`): reports the times at which the process was ready to run and did not
 * run. The load of the machine causes them. Computing time of the process itself is no stall, so a worker that blocks
 * its own event loop gets no excuse.
 */
import { write } from "node:fs";
import { STALL_CHANNEL, sampleStalls } from "./stalls.ts";

sampleStalls((stall) => {
  // The suite may be gone: a report that nobody reads is no fault of the worker.
  write(STALL_CHANNEL, `${JSON.stringify(stall)}\n`, () => undefined);
});
