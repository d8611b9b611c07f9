/** One statement that waits for a lock, as PostgreSQL shows it. It holds no statement, and so no text. */
export interface LockWait {
  /** The table of the lock, such as `trans_hub.batch`, also where it is the lock of a row; or the kind of the lock. */
  readonly lock: string;
  readonly seconds: number;
  /** The server process that waits. */
  readonly pid: number;
  /** The server processes in the way. 0 stands for a prepared transaction. */
  readonly blockedBy: readonly number[];
  /** The name and state of the first process in the way; null: this role may not see it, or it is gone. */
  readonly holder: string | null;
}
