/**
 * A local server of Anthropic's Messages API, for tests: it speaks the real protocol, translates by a visible rule
 * (`[fr] Save`), and misbehaves as a test's script says.
 */
import { EventEmitter, once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { AnsweredItem, AskedItem } from "./openai-faults.ts";

/** One call that the server received. */
export interface AnthropicCall {
  body: {
    model?: string;
    max_tokens?: number;
    system?: { text: string; cache_control?: unknown }[];
    messages?: { role: string; content: string }[];
    [field: string]: unknown;
  };
  headers: Record<string, unknown>;
  /** The items of the last message. */
  items: AskedItem[];
  target: string;
}

/** Answers a call in the server's place. False: the server answers by itself. */
export type AnthropicFault = (response: ServerResponse, call: AnthropicCall) => boolean;

export interface AnthropicServer {
  /** Without `/v1`. */
  readonly url: string;
  readonly calls: readonly AnthropicCall[];
  /** Emits `call` when a call has arrived. */
  readonly events: EventEmitter<{ call: [AnthropicCall] }>;
  /** Replaces the fault from the next call on. */
  misbehave(fault: AnthropicFault): void;
  close(): Promise<void>;
}

/** Starts the server. @param apiKey Any other key gets 401. Undefined: none is needed. */
export async function startAnthropicServer({ apiKey }: { apiKey?: string } = {}): Promise<AnthropicServer> {
  const calls: AnthropicCall[] = [];
  const events: AnthropicServer["events"] = new EventEmitter();
  let fault: AnthropicFault = () => false;

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url, headers } = request;
    if (apiKey !== undefined && headers["x-api-key"] !== apiKey) {
      return sendError(response, 401, "authentication_error", "invalid x-api-key");
    }
    if (headers["anthropic-version"] === undefined) {
      return sendError(response, 400, "invalid_request_error", "anthropic-version: header is required");
    }
    if (method === "GET" && url?.startsWith("/v1/models")) return send(response, 200, { data: [], has_more: false });
    if (method !== "POST" || url !== "/v1/messages") return sendError(response, 404, "not_found_error", "Not found");
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as AnthropicCall["body"];
    const { items, target } = JSON.parse(body.messages?.at(-1)?.content ?? "{}") as AnthropicCall;
    const call: AnthropicCall = { body, headers: { ...headers }, items, target };
    calls.push(call);
    events.emit("call", call);
    if (!fault(response, call)) sendMessage(response, call);
  }

  const server = createServer((request, response) => {
    route(request, response).catch((error: unknown) =>
      sendError(response, 400, "invalid_request_error", String(error)),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    events,
    misbehave(next) {
      fault = next;
    },
    async close() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** The answers by the visible rule. */
export function visibleAnswers({ items, target }: AnthropicCall): AnsweredItem[] {
  return items.map(({ id, text }) => ({ id, text: text.replace(/^(\s*)/, `$1[${target}] `) }));
}

/** Sends a message. `facts` replace fields of it. */
export function sendMessage(
  response: ServerResponse,
  call: AnthropicCall,
  text = JSON.stringify({ items: visibleAnswers(call) }),
  facts: Record<string, unknown> = {},
): void {
  send(response, 200, {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: call.body.model,
    content: [{ type: "text", text }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: {
      input_tokens: Math.ceil(JSON.stringify(call.body.messages).length / 4),
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: Math.ceil(JSON.stringify(call.body.system ?? "").length / 4),
      output_tokens: Math.ceil(text.length / 4),
    },
    ...facts,
  });
}

/** Sends an error of the API. */
export function sendError(
  response: ServerResponse,
  status: number,
  type: string,
  message: string,
  headers: Record<string, string> = {},
): void {
  send(response, status, { type: "error", error: { type, message }, request_id: "req_1" }, headers);
}

function send(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}
