/**
 * Spans of OpenTelemetry, for an application or a worker that has set up its SDK. Without one, nothing is loaded and a call
 * costs one look at a global object.
 *
 * A span has counts, locales and names of projects, engines and models: never a text, an id or the message of an error.
 */
import type { Context, Link, Span, SpanContext, Tracer } from "@opentelemetry/api";

type Api = typeof import("@opentelemetry/api");

export type SpanAttributes = Readonly<Record<string, string | number | readonly string[] | undefined>>;

export interface SpanDescription {
  kind: "PRODUCER" | "CONSUMER" | "CLIENT" | "INTERNAL";
  attributes: SpanAttributes;
  /**
   * Contexts of W3C's `traceparent` that caused this work elsewhere. The span becomes a child of the first, with a link to
   * each; with an empty list it begins a trace. Left out: a child of the span around the call.
   */
  causes?: readonly string[];
}

/** A span that is not ended yet. */
export interface OpenSpan {
  /** Its context for work elsewhere, as W3C's `traceparent`. Undefined: its trace is not sampled. */
  readonly traceparent: string | undefined;
  set(attributes: SpanAttributes): void;
  /** Marks it as failed, for a failure that is not thrown. `code`: that of an error, or a kind; never a message. */
  fail(code: string): void;
}

/** The key under which every copy of `@opentelemetry/api` 1.x keeps the SDK that was registered. */
const REGISTERED = Symbol.for("opentelemetry.js.api.1");

/**
 * Runs `act` within a span, if a tracing SDK is registered in this process; else without one. Resolves and rejects as `act`
 * does; a rejection marks the span as failed.
 *
 * @param describe Called only where there is a span.
 */
export function inSpan<Result>(
  name: string,
  describe: () => SpanDescription,
  act: (span: OpenSpan | undefined) => Promise<Result>,
): Promise<Result> {
  const { [REGISTERED]: registered } = globalThis as { [REGISTERED]?: { trace?: unknown } };
  return registered?.trace === undefined ? act(undefined) : traced(name, describe(), act);
}

let loading: Promise<{ api: Api; tracer: Tracer } | undefined> | undefined;

/** Loaded by the first span, and not by the import of this package: most applications have no use for it. */
async function load(): Promise<{ api: Api; tracer: Tracer } | undefined> {
  try {
    const [api, { version }] = await Promise.all([import("@opentelemetry/api"), import("../version.ts")]);
    return { api, tracer: api.trace.getTracer("@trans-hub/core", version) };
  } catch {
    // The application has an SDK, and the package manager gave us no copy of the API to reach it.
    return undefined;
  }
}

async function traced<Result>(
  name: string,
  { kind, attributes, causes }: SpanDescription,
  act: (span: OpenSpan | undefined) => Promise<Result>,
): Promise<Result> {
  loading ??= load();
  const loaded = await loading;
  if (loaded === undefined) return act(undefined);
  const { api, tracer } = loaded;
  const contexts = (causes ?? []).flatMap((cause) => parseTraceparent(cause) ?? []);
  const options = {
    kind: api.SpanKind[kind],
    attributes: defined(attributes),
    links: contexts.map((context): Link => ({ context })),
  };
  const parent = causes === undefined ? api.context.active() : contextOf(api, contexts[0]);
  return tracer.startActiveSpan(name, options, parent, async (span) => {
    try {
      return await act(openSpan(api, span));
    } catch (error) {
      fail(api, span, codeOf(error));
      throw error;
    } finally {
      span.end();
    }
  });
}

function openSpan(api: Api, span: Span): OpenSpan {
  const { traceId, spanId, traceFlags } = span.spanContext();
  const isSampled = (traceFlags & api.TraceFlags.SAMPLED) !== 0;
  return {
    traceparent: isSampled ? `00-${traceId}-${spanId}-01` : undefined,
    set: (attributes) => void span.setAttributes(defined(attributes)),
    fail: (code) => fail(api, span, code),
  };
}

function fail(api: Api, span: Span, code: string): void {
  span.setAttribute("error.type", code).setStatus({ code: api.SpanStatusCode.ERROR });
}

function contextOf({ ROOT_CONTEXT, trace }: Api, parent: SpanContext | undefined): Context {
  return parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
}

function parseTraceparent(traceparent: string): SpanContext | undefined {
  const [, traceId, spanId, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
}

/** A foreign error may have any code, and its name is that of a class. */
function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  if (typeof code === "string" && /^[A-Z0-9_]{1,40}$/.test(code)) return code;
  return typeof name === "string" && /^[A-Za-z]{1,60}$/.test(name) ? name : "_OTHER";
}

function defined(attributes: SpanAttributes): Record<string, string | number | string[]> {
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, typeof value === "object" ? [...value] : value] as const],
    ),
  );
}
