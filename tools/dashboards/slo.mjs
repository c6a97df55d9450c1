import { dashboard, panel, quantile, row } from './dashboard.mjs';

const WINDOWS = ['5m', '30m', '1h', '6h', '3d'];

/** A recorded share of bad events: zero where none happened, for it is no number then. */
const bad = (ratio, events) => `(${ratio} >= 0 or ${events} * 0)`;

/** Error budget, burn rates and events of one objective; `ratio` and `events` are recorded by slo-indicators.yaml. */
function objective(name, share, ratio, events, what) {
  const share30d = bad(`pop_render:${ratio}30d`, `pop_render:${events}3d`);
  return [
    row(name),
    panel(
      `${name}: budget left`,
      `Share of the error budget of the last 30 days that is not spent; the objective is ${100 - share * 100} %.`,
      'percentunit',
      [[`1 - ${share30d} / ${share}`, 'left']],
      {
        type: 'gauge',
        w: 4,
        min: -1,
        max: 1,
        steps: [
          [-1, 'red'],
          [0, 'yellow'],
          [0.25, 'green'],
        ],
      },
    ),
    panel(`${name}: last 30 days`, `Share of good events: ${what}.`, 'percentunit', [[`1 - ${share30d}`, 'good']], {
      type: 'stat',
      w: 4,
      max: 1,
      steps: [
        [0, 'red'],
        [1 - share, 'green'],
      ],
    }),
    panel(
      `${name}: burn rate`,
      'How many times faster than allowed the budget is spent: 14.4 over 1 h, 6 over 6 h and 1 over 3 d raise alerts.',
      'short',
      [
        ...WINDOWS.map((window) => [
          `${bad(`pop_render:${ratio}${window}`, `pop_render:${events}1h`)} / ${share}`,
          window,
        ]),
      ],
      {
        w: 10,
        steps: [
          [1, 'yellow'],
          [6, 'orange'],
          [14.4, 'red'],
        ],
      },
    ),
    panel(
      `${name}: events`,
      'Events an hour that count; below the least number of docs/slo.md no alert fires.',
      'short',
      [[`pop_render:${events}1h`, 'an hour']],
      { w: 6 },
    ),
  ];
}

export const slo = dashboard(
  'pop-render-slo',
  'Pop-Render / Objectives',
  'What was promised, and what is left of it.',
  [
    ...objective(
      'Availability',
      0.001,
      'api_requests:error_ratio_rate',
      'api_requests:increase',
      'requests not answered with 5xx',
    ),
    ...objective(
      'Turnaround',
      0.05,
      'renders:slow_ratio_rate',
      'renders:increase',
      'renders completed within 30 s of their acceptance',
    ),
    row('Behind the turnaround'),
    panel(
      'Turnaround by style',
      '95 % of the renders of a style are completed within this time after their acceptance.',
      's',
      [[quantile(0.95, 'render_turnaround_seconds', { by: ['style'] }), '{{style}}']],
      { w: 12, steps: [[30, 'red']] },
    ),
    panel(
      'Wait for a worker by style',
      '95 % of the renders of a style have waited this long at their first start.',
      's',
      [[quantile(0.95, 'render_queue_wait_seconds', { by: ['style'] }), '{{style}}']],
      { w: 12 },
    ),
  ],
);
