import {
  Counter,
  type CounterConfiguration,
  Gauge,
  type GaugeConfiguration,
  Histogram,
  type HistogramConfiguration,
  register,
} from 'prom-client';

/** The service's name in the `service` label. */
export const SERVICE = 'pop-render';

/** Metrics are registered once a process, whichever application asks first. */
function once<T>(name: string, create: () => T): T {
  return (register.getSingleMetric(name) as T | undefined) ?? create();
}

export function counter<Label extends string>(configuration: CounterConfiguration<Label>): Counter<Label> {
  return once(configuration.name, () => new Counter(configuration));
}

export function gauge<Label extends string>(configuration: GaugeConfiguration<Label>): Gauge<Label> {
  return once(configuration.name, () => new Gauge(configuration));
}

export function histogram<Label extends string>(configuration: HistogramConfiguration<Label>): Histogram<Label> {
  return once(configuration.name, () => new Histogram(configuration));
}
