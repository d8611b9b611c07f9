/** The three forms of the server: a server of its own, a Fastify plugin, and a plain handler to mount. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Coordinator, SettingsError } from "@trans-hub/core";
import { errorFields, optionKinds as kinds, optionCheck } from "@trans-hub/core/operations";
import type { PersistenceHandler } from "@trans-hub/core/store";
import Fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import type { Logger } from "pino";
import { type AnsweredRequest, addRoutes, newRequestId } from "./app.ts";
import { authentication } from "./auth/authentication.ts";
import type { Authenticator } from "./auth/authenticator.ts";
import { type RateLimitOptions, RateLimits } from "./auth/rate-limits.ts";
import { StandingRequests } from "./auth/standing.ts";
import { isLoopback } from "./auth/trusted-addresses.ts";
import { ExportCache } from "./export/export-cache.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import { HttpError, problemOf } from "./problem.ts";
import { ROUTES } from "./routes/index.ts";
import { type Services, WaitingRoom } from "./services.ts";
import { UnreadBodies } from "./unread-bodies.ts";
import { WebhookDesk } from "./webhooks/desk.ts";

export interface ServerOptions {
  /** One coordinator a process: concurrent requests then share statements. It stays open when the server closes. */
  hub: Coordinator;
  /** The store behind `hub`. */
  store: PersistenceHandler;
  /**
   * Who asks. Default: the holders of tokens of the store; as long as none was ever made, everybody on this machine may do everything, and
   * others nothing. `authentication` makes one that knows the logins of a proxy, too.
   */
  authenticator?: Authenticator | undefined;
  /** The rate and the waits of one caller, and the rate of one address to public exports. Default: no bounds. */
  limits?: Pick<RateLimitOptions, "perSecond" | "burst" | "publicPerSecond" | "waits"> | undefined;
  /** A logger of pino. Default: nothing is logged. */
  logger?: Logger | undefined;
  /** Hears of each answer, for metrics. Default: none. */
  onAnswer?: ((answer: AnsweredRequest) => void) | undefined;
  /** Hears of each request that the database did not answer, for a probe of readiness. Default: none. */
  onDatabaseUnavailable?: (() => void) | undefined;
  /** Requests that may wait at once (`translations:wait`). Default 1,000. */
  maxWaits?: number | undefined;
  /** Projects whose exports everybody may read, without a token and from pages of every origin; `*`: all. Default: none. */
  publicExports?: readonly string[] | undefined;
  /** Keys and addresses of webhooks. Default: no key, so that no webhook can be made. */
  webhooks?: WebhookDesk | undefined;
  /** For callers who estimate or wait for catalogs (`trans-hub translate --server`). Default: no engine is known. */
  fleet?: FleetSettings | undefined;
  /** The path under which the routes stand, such as `/translations`. Default: none, they begin with `/v1`. */
  prefix?: string | undefined;
}

const checkOptions = optionCheck<ServerOptions>("createServer", {
  hub: kinds.required(kinds.methods("a Coordinator", "request", "getTranslations")),
  store: kinds.required(kinds.methods("a store", "register", "read")),
  authenticator: kinds.methods("an Authenticator", "authenticate", "isConfigured"),
  limits: kinds.parts({
    perSecond: kinds.positive(1_000_000),
    burst: kinds.whole(1, 10_000_000),
    publicPerSecond: kinds.positive(1_000_000),
    waits: kinds.whole(1, 1_000_000),
  }),
  logger: kinds.methods("a logger of pino", "debug", "info", "warn", "error"),
  onAnswer: kinds.callback,
  onDatabaseUnavailable: kinds.callback,
  maxWaits: kinds.whole(0, 1_000_000),
  publicExports: kinds.names,
  webhooks: kinds.methods("a WebhookDesk", "keys", "secretOf"),
  fleet: kinds.object,
  prefix: (value, key) =>
    typeof value === "string" && /^(\/[\w.~-]+)+$/.test(value)
      ? []
      : [{ key, problem: "must be a path such as /texts" }],
});

/** Milliseconds for a client to send its headers, and its whole request. */
const HEADERS_TIMEOUT_MS = 15_000;
const REQUEST_TIMEOUT_MS = 60_000;
/** A project's name has up to 255 bytes, each of which may be percent-encoded. */
const MAX_PARAMETER = 1_024;

export interface Server {
  /** The port in use, which the system chose when 0 was asked for. */
  readonly port: number;
  /** Requests that wait for translations at this moment. */
  readonly waits: number;
  /**
   * Stops: takes no new connection, ends waits with the answer of this moment, and resolves once every open request is
   * answered. A request whose body has not arrived after three seconds is cut off. Idempotent.
   */
  close(): Promise<void>;
}

export interface ListenOptions {
  /** Default `127.0.0.1`. */
  host?: string | undefined;
  /** 0: any free port. */
  port: number;
}

const checkListenOptions = optionCheck<ListenOptions>("startServer", {
  host: kinds.text,
  port: kinds.required(kinds.whole(0, 65_535)),
});

/**
 * Listens.
 *
 * @throws {SettingsError} An option is missing, unknown, or has a bad value; the port cannot be listened on; or `host` is an
 *   address that other machines reach, and no caller can prove who it is.
 */
export async function startServer(options: ServerOptions, listen: ListenOptions): Promise<Server> {
  const { host = "127.0.0.1", port } = checkListenOptions(listen);
  const given = withAuthenticator(checkOptions(options));
  if (!isLoopback(host) && host !== "localhost" && !(await given.authenticator.isConfigured())) {
    const problem =
      "is an address that other machines reach, and there is neither a good token nor a proxy that knows its users";
    const hint = "Make a token (trans-hub tokens create), name a proxy (TH_AUTH_HEADER), or listen on 127.0.0.1.";
    throw new SettingsError([{ key: "host", problem }], { hint });
  }
  const { app, stop, services } = await openApp(given);
  try {
    await app.listen({ host, port });
  } catch (cause) {
    await app.close();
    throw cannotListen(host, port, cause as NodeJS.ErrnoException);
  }
  let closed: Promise<void> | undefined;
  return {
    port: (app.server.address() as AddressInfo).port,
    get waits() {
      return services.waits.taken;
    },
    close: () => {
      stop();
      closed ??= app.close();
      return closed;
    },
  };
}

export interface MountedHandler {
  (request: IncomingMessage, response: ServerResponse): void;
  /** Requests that wait for translations at this moment. */
  readonly waits: number;
  /** Ends waits; requests that are open are answered. The coordinator stays open. */
  close(): Promise<void>;
}

/**
 * A handler for an HTTP server of the application's own: `http.createServer(handler)`, or `app.use("/translations", handler)`
 * of Express, which takes the prefix off the path by itself.
 *
 * @throws {SettingsError} An option is missing, unknown, or has a bad value.
 */
export async function createHandler(options: ServerOptions): Promise<MountedHandler> {
  const { app, stop, services } = await openApp(options);
  await app.ready();
  const handle = (request: IncomingMessage, response: ServerResponse) => app.routing(request, response);
  const close = async () => {
    stop();
    await app.close();
  };
  return Object.defineProperty(Object.assign(handle, { close, waits: 0 }), "waits", {
    get: () => services.waits.taken,
  });
}

/**
 * A Fastify plugin: `app.register(transHub, { hub, store, prefix: "/translations" })`. The application's own routes, hooks
 * and parsers stay as they are. Waits end when the application closes.
 */
export async function transHub(app: FastifyInstance, options: ServerOptions): Promise<void> {
  // Fastify adds options of its own; the prefix is applied by it.
  const { hub, store, authenticator, limits, logger, onAnswer, onDatabaseUnavailable, maxWaits } = options;
  const { publicExports, webhooks, fleet } = options;
  const checked = checkOptions({
    ...{ hub, store, authenticator, limits, logger, onAnswer, onDatabaseUnavailable, maxWaits },
    ...{ publicExports, webhooks, fleet },
  });
  const { services, stop } = makeServices(checked);
  addTo(app, checked, services);
  app.addHook("preClose", async () => stop());
}

async function openApp(options: ServerOptions): Promise<{ app: FastifyInstance; services: Services; stop(): void }> {
  const { prefix = "", ...checked } = checkOptions(options);
  const app = Fastify({
    // Fastify's own lines hold the URL.
    logger: false,
    // The table checks by zod. Fastify's own compilers, which no route uses, are 93 modules and a seventh of the start.
    schemaController: { compilersFactory: { buildValidator: unused, buildSerializer: unused } },
    genReqId: newRequestId,
    requestIdHeader: false,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS },
    routerOptions: { maxParamLength: MAX_PARAMETER },
    clientErrorHandler: (error, socket) => {
      if (socket.writable) socket.end(unreadable(error.code));
    },
    // A request that arrives on an open connection while the server stops is answered as any other.
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => {
      const { body, headers } = problemOf(error, request.id);
      const answer = reply as FastifyReply;
      void answer.code(body.status).headers(headers).type("application/problem+json").send(JSON.stringify(body));
    },
  });
  const { services, stop: endWaits } = makeServices(checked);
  const bodies = new UnreadBodies();
  const stop = () => {
    endWaits();
    bodies.stop();
  };
  app.addHook("onRequest", async (request, reply) => bodies.watch(request.raw, reply.raw));
  app.addHook("onClose", async () => bodies.close());
  // A connection that stays open after its last answer would hold the end up for its keep-alive time.
  app.addHook("onSend", async (_, reply) => {
    if (services.stopping.aborted) reply.header("connection", "close");
  });
  await app.register(async (scope) => addTo(scope, checked, services), { prefix });
  return { app, services, stop };
}

/** The answer to bytes that are no request of HTTP, or come too slowly. */
function unreadable(code: string | undefined): string {
  const line =
    code === "HPE_HEADER_OVERFLOW"
      ? "431 Request Header Fields Too Large"
      : code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? "408 Request Timeout"
        : "400 Bad Request";
  const { body } = problemOf(
    new HttpError("TH_HTTP_REQUEST", { hint: "It is no request of HTTP, is too slow, or has too many headers." }),
    newRequestId(),
  );
  const json = JSON.stringify({ ...body, status: Number(line.slice(0, 3)) });
  return `HTTP/1.1 ${line}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(json)}\r\nconnection: close\r\n\r\n${json}`;
}

/** @throws {Error} A route has a schema of Fastify's. */
function unused(): never {
  throw new Error("The table of routes has its own schemas");
}

/** `stop` ends the waits. */
function makeServices({
  maxWaits = 1_000,
  publicExports = [],
  webhooks = new WebhookDesk(),
  fleet = {},
}: ServerOptions): { services: Services; stop(): void } {
  const stopping = new AbortController();
  const open = new Set(publicExports);
  const services: Services = {
    stopping: stopping.signal,
    waits: new WaitingRoom(maxWaits),
    exports: new ExportCache(),
    publicExports: (project) => open.has("*") || open.has(project),
    webhooks,
    fleet,
  };
  return { services, stop: () => stopping.abort() };
}

/** One for all requests: it remembers the tokens. */
function withAuthenticator(options: ServerOptions): ServerOptions & { authenticator: Authenticator } {
  const { authenticator, store, logger } = options;
  const onFault = (error: unknown) => logger?.warn({ error: errorFields(error) }, "token.use_not_noted");
  return { ...options, authenticator: authenticator ?? authentication({ tokens: store.tokens, onFault }) };
}

function addTo(app: FastifyInstance, options: ServerOptions, services: Services): void {
  const { authenticator } = withAuthenticator(options);
  addRoutes(app, {
    hub: options.hub,
    store: options.store,
    authenticator,
    limits: new RateLimits(options.limits),
    standing: new StandingRequests(authenticator),
    logger: options.logger,
    onAnswer: options.onAnswer,
    onDatabaseUnavailable: options.onDatabaseUnavailable,
    services,
    routes: ROUTES,
  });
}

function cannotListen(host: string, port: number, cause: NodeJS.ErrnoException): SettingsError {
  const key = cause.code === "EADDRNOTAVAIL" || cause.code === "ENOTFOUND" ? "host" : "port";
  const problem = cause.code === "EADDRINUSE" ? `${port} is in use` : `${key === "host" ? host : port}: ${cause.code}`;
  return new SettingsError([{ key, problem }], { cause });
}
