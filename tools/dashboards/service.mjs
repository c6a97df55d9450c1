import { dashboard, panel, quantile, rate, row, select, unlessZero } from './dashboard.mjs';

const CLIENTS = 'endpoint!~"/health.*|/metrics"';

/** The nine panels every on-call engineer knows, and the requests in detail. */
export const service = dashboard('pop-render-service', 'Pop-Render / Service', 'Whether the service does its work.', [
  row('At a glance'),
  panel('Request Rate', 'Requests answered a second, by route.', 'reqps', [
    [`sum by (endpoint) (${rate('http_requests_total')})`, '{{endpoint}}'],
  ]),
  panel(
    'Error Rate',
    'Share of the answers with a 5xx status. HighErrorRate fires above 5 %.',
    'percent',
    [
      [
        `(sum(${rate('http_requests_total', 'status=~"5.."')}) or vector(0)) / sum(${rate('http_requests_total')}) * 100`,
        '5xx',
      ],
    ],
    { max: 100, steps: [[5, 'red']] },
  ),
  panel('P95 Latency', '95 % of the requests of a route are answered within this time.', 's', [
    [quantile(0.95, 'http_request_duration_seconds', { by: ['endpoint'] }), '{{endpoint}}'],
  ]),
  panel(
    'Queue Depth',
    'Jobs waiting in the render queue: one value for the deployment, exported by every process.',
    'short',
    [[`max by (service) (${select('render_queue_depth', 'service="pop-render"')})`, 'waiting']],
    {
      steps: [
        [50, 'yellow'],
        [200, 'red'],
      ],
    },
  ),
  panel('Renders in Progress', 'Renders in progress, by worker. More than 10 on one is too much.', 'short', [
    [select('renders_in_progress'), '{{instance}}'],
  ]),
  panel(
    'Render Success Rate',
    'Share of the ended renders that were completed: good above 95 %, critical below 90 %.',
    'percent',
    [
      [
        `sum(${rate('render_jobs_total', 'status="completed"')}) / sum(${rate('render_jobs_total')}) * 100`,
        'completed',
      ],
    ],
    { max: 100 },
  ),
  panel('Database Connections', 'Busy connections of each instance, all its processes together.', 'short', [
    [select('db_connections_active'), '{{instance}}'],
  ]),
  panel('Storage Size', 'What the bucket holds, as measured about once an hour.', 'gbytes', [
    [`max by (service) (${select('render_storage_bytes_total')}) / 1024^3`, 'stored'],
  ]),
  panel('Worker Memory', 'Resident memory of each instance, without its child processes.', 'mbytes', [
    [`${select('process_resident_memory_bytes', 'service="pop-render"')} / 1024^2`, '{{job}} {{instance}}'],
  ]),

  row('Health'),
  panel(
    'Instances up',
    'Instances that Prometheus can scrape, by job.',
    'short',
    [[`sum by (job) (${select('up')})`, '{{job}}']],
    {
      type: 'stat',
      w: 6,
      h: 6,
      steps: [
        [0, 'red'],
        [1, 'green'],
      ],
    },
  ),
  panel(
    'Dependencies',
    '1 when every process reaches the server, 0 when one does not.',
    'short',
    [[`min by (dependency) (${select('health_check_status')})`, '{{dependency}}']],
    {
      type: 'stat',
      w: 6,
      h: 6,
      max: 1,
      steps: [
        [0, 'red'],
        [1, 'green'],
      ],
    },
  ),
  panel(
    'Dependency latency',
    'How long the slowest process waits for the answer to a health check.',
    's',
    [[`max by (dependency) (${select('health_check_latency_seconds')})`, '{{dependency}}']],
    { w: 6, h: 6 },
  ),
  panel(
    'Versions',
    'Instances that run each version.',
    'short',
    [[`count by (version) (${select('service_info')})`, '{{version}}']],
    { w: 6, h: 6 },
  ),

  row('Requests'),
  panel(
    'Answers by status',
    'Answers a second by status, probes and scrapes left out.',
    'reqps',
    [
      [
        unlessZero(`sum by (status) (${rate('http_requests_total', CLIENTS)})`, 'http_requests_total', 'status'),
        '{{status}}',
      ],
    ],
    { stack: true },
  ),
  panel('Errors by route', 'Answers with 4xx and 5xx a second, by route and status.', 'reqps', [
    [
      unlessZero(`sum by (endpoint, status) (${rate('http_errors_total')})`, 'http_errors_total', 'endpoint'),
      '{{endpoint}} {{status}}',
    ],
  ]),
  panel(
    'Success share',
    'Share of the answers with a 2xx status, probes and scrapes left out.',
    'percent',
    [
      [
        `sum(${rate('http_requests_total', `${CLIENTS}, status=~"2.."`)}) / sum(${rate('http_requests_total', CLIENTS)}) * 100`,
        '2xx',
      ],
    ],
    { max: 100 },
  ),
  panel('Average latency', 'Mean time from a request to the end of its answer, by route.', 's', [
    [
      `sum by (endpoint) (${rate('http_request_duration_seconds_sum')}) / sum by (endpoint) (${rate('http_request_duration_seconds_count')})`,
      '{{endpoint}}',
    ],
  ]),
  panel('Latency of client requests', 'Median, 95 % and 99 % over all routes but the probes.', 's', [
    ...[0.5, 0.95, 0.99].map((share) => [
      quantile(share, 'http_request_duration_seconds', { more: CLIENTS }),
      `${share * 100} %`,
    ]),
  ]),
  panel('Requests by method', 'Requests a second, by method and instance.', 'reqps', [
    [`sum by (method, instance) (${rate('http_requests_total')})`, '{{method}} {{instance}}'],
  ]),
]);
