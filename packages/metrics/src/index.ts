export { describeMetrics, type MetricDescription } from "./catalogue.ts";
export { producerMetrics } from "./producer-metrics.ts";
export { WorkerMetrics, type WorkerMetricsOptions } from "./worker-metrics.ts";
