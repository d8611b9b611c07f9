/**
 * The types of `@trans-hub/core` as an application sees them. `npm run check:types` compiles this file, and nothing
 * runs it: a line below `@ts-expect-error` must not compile, and every other line must.
 */
import type {
  ApprovedTranslation,
  CoordinatorObserver,
  EnqueueReceipt,
  InvalidItemCode,
  Pause,
  RequestReceipt,
  StoreStatus,
  TransactionClient,
  TransHubErrorCode,
  Translation,
} from "@trans-hub/core";
import { Coordinator, InvalidItemError, TransHubError } from "@trans-hub/core";
import type { Engine } from "@trans-hub/core/engine";
import { InMemoryPersistenceHandler } from "@trans-hub/core/testing";
import { openai, pseudo } from "@trans-hub/engines";
import { makeEngine } from "@trans-hub/engines/registry";
import { producerMetrics } from "@trans-hub/metrics";
import type pg from "pg";
import type { Registry } from "prom-client";

/** Compiles only if the two types are the same, `any` and optional fields included. */
function same<Expected>() {
  return <Actual>(_value: Actual, ..._differ: Same<Expected, Actual> extends true ? [] : [never]) => undefined;
}
type Same<One, Other> = (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false;

declare const hub: Coordinator;
declare const client: pg.PoolClient;
declare const pool: pg.Pool;
declare const translation: Translation;
declare const registry: Registry;

export async function request() {
  same<RequestReceipt>()(await hub.request("Pay", { targetLocales: ["fr"] }));
  same<RequestReceipt>()(await hub.request({ text: "Pay", targetLocales: ["fr"] }));
  same<RequestReceipt>()(await hub.request(["Pay", { text: "Save" }] as const, { targetLocales: ["fr"] }));
  // Inside the caller's transaction the rows are not known yet, so the receipt is another one.
  const enqueued = await hub.request("Pay", { targetLocales: ["fr"], client });
  same<EnqueueReceipt>()(enqueued);
  same<EnqueueReceipt>()(await hub.request(["Pay"], { targetLocales: ["fr"], client }));
  // @ts-expect-error rows are counted once the transaction has committed
  enqueued.registered;
  // @ts-expect-error an item has a text
  await hub.request({ targetLocales: ["fr"] });
  // @ts-expect-error the option is called targetLocales
  await hub.request("Pay", { targetLocale: "fr" });
  // @ts-expect-error the field is called businessId
  await hub.request({ text: "Pay", targetLocales: ["fr"], id: "pay" });
  // @ts-expect-error a priority is interactive, normal or bulk
  await hub.request("Pay", { targetLocales: ["fr"], priority: "urgent" });
  // @ts-expect-error a format is one of a list
  await hub.request({ text: "Pay", targetLocales: ["fr"], format: "yaml" });
  // The driver's client is one, and its pool is none: each statement of a pool is a transaction of its own.
  client satisfies TransactionClient;
  // @ts-expect-error a pool has no transaction
  await hub.request("Pay", { targetLocales: ["fr"], client: pool });
  // Null is "not given", as in JSON.
  await hub.request({ text: "Pay", targetLocales: ["fr"], context: null, businessId: null });
}

export async function read() {
  same<Translation | undefined>()(await hub.getTranslation({ text: "Pay", targetLocale: "fr" }));
  same<(Translation | undefined)[]>()(await hub.getTranslations(["Pay"], { targetLocale: "fr" }));
  same<Translation[]>()(await hub.waitFor({ text: "Pay", targetLocales: ["fr"] }));
  for await (const each of hub.listTranslations({ targetLocale: "fr" })) same<Translation>()(each);
  for await (const each of hub.processPendingTranslations("fr")) same<Translation>()(each);
  // A translation may have no text yet.
  same<string | null>()(translation.text);
  same<string | null>()(translation.engine);
  same<{ code: string; message: string } | undefined>()(translation.error);
  // @ts-expect-error a text may be null
  const text: string = translation.text;
  // @ts-expect-error one translation is of one locale
  await hub.getTranslation({ text: "Pay" });
  // @ts-expect-error the status does not exist
  hub.listTranslations({ targetLocale: "fr", status: "done" });
  return text;
}

export async function operate() {
  same<ApprovedTranslation>()(
    await hub.approve({ text: "Pay", targetLocale: "fr", approvedText: "Payer", revision: 3 }),
  );
  same<Pause[]>()(await hub.pause({ engine: "openai" }));
  same<StoreStatus>()(await hub.status({ project: null }));
  same<number>()(await hub.cancel({ targetLocale: "fr" }));
  // @ts-expect-error cancel has no filter for one text: that would be forget
  await hub.cancel({ text: "Pay" });
  // @ts-expect-error a revision is a number
  await hub.approve({ text: "Pay", targetLocale: "fr", revision: "3" });
}

export async function open() {
  const handler = new InMemoryPersistenceHandler();
  await using own = await Coordinator.connect({ handler, engines: [pseudo(), openai({ apiKey: "k" })] });
  const observer: CoordinatorObserver = producerMetrics(registry);
  new Coordinator(handler, { observer });
  // @ts-expect-error the option is called databaseUrl
  await Coordinator.connect({ url: "postgres://localhost/app" });
  // @ts-expect-error an engine is an object with a name, limits and translate
  new Coordinator(handler, { engines: ["openai"] });
  // @ts-expect-error a coordinator without a store
  new Coordinator();
  same<Engine>()(await makeEngine("openai", { openai: { apiKey: "k" }, engineTimeoutSeconds: 10 }));
  // @ts-expect-error the field is called endpoint
  await makeEngine("openai", { openai: { url: "http://localhost:11434/v1" } });
  return own.activeEngine;
}

export function fail(error: unknown) {
  if (error instanceof InvalidItemError) same<InvalidItemCode>()(error.code);
  if (error instanceof TransHubError) {
    same<TransHubErrorCode>()(error.code);
    // @ts-expect-error there is no such code
    if (error.code === "TH_UNKNOWN_CODE") return;
    same<boolean>()(error.retryable);
    same<string | undefined>()(error.hint);
    // @ts-expect-error errors are read, not changed
    error.hint = "";
  }
  // @ts-expect-error the base class is abstract
  new TransHubError("");
}
