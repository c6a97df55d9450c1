import { dashboard, panel, quantile, rate, row, select, unlessZero } from './dashboard.mjs';

/** What may run out in the processes: places for uploads, memory, turns of the event loop, threads. */
export const limits = dashboard(
  'pop-render-limits',
  'Pop-Render / Limits',
  'How near the processes are to their limits.',
  [
    row('Uploads'),
    panel(
      'Uploads in progress',
      'Uploads being received or checked, by instance; each process receives MAX_CONCURRENT_UPLOADS at once.',
      'short',
      [[select('uploads_in_progress'), '{{instance}}']],
    ),
    panel(
      'Refused uploads',
      'Uploads refused a second, by reason.',
      'reqps',
      [[`sum by (reason) (${rate('upload_rejections_total')})`, '{{reason}}']],
      { stack: true },
    ),
    panel(
      'Evicted uploads',
      'Uploads a second that gave way to others because all slots were taken, by instance; among the refused as overloaded.',
      'reqps',
      [[rate('upload_evictions_total'), '{{instance}}']],
    ),
    panel('Refused requests', 'Answers a second that ask the client to slow down or to send less.', 'reqps', [
      [
        unlessZero(
          `sum by (endpoint, status) (${rate('http_errors_total', 'status=~"408|413|429|503"')})`,
          'http_errors_total',
          'status',
        ),
        '{{status}} {{endpoint}}',
      ],
    ]),
    panel('Photos that wait to be checked', 'By lane; cheap ones never wait for costly ones.', 'short', [
      [`sum by (lane, state) (${select('inspections')})`, '{{lane}} {{state}}'],
    ]),
    panel('Wait for a check', '95 of 100 photos waited at most this long.', 's', [
      [quantile(0.95, 'inspection_wait_seconds', { by: ['lane'] }), '{{lane}}'],
    ]),
    panel(
      'Photos not checked',
      'A second, by reason: client_share and client_budget are one client sending too much, full and waited_too_long too many clients.',
      'reqps',
      [[`sum by (reason) (${rate('inspection_refusals_total')})`, '{{reason}}']],
      { stack: true },
    ),

    row('Memory'),
    panel(
      'Resident memory',
      'Of each instance, all API processes together: warnings from 1 GB, critical from 2 GB.',
      'bytes',
      [[select('process_resident_memory_bytes', 'service="pop-render"'), '{{job}} {{instance}}']],
      {
        w: 6,
        steps: [
          [1024 ** 3, 'yellow'],
          [2 * 1024 ** 3, 'red'],
        ],
      },
    ),
    panel(
      'Growth of memory',
      'Above the lowest value of six hours; MemoryGrowth fires above 1.5 GB.',
      'bytes',
      [
        [
          `${select('process_resident_memory_bytes')} - min_over_time(${select('process_resident_memory_bytes')}[6h])`,
          '{{job}} {{instance}}',
        ],
      ],
      { w: 6, steps: [[1.5 * 1024 ** 3, 'red']] },
    ),
    panel(
      'JavaScript heap',
      'Heap in use by each instance.',
      'bytes',
      [[select('nodejs_heap_size_used_bytes'), '{{job}} {{instance}}']],
      { w: 6 },
    ),
    panel(
      'Memory of child processes',
      'Of the processes that decode photos and render, by pool.',
      'bytes',
      [[`sum by (pool, instance) (${select('child_processes_resident_memory_bytes')})`, '{{pool}} {{instance}}']],
      { w: 6 },
    ),

    row('Processes'),
    panel(
      'Event loop lag',
      'How late one turn of a hundred is; EventLoopLag fires above 500 ms.',
      's',
      [[select('nodejs_eventloop_lag_p99_seconds'), '{{job}} {{instance}}']],
      { steps: [[0.5, 'red']] },
    ),
    panel(
      'Thread pool lag',
      'How long 95 % of the look-ups wait for a thread at most; ThreadPoolLag fires above 250 ms.',
      's',
      [[quantile(0.95, 'threadpool_lag_seconds', { by: ['job', 'instance'] }), '{{job}} {{instance}}']],
      { steps: [[0.25, 'red']] },
    ),
    panel(
      'Deaths of child processes',
      'Processes that died at their work in the last hour, by pool and reason.',
      'short',
      [[`sum by (pool, reason) (increase(${select('child_process_deaths_total')}[1h]))`, '{{pool}}: {{reason}}']],
    ),
    panel(
      'API processes',
      'Those that answer and those there should be; ApiProcessesMissing fires when one hangs or keeps dying.',
      'short',
      [
        [select('api_processes'), '{{instance}}'],
        [select('api_processes_wanted'), '{{instance}} wanted'],
      ],
    ),
    panel('Processor time', 'Processors each instance keeps busy, child processes left out.', 'short', [
      [rate('process_cpu_seconds_total'), '{{job}} {{instance}}'],
    ]),
    panel('Open files and connections', 'File descriptors of each instance.', 'short', [
      [select('process_open_fds'), '{{job}} {{instance}}'],
    ]),
    panel(
      'Age of the process',
      'Time since its start; of several API processes, since the first of them started.',
      's',
      [[`time() - ${select('process_start_time_seconds')}`, '{{job}} {{instance}}']],
    ),
  ],
);
