import { verdictOf } from './bars.mjs';

/** @param {import('./bars.mjs').Row[]} rows @returns {string} what was measured, one row a line */
export function tableOf(rows) {
  const cells = rows
    .filter(({ value }) => value !== undefined)
    .map((row) => [row.subject, row.measure, amount(row.value, row.unit), barOf(row), verdictOf(row)]);
  const all = [['', 'measure', 'value', 'bar', ''], ...cells];
  const widths = all[0].map((_, column) => Math.max(...all.map((line) => line[column].length)));
  const align = (text, column) =>
    column === 2 || column === 3 ? text.padStart(widths[column]) : text.padEnd(widths[column]);
  return all.map((line) => line.map(align).join('  ').trimEnd()).join('\n');
}

function barOf({ bar, unit }) {
  if (bar === undefined) return '';
  const [[kind, limit]] = Object.entries(bar);
  return `${{ most: '<=', least: '>=', below: '<' }[kind]} ${unit ? `${limit} ${unit}` : limit.toFixed(1)}`;
}

function amount(value, unit) {
  if (unit === 'MiB') return `${value.toFixed(0)} MiB`;
  return unit ? `${value.toFixed(2)} ${unit}` : value.toFixed(2);
}
