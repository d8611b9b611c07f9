/** One family of cells: what is measured together, because it stands on the same rounds or the same tables. */
import type { Stage } from "../stage.ts";

export interface Family {
  /** As `--cells` takes it. */
  name: string;
  what: string;
  /** Whether `--quick` measures it. */
  isQuick: boolean;
  /** Why it cannot be measured here; undefined: it can. */
  cannotRun?(stage: Stage): string | undefined;
  /** Measures, and records its rows with the stage. */
  measure(stage: Stage): Promise<void>;
}
