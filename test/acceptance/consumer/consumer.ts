/**
 * A program that uses every public door as a stranger's would. `tsc` checks it here against the sources, and
 * `packages.test.ts` against the packed packages. Each `@ts-expect-error` is a promise of the types: an error that no longer
 * comes fails both.
 */
import { Coordinator, InvalidItemError, type RequestReceipt, type Translation } from "@trans-hub/core";
import type { Engine, EngineReply } from "@trans-hub/core/engine";
import { type CreateRolesOptions, createRoles } from "@trans-hub/core/operations";
import { type PersistenceHandler, PostgresPersistenceHandler, translateBatch } from "@trans-hub/core/store";
import { openEmbedded } from "@trans-hub/embedded";
import { openai, pseudo } from "@trans-hub/engines";
import { producerMetrics } from "@trans-hub/metrics";
import { createLogger, runWorker, type WorkerOptions } from "@trans-hub/worker";
import type { PoolClient } from "pg";
import { Registry } from "prom-client";

/** An engine needs no more than the contract names. */
export const upperCase: Engine = {
  name: "upper-case",
  version: "1",
  processor: "local",
  maxItemsPerCall: 100,
  maxBytesPerCall: 65_536,
  detectsSource: true,
  takesContext: false,
  handlesIcu: false,
  async translate({ items }): Promise<EngineReply> {
    return { results: new Map(items.map(({ id, text }) => [id, { text: text.toUpperCase() }])) };
  },
};

// @ts-expect-error An engine without a name is none.
export const nameless: Engine = { ...upperCase, name: undefined };

export async function produce(databaseUrl: string, client: PoolClient): Promise<void> {
  const observer = producerMetrics(new Registry());
  const hub = await Coordinator.connect({ databaseUrl, engines: [pseudo(), upperCase], observer });

  const receipt: RequestReceipt = await hub.request({ text: "Pay", targetLocales: ["fr"] });
  receipt.registered satisfies number;
  const { accepted } = await hub.request(["Pay"], { client, targetLocales: ["fr"] });
  accepted satisfies number;
  // @ts-expect-error Inside a transaction nothing is registered yet.
  (await hub.request(["Pay"], { client })).registered;
  // @ts-expect-error An item has a text.
  await hub.request({ targetLocales: ["fr"] });
  // @ts-expect-error A priority is one of three words.
  await hub.request({ text: "Pay", targetLocales: ["fr"], priority: "urgent" });

  const translation: Translation | undefined = await hub.getTranslation({ text: "Pay", targetLocale: "fr" });
  // @ts-expect-error A text that was never requested has no translation.
  translation.text;
  for await (const { status } of hub.processPendingTranslations("fr")) {
    // @ts-expect-error "done" is no status.
    if (status === "done") return;
  }
}

export function code(error: unknown): string | undefined {
  return error instanceof InvalidItemError ? error.code : undefined;
}

export async function work(databaseUrl: string, signal: AbortSignal): Promise<number> {
  const connect = async (): Promise<PersistenceHandler> => PostgresPersistenceHandler.connect({ databaseUrl });
  const options: WorkerOptions = {
    connect,
    engines: [upperCase, openai({ apiKey: "key" })],
    logger: createLogger({ destination: process.stdout }),
    until: "empty",
    signal,
    concurrency: 2,
    batchSize: 50,
    maxAttempts: 5,
    engineTimeoutMs: 60_000,
    drainMs: 5_000,
  };
  const { translated } = await runWorker(options);
  return translated;
}

export const operations = { createRoles, openEmbedded, translateBatch } satisfies Record<string, unknown>;
export type Roles = CreateRolesOptions;
