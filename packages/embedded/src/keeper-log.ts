/** Writes one line to the keeper's log, which is its stderr and the server's. Never a text, never a password. */
export function log(line: string): void {
  process.stderr.write(`${new Date().toISOString()} [${process.pid}] keeper: ${line}\n`);
}
