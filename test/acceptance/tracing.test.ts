/** Traces from a request to the stored text, over two processes and a collector that speaks OTLP over HTTP. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { testOnDatabase as base, Running } from "@trans-hub/test-support/command";
import { expect } from "vitest";

interface ReceivedSpan {
  name: string;
  kind: number;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  links?: { traceId: string; spanId: string }[];
  attributes: { key: string; value: { stringValue?: string; intValue?: number } }[];
}

interface Collector {
  endpoint: string;
  /** Everything that was sent, headers apart. */
  readonly bytes: string;
  spans(name: string): ReceivedSpan[];
}

const test = base.extend(
  "collector",
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads a fixture's needs from the pattern; this one has none
  async ({}, { onCleanup }): Promise<Collector> => {
    const bodies: string[] = [];
    const server: Server = createServer((request, response) => {
      let body = "";
      request
        .setEncoding("utf8")
        .on("data", (part: string) => {
          body += part;
        })
        .on("end", () => {
          bodies.push(body);
          response.setHeader("content-type", "application/json").end("{}");
        });
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    onCleanup(() => {
      server.closeAllConnections();
      server.close();
    });
    return {
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      get bytes() {
        return bodies.join("\n");
      },
      spans: (name) =>
        bodies
          .flatMap((body) => JSON.parse(body).resourceSpans)
          .flatMap(({ scopeSpans }) => scopeSpans)
          .flatMap(({ spans }) => spans as ReceivedSpan[])
          .filter((span) => span.name === name),
    };
  },
);

/** Kinds of spans in OTLP. */
const INTERNAL = 1;
const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;

/** An application with an SDK of its own; `act` is the body of a function with `coordinator`, `inTrace` and `pool`. */
async function application(databaseUrl: string, act: string, env: Record<string, string>): Promise<void> {
  const script = `
    import { trace } from "@opentelemetry/api";
    import { NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
    import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
    import { Coordinator } from "@trans-hub/core";
    const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(new OTLPTraceExporter())] });
    provider.register();
    const inTrace = (name, act) =>
      trace.getTracer("shop").startActiveSpan(name, (span) => act(span).finally(() => span.end()));
    const coordinator = await Coordinator.connect({ databaseUrl: ${JSON.stringify(databaseUrl)}, sourceLocale: "en" });
    ${act}
    await coordinator.close();
    await provider.shutdown();`;
  const cwd = fileURLToPath(new URL("../../packages/cli", import.meta.url));
  const ended = await new Running([process.execPath, "--input-type=module", "--eval", script], { cwd, env }).ended();
  expect(ended, ended.stderr).toMatchObject({ code: 0 });
}

function attribute({ attributes }: ReceivedSpan, key: string): string | number | undefined {
  const { value } = attributes.find((each) => each.key === key) ?? {};
  return value?.stringValue ?? value?.intValue;
}

test("one trace leads from the request of one process to the text that another stores, without the text", async ({
  commands,
  collector,
  database,
}) => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint };
  await application(
    database.url,
    `await inTrace("GET /orders", () => coordinator.request(
      [{ text: "Confidential order", businessId: "order.4711", context: { where: "secret page" } }, "Confidential total"],
      { targetLocales: ["fr"] },
    ));`,
    env,
  );
  await commands.json(["worker", "--once"], { env });

  const [page] = collector.spans("GET /orders");
  const [request, ...others] = collector.spans("trans_hub.request");
  const [batch] = collector.spans("trans_hub.batch");
  const [call] = collector.spans("trans_hub.engine_call");
  const [settle] = collector.spans("trans_hub.settle");
  if (!page || !request || !batch || !call || !settle) throw new Error(`spans are missing in ${collector.bytes}`);
  expect(others).toEqual([]);
  expect(request).toMatchObject({ kind: PRODUCER, traceId: page.traceId, parentSpanId: page.spanId });
  expect(batch).toMatchObject({ kind: CONSUMER, traceId: page.traceId, parentSpanId: request.spanId });
  expect(batch.links).toMatchObject([{ traceId: request.traceId, spanId: request.spanId }]);
  expect(call).toMatchObject({ kind: CLIENT, traceId: page.traceId, parentSpanId: batch.spanId });
  expect(settle).toMatchObject({ kind: INTERNAL, traceId: page.traceId, parentSpanId: batch.spanId });
  expect(attribute(request, "messaging.batch.message_count")).toBe(2);
  expect(attribute(batch, "trans_hub.target_locale")).toBe("fr");
  expect(attribute(call, "gen_ai.provider.name")).toBe("pseudo");
  expect(attribute(settle, "trans_hub.texts.translated")).toBe(2);
  expect(collector.bytes).toContain("trans-hub-worker");
  expect(collector.bytes).not.toMatch(/confidential|order\.4711|secret page|ĉ|ŝ/i);
  expect(await commands.json(["get", "Confidential total", "--from", "en", "--to", "fr"])).toMatchObject({
    status: "translated",
  });
});

test("an engine call for the texts of several traces has a link to each of them", async ({
  commands,
  collector,
  database,
}) => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint };
  // Calls at the same moment share a statement, and the one in a transaction goes by the inbox.
  await application(
    database.url,
    `import pg from ${JSON.stringify(import.meta.resolve("pg"))};
    const client = new pg.Client(${JSON.stringify(database.url)});
    await client.connect();
    await Promise.all(["one", "two", "three"].map((text) =>
      inTrace("page " + text, () => coordinator.request({ text: "Secret " + text, targetLocales: ["fr"] }))));
    await client.query("begin");
    await inTrace("order", () => coordinator.request({ text: "Secret four", targetLocales: ["fr"] }, { client }));
    await client.query("commit");
    await client.end();`,
    env,
  );
  await commands.json(["worker", "--once"], { env });

  const requests = collector.spans("trans_hub.request").map(({ traceId, spanId }) => ({ traceId, spanId }));
  expect(new Set(requests.map(({ traceId }) => traceId)).size).toBe(4);
  const links = collector.spans("trans_hub.batch").flatMap((batch) => batch.links ?? []);
  expect(links.map(({ traceId, spanId }) => ({ traceId, spanId }))).toEqual(expect.arrayContaining(requests));
  expect(collector.bytes).not.toMatch(/secret/i);
});

/** Notes on stderr each module of OpenTelemetry that the process loads; prom-client has always loaded the API. */
const TELLING_LOADS = `--import=data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from "node:module";
  registerHooks({ load(url, context, next) {
    if (/\\/@opentelemetry\\/(?!api\\/)/.test(url)) process.stderr.write("loaded " + url + "\\n");
    return next(url, context);
  } });`)}`;

test.for([
  ["no variable is set", {}],
  ["the exporter is none", { OTEL_TRACES_EXPORTER: "none" }],
  ["the SDK is disabled", { OTEL_SDK_DISABLED: "true", OTEL_TRACES_EXPORTER: "otlp" }],
] as const)(
  "a worker loads and sends nothing of OpenTelemetry where %s",
  async ([, env], { commands, collector, db }) => {
    const own = { ...env, NODE_OPTIONS: TELLING_LOADS };
    const endpoint = Object.keys(env).length > 0 ? { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint } : {};
    await commands.run(["request", "Hello", "--from", "en", "--to", "fr"], { env: { ...own, ...endpoint } });
    const { rows } = await db.query("select traceparent from trans_hub.batch");
    expect(rows).toEqual([{ traceparent: null }]);
    const worker = await commands.run(["worker", "--once"], { env: { ...own, ...endpoint } });
    expect(worker).toMatchObject({ code: 0, stderr: expect.stringContaining("batch.settled") });
    expect(worker.stderr).not.toMatch(/loaded|tracing/);
    expect(collector.bytes).toBe("");
  },
);

test("a worker translates and ends while its collector is out of reach, and says so without a key", async ({
  commands,
}) => {
  await commands.run(["request", "Hello", "--from", "en", "--to", "fr"]);
  const worker = await commands.run(["worker", "--once"], {
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1",
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=sk-top-secret",
      OTEL_EXPORTER_OTLP_TIMEOUT: "500",
    },
  });
  expect(worker).toMatchObject({ code: 0, stdout: expect.stringContaining("1 translated") });
  expect(worker.stderr).toContain("tracing.failed");
  expect(worker.stderr + worker.stdout).not.toContain("sk-top-secret");
});

test.for([
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, "http/json"],
  [{ OTEL_TRACES_EXPORTER: "zipkin" }, "must be otlp or none"],
] as const)("a worker that cannot export as asked (%o) says so and works", async ([env, cure], { commands }) => {
  const worker = await commands.run(["worker", "--once"], { env: { ...env } });
  expect(worker).toMatchObject({ code: 0, stderr: expect.stringContaining(cure) });
});
