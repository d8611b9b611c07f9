/** What a server knows of webhooks beside the store: the keys of their secrets, and the addresses that they may have. */
import { SettingsError, WebhooksOffError } from "@trans-hub/core";
import type { Webhook } from "@trans-hub/core/store";
import { signedMessage } from "./deliver.ts";
import { RefusedUrlError, WebhookGuard } from "./guard.ts";
import { testMessage } from "./messages.ts";
import { type Attempt, Sender } from "./send.ts";
import { parseWebhookKeys, webhookSecret } from "./signature.ts";

export interface WebhookSettings {
  /**
   * `TH_WEBHOOK_KEY`: one key or several, separated by white space, the newest first; or a function that gives those of the moment.
   * Default: none, and so no webhooks.
   */
  readonly key?: string | (() => string) | undefined;
  /** `TH_WEBHOOK_ALLOW`: hosts and networks that webhooks may reach although they are not public. Default: none. */
  readonly allow?: readonly string[] | undefined;
}

export class WebhookDesk {
  readonly #key: WebhookSettings["key"];
  readonly guard: WebhookGuard;

  /** @throws {SettingsError} A key is too short, or an entry of `allow` is none. */
  constructor({ key, allow = [] }: WebhookSettings = {}) {
    this.#key = key;
    this.guard = guardOf(allow);
    // A bad key is told now, and not with the first webhook.
    this.keys();
  }

  /** The keys of this moment, the newest first. Empty: webhooks are off. */
  keys(): readonly string[] {
    if (this.#key === undefined) return [];
    return parseWebhookKeys(typeof this.#key === "function" ? this.#key() : this.#key);
  }

  get isOff(): boolean {
    return this.#key === undefined;
  }

  /**
   * The secret of a webhook's present version.
   *
   * @throws {WebhooksOffError}
   */
  secretOf({ id, secretVersion }: Pick<Webhook, "id" | "secretVersion">): string {
    const [key] = this.keys();
    if (key === undefined) throw new WebhooksOffError();
    return webhookSecret(key, id, secretVersion);
  }

  /**
   * @throws {WebhooksOffError}
   * @throws {SettingsError} A webhook may not have this URL.
   */
  requireUrl(url: string): void {
    if (this.isOff) throw new WebhooksOffError();
    try {
      this.guard.checkUrl(url);
    } catch (error) {
      if (error instanceof RefusedUrlError) throw new SettingsError([{ key: "url", problem: error.message }]);
      throw error;
    }
  }

  /**
   * Sends a message without an event, once. It counts neither as a failure nor as a success.
   *
   * @param id Of the message.
   * @throws {WebhooksOffError}
   */
  async test(webhook: Webhook, id: string, signal: AbortSignal): Promise<Attempt> {
    if (this.isOff) throw new WebhooksOffError();
    const sender = new Sender({ guard: this.guard, signal });
    try {
      return await sender.send(signedMessage(webhook, testMessage(id, webhook.project, new Date()), this.keys()));
    } finally {
      sender.close();
    }
  }
}

function guardOf(allow: readonly string[]): WebhookGuard {
  try {
    return new WebhookGuard({ allow });
  } catch (error) {
    if (error instanceof RangeError)
      throw new SettingsError([{ key: "TH_WEBHOOK_ALLOW", problem: `an entry ${error.message}` }]);
    throw error;
  }
}
