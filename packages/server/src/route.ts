/**
 * A route: one entry of the table in `routes/index.ts`, from which the server, its checks and the OpenAPI document are made.
 *
 * The type wants a scope and a wall of every route that is not public. So a route without a guard is no program.
 */
import type { Coordinator } from "@trans-hub/core";
import type { PersistenceHandler } from "@trans-hub/core/store";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Principal, Scope } from "./auth/principal.ts";
import type { ProblemStatus } from "./problem.ts";
import type { Services } from "./services.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** The caller of a route: one who has `scope`, for the project of the path or for every project. */
type Guard<Path extends string> =
  | {
      readonly public: true;
      readonly scope?: undefined;
      readonly wall?: undefined;
    }
  | {
      readonly public?: undefined;
      readonly scope: Scope;
      /** `project`: the project of the path must be one of the principal's. `fleet`: the principal must have every project. */
      readonly wall: Path extends `/v1/projects/:project${string}` ? "project" : "fleet";
    };

type Segment<Path> = Path extends `${infer Head}/${infer Rest}` ? Head | Segment<Rest> : Path;
type NameOf<Part> = Part extends `:${infer Name}.json`
  ? Name
  : Part extends `:${infer Name}:${string}`
    ? Name
    : Part extends `:${infer Name}`
      ? Name
      : never;
/** The parameters of a path: `/v1/projects/:project/locales/:locale` has `project` and `locale`. */
export type ParamsOf<Path extends string> = { readonly [Name in NameOf<Segment<Path>>]: string };

/** A request after its checks. */
export interface Parts<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
}

/** What a handler is given. */
export interface Call<Params, Query, Body> extends Parts<Params, Query, Body> {
  readonly hub: Coordinator;
  readonly store: PersistenceHandler;
  readonly services: Services;
  readonly principal: Principal;
  readonly headers: FastifyRequest["headers"];
  readonly request: FastifyRequest;
  /** For headers and for a status other than 200. */
  readonly reply: FastifyReply;
  /** Aborts when the client is gone. Waits end at `services.stopping` too. */
  readonly signal: AbortSignal;
}

/** The answers of a route by their status. Null: without a body. Problems are added by the table. */
export type Answers = Readonly<Record<number, z.ZodType | null>>;

type AnswerOf<Given extends Answers> = {
  [Status in keyof Given]: Given[Status] extends z.ZodType ? z.input<Given[Status]> : undefined;
}[keyof Given];

export interface RouteDefinition<
  Path extends string,
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Given extends Answers,
> {
  readonly method: Method;
  /** A segment that begins with a colon is a parameter, also before `.json`; a colon inside a segment is a colon: `/translations:read`. */
  readonly path: Path;
  /** Unique, in camel case: OpenAPI's operationId. */
  readonly name: string;
  /** One sentence. */
  readonly summary: string;
  /** More, in Markdown. */
  readonly description?: string;
  /**
   * The target locales that the act touches, for principals that may touch some alone. A function that gives undefined says:
   * every locale. Left out: the act belongs to no locale.
   */
  readonly locale?: (
    parts: Parts<z.output<Params>, z.output<Query>, z.output<Body>>,
  ) => readonly string[] | string | undefined;
  /** Default: each parameter of the path is a string. */
  readonly params?: Params;
  /** Default: none is taken. */
  readonly query?: Query;
  /** Default: none is taken. */
  readonly body?: Body;
  readonly answers: Given;
  /** The type of its answer 200, which is no JSON: the handler gives a stream. */
  readonly stream?: "text/event-stream";
  /** Statuses of problems beside those that every route of its kind has. */
  readonly problems?: readonly ProblemStatus[];
  /** A read that succeeded is logged at debug only. Default: methods other than GET are acts. */
  readonly isRead?: boolean;
  /**
   * Whether a request needs no principal, by its project: an operator opened what it reads to everybody. Left out: it needs one. What
   * is open may be read by pages of every origin, without cookies.
   */
  readonly openTo?: (project: string, services: Services) => boolean;
  /** The answer may come after seconds, because the caller wants it so. Default: false. */
  readonly isWait?: boolean;
  handle(call: Call<z.output<Params>, z.output<Query>, z.output<Body>>): Promise<AnswerOf<Given>> | AnswerOf<Given>;
}

/** A route in the table, its types forgotten. */
export type Route = Omit<RouteDefinition<string, z.ZodType, z.ZodType, z.ZodType, Answers>, "handle" | "locale"> & {
  readonly public?: true | undefined;
  readonly scope?: Scope | undefined;
  readonly wall?: "project" | "fleet" | undefined;
  locale?(parts: Parts<unknown, unknown, unknown>): readonly string[] | string | undefined;
  handle(call: Call<unknown, unknown, unknown>): unknown;
};

/** Makes an entry of the table. */
export function defineRoute<
  const Path extends string,
  const Given extends Answers,
  Params extends z.ZodType = z.ZodType<ParamsOf<Path>>,
  Query extends z.ZodType = z.ZodType<Record<never, never>>,
  Body extends z.ZodType = z.ZodType<undefined>,
>(route: RouteDefinition<Path, Params, Query, Body, Given> & Guard<Path>): Route {
  return route as unknown as Route;
}
