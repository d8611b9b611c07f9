import { once } from "node:events";
import type { PersistenceHandler } from "@trans-hub/core/store";
import { type HealthServer, ServerMetrics, startHealthServer } from "@trans-hub/metrics";
import { type Server, startServer, WebhookDesk } from "@trans-hub/server";
import { waitForStore } from "@trans-hub/worker";
import type { Command } from "commander";
import type { Logger } from "pino";
import type { CommandContext, GlobalOptions } from "../command-context.ts";
import { type ChosenDatabase, openDatabase } from "../database.ts";
import { asService } from "../fleet-member.ts";
import { fleetSettings } from "../fleet-settings.ts";
import { examples, parseWhole } from "../options.ts";
import { sendWebhooks } from "../send-webhooks.ts";
import { authenticatorOf } from "../server-logins.ts";
import { openCoordinator, openStore, readSettings } from "../session.ts";
import type { Settings } from "../settings/settings.ts";

interface ServeOptions {
  host?: string;
  port?: number;
  webhooks: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description("Answer the HTTP API until SIGTERM or Ctrl-C. Any number of servers can share a database.")
    .option("--host <address>", "the address to listen on (default: 127.0.0.1, which only this machine reaches)")
    .option(
      "--port <number>",
      "the port; 0: any free port (default: TH_HTTP_PORT, or else 8080)",
      parseWhole(0, 65_535),
    )
    .option("--no-webhooks", "leave the messages of webhooks to other servers")
    .action((options: ServeOptions) => serve(command, context, options));
  examples(command, "serve", "serve --port 0 --json", "serve --host 0.0.0.0");
  command.addHelpText(
    "after",
    `
The routes are in GET /v1/openapi.json and docs/http.md. Another address than this machine's wants a token to exist.
It serves /livez, /readyz and /metrics on TH_METRICS_PORT, if set, and waits for a database that is unreachable or not migrated yet.
It translates nothing: that is the work of \`trans-hub worker\`.`,
  );
}

async function serve(
  command: Command,
  context: CommandContext,
  { host = "127.0.0.1", port, webhooks }: ServeOptions,
): Promise<void> {
  const settings = readSettings(context);
  const desk = new WebhookDesk({ key: settings.webhookKey, allow: settings.webhookAllow });
  const globals = command.optsWithGlobals<GlobalOptions>();
  await asService(
    context,
    settings,
    async (signal, logger) => {
      const database = await openDatabase({ ...context, signal }, settings, globals);
      try {
        const listening = { host, port: port ?? settings.httpPort };
        await answer({
          context,
          database,
          settings,
          logger,
          signal,
          desk,
          sendsWebhooks: webhooks,
          listening,
          onListening: (server) => say(context, host, server),
        });
      } finally {
        await database.close();
      }
    },
    "server",
  );
}

function say({ output }: CommandContext, host: string, { port }: Server): Promise<void> {
  const address = host.includes(":") ? `[${host}]` : host;
  return output.result({ host, port }, () => `http://${address}:${port}`);
}

interface Answering {
  context: CommandContext;
  database: ChosenDatabase;
  settings: Settings;
  logger: Logger;
  signal: AbortSignal;
  desk: WebhookDesk;
  sendsWebhooks: boolean;
  listening: { host: string; port: number };
  onListening(server: Server): Promise<void>;
}

/** Opens the store once it is there, and answers until the signal. */
async function answer(answering: Answering): Promise<void> {
  const { context, database, settings, logger, signal, desk, sendsWebhooks, listening, onListening } = answering;
  let server: Server | undefined;
  const { metrics, health } = await openHealth(settings, () => server?.waits ?? 0);
  const onStop = () => health?.stopping();
  signal.addEventListener("abort", onStop, { once: true });
  try {
    const handler = await waitForStore({
      ask: async () => {
        await database.prepare();
        return openStore(database, settings, "serve", (wait) => logger.warn(wait, "lock.waiting"));
      },
      signal,
      logger,
      onWaiting: (reason) => health?.notReady(reason),
    });
    if (handler === undefined) return;
    const fleet = fleetSettings(settings, context, logger);
    const hub = openCoordinator(handler, settings, { service: { logger, observer: metrics?.observer } });
    const { onDatabaseUnavailable } = readiness(handler, { health, signal, logger });
    let sending: { stop(): Promise<void> } | undefined;
    try {
      const authenticator = authenticatorOf(settings, handler, logger);
      const { httpRate: perSecond, httpPublicRate: publicPerSecond, httpWaits: waits } = settings;
      const limits = { perSecond, publicPerSecond, waits };
      const own = { logger, onAnswer: metrics?.answered, onDatabaseUnavailable, webhooks: desk, fleet };
      const publicExports = settings.httpPublicExports;
      server = await startServer({ hub, store: handler, authenticator, limits, publicExports, ...own }, listening);
      if (sendsWebhooks) sending = sendWebhooks({ desk, logger, store: handler, observer: metrics?.webhooks });
      health?.ready();
      const { port } = server;
      logger.info({ host: listening.host, port, ...(health && { metricsPort: health.port }) }, "server.listening");
      await onListening(server);
      if (!signal.aborted) await once(signal, "abort");
      await Promise.all([server.close(), sending?.stop()]);
      logger.info("server.stopped");
    } finally {
      await Promise.all([server?.close(), sending?.stop()]);
      await hub.close();
      await handler.close();
    }
  } finally {
    signal.removeEventListener("abort", onStop);
    await health?.close();
  }
}

/** Not ready from the first request that the database did not answer, until it answers again. */
function readiness(
  store: PersistenceHandler,
  { health, signal, logger }: { health: HealthServer | undefined; signal: AbortSignal; logger: Logger },
): { onDatabaseUnavailable(): void } {
  let isWaiting = false;
  const waitForDatabase = async () => {
    try {
      const onWaiting = (reason: string) => health?.notReady(reason);
      const answer = await waitForStore({ ask: () => store.status(), signal, logger, onWaiting });
      if (answer !== undefined) health?.ready();
    } catch (error) {
      // No error that passes: the next request finds it too, and its log has it.
      health?.notReady(error instanceof Error ? error.name : "unknown");
    } finally {
      isWaiting = false;
    }
  };
  return {
    onDatabaseUnavailable: () => {
      if (isWaiting || signal.aborted) return;
      isWaiting = true;
      void waitForDatabase();
    },
  };
}

async function openHealth(
  { metricsPort }: Settings,
  waits: () => number,
): Promise<{ metrics?: ServerMetrics; health?: HealthServer }> {
  if (metricsPort === undefined) return {};
  let health: HealthServer | undefined;
  const metrics = new ServerMetrics({ isReady: () => health?.isReady ?? false, waits });
  health = await startHealthServer(metricsPort, metrics.scrape);
  return { metrics, health };
}
