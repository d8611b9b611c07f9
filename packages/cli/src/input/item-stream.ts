/** Opens the input of `request --file` and `check --file`: a regular file, a pipe, or stdin. */
import { closeSync, constants, createReadStream, open, openSync, statSync } from "node:fs";
import { Socket } from "node:net";
import { addAbortSignal, type Readable } from "node:stream";
import { promisify } from "node:util";
import type { CommandContext } from "../command-context.ts";
import { UsageError } from "../usage-error.ts";
import { irregularity, isUtf16, systemProblem, UTF16_PROBLEM } from "./regular-file.ts";

/** Names of a process's own stdin, which is not opened a second time: a socket cannot be. */
const STDIN = new Set(["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"]);

/**
 * Opens the file. A named pipe is opened when its writer comes. Abort destroys the stream at once, so that a silent
 * writer keeps no command alive.
 *
 * @param file A path; `-`, `/dev/stdin` and the like are stdin.
 * @throws {UsageError} The file is missing, may not be read, or is a folder or a device.
 */
export async function openItemStream(
  file: string,
  { stdin, output, signal }: Pick<CommandContext, "stdin" | "output" | "signal">,
): Promise<Readable> {
  const stream = STDIN.has(file) ? stdin : await openFile(file, output, signal);
  // Aborted before the first read, the stream has no other listener; the read that follows rejects all the same.
  stream.on("error", () => undefined);
  return addAbortSignal(signal, stream);
}

/**
 * The bytes of an opened file.
 *
 * @throws {UsageError} It is UTF-16, or reading fails.
 */
export async function* bytesOf(stream: Readable, file: string): AsyncGenerator<Buffer> {
  try {
    let isFirst = true;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (isFirst && isUtf16(chunk)) {
        throw new UsageError(
          `${file === "-" ? "stdin" : file}:1: ${UTF16_PROBLEM}`,
          "Save the file as UTF-8; no line of it was read.",
        );
      }
      isFirst = false;
      yield chunk;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new UsageError(`${file} ${systemProblem(error).problem}`);
  }
}

async function openFile(
  file: string,
  output: Pick<CommandContext["output"], "note">,
  signal: AbortSignal,
): Promise<Readable> {
  try {
    const stats = statSync(file);
    if (stats.isFIFO()) {
      output.note(`Reading the pipe ${file}`);
      return new Socket({ fd: await openPipe(file, signal), readable: true, writable: false });
    }
    const problem = irregularity(stats);
    if (problem !== undefined) throw new UsageError(`${file} ${problem}`, "Use a file, a pipe, or - for stdin.");
    return createReadStream("", { fd: openSync(file, "r"), highWaterMark: 256 * 1024 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new UsageError(`${file} ${systemProblem(error).problem}`);
  }
}

/** Time between two attempts to end the wait for a writer. Milliseconds. */
const RELEASE_EVERY_MS = 20;

/**
 * Opening a pipe waits for its writer, in a thread that Node joins at its exit. On abort, a writer of our own ends that
 * wait. It cannot open the pipe before the thread does, and so tries again.
 */
async function openPipe(file: string, signal: AbortSignal): Promise<number> {
  let releasing: NodeJS.Timeout | undefined;
  const release = () => {
    try {
      closeSync(openSync(file, constants.O_WRONLY | constants.O_NONBLOCK));
    } catch {
      // Not opened for reading yet.
    }
    releasing = setTimeout(release, RELEASE_EVERY_MS);
  };
  signal.throwIfAborted();
  signal.addEventListener("abort", release, { once: true });
  try {
    const descriptor = await promisify(open)(file, "r");
    if (!signal.aborted) return descriptor;
    closeSync(descriptor);
    throw signal.reason;
  } finally {
    signal.removeEventListener("abort", release);
    clearTimeout(releasing);
  }
}
