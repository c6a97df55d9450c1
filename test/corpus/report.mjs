// Counts what came of the files, family by family.

const NUMBERS = {
  files: 0,
  accepted: 0,
  rendered: 0,
  altered: 0,
  flat: 0,
  crashes: 0,
  hangs: 0,
  undocumented: 0,
  halves: 0,
  otherFailures: 0,
};

const KINDS = [
  ['crash', 'crashes'],
  ['hang', 'hangs'],
  ['undocumented', 'undocumented'],
  ['half', 'halves'],
];

export class Tally {
  failures = [];
  byFamily = new Map();

  add({ family, name }, outcomes, { failures, altered, flat }) {
    const row = this.row(family);
    row.files++;
    const { inspect } = outcomes;
    if (inspect.accepted) row.accepted++;
    else if (inspect.code) row.refused[inspect.code] = (row.refused[inspect.code] ?? 0) + 1;
    if (outcomes.render) row.rendered++;
    if (altered) row.altered++;
    if (flat) row.flat++;
    for (const [step, { seconds = 0, busySeconds = 0, peakMiB = 0 }] of Object.entries(outcomes)) {
      if (busySeconds > row.busiest.busySeconds) row.busiest = { busySeconds, name, step };
      row.slowestSeconds = Math.max(row.slowestSeconds, seconds);
      if (peakMiB > row.largest.peakMiB) row.largest = { peakMiB, name, step };
    }
    for (const failure of failures) {
      row[KINDS.find(([start]) => failure.startsWith(start))?.[1] ?? 'otherFailures']++;
      this.failures.push({ family, name, failure });
    }
  }

  row(family) {
    const fresh = { ...NUMBERS, refused: {}, slowestSeconds: 0, busiest: { busySeconds: 0 }, largest: { peakMiB: 0 } };
    if (!this.byFamily.has(family)) this.byFamily.set(family, fresh);
    return this.byFamily.get(family);
  }

  families() {
    return Object.fromEntries(this.byFamily);
  }
}

const COLUMNS = {
  files: ({ files }) => files,
  accepted: ({ accepted }) => accepted,
  unsupported: ({ refused }) => refused.unsupported_format ?? 0,
  corrupt: ({ refused }) => refused.corrupt_photo ?? 0,
  'too large': ({ refused }) => refused.photo_too_large ?? 0,
  altered: ({ altered }) => altered,
  flat: ({ flat }) => flat,
  rendered: ({ rendered }) => rendered,
  crashes: ({ crashes }) => crashes,
  hangs: ({ hangs }) => hangs,
  'other codes': ({ undocumented }) => undocumented,
  halves: ({ halves }) => halves,
  'other failures': ({ otherFailures }) => otherFailures,
  'max s': ({ slowestSeconds }) => slowestSeconds.toFixed(2),
  'max CPU s': ({ busiest }) => busiest.busySeconds.toFixed(2),
  'max MiB': ({ largest }) => largest.peakMiB.toFixed(0),
};

/** A table for a person to read. */
export function familyTable({ seed, files, failures, families }) {
  const header = ['family', ...Object.keys(COLUMNS)];
  const rows = Object.entries(families).map(([name, row]) => [
    name,
    ...Object.values(COLUMNS).map((value) => `${value(row)}`),
  ]);
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)));
  const line = (cells) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[i]))).join('  ');
  const extremes = Object.entries(families)
    .filter(([, { busiest, largest }]) => busiest.busySeconds > 1 || largest.peakMiB > 300)
    .map(([name, { busiest, largest }]) => {
      const memory = `${largest.peakMiB.toFixed(0)} MiB for ${largest.name} (${largest.step})`;
      return `${name}: ${busiest.busySeconds.toFixed(2)} CPU s for ${busiest.name} (${busiest.step}), ${memory}`;
    });
  return [
    line(header),
    ...rows.map(line),
    '',
    ...extremes,
    `${files} files of seed ${seed}, ${failures.length} failures`,
  ].join('\n');
}
