/** One family of cells, measured together because they share the same rounds or the same tables. */
import type { Stage } from "../stage.ts";

export interface Family {
  /** Its name in `--cells`. */
  name: string;
  what: string;
  /** Whether `--quick` measures it. */
  isQuick: boolean;
  /** The reason why it cannot be measured here; undefined: it can. */
  cannotRun?(stage: Stage): string | undefined;
  /** Measures, and records its rows with the stage. */
  measure(stage: Stage): Promise<void>;
}
