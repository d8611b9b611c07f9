/** Requests that reach every documented status of the routes of webhooks. */

/** Sends a request of an operation, and gives the parsed answer. */
export type Directed = (operationId: string, target: string, json?: unknown) => Promise<Record<string, string>>;

/** @param url One that the server, which must have a key for webhooks, may reach. */
export async function askWebhooks(directed: Directed, url: string): Promise<void> {
  const all = "/v1/projects/shop/webhooks";
  const made = await directed("createWebhook", all, { url, targetLocales: ["fr"] });
  const one = `${all}/${made.id}`;
  await directed("listWebhooks", all);
  await directed("getWebhook", one);
  await directed("changeWebhook", one, { kinds: ["approved"], disabled: true });
  await directed("testWebhook", `${one}:test`);
  await directed("rotateWebhook", `${one}:rotate`, { overlapSeconds: 60 });
  await directed("redeliverWebhook", `${one}:redeliver`, { after: made.cursor });
  await directed("redeliverWebhook", `${one}:redeliver`, { after: "anotherepoch.7" });
  await directed("removeWebhook", one);
  await directed("getWebhook", one);
  await directed("changeWebhook", one, {});
  await directed("testWebhook", `${one}:test`);
  await directed("rotateWebhook", `${one}:rotate`, {});
  await directed("redeliverWebhook", `${one}:redeliver`, { after: made.cursor });
  await directed("removeWebhook", one);
}
