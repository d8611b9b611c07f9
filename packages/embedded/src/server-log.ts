import { closeSync, constants, fchownSync, fstatSync, openSync, readSync, renameSync, statSync } from "node:fs";
import { EmbeddedDatabaseError } from "@trans-hub/core/operations";
import type { Account } from "./account.ts";
import { DATA_DIR_VARIABLE, type Layout } from "./layout.ts";

/** Size in bytes beyond which the log is put aside at the next start; one old log is kept. */
const MAX_BYTES = 1_000_000;

/** Bytes from the end of the log that an error shows. */
const TAIL_BYTES = 4_000;

/**
 * Opens the log for appending and returns the descriptor for a keeper.
 *
 * @throws {EmbeddedDatabaseError} The log cannot be written to.
 */
export function openLog(layout: Layout, account: Account | undefined): number {
  try {
    return openAppending(layout, account);
  } catch (cause) {
    throw new EmbeddedDatabaseError(`The log ${layout.log} cannot be written to`, {
      cause,
      hint: `Remove that file, or set ${DATA_DIR_VARIABLE} to another folder.`,
    });
  }
}

function openAppending(layout: Layout, account: Account | undefined): number {
  if ((statSync(layout.log, { throwIfNoEntry: false })?.size ?? 0) > MAX_BYTES) {
    renameSync(layout.log, `${layout.log}.old`);
  }
  // In a folder of another user, root must not follow that user's link. Windows has no such flag.
  const noFollow = constants.O_NOFOLLOW ?? 0;
  const fd = openSync(layout.log, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | noFollow, 0o600);
  if (account !== undefined) fchownSync(fd, account.uid, account.gid);
  return fd;
}

/** The last lines of the log; empty when there is none. They hold no texts (see the server's settings). */
export function logTail(layout: Layout): string {
  try {
    const fd = openSync(layout.log, "r");
    try {
      const { size } = fstatSync(fd);
      const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES));
      readSync(fd, buffer, 0, buffer.length, size - buffer.length);
      const lines = buffer.toString("utf8").trimEnd().split("\n");
      return (size > buffer.length ? lines.slice(1) : lines).slice(-20).join("\n");
    } finally {
      closeSync(fd);
    }
  } catch {
    return "";
  }
}
