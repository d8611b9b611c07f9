import type { Cell } from "./cell.ts";
import { clock, serverClock } from "./clock.ts";
import { engine } from "./engine.ts";
import { network } from "./network.ts";
import { crash, disk, snapshot, terminate } from "./postgres.ts";
import { collect, transaction } from "./producers.ts";
import { herd, kill, rolling } from "./workers.ts";

export const CELLS: readonly Cell[] = [
  kill,
  rolling,
  herd,
  crash,
  terminate,
  disk,
  snapshot,
  network,
  engine,
  clock,
  serverClock,
  transaction,
  collect,
];
