import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

type Labels = readonly string[];

const registry = new Registry();
collectDefaultMetrics({ register: registry });
const known = new Map<string, unknown>();

// The same name asked for twice is the same metric: modules may be made several times in one process.
function once<M>(name: string, make: () => M): M {
  if (!known.has(name)) known.set(name, make());
  return known.get(name) as M;
}

/** The process's metrics. Labels never hold text from outside: each value must come from a closed list. */
export const metrics = {
  counter: (name: string, help: string, labels: Labels = []): Counter =>
    once(name, () => new Counter({ name, help, labelNames: [...labels], registers: [registry] })),

  gauge: (name: string, help: string, labels: Labels = []): Gauge =>
    once(name, () => new Gauge({ name, help, labelNames: [...labels], registers: [registry] })),

  /** @param buckets upper bounds, in the unit that ends the name: `…_seconds` */
  histogram: (name: string, help: string, labels: Labels = [], buckets?: number[]): Histogram =>
    once(
      name,
      () => new Histogram({ name, help, labelNames: [...labels], registers: [registry], ...(buckets && { buckets }) }),
    ),

  /** What `/metrics` answers. */
  text: (): Promise<string> => registry.metrics(),
  contentType: registry.contentType,
};
