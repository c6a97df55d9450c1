// The grammar of our Grafana dashboards: which variables they have, how a panel looks, how panels flow into rows.

const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };
const COLUMNS = 24;

/** Every selector asks for what the reader has chosen; `more` are further label matchers. */
export function select(metric, more = '') {
  return `${metric}{job=~"$job", instance=~"$instance"${more && `, ${more}`}}`;
}

/** Per-second increase of a counter, at the resolution of the picture. */
export const rate = (metric, more) => `rate(${select(metric, more)}[$__rate_interval])`;

/**
 * The series of `expr` that are not zero, with a single zero where all are: dozens of known response codes without a request would
 * hide the others. Nothing where `metric` is missing.
 * @param by the label with the value `none` on the zero
 */
export const unlessZero = (expr, metric, by) =>
  `${expr} > 0 or on () label_replace(sum(${rate(metric)}) * 0, "${by}", "none", "", "")`;

/** `part` of `whole`, zero where nothing happened; nothing where `whole` is missing. */
export const shareOf = (part, whole) => `(${part} / (${whole} > 0) or ${whole} * 0)`;

/** Quantile of a histogram, kept apart by `by`. */
export function quantile(share, metric, { by = [], more } = {}) {
  return `histogram_quantile(${share}, sum by (${['le', ...by].join(', ')}) (${rate(`${metric}_bucket`, more)}))`;
}

/**
 * One panel.
 * @param unit Grafana's name of the unit: s, bytes, reqps, percent, percentunit, short …
 * @param queries [PromQL, legend] each
 * @param look type, size in grid cells (24 are a row), `steps` of [from value, color], `min`, `max`, `stack`
 */
export function panel(title, description, unit, queries, look = {}) {
  const { type = 'timeseries', w = 8, h = 8, steps, min = 0, max, stack = false } = look;
  const instant = type !== 'timeseries';
  return {
    type,
    title,
    description,
    datasource: DATASOURCE,
    gridPos: { w, h },
    fieldConfig: {
      defaults: {
        unit,
        min,
        ...(max === undefined ? {} : { max }),
        color: { mode: steps && instant ? 'thresholds' : 'palette-classic' },
        thresholds: { mode: 'absolute', steps: thresholdSteps(steps) },
        ...(instant ? {} : { custom: lines({ stack, limits: Boolean(steps) }) }),
      },
      overrides: [],
    },
    options: instant
      ? single(type)
      : { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
    targets: queries.map(([expr, legendFormat], i) => ({
      refId: String.fromCharCode(65 + i),
      datasource: DATASOURCE,
      expr,
      legendFormat,
      ...(instant ? { instant: true, range: false } : {}),
    })),
  };
}

const thresholdSteps = (steps = []) => [
  { color: 'green', value: null },
  ...steps.map(([value, color]) => ({ color, value })),
];

function lines({ stack, limits }) {
  return {
    drawStyle: 'line',
    lineWidth: 1,
    fillOpacity: stack ? 30 : 0,
    showPoints: 'never',
    stacking: { mode: stack ? 'normal' : 'none', group: 'A' },
    thresholdsStyle: { mode: limits ? 'line' : 'off' },
  };
}

const single = (type) => ({
  reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
  orientation: type === 'bargauge' ? 'horizontal' : 'auto',
});

/** A heading that starts a new row. */
export const row = (title) => ({ type: 'row', title, collapsed: false, panels: [], gridPos: { w: COLUMNS, h: 1 } });

/** A whole dashboard; its panels fill row after row in the given order. */
export function dashboard(uid, title, description, panels) {
  return {
    uid,
    title,
    description,
    tags: ['pop-render'],
    schemaVersion: 39,
    version: 1,
    editable: false,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    timezone: 'browser',
    annotations: { list: [] },
    links: [{ type: 'dashboards', title: 'Pop-Render', tags: ['pop-render'], asDropdown: true, keepTime: true }],
    templating: { list: variables() },
    panels: flow(panels),
  };
}

function variables() {
  const query = (name, label, expression) => ({
    name,
    label,
    type: 'query',
    datasource: DATASOURCE,
    query: { query: expression, refId: name },
    definition: expression,
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.+',
    current: { text: 'All', value: '$__all' },
  });
  return [
    { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', current: {}, hide: 0 },
    query('job', 'Job', 'label_values(up{job=~"pop-render-.*"}, job)'),
    query('instance', 'Instance', 'label_values(up{job=~"$job"}, instance)'),
  ];
}

/** Gives every panel its id and place. */
function flow(panels) {
  let [x, y, height] = [0, 0, 0];
  return panels.map((item, i) => {
    const { w, h } = item.gridPos;
    if (x + w > COLUMNS) [x, y, height] = [0, y + height, 0];
    const placed = { id: i + 1, ...item, gridPos: { x, y, w, h } };
    x += w;
    height = Math.max(height, h);
    return placed;
  });
}
