import { type DeliveryOptions, startWebhooks, type WebhookDesk } from "@trans-hub/server";

/** Sends the messages of webhooks until `stop`. Undefined: without a key there is none to send. */
export function sendWebhooks({
  desk,
  ...options
}: Pick<DeliveryOptions, "store" | "logger" | "observer"> & { desk: WebhookDesk }):
  | { stop(): Promise<void> }
  | undefined {
  if (desk.isOff) {
    options.logger.info({ hint: "TH_WEBHOOK_KEY_FILE is not set" }, "webhooks.off");
    return undefined;
  }
  return startWebhooks({ ...options, keys: () => desk.keys(), guard: desk.guard });
}
