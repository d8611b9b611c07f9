/** OpenTelemetry's SDK with its exporter. Imported only where tracing is on. */
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, NodeTracerProvider, type SpanExporter } from "@opentelemetry/sdk-trace-node";
import { version } from "@trans-hub/core/operations";

/** Called after each export with the number of its spans; with an error, they are lost. */
type OnExport = (error: Error | undefined, spans: number) => void;

/** Registers the SDK, as the `OTEL_*` variables of the process configure it. `shutdown` sends the last spans. */
export function startSdk(onExport: OnExport): { shutdown(): Promise<void> } {
  const own = resourceFromAttributes({ "service.name": "trans-hub-worker", "service.version": version });
  const provider = new NodeTracerProvider({
    resource: own.merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(reporting(new OTLPTraceExporter(), onExport))],
  });
  provider.register();
  return provider;
}

function reporting(exporter: SpanExporter, onExport: OnExport): SpanExporter {
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        onExport(result.error, spans.length);
        done(result);
      }),
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}
