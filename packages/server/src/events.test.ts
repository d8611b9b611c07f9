import { test } from "@trans-hub/test-support/http-api";
import { expectWithin } from "@trans-hub/test-support/load";
import { drain, item } from "@trans-hub/test-support/store";
import { describe, expect } from "vitest";
import { openEventStream } from "./event-stream.ts";

interface Events {
  events: { position: number; kind: string; ids: string[]; targetLocale: string; cursor: string }[];
  next: string;
}

const text = (name: string, project = "shop") => item(name, { project });

/** The parts of a stream of server-sent events, as they come. */
async function* blocks(url: string, headers: Record<string, string> = {}, signal?: AbortSignal) {
  const response = await fetch(url, { headers, ...(signal && { signal }) });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toContain("text/event-stream");
  let rest = "";
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    rest += chunk;
    for (let end = rest.indexOf("\n\n"); end !== -1; end = rest.indexOf("\n\n")) {
      yield Object.fromEntries(
        rest
          .slice(0, end)
          .split("\n")
          .map((line) => line.split(/: (.*)/s)),
      ) as Record<string, string>;
      rest = rest.slice(end + 2);
    }
  }
}

describe("the feed over HTTP", () => {
  test("lists events of a project behind a cursor, and none of another project", async ({ api }) => {
    const first = await api.ask<Events>("GET", "/events?after=now");
    expect(first).toMatchObject({ status: 200, body: { events: [] } });
    await api.store.register([text("Pay"), text("Back"), text("Strange", "other")]);
    await drain(api.store);
    const { body } = await api.ask<Events>("GET", `/events?after=${first.body.next}&limit=1000`);
    expect(body.events.flatMap(({ ids }) => ids)).toHaveLength(2);
    expect(body.events[0]).toMatchObject({ kind: "translated", project: "shop", targetLocale: "fr" });
    expect(Object.keys(body.events[0] ?? {}).toSorted()).toEqual(
      ["at", "cursor", "ids", "kind", "position", "project", "revisions", "targetLocale"].toSorted(),
    );
    expect((await api.ask<Events>("GET", `/events?after=${body.next}`)).body).toEqual({ events: [], next: body.next });
    expect((await api.ask<Events>("GET", `/events?after=${first.body.next}&locale=de`)).body.events).toEqual([]);
    // A client without a cursor yet.
    const { body: all } = await api.ask<Events>("GET", "/events?after=&limit=1000");
    expect(all).toEqual(body);
  });

  test("answers 410 with the way out to a cursor that is gone, and 400 to one that is none", async ({ api }) => {
    const { body } = await api.ask<Events>("GET", "/events?after=now");
    const [, position] = body.next.split(".");
    for (const path of ["/events", "/events/stream"]) {
      const gone = await api.ask("GET", `${path}?after=0.${position}`);
      expect(gone).toMatchObject({ status: 410, body: { code: "TH_CURSOR_GONE", retryable: false } });
      expect(gone.body.hint).toContain("list the translations anew");
      expect(await api.ask("GET", `${path}?after=yesterday`)).toMatchObject({
        status: 400,
        body: { field: "after", hint: "It must be `now`, `next` of a page, or the cursor of an event." },
      });
    }
  });

  test("streams events as they come, and goes on behind Last-Event-ID", async ({ api }) => {
    const leaving = new AbortController();
    const stream = blocks(`${api.url}/v1/projects/shop/events/stream`, {}, leaving.signal);
    const { value: begin } = await stream.next();
    expect(begin).toMatchObject({ retry: "2000", id: expect.stringMatching(/\.\d+$/) });
    await api.store.register([text("Strange", "other"), text("Pay")]);
    await drain(api.store);
    const storedAt = performance.now();
    const { value: block } = await stream.next();
    expectWithin(performance.now() - storedAt, 1_000);
    const event = JSON.parse(block?.data ?? "");
    expect(block).toMatchObject({ event: "translated", id: event.cursor });
    expect(event).toMatchObject({ kind: "translated", project: "shop", ids: [expect.any(String)] });
    const again = blocks(
      `${api.url}/v1/projects/shop/events/stream`,
      { "last-event-id": begin?.id ?? "" },
      leaving.signal,
    );
    await again.next();
    expect((await again.next()).value).toEqual(block);
    expect(api.server.waits).toBe(2);
    leaving.abort();
    await Promise.allSettled([stream.next(), again.next()]);
    await expect.poll(() => api.server.waits).toBe(0);
  });

  test("takes a place of a request that waits, and ends when the server stops", async ({ openApi }) => {
    const api = await openApi({ maxWaits: 1 });
    const stream = blocks(`${api.url}/v1/projects/shop/events/stream`);
    await stream.next();
    expect(await api.ask("GET", "/events/stream")).toMatchObject({ status: 503, body: { code: "TH_TOO_MANY_WAITS" } });
    expect((await fetch(`${api.url}/v1/projects/shop/events/stream`, { method: "HEAD" })).status).toBe(200);
    await api.server.close();
    expect((await stream.next()).done).toBe(true);
  });
});

describe("a stream of events", () => {
  const event = (position: number) => ({
    position,
    kind: "translated" as const,
    project: "shop",
    targetLocale: "fr",
    ids: ["1-0"],
    revisions: [1],
    at: new Date(0),
    cursor: `e.${position}`,
  });

  test("says how far the feed has come while no event comes for its reader", async () => {
    const over = new AbortController();
    async function* pages() {
      yield { events: [event(3)], next: "e.3", isLast: true };
      yield { events: [], next: "e.9", isLast: true };
      await new Promise((resolve) => over.signal.addEventListener("abort", resolve));
    }
    const { stream, ended } = openEventStream({ start: "e.1", pages: pages(), signal: over.signal, heartbeatMs: 10 });
    const heard: string[] = [];
    stream.on("data", (chunk) => heard.push(String(chunk)));
    await expect.poll(() => heard.filter((chunk) => chunk === ": \nid: e.9\n\n").length).toBeGreaterThan(1);
    over.abort();
    await ended;
  });

  test("cuts off a client that takes nothing, and asks for no more events meanwhile", async () => {
    let asked = 0;
    async function* pages() {
      for (let at = 1; ; at += 1) {
        asked += 1;
        yield { events: [event(at)], next: `e.${at}`, isLast: false };
      }
    }
    const signal = new AbortController().signal;
    const { stream, ended } = openEventStream({ start: "e.0", pages: pages(), signal, slowMs: 50 });
    await ended;
    expect(stream.destroyed).toBe(true);
    // As many as fit into the buffer of one stream.
    expect(asked).toBeLessThan(1_000);
  });
});
