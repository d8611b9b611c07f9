/** What a coordinator tells who keeps figures: numbers and codes, never a text, an id or a project. */
import type { TransHubError } from "../contract/errors.ts";
import type { ConnectionUse } from "../contract/fleet-measure.ts";

/** Hears what a coordinator does; must not throw. Any number of coordinators may share one. */
export interface CoordinatorObserver {
  /** A coordinator opened; `state` may be asked until it has closed. */
  opened?(state: () => CoordinatorState): void;
  closed?(state: () => CoordinatorState): void;
  /** A call of `request` ended. */
  requested?(end: RequestEnd): void;
  /** A statement that registered what had gathered ended, well or not. `calls`: how many calls shared it. */
  registered?(statement: { calls: number; items: number; rows: number; elapsedMs: number }): void;
  /** A call that reads translations ended: how many came from memory, and how many were asked of the store. */
  read?(end: { fromMemory: number; fromStore: number; elapsedMs: number }): void;
}

/** A coordinator at this moment. */
export interface CoordinatorState {
  /** Rows (texts × target locales) of requests in memory, not yet answered. */
  queuedRows: number;
  /** Calls that wait until there is room for their rows. */
  heldBackCalls: number;
  connections: ConnectionUse[];
}

export interface RequestEnd {
  /** In rows, as the receipt has them; none of a request inside the caller's transaction. */
  registered: number;
  existing: number;
  failed: number;
  /** How many items were refused, by their codes. */
  rejected: Record<string, number>;
  elapsedMs: number;
  /** The code of what the call threw, `error` for what is none of ours; undefined: it did not. */
  error: string | undefined;
}

interface Receipt {
  registered?: number;
  existing?: number;
  failed?: number;
  rejected: readonly { code: string }[];
}

/** Tells of a call of `request` when it ends, and gives what it gives. */
export async function tellRequest<Given extends Receipt>(
  observer: CoordinatorObserver,
  request: Promise<Given>,
): Promise<Given> {
  const startedAt = performance.now();
  try {
    const receipt = await request;
    const { registered = 0, existing = 0, failed = 0 } = receipt;
    const rejected: Record<string, number> = {};
    for (const { code } of receipt.rejected) rejected[code] = (rejected[code] ?? 0) + 1;
    const elapsedMs = performance.now() - startedAt;
    observer.requested?.({ registered, existing, failed, rejected, elapsedMs, error: undefined });
    return receipt;
  } catch (thrown) {
    const elapsedMs = performance.now() - startedAt;
    const error = (thrown as Partial<TransHubError> | undefined)?.code ?? "error";
    observer.requested?.({ registered: 0, existing: 0, failed: 0, rejected: {}, elapsedMs, error: ours(error) });
    throw thrown;
  }
}

/** Whatever a caller's own iterator or signal threw has any code. */
function ours(code: string): string {
  return /^TH_[A-Z_]+$/.test(code) ? code : "error";
}
