/** The events of a coordinator, for metrics: numbers and codes, never a text, an id or a project. */
import type { TransHubError } from "../contract/errors.ts";
import type { ConnectionUse } from "../contract/fleet-measure.ts";
import type { ReviewAct, ReviewKind, ReviewResult } from "../contract/review.ts";

/** Receives the events of a coordinator. Its methods must not throw. Several coordinators may share one observer. */
export interface CoordinatorObserver {
  /** A coordinator opened. `state` may be called until the coordinator has closed. */
  opened?(state: () => CoordinatorState): void;
  closed?(state: () => CoordinatorState): void;
  /** A call of `request` ended. */
  requested?(end: RequestEnd): void;
  /** A registering statement ended, with success or not. `calls`: the number of requests that shared it. */
  registered?(statement: { calls: number; items: number; rows: number; elapsedMs: number }): void;
  /** A reading call ended. `fromMemory` answers came from memory; `fromStore` references were read from the store. */
  read?(end: { fromMemory: number; fromStore: number; elapsedMs: number }): void;
  /** A person's act ended. `error` as of `requested`. */
  reviewed?(act: { kind: ReviewKind; error: string | undefined }): void;
}

/** The state of a coordinator at this moment. */
export interface CoordinatorState {
  /** Rows (texts × target locales) of requests in memory that are not answered yet. */
  queuedRows: number;
  /** Calls that wait for room for their rows. */
  heldBackCalls: number;
  connections: ConnectionUse[];
}

export interface RequestEnd {
  /** Rows, as in the receipt; 0 for a request inside the caller's transaction. */
  registered: number;
  existing: number;
  queued: number;
  failed: number;
  /** The number of refused items, by code. */
  rejected: Record<string, number>;
  elapsedMs: number;
  /** The code of the thrown error, or `error` if it is not one of Trans-Hub's. Undefined: the call succeeded. */
  error: string | undefined;
}

interface Receipt {
  registered?: number;
  existing?: number;
  queued?: number;
  failed?: number;
  rejected: readonly { code: string }[];
}

/** Reports a call of `request` to the observer when the call ends. Resolves and rejects as the call does. */
export async function reportRequest<Given extends Receipt>(
  observer: CoordinatorObserver,
  request: Promise<Given>,
): Promise<Given> {
  const startedAt = performance.now();
  try {
    const receipt = await request;
    const { registered = 0, existing = 0, queued = 0, failed = 0 } = receipt;
    const rejected: Record<string, number> = {};
    for (const { code } of receipt.rejected) rejected[code] = (rejected[code] ?? 0) + 1;
    const elapsedMs = performance.now() - startedAt;
    observer.requested?.({ registered, existing, queued, failed, rejected, elapsedMs, error: undefined });
    return receipt;
  } catch (thrown) {
    const elapsedMs = performance.now() - startedAt;
    const error = (thrown as Partial<TransHubError> | undefined)?.code ?? "error";
    const none = { registered: 0, existing: 0, queued: 0, failed: 0, rejected: {} };
    observer.requested?.({ ...none, elapsedMs, error: ours(error) });
    throw thrown;
  }
}

/** Reports acts of people to the observer when they end. Resolves and rejects as the call does. */
export async function reportReview(
  observer: CoordinatorObserver,
  acts: readonly Pick<ReviewAct, "kind">[],
  review: Promise<readonly Pick<ReviewResult, "error">[]>,
): Promise<void> {
  const results = await review.catch((error: TransHubError) => acts.map(() => ({ error })));
  for (const [at, { kind }] of acts.entries()) {
    const { error } = results[at] ?? {};
    observer.reviewed?.({ kind, error: error && ours(error.code ?? "error") });
  }
}

/** An error of the caller's own iterator or signal may have any code. */
function ours(code: string): string {
  return /^TH_[A-Z_]+$/.test(code) ? code : "error";
}
