import { dashboard, panel, quantile, rate, row, select } from './dashboard.mjs';

const average = (metric, by) =>
  `sum by (${by}) (${rate(`${metric}_sum`)}) / sum by (${by}) (${rate(`${metric}_count`)})`;

/** The way of a render from acceptance to print. */
export const pipeline = dashboard('pop-render-pipeline', 'Pop-Render / Pipeline', 'How renders wait and are made.', [
  row('Waiting'),
  panel(
    'Queue depth',
    'Jobs waiting in the queue.',
    'short',
    [[`max by (service) (${select('render_queue_depth')})`, 'waiting']],
    {
      w: 6,
      steps: [
        [50, 'yellow'],
        [200, 'red'],
      ],
    },
  ),
  panel(
    'Oldest waiting render',
    'Age of the render that has waited longest; BacklogAge fires above two minutes.',
    's',
    [[`max by (service) (${select('render_oldest_queued_age_seconds')})`, 'oldest']],
    { w: 6, steps: [[120, 'red']] },
  ),
  panel(
    'Renders by state',
    'Renders that have not ended, as the database has them; uploads are answered 503 when as many are queued as the limit.',
    'short',
    [
      [`max by (state) (${select('renders_in_state')})`, '{{state}}'],
      [`max by (service) (${select('render_queue_limit')}) > 0`, 'limit'],
    ],
    { w: 6 },
  ),
  panel(
    'Clients with renders',
    'Clients with renders queued or started, counted up to 1000.',
    'short',
    [[`max by (service) (${select('render_queue_clients')})`, 'clients']],
    { w: 6 },
  ),
  panel(
    'Wait for a worker',
    'From acceptance to the first start.',
    's',
    [
      [quantile(0.5, 'render_queue_wait_seconds'), '50 %'],
      [quantile(0.95, 'render_queue_wait_seconds'), '95 %'],
    ],
    { w: 6 },
  ),
  panel(
    'Queue per worker',
    'Waiting jobs for each worker that is up: growing while the processors idle means too few workers.',
    'short',
    [
      [
        `max by (service) (${select('render_queue_depth')}) / on () group_left () count(${select('up', 'job=~"pop-render-worker.*"')} == 1)`,
        'jobs per worker',
      ],
    ],
    { w: 6 },
  ),
  panel(
    'Turnaround',
    'From acceptance to completion; the objective is 95 % within 30 s.',
    's',
    [
      [quantile(0.5, 'render_turnaround_seconds'), '50 %'],
      [quantile(0.95, 'render_turnaround_seconds'), '95 %'],
    ],
    { w: 6, steps: [[30, 'red']] },
  ),
  panel(
    'Processor time',
    'Processors that each instance keeps busy, child processes left out.',
    'short',
    [[rate('process_cpu_seconds_total'), '{{job}} {{instance}}']],
    { w: 6 },
  ),
  panel(
    'Renders in progress',
    'Renders in progress, by worker.',
    'short',
    [[select('renders_in_progress'), '{{instance}}']],
    { w: 6, stack: true },
  ),

  row('Rendering'),
  panel(
    'Render rate',
    'Renders ended a second, by outcome.',
    'ops',
    [[`sum by (status) (${rate('render_jobs_total')})`, '{{status}}']],
    { stack: true },
  ),
  panel(
    'Render time by style',
    '90 % of the renders of a style take at most this time in the worker; 120 s is the highest that can be shown.',
    's',
    [[quantile(0.9, 'render_duration_seconds', { by: ['style'] }), '{{style}}']],
    { steps: [[120, 'red']] },
  ),
  panel(
    'Average render time',
    'Mean time in the worker, by style: good below 30 s, too long above 60 s.',
    's',
    [[average('render_duration_seconds', 'style'), '{{style}}']],
    {
      steps: [
        [30, 'yellow'],
        [60, 'red'],
      ],
    },
  ),
  panel(
    'Time by stage',
    'Mean time a render spends in each stage.',
    's',
    [[average('render_stage_duration_seconds', 'stage'), '{{stage}}']],
    { stack: true },
  ),
  panel('Slowest stages', '95 % of the renders of a style spend at most this time in a stage.', 's', [
    [quantile(0.95, 'render_stage_duration_seconds', { by: ['stage', 'style'] }), '{{style}} {{stage}}'],
  ]),
  panel('Speed', 'Print megapixels made a second of render time, median by style.', 'Mpx/s', [
    [quantile(0.5, 'render_megapixels_per_second', { by: ['style'] }), '{{style}}'],
  ]),

  row('Outcome'),
  panel(
    'Success rate',
    'Completed share of the renders of the last hour: good above 95 %, critical below 90 %.',
    'percent',
    [
      [
        `sum(increase(${select('render_jobs_total', 'status="completed"')}[1h])) / sum(increase(${select('render_jobs_total')}[1h])) * 100`,
        'completed',
      ],
    ],
    {
      type: 'gauge',
      w: 4,
      max: 100,
      steps: [
        [0, 'red'],
        [90, 'yellow'],
        [95, 'green'],
      ],
    },
  ),
  panel(
    'Success rate by style',
    'Completed share of the renders of each style.',
    'percent',
    [
      [
        `sum by (style) (${rate('render_jobs_total', 'status="completed"')}) / sum by (style) (${rate('render_jobs_total')}) * 100`,
        '{{style}}',
      ],
    ],
    { w: 10, max: 100 },
  ),
  panel(
    'Failures by style',
    'Renders failed in the last hour, by style; `pop-render queue status` and the log name the reasons.',
    'short',
    [[`sum by (style) (increase(${select('render_jobs_total', 'status="failed"')}[1h]))`, '{{style}}']],
    { type: 'bargauge', w: 10 },
  ),
  panel(
    'Failures by cause',
    'Errors behind failed renders in the last hour: refused by the storage or the database, or the death of a process.',
    'short',
    [
      [
        `sum by (operation) (increase(${select('storage_operations_total', 'status="failure"')}[1h]))`,
        'storage: {{operation}}',
      ],
      [`sum by (error_type) (increase(${select('db_errors_total')}[1h]))`, 'database: {{error_type}}'],
      [
        `sum by (reason) (increase(${select('child_process_deaths_total', 'pool="render"')}[1h]))`,
        'process: {{reason}}',
      ],
    ],
    { type: 'bargauge' },
  ),
  panel(
    'Lost and reconciled',
    'Attempts lost with their worker and renders put right, an hour; renders stuck now.',
    'short',
    [
      [`max(${select('renders_stuck')})`, 'stuck'],
      [`sum(increase(${select('renders_stalled_total')}[1h]))`, 'stalled'],
      [`sum by (action) (increase(${select('renders_reconciled_total')}[1h]))`, '{{action}}'],
    ],
  ),
  panel(
    'Orphans removed',
    'Stored objects of no render that were removed in a day; OrphansGrowing fires above 100.',
    'short',
    [[`sum by (service) (increase(${select('orphan_objects_removed_total')}[1d]))`, 'removed']],
    { steps: [[100, 'red']] },
  ),
]);
