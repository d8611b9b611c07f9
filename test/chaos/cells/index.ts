import type { Cell } from "./cell.ts";
import { clock, serverClock } from "./clock.ts";
import { engine } from "./engine.ts";
import { failoverAsync, failoverSync } from "./failover.ts";
import { feed } from "./feed.ts";
import { network } from "./network.ts";
import { crash, disk, snapshot, terminate } from "./postgres.ts";
import { collect, transaction } from "./producers.ts";
import { forget, hard } from "./texts.ts";
import { herd, kill, kill50, rolling } from "./workers.ts";

export const CELLS: readonly Cell[] = [
  kill,
  kill50,
  rolling,
  herd,
  crash,
  terminate,
  failoverSync,
  failoverAsync,
  disk,
  snapshot,
  network,
  engine,
  clock,
  serverClock,
  transaction,
  collect,
  hard,
  forget,
  feed,
];
