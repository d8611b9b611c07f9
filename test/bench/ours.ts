/** Trans-Hub in its ordinary use, for the cells: a producer, and a whole worker with an engine that costs nothing. */
import { randomUUID } from "node:crypto";
import { Coordinator } from "@trans-hub/core";
import { PostgresPersistenceHandler, type TranslateWork } from "@trans-hub/core/store";
import { timed } from "./figures.ts";
import { POOL } from "./stage.ts";

/** Concurrent engine calls, the default of a worker. */
export const SLOTS = 4;

export function connect(databaseUrl: string, options: { cacheSize?: number } = {}): Promise<Coordinator> {
  return Coordinator.connect({ databaseUrl, sourceLocale: "en", maxConnections: POOL, ...options });
}

/** Registers chunk after chunk. Returns milliseconds; `onChunk` gets those of each chunk. */
export async function registerOurs(
  databaseUrl: string,
  texts: readonly string[],
  chunk: number,
  onChunk: (ms: number) => void = () => undefined,
): Promise<number> {
  const hub = await connect(databaseUrl);
  try {
    return await timed(async () => {
      for (let at = 0; at < texts.length; at += chunk) {
        const startedAt = performance.now();
        await hub.request(texts.slice(at, at + chunk), { targetLocales: ["fr"] });
        onChunk(performance.now() - startedAt);
      }
    });
  } finally {
    await hub.close();
  }
}

/** Answers at once with the text itself, and books its call like a real engine's. */
export const echo: TranslateWork = async ({ items }) => ({
  outcomes: items.map(({ text }) => ({ kind: "translated", text, engine: "echo", model: "echo-1" })),
  calls: [
    {
      callId: randomUUID(),
      engine: "echo",
      model: "echo-1",
      items: items.length,
      inputTokens: 0,
      outputTokens: 0,
      cachedTokens: 0,
      latencyMs: 0,
      outcome: "ok",
    },
  ],
});

/**
 * Drains the ready work with a worker and all its guards.
 *
 * @param onSettled Called with the number of stored texts and the milliseconds so far.
 * @returns Milliseconds from the first claim to the last settlement.
 */
export async function drainOurs(
  databaseUrl: string,
  onSettled: (count: number, ms: number) => void = () => undefined,
): Promise<number> {
  const handler = await PostgresPersistenceHandler.connect({ databaseUrl, maxConnections: POOL });
  let firstAt = Number.POSITIVE_INFINITY;
  let lastAt = 0;
  await handler.work(
    {
      until: "ready",
      concurrency: SLOTS,
      maxItems: 50,
      observer: {
        ready: () => {
          firstAt = Math.min(firstAt, performance.now());
        },
        settled: ({ outcomes }) => {
          lastAt = performance.now();
          onSettled(outcomes.length, lastAt - firstAt);
        },
      },
    },
    echo,
  );
  await handler.close();
  return lastAt - firstAt;
}
