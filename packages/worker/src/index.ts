export { budgetWait } from "./budget-wait.ts";
export { createLogger, EVENT_KEY, type LogOptions } from "./logger.ts";
export { runWorker, type WorkerOptions } from "./run-worker.ts";
export { type StopSignals, type StopSignalsOptions, stopOnSignals } from "./signals.ts";
export { StoppedEngines } from "./stopped-engines.ts";
export { mayPass, type PassingError, type WaitForStoreOptions, waitForStore } from "./wait-for-store.ts";
