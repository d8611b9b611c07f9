/** The table of routes as a Fastify plugin: guards, checks, handlers, answers, and the log. */
import { randomUUID } from "node:crypto";
import type { Coordinator } from "@trans-hub/core";
import { errorFields } from "@trans-hub/core/operations";
import { type PersistenceHandler, parseName } from "@trans-hub/core/store";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { z } from "zod";
import type { Authenticator } from "./auth/authenticator.ts";
import { credentialsOf } from "./auth/credentials.ts";
import { principalFor, requireLocales } from "./auth/grant.ts";
import type { Principal } from "./auth/principal.ts";
import type { RateLimits } from "./auth/rate-limits.ts";
import type { StandingRequests } from "./auth/standing.ts";
import { HttpError, problemOf } from "./problem.ts";
import { MAX_BODY_BYTES } from "./request-limits.ts";
import type { Answers, Parts, Route } from "./route.ts";
import type { Services } from "./services.ts";

export interface AppOptions {
  readonly hub: Coordinator;
  readonly store: PersistenceHandler;
  readonly services: Services;
  readonly authenticator: Authenticator;
  readonly limits: RateLimits;
  readonly standing: StandingRequests;
  readonly routes: readonly Route[];
  readonly logger: Logger | undefined;
  /** Hears of each request that the database did not answer. */
  readonly onDatabaseUnavailable?: (() => void) | undefined;
  /** Hears of each answer. */
  readonly onAnswer?: ((answer: AnsweredRequest) => void) | undefined;
}

export interface AnsweredRequest {
  readonly method: string;
  /** The pattern, such as `/v1/projects/:project/requests`; never the path itself. */
  readonly route: string;
  readonly status: number;
  readonly elapsedMs: number;
  /** Whether the request waited because its caller wanted it to. */
  readonly isWait: boolean;
}

const NO_PARAMETERS = z.record(z.string(), z.string());
const NO_QUERY = z.strictObject({});

declare module "fastify" {
  interface FastifyRequest {
    transHubPrincipal: Principal | undefined;
    /** Of a caller who is known, and perhaps has no right to this. */
    transHubTokenId: string | undefined;
    transHubStartedAt: number;
  }
  interface FastifyContextConfig {
    transHubRoute?: Route;
  }
}

/** Adds the routes to `app`, whose prefix they get. Nothing of it reaches other routes of the application. */
export function addRoutes(app: FastifyInstance, options: AppOptions): void {
  app.decorateRequest("transHubPrincipal", undefined);
  app.decorateRequest("transHubTokenId", undefined);
  app.decorateRequest("transHubStartedAt", 0);
  readJsonOnly(app);
  app.setValidatorCompiler(({ schema, httpPart }) => (value) => {
    // Fastify gives null for a body that is not there.
    const given = httpPart === "body" ? (value ?? undefined) : value;
    const parsed = (schema as unknown as z.ZodType).safeParse(given);
    return parsed.success ? { value: parsed.data } : { error: parsed.error as unknown as Error };
  });
  app.setSerializerCompiler(({ schema }) => (value) => {
    const parsed = (schema as unknown as z.ZodType).safeParse(value);
    // A column that is not in the document is no answer. It is never sent, and a test sees the 500.
    if (!parsed.success) throw new AnswerMismatchError(parsed.error);
    return JSON.stringify(parsed.data);
  });
  app.addHook("onRequest", (request, reply) => admit(request, reply, options));
  app.addHook("onResponse", async (request, reply) => report(request, reply, options));
  app.setErrorHandler((error: FastifyError, request, reply) => sendProblem(error, request, reply, options));
  app.setNotFoundHandler((request, reply) => sendProblem(new HttpError("TH_NO_ROUTE"), request, reply, options));
  for (const route of options.routes) {
    addRoute(app, route, options);
    if (route.openTo !== undefined) answerPreflights(app, route, options);
  }
  for (const [path, methods] of methodsByPath(options.routes)) refuseOtherMethods(app, path, methods);
}

/** An answer that its own schema refuses. */
class AnswerMismatchError extends Error {
  constructor(cause: z.ZodError) {
    super("The answer is not as the document says");
    this.name = "AnswerMismatchError";
    this.cause = new Error(cause.issues.map(({ path, code }) => `${path.join(".")}: ${code}`).join("; "));
  }
}

/** Bodies are JSON in UTF-8. A byte that is not UTF-8 would else become U+FFFD, and be stored so. */
function readJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  const parse = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body, done) => {
    let text: string;
    try {
      text = utf8.decode(body as Buffer);
    } catch {
      done(new HttpError("TH_HTTP_REQUEST", { field: "body", hint: "The body is not UTF-8." }));
      return;
    }
    parse(request, text, done);
  });
}

function addRoute(app: FastifyInstance, route: Route, options: AppOptions): void {
  const { params, query, body, answers } = route;
  app.route({
    method: route.method,
    url: routerPath(route.path),
    bodyLimit: MAX_BODY_BYTES,
    config: { transHubRoute: route },
    schema: {
      params: params ?? NO_PARAMETERS,
      querystring: query ?? NO_QUERY,
      ...(body !== undefined && { body }),
      response: schemasOf(answers),
    },
    handler: async (request, reply) => {
      const principal = request.transHubPrincipal ?? ANYBODY;
      const parts: Parts<unknown, unknown, unknown> = {
        params: request.params,
        query: request.query,
        body: route.body === undefined ? undefined : request.body,
      };
      if (route.locale !== undefined) requireLocales(principal, () => route.locale?.(parts));
      const { hub, store, services } = options;
      const { headers } = request;
      let signal: AbortSignal | undefined;
      const answer = await route.handle({
        ...parts,
        hub,
        store,
        services,
        principal,
        headers,
        request,
        reply,
        get signal() {
          signal ??= goneSignal(reply);
          return signal;
        },
      });
      if (answer !== undefined) return answer;
      // It has no body, or the handler has sent it. A reply is not returned: to await one is to wait until it is on its way.
      if (!reply.sent) void reply.send();
      return undefined;
    },
  });
}

/** The principal of public routes. */
const ANYBODY: Principal = { subject: "anybody", projects: [], scopes: new Set(), kind: "token" };

function schemasOf(answers: Answers): Record<string, z.ZodType> {
  return Object.fromEntries(
    Object.entries(answers).flatMap(([status, schema]) => (schema === null ? [] : [[status, schema]])),
  );
}

/**
 * A path of the table as the router writes it: there a colon begins a parameter, and two stand for one. A parameter with a verb
 * behind it ends at the last colon.
 */
export function routerPath(path: string): string {
  return path
    .split("/")
    .map((segment) => {
      const [, name, verb] = /^(:\w+)?(.*)$/.exec(segment) ?? [];
      const literal = verb?.replaceAll(":", "::") ?? "";
      return name === undefined ? literal : literal === "" ? name : `${name}(.*)${literal}`;
    })
    .join("/");
}

/** Knows who asks, and whether they may, before the body is read. */
async function admit(request: FastifyRequest, reply: FastifyReply, options: AppOptions): Promise<void> {
  const { authenticator, limits, standing } = options;
  request.transHubStartedAt = performance.now();
  reply.header("x-request-id", request.id);
  // An answer holds texts of other people: no cache between may keep it, unless its route says otherwise.
  reply.header("cache-control", "no-store");
  reply.header("x-content-type-options", "nosniff");
  const route = request.routeOptions.config.transHubRoute;
  if (route === undefined || route.public) return;
  if (isOpen(route, request, options)) {
    reply.headers(OPEN_TO_ALL);
    reply.headers(limits.takeOf(request.raw.socket?.remoteAddress ?? ""));
    return;
  }
  const credentials = credentialsOf(request.raw);
  const caller = await authenticator.authenticate(credentials);
  const identity = "grants" in caller ? caller : { ...caller, grants: [caller] };
  request.transHubTokenId = identity.tokenId;
  reply.headers(limits.take(identity));
  const { project } = request.params as { project?: string };
  // The type of a route wants both of every route that is not public.
  const { scope, wall } = route;
  if (scope === undefined || wall === undefined) throw new HttpError("TH_FORBIDDEN");
  request.transHubPrincipal = principalFor(identity, { scope, wall }, project);
  if (project !== undefined) parseName(project, "project", "TH_PROJECT");
  // A client that is gone already closes nothing any more.
  if (!route.isWait || reply.raw.destroyed) return;
  const giveBack = limits.holdWait(identity);
  const leave = standing.watch(credentials, () => reply.raw.destroy());
  reply.raw.once("close", () => {
    giveBack();
    leave();
  });
}

/** For pages of every origin, and never with cookies: the headers that would admit them are not sent. */
const OPEN_TO_ALL = { "access-control-allow-origin": "*", "access-control-expose-headers": "ETag" };

function isOpen({ openTo }: Route, { params }: FastifyRequest, { services }: AppOptions): boolean {
  const { project } = params as { project?: string };
  return openTo !== undefined && project !== undefined && openTo(project, services);
}

/** A page asks by OPTIONS before it sends a header of its own, such as `If-None-Match`. */
function answerPreflights(app: FastifyInstance, route: Route, options: AppOptions): void {
  app.route({
    method: "OPTIONS",
    url: routerPath(route.path),
    onRequest: async (request) => {
      if (!isOpen(route, request, options)) throw new HttpError("TH_METHOD", { headers: { allow: "GET, HEAD" } });
    },
    handler: (_request, reply) => {
      const allowed = { "access-control-allow-methods": "GET, HEAD", "access-control-allow-headers": "*" };
      void reply
        .code(204)
        .headers({ ...OPEN_TO_ALL, ...allowed, "access-control-max-age": "86400", "cache-control": "no-store" })
        .send();
    },
  });
}

/** Aborts when the client is gone before it has its answer. */
function goneSignal({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  // One that left while its token was looked up closes nothing any more.
  if (raw.destroyed) gone.abort();
  raw.once("close", () => {
    if (!raw.writableFinished) gone.abort();
  });
  return gone.signal;
}

function methodsByPath(routes: readonly Route[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { path, method } of routes) {
    const methods = found.get(path) ?? [];
    methods.push(...(method === "GET" ? ["GET", "HEAD"] : [method]));
    found.set(path, methods);
  }
  return found;
}

function refuseOtherMethods(app: FastifyInstance, path: string, methods: readonly string[]): void {
  const others = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].filter((method) => !methods.includes(method));
  app.route({
    method: others,
    url: routerPath(path),
    exposeHeadRoute: false,
    // Before the body is read, whatever its type.
    onRequest: async () => {
      throw new HttpError("TH_METHOD", { headers: { allow: methods.join(", ") } });
    },
    handler: () => undefined,
  });
}

function sendProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  { logger, onDatabaseUnavailable }: AppOptions,
): void {
  const { body, headers } = problemOf(error, request.id);
  if (body.code === "TH_DATABASE_UNAVAILABLE") onDatabaseUnavailable?.();
  if (body.status === 500) logger?.error({ err: error, requestId: request.id }, "http.failed");
  else if (body.status === 503) logger?.warn({ error: errorFields(error), requestId: request.id }, "http.unavailable");
  void reply
    .code(body.status)
    .headers(headers)
    .type("application/problem+json")
    .serializer((problem: unknown) => JSON.stringify(problem))
    .send(body);
}

/** One line a request, with the pattern of its route: a URL, a query, a header or a body could hold a text or a secret. */
function report(request: FastifyRequest, reply: FastifyReply, { logger, onAnswer }: AppOptions): void {
  const route = request.routeOptions.config.transHubRoute;
  const answer: AnsweredRequest = {
    method: request.method,
    route: route?.path ?? "none",
    status: reply.statusCode,
    elapsedMs: performance.now() - request.transHubStartedAt,
    isWait: route?.isWait ?? false,
  };
  onAnswer?.(answer);
  if (logger === undefined) return;
  const isQuiet = reply.statusCode < 400 && (route?.isRead ?? route?.method === "GET");
  const { transHubTokenId: tokenId } = request;
  logger[isQuiet ? "debug" : "info"](
    {
      method: answer.method,
      route: answer.route,
      status: answer.status,
      ms: Math.round(answer.elapsedMs * 10) / 10,
      ...(tokenId !== undefined && { tokenId }),
      requestId: request.id,
    },
    "http.request",
  );
}

/** The id of a request: ours, never one that a client sent, as it goes into the log. */
export function newRequestId(): string {
  return randomUUID();
}
