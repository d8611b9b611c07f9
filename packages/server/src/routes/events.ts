/** The feed of events: as pages, and as server-sent events. */
import type { Readable } from "node:stream";
import type { EventPage as Page } from "@trans-hub/core";
import { z } from "zod";
import { openEventStream } from "../event-stream.ts";
import { defineRoute } from "../route.ts";
import { Instant, Locale, limitQuery, present } from "../schema.ts";

/** Empty is left out: a client that has no cursor yet writes `after=`. */
const Cursor = z
  .string()
  .regex(/^(now|[0-9a-z]{1,40}\.[0-9]{1,15})?$/, "It must be `now`, `next` of a page, or the cursor of an event.")
  .transform((cursor) => (cursor === "" ? undefined : cursor));

export const Event = z
  .strictObject({
    position: z.int().describe("Ascends from event to event."),
    kind: z
      .string()
      .describe(
        "`translated`, `failed`, `approved`, `rejected`, `reopened`, `undone`, `cancelled`, `forgotten`, `collected`, `purged`, `renamed`. A later release may add some.",
      ),
    project: z.string(),
    targetLocale: z.string().nullable().describe("Null: every locale (`renamed`)."),
    ids: z.array(z.string()).describe("The `id` of each translation."),
    revisions: z
      .array(z.int())
      .nullable()
      .describe("The revision of each of `ids` after the change; of removed ones, the last. Null: it is about none."),
    at: Instant,
    cursor: z.string().describe("As `after`, the feed goes on behind this event. The same however often it is read."),
  })
  .meta({ id: "Event", description: "A change of translations. It holds no text: read what stands now." });

const EventPage = z
  .strictObject({
    events: z.array(Event),
    next: z.string().describe("The `after` of the next page, also of an empty one."),
  })
  .meta({ id: "EventPage" });

const filter = {
  after: Cursor.optional().describe(
    "`next` of a page, or the cursor of an event: events behind it. `now`: those that come. Default, and where it is empty: from the oldest that is kept.",
  ),
  locale: Locale.optional().describe("Only this target locale, and what is about every locale."),
};

const DESCRIPTION =
  "The first reader switches the feed on; changes before have no event. A cursor before the oldest event that is kept is 410: get `next` with `after=now`, list the translations anew, and go on from there.";

/** An event as JSON. */
export function shown({ events, next }: Page): z.input<typeof EventPage> {
  return { events: events.map((event) => ({ ...event, at: event.at.toISOString() })), next };
}

export const listEvents = defineRoute({
  method: "GET",
  path: "/v1/projects/:project/events",
  name: "listEvents",
  summary: "List changes of translations since a cursor, oldest first.",
  description: DESCRIPTION,
  scope: "feed",
  wall: "project",
  locale: ({ query }) => query.locale,
  query: z.strictObject({ ...filter, limit: limitQuery.optional() }),
  answers: { 200: EventPage },
  problems: [410],
  async handle({ hub, params: { project }, query: { locale, ...query } }) {
    return shown(await hub.events({ ...present({ ...query, targetLocale: locale }), project }));
  },
});

export const streamEvents = defineRoute({
  method: "GET",
  path: "/v1/projects/:project/events/stream",
  name: "streamEvents",
  summary: "Follow changes of translations as server-sent events.",
  description: `\`id\` is the cursor, \`event\` the kind, \`data\` the event as JSON. \`Last-Event-ID\` goes on behind an event; the default is \`after\`, or else now. After 15 seconds without an event, a message without data comes, whose \`id\` is the place that the feed has reached. A client that does not read is cut off. ${DESCRIPTION}`,
  scope: "feed",
  wall: "project",
  isWait: true,
  stream: "text/event-stream",
  locale: ({ query }) => query.locale,
  query: z.strictObject(filter),
  answers: { 200: null },
  problems: [410],
  async handle({ hub, services, params: { project }, query, headers, reply, request, signal }) {
    const after = Cursor.optional().safeParse(headers["last-event-id"]).data ?? query.after ?? "now";
    const feed = { ...present({ targetLocale: query.locale }), project };
    // A cursor that is gone is a problem, and no stream.
    const { next, events } = await hub.events({ ...feed, after, limit: 1 });
    const from = after === "now" || events.length === 0 ? next : after;
    if (request.method === "HEAD") return undefined;
    const ending = AbortSignal.any([signal, services.stopping]);
    // It takes a place among the requests that wait, for as long as it lasts.
    const stream = await new Promise<Readable>((resolve, reject) => {
      const streaming = services.waits.hold(async () => {
        const pages = hub.followEvents({ ...feed, after: from, signal: ending });
        const opened = openEventStream({ start: from, pages, signal: ending });
        resolve(opened.stream);
        await opened.ended;
      });
      streaming.catch(reject);
    });
    // The connection is of no use after it, and would hold up a server that stops.
    reply.header("x-accel-buffering", "no").header("connection", "close").type("text/event-stream; charset=utf-8");
    return stream as never;
  },
});
