/** One series of a scrape and its value. */
export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric of a scrape: its metadata, and its series. */
export interface MetricFamily {
  readonly name: string;
  readonly type: string;
  readonly series: Series[];
}

/** A scrape in Prometheus' text format. */
export class Scrape {
  readonly families = new Map<string, MetricFamily>();

  constructor(readonly text: string) {
    let family: MetricFamily | undefined;
    for (const line of text.split('\n')) {
      const [, declared, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
      if (declared !== undefined) {
        if (this.families.has(declared)) throw new Error(`${declared} is there twice`);
        this.families.set(declared, (family = { name: declared, type, series: [] }));
      } else if (line !== '' && !line.startsWith('#')) family!.series.push(readSeries(line));
    }
  }

  static async of(url: string): Promise<Scrape> {
    const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(20_000) });
    if (!response.ok) throw new Error(`${url}/metrics answered ${response.status}`);
    return new Scrape(await response.text());
  }

  /** Sum of the series of this name whose labels have these values; undefined when there is none. */
  value(name: string, labels: Record<string, string> = {}): number | undefined {
    const all = [...this.families.values()].flatMap(({ series }) => series);
    const found = all.filter(
      (series) => series.name === name && Object.entries(labels).every(([label, is]) => series.labels[label] === is),
    );
    return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
  }
}

function readSeries(line: string): Series {
  const [, name, labels = '', value] = /^([\w:]+)(?:\{(.*)\})? (\S+)$/.exec(line)!;
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, is]) => [label, is]);
  return { name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) };
}
