/** Tags of answers (`ETag`), and what a client says of those that it has. */
import type { Translation } from "@trans-hub/core";
import { isSettled } from "@trans-hub/core/store";
import type { FastifyReply } from "fastify";

/**
 * The revision. A text that waits keeps its revision when it is translated, so its tag is weak, and differs from the later
 * one.
 */
export function tagOf({ revision, status }: Pick<Translation, "revision" | "status">): string {
  return isSettled({ status }) ? `"${revision}"` : `W/"${revision}"`;
}

/**
 * Whether `If-None-Match` lists the tag of a revision, or any (`*`). A weak tag is another one there: its text may have come since
 * under the same revision.
 */
export function listsTag(header: string | undefined, tag: string): boolean {
  return listed(header).some((each) => each === "*" || each === tag);
}

/** Whether `If-None-Match` lists the tag of bytes, which a proxy that compressed them made weak. */
export function listsBytes(header: string | undefined, tag: string): boolean {
  return listed(header).some((each) => each === "*" || each.replace(/^W\//, "") === tag);
}

function listed(header: string | undefined): string[] {
  return header?.split(",").map((each) => each.trim()) ?? [];
}

export function notModified(reply: FastifyReply): undefined {
  void reply.code(304);
  return undefined;
}
