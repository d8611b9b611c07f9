/**
 * The traces of a worker, sent by OTLP over HTTP. `OTEL_*` variables decide; without them nothing of OpenTelemetry is
 * loaded.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Logger } from "pino";

export interface Tracing {
  /** Sends the last spans, and gives up after 2 seconds: a collector that is away must not hold up the end of a worker. */
  stop(): Promise<void>;
}

const NO_TRACING: Tracing = { stop: async () => undefined };

const LAST_SPANS_MS = 2_000;

/**
 * Starts the export of traces, if the environment names a collector or an exporter. A fault in it is logged, and the work
 * goes on without traces.
 */
export async function startTracing(env: NodeJS.ProcessEnv, logger: Logger): Promise<Tracing> {
  const names = (env.OTEL_TRACES_EXPORTER ?? "").split(",").map((name) => name.trim().toLowerCase());
  const exporters = names.filter((name) => name !== "");
  const endpoint = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === "true" || exporters.includes("none")) return NO_TRACING;
  if (exporters.length === 0 && !endpoint) return NO_TRACING;
  const problem = problemOf(exporters, env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL || env.OTEL_EXPORTER_OTLP_PROTOCOL);
  if (problem !== undefined) {
    logger.warn({ problem }, "tracing.off");
    return NO_TRACING;
  }
  try {
    return await start(logger);
  } catch (error) {
    // Only the kind: the message of a bad OTEL_EXPORTER_OTLP_HEADERS would quote the key in it.
    logger.warn(
      { problem: `The tracing SDK cannot start (${kindOf(error)}): check the OTEL_* variables` },
      "tracing.off",
    );
    return NO_TRACING;
  }
}

function problemOf(exporters: readonly string[], protocol: string | undefined): string | undefined {
  if (exporters.some((name) => name !== "otlp")) {
    return "OTEL_TRACES_EXPORTER must be otlp or none: traces go to a collector by OTLP alone";
  }
  if (protocol === "grpc")
    return "The protocol grpc is not supported: set http/json, and the collector's port for HTTP (4318)";
  return undefined;
}

async function start(logger: Logger): Promise<Tracing> {
  const { startSdk } = await import("./tracing-sdk.ts");
  let isAway = false;
  // Once for each absence: a collector may be away for hours.
  const sdk = startSdk((error, spans) => {
    if (error !== undefined && !isAway) logger.warn({ problem: kindOf(error), lost: spans }, "tracing.failed");
    if (error === undefined && isAway) logger.info("tracing.works_again");
    isAway = error !== undefined;
  });
  logger.info("tracing.started");
  return {
    stop: async () => {
      const ended = sdk.shutdown().catch(() => undefined);
      await Promise.race([ended, wait(LAST_SPANS_MS, undefined, { ref: false })]);
    },
  };
}

/** The code or name of an error. Messages of the exporter hold the answer of the collector. */
function kindOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return String(code ?? name ?? "error");
}
