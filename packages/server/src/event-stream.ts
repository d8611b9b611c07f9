/**
 * A stream of server-sent events. It is written at the reader's pace: a reader that takes nothing for {@link SLOW_MS} is cut off, and
 * goes on behind the last event that it got.
 */
import { PassThrough, type Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { type EventPage, TransHubError } from "@trans-hub/core";

/** Milliseconds without an event until the place in the feed is sent: proxies end a connection that says nothing. */
export const HEARTBEAT_MS = 15_000;
/** Milliseconds for a reader to take what was written. */
const SLOW_MS = 10_000;
/** Milliseconds after which a client is to come again. */
const RETRY_MS = 2_000;

export interface EventStreamOptions {
  /** The cursor before the first event: a client that is cut off before it goes on there. */
  start: string;
  pages: AsyncIterable<EventPage>;
  signal: AbortSignal;
  heartbeatMs?: number;
  slowMs?: number;
}

/** Gives the stream, and the promise of its end, which never rejects. */
export function openEventStream({
  start,
  pages,
  signal,
  heartbeatMs = HEARTBEAT_MS,
  slowMs = SLOW_MS,
}: EventStreamOptions): { stream: Readable; ended: Promise<void> } {
  const stream = new PassThrough();
  const closed = new AbortController();
  stream.once("close", () => closed.abort());
  // A stream that was destroyed, because its client is gone, has no reader for its error.
  stream.on("error", () => undefined);
  const ending = AbortSignal.any([signal, closed.signal]);
  // Behind the last event that was written, or further where the feed went on without one for this reader.
  let reached = start;
  const heartbeat = setInterval(() => {
    // What was written before is waited for elsewhere. A message without data moves `Last-Event-ID`, and is no event.
    if (stream.writableLength === 0) stream.write(`: \nid: ${reached}\n\n`);
  }, heartbeatMs);
  const send = async (text: string) => {
    if (stream.destroyed || stream.write(text)) return;
    const inTime = AbortSignal.any([ending, AbortSignal.timeout(slowMs)]);
    await drained(stream, inTime);
    if (stream.writableNeedDrain) stream.destroy();
  };
  const run = async () => {
    await send(`retry: ${RETRY_MS}\nid: ${start}\n\n`);
    for await (const page of pages) {
      for (const event of page.events) {
        if (ending.aborted || stream.destroyed) return;
        await send(`id: ${event.cursor}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`);
        reached = event.cursor;
      }
      reached = page.next;
      if (page.events.length > 0) heartbeat.refresh();
    }
  };
  const ended = run()
    .catch((error: unknown) => {
      // Events behind the cursor are gone, or the server stops: the client comes again, and gets the problem then.
      if (!(error instanceof TransHubError)) stream.destroy(error as Error);
    })
    .finally(() => {
      clearInterval(heartbeat);
      stream.end();
    });
  return { stream, ended };
}

/** Resolves when the stream takes more, or when the signal aborts. */
async function drained(stream: PassThrough, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const end = () => over.abort();
  stream.once("drain", end).once("close", end);
  await wait(2 ** 31 - 1, undefined, { signal: AbortSignal.any([signal, over.signal]) }).catch(() => undefined);
  stream.off("drain", end).off("close", end);
}
