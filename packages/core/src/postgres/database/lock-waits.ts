// Apart from its users, whose types name the driver: an application that migrates needs no types of the driver.

/** How a migration waits for the locks of other sessions. */
export interface LockWaits {
  /** Milliseconds that one attempt waits for a lock; later sessions wait behind it meanwhile. Default 2,000. */
  lockTimeoutMs?: number | undefined;
  /** Number of attempts, with pauses in which the other sessions go on. Default 10. */
  lockAttempts?: number | undefined;
  /** Hears one sentence about the reason of a wait: another node that migrates, or a lock on a table. May be called again. */
  onWaiting?: ((what: string) => void) | undefined;
}
