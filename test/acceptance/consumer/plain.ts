/**
 * A program of an application without the types of the driver. `packages.test.ts` compiles it against the packed packages
 * by each supported compiler and resolution, also as CommonJS, with the types of all libraries checked.
 */
import {
  applyMigrations,
  Coordinator,
  type RequestReceipt,
  type TransactionClient,
  TransHubError,
} from "@trans-hub/core";
import { type Engine, failAll } from "@trans-hub/core/engine";
import { createRoles } from "@trans-hub/core/operations";
import { PostgresPersistenceHandler } from "@trans-hub/core/store";
import { openEmbedded } from "@trans-hub/embedded";
import { pseudo } from "@trans-hub/engines";
import { makeEngine } from "@trans-hub/engines/registry";
import { producerMetrics } from "@trans-hub/metrics";
import { runWorker } from "@trans-hub/worker";

export async function produce(databaseUrl: string, client: TransactionClient): Promise<RequestReceipt> {
  await applyMigrations({ databaseUrl });
  const hub = await Coordinator.connect({ databaseUrl, engines: [pseudo()] });
  await hub.request("Pay", { client, targetLocales: ["fr"] });
  // @ts-expect-error The field is called sourceLocale: without their types, the packages would take anything.
  await hub.request({ text: "Pay", sourceLocal: "en" });
  const { warnings } = await hub.approve({ text: "Pay", targetLocale: "fr", approvedText: "Payer" });
  warnings.map(({ message }) => message) satisfies string[];
  return hub.request({ text: "Pay", targetLocales: ["fr"] });
}

export function mayTryAgain(error: unknown): boolean {
  return error instanceof TransHubError && error.code === "TH_BACKLOG_FULL";
}

export type Own = Engine;
export const others = [
  createRoles,
  failAll,
  makeEngine,
  openEmbedded,
  PostgresPersistenceHandler,
  producerMetrics,
  runWorker,
] as const;
