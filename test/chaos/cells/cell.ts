import type { Scene, SceneOptions } from "../scene.ts";

/** One kind of trouble. */
export interface Cell {
  name: string;
  /** One sentence for the report. */
  what: string;
  /** What the scene needs to be, for so many seconds of load. */
  scene?(seconds: number): Partial<SceneOptions>;
  /** Why it cannot be run here; undefined when it can. */
  cannotRun?(): string | undefined;
  /** Before the scene opens: gives what its options need, and how it is undone. */
  prepare?(): Promise<{ scene: Partial<SceneOptions>; undo(): Promise<void> }>;
  /** Makes trouble while the scene is loaded; returns when the time of the load is over and nothing is broken any more. */
  trouble(scene: Scene): Promise<void>;
  /** After the load, while the fleet still works. */
  afterwards?(scene: Scene): Promise<void>;
  /** Whether there is more to do than can be done at once, so that not all that waits is taken up soon. Default: no. */
  hasBacklog?: true;
  /** Default: what was acknowledged is there. False where the cell itself takes some away and looks after the rest. */
  isAllKept?: false;
}
