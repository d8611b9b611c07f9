/** A receiver of webhooks that verifies each message with the library of Standard Webhooks, and misbehaves on demand. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";

export interface ReceivedMessage {
  /** `webhook-id`. */
  readonly id: string;
  readonly type: string;
  readonly data: {
    project: string;
    locale?: string | null;
    kind?: string;
    count?: number;
    ids?: string[];
    cursor?: string;
  };
  readonly path: string;
  /** Whether one of the secrets verifies it. */
  readonly isVerified: boolean;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** Answers a request; `taken` says whether the receiver counts the message as taken. */
export type Manner = (response: ServerResponse, message: ReceivedMessage) => { taken: boolean };

export const take: Manner = (response) => {
  response.writeHead(204).end();
  return { taken: true };
};

export const refuse =
  (status: number, headers: Record<string, string> = {}): Manner =>
  (response) => {
    response.writeHead(status, headers).end("not now");
    return { taken: false };
  };

/** Takes the message, and lets its answer be lost. */
export const takeAndReset: Manner = (response) => {
  response.socket?.resetAndDestroy();
  return { taken: true };
};

export const reset: Manner = (response) => {
  response.socket?.resetAndDestroy();
  return { taken: false };
};

/** Never answers. */
export const hang: Manner = () => ({ taken: false });

export class WebhookReceiver {
  /** Each message that arrived, in the order of arrival. */
  readonly tries: ReceivedMessage[] = [];
  /** Each message that was taken. */
  readonly taken: ReceivedMessage[] = [];
  /** Secrets that verify. */
  readonly secrets = new Set<string>();
  manner: Manner = take;
  readonly #server = createServer((request, response) => void this.#receive(request, response));

  static async start(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver();
    receiver.#server.listen(0, "127.0.0.1");
    await once(receiver.#server, "listening");
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      // Its sender is gone.
      return;
    }
    const body = Buffer.concat(chunks).toString("utf8");
    const { type, data } = JSON.parse(body) as Pick<ReceivedMessage, "type" | "data">;
    const headers = request.headers;
    const message: ReceivedMessage = {
      ...{ id: String(headers["webhook-id"]), type, data, path: request.url ?? "", headers, body },
      isVerified: [...this.secrets].some((secret) => isVerified(secret, body, headers)),
    };
    this.tries.push(message);
    if (this.manner(response, message).taken) this.taken.push(message);
  }
}

function isVerified(secret: string, body: string, headers: IncomingMessage["headers"]): boolean {
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}
