import type { Family } from "./cell.ts";
import { collect } from "./collect.ts";
import { conditions } from "./conditions.ts";
import { drain } from "./drain.ts";
import { engineCalls } from "./engine-calls.ts";
import { fleet } from "./fleet.ts";
import { grown } from "./grown.ts";
import { latency } from "./latency.ts";
import { light } from "./light.ts";
import { memory } from "./memory.ts";
import { plans } from "./plans.ts";
import { read } from "./read.ts";
import { register } from "./register.ts";
import { scaling } from "./scaling.ts";
import { start } from "./start.ts";
import { storm } from "./storm.ts";
import { wal } from "./wal.ts";

/**
 * In this order. Families on grown tables come last, the collection at the very end: after it vacuum cleans up for
 * minutes, and writes to the log that other cells measure.
 */
export const FAMILIES: readonly Family[] = [
  register,
  storm,
  light,
  drain,
  conditions,
  latency,
  read,
  engineCalls,
  wal,
  start,
  fleet,
  memory,
  plans,
  scaling,
  grown,
  collect,
];
