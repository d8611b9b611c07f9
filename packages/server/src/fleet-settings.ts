/** The settings of the fleet behind a server, as far as callers ask for them before they send texts. */
import type { Engine } from "@trans-hub/core/engine";
import type { Instructions, Prices, ProjectEngines } from "@trans-hub/core/store";

export interface FleetSettings {
  /**
   * The engines of the workers, the active one first, to estimate calls with: none of them is asked, and none needs its key.
   * Called with the first request that needs them. Default: none is known.
   */
  engines?: (() => Promise<readonly Engine[]>) | undefined;
  /** The engines that may get the texts of a project. Default: all. */
  projectEngines?: ProjectEngines | undefined;
  /** Default: none is known. */
  prices?: Prices | undefined;
  /** Default: there are none. */
  instructions?: Instructions | undefined;
  /** The most texts of one call. Default 50. */
  batchSize?: number | undefined;
  /** Bytes: the longest text that is registered. Default 1,048,576. */
  maxTextBytes?: number | undefined;
}
