export { describeMetrics, type MetricDescription } from "./catalogue.ts";
export { type HealthServer, type Scrape, startHealthServer } from "./health.ts";
export { producerMetrics } from "./producer-metrics.ts";
export { ServerMetrics, type ServerMetricsOptions } from "./server-metrics.ts";
export { WorkerMetrics, type WorkerMetricsOptions } from "./worker-metrics.ts";
