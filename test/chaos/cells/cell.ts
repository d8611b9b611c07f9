import type { Scene, SceneOptions } from "../scene.ts";

/** One kind of fault. */
export interface Cell {
  name: string;
  /** One sentence for the report. */
  what: string;
  /** Options of the scene for this number of seconds of load. */
  scene?(seconds: number): Partial<SceneOptions>;
  /** The reason why it cannot be run here; undefined when it can. */
  cannotRun?(): string | undefined;
  /** Runs before the scene opens: returns further options of the scene, and a function that undoes the preparation. */
  prepare?(): Promise<{ scene: Partial<SceneOptions>; undo(): Promise<void> }>;
  /** Causes the faults while the scene is loaded; returns when the load has ended and every fault is repaired. */
  trouble(scene: Scene): Promise<void>;
  /** Runs after the load, while the fleet still works. */
  afterwards?(scene: Scene): Promise<void>;
  /** Whether more work waits than can be done at once, so that not all of it is taken up soon. Default: no. */
  hasBacklog?: true;
  /**
   * Default: everything acknowledged must be there. False when the cell itself deletes some texts and checks the rest.
   */
  isAllKept?: false;
  /** Why a run of some seconds shows no more with it than the other cells do. */
  needsTime?: string;
}
