/**
 * Bodies that have not arrived when the server stops. Without a bound, a client that sends slowly holds the end up for as long as a
 * request may take.
 */
import type { IncomingMessage, ServerResponse } from "node:http";

/** Milliseconds for a body to arrive, from the moment at which the server begins to stop. */
const GRACE_MS = 3_000;

export class UnreadBodies {
  readonly #open = new Map<IncomingMessage, ServerResponse>();
  #isStopping = false;
  #timer: NodeJS.Timeout | undefined;

  /** Watches a request until its body is there. */
  watch(request: IncomingMessage, response: ServerResponse): void {
    const { headers } = request;
    if (headers["content-length"] === undefined && headers["transfer-encoding"] === undefined) return;
    this.#open.set(request, response);
    const forget = () => this.#open.delete(request);
    request.once("end", forget).once("close", forget);
    response.once("finish", () => {
      if (this.#isStopping) this.#cutIfAnswered(request, response);
    });
  }

  /**
   * Cuts the requests that were answered without their body, such as those of callers whom nobody knows. The others are cut after
   * {@link GRACE_MS}: nothing of them was done.
   */
  stop(): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    for (const [request, response] of this.#open) this.#cutIfAnswered(request, response);
    this.#timer = setTimeout(() => {
      for (const [request] of this.#open) if (!request.complete) request.socket.destroy();
    }, GRACE_MS).unref();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #cutIfAnswered(request: IncomingMessage, response: ServerResponse): void {
    // The answer is on its way before the connection ends.
    if (response.writableFinished && !request.complete) request.socket.destroySoon();
  }
}
