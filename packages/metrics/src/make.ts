/** prom-client's metrics as the catalogue describes them. */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { MetricDescription } from "./catalogue.ts";

type Label<Description extends MetricDescription> = Description["labels"][number];

export type Made<Catalogue extends Readonly<Record<string, MetricDescription>>> = {
  readonly [Key in keyof Catalogue]: Catalogue[Key]["type"] extends "counter"
    ? Counter<Label<Catalogue[Key]>>
    : Catalogue[Key]["type"] extends "gauge"
      ? Gauge<Label<Catalogue[Key]>>
      : Histogram<Label<Catalogue[Key]>>;
};

/** Registers the metrics that the registry lacks: two coordinators on one registry share their metrics. */
export function make<Catalogue extends Readonly<Record<string, MetricDescription>>>(
  catalogue: Catalogue,
  registry: Registry,
): Made<Catalogue> {
  return Object.fromEntries(
    Object.entries(catalogue).map(([key, description]) => [
      key,
      registry.getSingleMetric(description.name) ?? makeOne(description, registry),
    ]),
  ) as unknown as Made<Catalogue>;
}

function makeOne({ type, name, help, labels, buckets = [] }: MetricDescription, registry: Registry) {
  const shared = { name, help: help.replaceAll("`", ""), labelNames: [...labels], registers: [registry] };
  if (type === "counter") return new Counter(shared);
  if (type === "gauge") return new Gauge(shared);
  return new Histogram({ ...shared, buckets: [...buckets] });
}
