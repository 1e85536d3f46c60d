/** Labels of a time series. */
type Labels = Readonly<Record<string, string | number>>;

/** A counter or a gauge that is read when it is asked for. */
interface Series {
  readonly name: string;
  readonly help: string;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly lines: () => string[];
}

/** Numbers of a server, as Prometheus reads them (text format 0.0.4). */
export interface Metrics {
  /** Counts by labels. */
  counter(name: string, help: string): (labels: Labels, amount?: number) => void;
  /** A value that is read for every answer. */
  gauge(name: string, help: string, read: () => number): void;
  /** How often values were at most each bound, by labels. */
  histogram(name: string, help: string, bounds: readonly number[]): (labels: Labels, value: number) => void;
  /** All of it. */
  text(): string;
}

/** An empty set of metrics. */
export function createMetrics(): Metrics {
  const all: Series[] = [];
  return {
    counter: (name, help) => {
      const counts = new Map<string, number>();
      const lines = () => [...counts].map(([labels, count]) => `${name}${labels} ${count}`);
      all.push({ name, help, kind: 'counter', lines });
      return (labels, amount = 1) => {
        const key = labelText(labels);
        counts.set(key, (counts.get(key) ?? 0) + amount);
      };
    },
    gauge: (name, help, read) => {
      all.push({ name, help, kind: 'gauge', lines: () => [`${name} ${read()}`] });
    },
    histogram: (name, help, bounds) => {
      const found = new Map<string, { labels: Labels; counts: number[]; sum: number; count: number }>();
      all.push({ name, help, kind: 'histogram', lines: () => [...found.values()].flatMap(linesOf) });
      const linesOf = ({
        labels,
        counts,
        sum,
        count,
      }: {
        labels: Labels;
        counts: number[];
        sum: number;
        count: number;
      }) => [
        ...bounds.map((bound, at) => `${name}_bucket${labelText({ ...labels, le: bound })} ${counts[at]!}`),
        `${name}_bucket${labelText({ ...labels, le: '+Inf' })} ${count}`,
        `${name}_sum${labelText(labels)} ${sum}`,
        `${name}_count${labelText(labels)} ${count}`,
      ];
      return (labels, value) => {
        const key = labelText(labels);
        const series = found.get(key) ?? { labels, counts: bounds.map(() => 0), sum: 0, count: 0 };
        found.set(key, series);
        bounds.forEach((bound, at) => {
          if (value <= bound) series.counts[at]! += 1;
        });
        series.sum += value;
        series.count += 1;
      };
    },
    text: () =>
      all
        .flatMap(({ name, help, kind, lines }) => [
          `# HELP ${name} ${help}`,
          `# TYPE ${name} ${kind}`,
          ...lines(),
        ])
        .join('\n')
        .concat('\n'),
  };
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => {
    const text = String(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
    return `${name}="${text}"`;
  });
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}
