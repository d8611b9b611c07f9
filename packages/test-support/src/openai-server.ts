/**
 * A local server of OpenAI's Chat Completions, for tests: it speaks the real protocol, translates by a visible rule
 * (`[fr] Save`), fails on demand, and keeps a ledger of every item that it received.
 *
 * In a test: `const server = await startOpenaiServer()`. As a process of its own:
 *
 *     node packages/test-support/src/openai-server.ts --port 0        # prints one line: its base URL, to be used as TH_OPENAI_ENDPOINT
 *     curl -X PUT  $URL/../control/rules  -d '[{"fault":{"kind":"rate_limit","retryAfter":2},"times":3}]'
 *     curl         $URL/../control/ledger
 *
 * With `--rpm 600 --tpm 90000` it refuses calls above these limits, as providers do (`openai-limits.ts` describes the
 * counting), and `/control/limits` returns the passed and the refused calls. `--window sliding|minute` counts differently.
 */
import { createHash } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import {
  type AnsweredItem,
  type AskedItem,
  type Fault,
  type FaultKind,
  type Rule,
  spoilItems,
} from "./openai-faults.ts";
import { type EnforcedLimits, LimitEnforcer, type Verdict, WINDOWS, type Window } from "./openai-limits.ts";

/** One item of one call, recorded before the call is answered. */
export interface LedgerEntry {
  /** Number of the call, counted from 1. */
  call: number;
  id: string;
  text: string;
  /** First 16 hex digits of the SHA-256 of the text. */
  textHash: string;
  source: string;
  target: string;
  context: unknown;
  failure: string | undefined;
  /** Milliseconds since the epoch. */
  at: number;
  /** Address and port of the client's socket. */
  peer: string;
  /** The key of the request, which identifies the client. */
  key: string;
}

export interface CallRecord {
  call: number;
  at: number;
  /** Undefined while it runs, and for a call whose connection was ended without an answer. */
  status: number | undefined;
  /** What the answer said that it bills. Undefined: it said nothing. */
  usage: Usage | undefined;
  /** The faults applied to the call. */
  faults: FaultKind[];
  items: number;
  /** The tokens that the server bills: of every call that it does not refuse, whether or not its answer arrives. */
  billed: { input: number; cached: number; output: number } | undefined;
  /** The request's body as it arrived. */
  body: Record<string, unknown>;
  headers: Record<string, unknown>;
}

export interface OpenaiServerOptions {
  /** Default 0: any free one. */
  port?: number;
  /** Address to listen on. Default 127.0.0.1. */
  host?: string;
  /** When given, any other key gets 401. */
  apiKey?: string;
  /** When given, any other model gets 404. */
  models?: string[];
  /** Features that the model lacks; a request that uses one gets 400. */
  unsupported?: ("json_schema" | "json_object" | "temperature" | "max_completion_tokens" | "max_tokens")[];
  /** A request for a longer answer gets 400. Default: no limit. */
  mostAnswerTokens?: number;
  /** Default: `[fr] text`, with the whole text kept. */
  translate?: (item: AskedItem, source: string, target: string) => string;
  rules?: Rule[];
  /** Calls beyond the limits are refused with 429. Default: no limits. */
  limits?: EnforcedLimits;
  /** Counts an answered call, as `openai-bill.ts` does. Default: four characters a token, and half of the question cached. */
  count?: (messages: readonly ChatMessage[], content: string) => Usage;
}

export interface ChatMessage {
  role: string;
  content: string;
}

/** What an answer says that it bills. */
export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details: { cached_tokens: number };
}

export interface OpenaiServer {
  /** Base URL with `/v1`. */
  readonly url: string;
  readonly ledger: readonly LedgerEntry[];
  readonly calls: readonly CallRecord[];
  /**
   * Emits `call` (a CallRecord) when a call has been recorded, and `answered` when its answer is sent or its connection
   * is cut.
   */
  readonly events: EventEmitter<{ call: [CallRecord]; answered: [CallRecord] }>;
  /** The calls that the limits passed and refused since the start. */
  readonly limiting: ReturnType<LimitEnforcer["report"]>;
  /** Number of calls that are being answered. */
  readonly inFlight: number;
  /** Replaces the rules from the next call on. */
  misbehave(...rules: (Rule | Fault | FaultKind)[]): void;
  behave(): void;
  clear(): void;
  close(): Promise<void>;
}

/** Starts the server. */
export async function startOpenaiServer(options: OpenaiServerOptions = {}): Promise<OpenaiServer> {
  const ledger: LedgerEntry[] = [];
  const calls: CallRecord[] = [];
  const events: OpenaiServer["events"] = new EventEmitter();
  let rules: Rule[] = [...(options.rules ?? [])];
  let inFlight = 0;
  const enforcer = new LimitEnforcer(options.limits ?? {});
  const translate = options.translate ?? visibly;

  /** The faults of this call; each use counts against its rule's `times`. */
  function faultsFor(items: readonly AskedItem[]): Fault[] {
    const striking = rules.filter(
      ({ times = 1, whenText }) =>
        times > 0 && (whenText === undefined || items.some(({ text }) => text.includes(whenText))),
    );
    for (const rule of striking) if (rule.times !== undefined) rule.times -= 1;
    return striking.map(({ fault }) => fault);
  }

  async function complete(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse(await bodyOf(request)) as ChatRequest;
    const asked = readAsked(body);
    const peer = `${request.socket.remoteAddress}:${request.socket.remotePort}`;
    const record: CallRecord = {
      call: calls.length + 1,
      at: Date.now(),
      status: undefined,
      usage: undefined,
      faults: [],
      items: asked?.items.length ?? 0,
      billed: undefined,
      body: body as Record<string, unknown>,
      headers: { ...request.headers },
    };
    calls.push(record);
    const key = request.headers.authorization?.replace(/^Bearer /, "") ?? "";
    for (const { id, text, context, failure } of asked?.items ?? []) {
      const { source = "", target = "" } = asked ?? {};
      const textHash = createHash("sha256").update(text).digest("hex").slice(0, 16);
      ledger.push({
        call: record.call,
        id,
        text,
        textHash,
        source,
        target,
        context,
        failure,
        at: record.at,
        peer,
        key,
      });
    }
    inFlight += 1;
    response.once("close", () => {
      inFlight -= 1;
      if (response.writableFinished) record.status = response.statusCode;
      events.emit("answered", record);
    });
    events.emit("call", record);

    const refusal = refusalOf(body, asked, request, options);
    if (refusal !== undefined) return sendError(response, refusal);
    if (options.limits !== undefined) {
      const verdict = enforcer.admit(tokensOf(body, contentOf(answersTo(asked, translate))).total_tokens, record.at);
      for (const [name, value] of Object.entries(verdict.headers)) response.setHeader(name, value);
      if (verdict.refusedFor !== undefined) return sendError(response, overLimit(verdict));
    }
    const tokens = tokensOf(body, contentOf(answersTo(asked, translate)));
    record.billed = billedBy(tokens);
    const faults = faultsFor(asked?.items ?? []);
    record.faults = faults.map(({ kind }) => kind);
    const slow = faults.find((fault) => fault.kind === "slow");
    if (slow !== undefined) await new Promise((resolve) => setTimeout(resolve, slow.ms));
    for (const fault of faults) if (strikesWhole(fault, response)) return;
    record.usage = answer(response, body, asked ?? { source: "", target: "", items: [] }, faults, options);
    // A provider bills the answer that it gave, and not the items that a fault took out of it.
    record.billed = billedBy(record.usage);
  }

  const server = createServer((request, response) => {
    route(request, response).catch((error: unknown) => {
      if (!response.headersSent) sendError(response, { kind: "status", status: 400, message: String(error) });
    });
  });

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    switch (`${request.method} ${request.url}`) {
      case "POST /v1/chat/completions":
        return complete(request, response);
      case "GET /v1/models":
        if (options.apiKey !== undefined && request.headers.authorization !== `Bearer ${options.apiKey}`) {
          return sendError(response, { kind: "status", status: 401, code: "invalid_api_key" });
        }
        return sendJson(response, 200, { object: "list", data: [{ id: "test-model", object: "model" }] });
      case "GET /control/ledger":
        return sendJson(response, 200, { ledger, calls });
      case "GET /control/limits":
        return sendJson(response, 200, enforcer.report());
      case "DELETE /control/ledger":
        clear();
        return sendJson(response, 200, {});
      case "PUT /control/rules":
        rules = JSON.parse(await bodyOf(request)) as Rule[];
        return sendJson(response, 200, {});
      default:
        return sendError(response, { kind: "status", status: 404, code: "unknown_url" });
    }
  }

  function clear(): void {
    ledger.length = 0;
    calls.length = 0;
  }

  server.listen(options.port ?? 0, options.host ?? "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    ledger,
    calls,
    events,
    get limiting() {
      return enforcer.report();
    },
    get inFlight() {
      return inFlight;
    },
    misbehave(...next) {
      rules = next.map(asRule);
    },
    behave() {
      rules = [];
    },
    clear,
    async close() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

interface ChatRequest {
  model?: string;
  temperature?: number;
  max_completion_tokens?: number;
  max_tokens?: number;
  response_format?: { type?: string };
  messages?: ChatMessage[];
}

interface Asked {
  source: string;
  target: string;
  items: AskedItem[];
}

type StatusFault = Extract<Fault, { kind: "status" }>;
type Translate = NonNullable<OpenaiServerOptions["translate"]>;

function asRule(rule: Rule | Fault | FaultKind): Rule {
  if (typeof rule === "string") return { fault: { kind: rule } as Fault };
  return "fault" in rule ? { ...rule } : { fault: rule };
}

/** The last user message as one JSON object; undefined where it is none. */
function readAsked({ messages = [] }: ChatRequest): Asked | undefined {
  const last = messages.at(-1);
  if (last?.role !== "user") return undefined;
  try {
    const asked = JSON.parse(last.content) as Asked;
    return Array.isArray(asked.items) ? asked : undefined;
  } catch {
    return undefined;
  }
}

/** Refusals of every real endpoint, checked before any fault. */
function refusalOf(
  body: ChatRequest,
  asked: Asked | undefined,
  request: IncomingMessage,
  { apiKey, models, unsupported = [], mostAnswerTokens = Number.POSITIVE_INFINITY }: OpenaiServerOptions,
): StatusFault | undefined {
  const refuse = (status: number, facts: Omit<StatusFault, "kind" | "status">): StatusFault => ({
    kind: "status",
    status,
    type: "invalid_request_error",
    ...facts,
  });
  if (apiKey !== undefined && request.headers.authorization !== `Bearer ${apiKey}`) {
    return refuse(401, { code: "invalid_api_key", message: `Incorrect API key: ${request.headers.authorization}` });
  }
  if (models !== undefined && !models.includes(body.model ?? "")) {
    return refuse(404, { code: "model_not_found", message: `The model ${body.model} does not exist` });
  }
  if (asked === undefined) return refuse(400, { message: "the last message is not one JSON object with items" });
  const format = body.response_format?.type;
  if ((format === "json_schema" || format === "json_object") && unsupported.includes(format)) {
    return refuse(400, { param: "response_format", message: `response_format ${format} is not supported` });
  }
  if (body.temperature !== undefined && unsupported.includes("temperature")) {
    return refuse(400, { param: "temperature", code: "unsupported_value", message: "'temperature' is not supported" });
  }
  for (const limit of ["max_completion_tokens", "max_tokens"] as const) {
    const given = body[limit];
    if (given === undefined) continue;
    if (unsupported.includes(limit)) {
      const message = `Unsupported parameter: '${limit}' is not supported with this model.`;
      return refuse(400, { param: limit, code: "unsupported_parameter", message });
    }
    if (given > mostAnswerTokens) {
      const message = `max_tokens is too large: ${given}. This model supports at most ${mostAnswerTokens} completion tokens, whereas you provided ${given}.`;
      return refuse(400, { param: limit, code: "invalid_value", message });
    }
  }
  return undefined;
}

/** OpenAI's answer to a client above its limit; its headers are set already. */
function overLimit({ refusedFor, waitMs }: Verdict): StatusFault {
  const message = `Rate limit reached on ${refusedFor} per min. Please try again in ${Math.ceil(waitMs)}ms.`;
  return { kind: "status", status: 429, code: "rate_limit_exceeded", type: refusedFor ?? "requests", message };
}

/** Applies the faults that replace the whole answer. */
function strikesWhole(fault: Fault, response: ServerResponse): boolean {
  switch (fault.kind) {
    case "status":
      sendError(response, fault);
      return true;
    case "rate_limit": {
      const { retryAfter, retryAfterMs, code = "rate_limit_exceeded" } = fault;
      sendError(response, {
        kind: "status",
        status: 429,
        code,
        type: "requests",
        headers: {
          ...(retryAfter !== undefined && { "retry-after": String(retryAfter) }),
          ...(retryAfterMs !== undefined && { "retry-after-ms": String(retryAfterMs) }),
        },
      });
      return true;
    }
    case "error_in_200":
      sendJson(response, 200, { error: { code: fault.code, message: fault.message ?? "upstream failed" } });
      return true;
    case "html_in_200":
      response.writeHead(200, { "content-type": "text/html" }).end("<html>Welcome to the hotel network</html>");
      return true;
    case "not_a_completion":
      sendJson(response, 200, { ok: true });
      return true;
    case "redirect":
      response.writeHead(307, { location: fault.to }).end();
      return true;
    case "hang":
      return true;
    case "endless": {
      const piece = "x".repeat(64 * 1024);
      const go = () => {
        while (response.writable && response.write(piece));
      };
      response.writeHead(200, { "content-type": "application/json" }).on("drain", go);
      response.write('{"choices":[{"message":{"content":"');
      go();
      return true;
    }
    case "reset":
      response.socket?.resetAndDestroy();
      return true;
    case "reset_in_body":
      response.writeHead(200, { "content-type": "application/json", "content-length": "4096" });
      response.write('{"id":"chatcmpl-1","choices":[{"message":{"content":"', () => response.socket?.resetAndDestroy());
      return true;
    default:
      return false;
  }
}

function billedBy({ prompt_tokens, prompt_tokens_details, completion_tokens }: Usage) {
  return { input: prompt_tokens, cached: prompt_tokens_details.cached_tokens, output: completion_tokens };
}

function answer(
  response: ServerResponse,
  body: ChatRequest,
  asked: Asked,
  faults: readonly Fault[],
  { translate = visibly, count }: OpenaiServerOptions,
): Usage {
  const kinds = new Set(faults.map(({ kind }) => kind));
  let content = contentOf(spoilItems(answersTo(asked, translate), asked.items, faults));
  if (kinds.has("not_json")) content = "Sure! Here are your translations.";
  if (kinds.has("fence")) content = `\`\`\`json\n${content}\n\`\`\``;
  if (kinds.has("prose")) content = `Here is the JSON you asked for:\n${content}\nLet me know if you need more.`;
  if (kinds.has("think")) content = `<think>{"items": maybe}</think>\n${content}`;
  if (kinds.has("truncate")) content = content.slice(0, content.length - 12);
  if (kinds.has("content_filter")) content = "";
  const isRefused = kinds.has("refuse");
  const finishReason = kinds.has("truncate") ? "length" : kinds.has("content_filter") ? "content_filter" : "stop";

  const usage = count?.(body.messages ?? [], content) ?? tokensOf(body, content);
  sendJson(response, 200, {
    id: `chatcmpl-${Date.now()}`,
    object: "chat.completion",
    created: Math.floor(Date.now() / 1_000),
    model: body.model,
    choices: [
      {
        index: 0,
        finish_reason: finishReason,
        message: isRefused
          ? { role: "assistant", content: null, refusal: "I cannot help with that." }
          : { role: "assistant", content, refusal: null },
      },
    ],
    usage,
  });
  return usage;
}

function answersTo(asked: Asked | undefined, translate: Translate): AnsweredItem[] {
  const { source = "", target = "", items = [] } = asked ?? {};
  return items.map((item) => ({ id: item.id, text: translate(item, source, target) }));
}

function contentOf(items: unknown[]): string {
  return JSON.stringify({ items });
}

/** Four characters a token. */
function tokensOf({ messages }: ChatRequest, content: string): Usage {
  const promptTokens = Math.ceil(JSON.stringify(messages).length / 4);
  const completionTokens = Math.ceil(content.length / 4);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: Math.floor(promptTokens / 2) },
  };
}

/** The visible rule: the whole text stays in the answer, and white space at its ends stays there. */
function visibly({ text }: AskedItem, _source: string, target: string): string {
  return text.replace(/^(\s*)/, `$1[${target}] `);
}

function sendError(response: ServerResponse, fault: StatusFault): void {
  const { status, code = null, param = null, headers = {} } = fault;
  const type = fault.type ?? (status >= 500 ? "server_error" : "invalid_request_error");
  const message = fault.message ?? `The server said ${status}`;
  sendJson(response, status, { error: { message, type, param, code } }, headers);
}

function sendJson(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

if (import.meta.main) {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: { port: { ...text, default: "0" }, "api-key": text, rpm: text, tpm: text, window: text },
  });
  const { window } = values;
  if (window !== undefined && !WINDOWS.includes(window as Window)) throw new Error(`--window: ${WINDOWS.join(", ")}`);
  const server = await startOpenaiServer({
    port: Number(values.port),
    ...(values["api-key"] !== undefined && { apiKey: values["api-key"] }),
    ...((values.rpm ?? values.tpm) !== undefined && {
      limits: {
        rpm: values.rpm === undefined ? undefined : Number(values.rpm),
        tpm: values.tpm === undefined ? undefined : Number(values.tpm),
        window: window as Window | undefined,
      },
    }),
  });
  process.stdout.write(`${server.url}\n`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void server.close());
}
