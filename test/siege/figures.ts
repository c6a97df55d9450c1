import type { Observation, Observations } from './honest-client.js';

/** What an honest client is promised while others attack. */
export const PROMISED = { uploadSeconds: 2, uploadShare: 0.95, readSeconds: 0.5, readShare: 0.99 } as const;

export interface Figures {
  readonly attack: string;
  readonly processes: number;
  readonly seen: Observations;
  /** How often the attacker was answered with which status. */
  readonly answers: Record<string, number>;
}

export const isAccepted = ({ status }: Observation): boolean => status === 201;
export const isRead = ({ status }: Observation): boolean => status === 200;

/** What does not hold of what was promised. */
export function brokenPromises({ seen }: Figures): string[] {
  const { uploadSeconds, uploadShare, readSeconds, readShare } = PROMISED;
  const uploads = share(seen.uploads, (one) => isAccepted(one) && one.seconds <= uploadSeconds);
  const reads = share(seen.reads, (one) => isRead(one) && one.seconds <= readSeconds);
  return [
    ...(uploads < uploadShare ? [`${percent(uploads)} of the uploads were accepted within ${uploadSeconds} s`] : []),
    ...(reads < readShare ? [`${percent(reads)} of the reads were answered within ${readSeconds} s`] : []),
    ...(share(seen.probes, isRead) < 1 ? [`${percent(share(seen.probes, isRead))} of the probes were answered`] : []),
  ];
}

/** One line of the table. */
export function describeFigures(figures: Figures): string {
  const { attack, processes, seen, answers } = figures;
  const uploads = seen.uploads.map(({ seconds }) => seconds);
  const cells = [
    attack.padEnd(26),
    `${processes} `,
    `${seen.uploads.filter(isAccepted).length}/${seen.uploads.length}`.padStart(7),
    ...[0.5, 0.95, 1].map((quantile) => valueAt(uploads, quantile)),
    valueAt(timesOf(seen.reads), 0.95),
    valueAt(timesOf(seen.reads), 1),
    `${seen.probes.filter(isRead).length}/${seen.probes.length}`.padStart(7),
    valueAt(timesOf(seen.probes), 1),
    `${JSON.stringify(answers)} ${others(seen)}`,
  ];
  return cells.join('  ');
}

export const HEADER =
  'attack                      processes  201s  upload p50  p95  max  read p95  max  probes  max (s)  attacker was answered; others';

function others({ uploads, reads, probes }: Observations): string {
  const wrong = [...uploads.filter((one) => !isAccepted(one)), ...[...reads, ...probes].filter((one) => !isRead(one))];
  const counts = new Map<string, number>();
  for (const { status } of wrong) counts.set(String(status), (counts.get(String(status)) ?? 0) + 1);
  return JSON.stringify(Object.fromEntries(counts));
}

const timesOf = (all: readonly Observation[]): number[] => all.map(({ seconds }) => seconds);

function valueAt(values: readonly number[], quantile: number): string {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)];
  return (value === undefined ? '-' : value.toFixed(2)).padStart(6);
}

function share(all: readonly Observation[], isGood: (one: Observation) => boolean): number {
  return all.length === 0 ? 0 : all.filter(isGood).length / all.length;
}

const percent = (part: number): string => `${(part * 100).toFixed(0)} %`;
