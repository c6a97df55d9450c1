import { dashboard, panel, quantile, rate, row, select, shareOf } from './dashboard.mjs';

/** PostgreSQL and the storage as the service uses them. */
export const database = dashboard(
  'pop-render-database',
  'Pop-Render / Database and storage',
  'How the servers behind it answer.',
  [
    row('Database'),
    panel(
      'Connection utilization',
      'Busy share of the connection pool of each instance; warning above 80 %, critical at 100 %.',
      'percentunit',
      [[`${select('db_connections_active')} / ${select('db_connections_max')}`, '{{job}} {{instance}}']],
      {
        max: 1,
        steps: [
          [0.8, 'yellow'],
          [1, 'red'],
        ],
      },
    ),
    panel('Connections', 'Busy and idle connections of all instances, and the most there may be.', 'short', [
      [`sum(${select('db_connections_active')})`, 'active'],
      [`sum(${select('db_connections_idle')})`, 'idle'],
      [`sum(${select('db_connections_max')})`, 'at most'],
    ]),
    panel('Database errors', 'Errors a second, by type.', 'ops', [
      [`sum by (error_type) (${rate('db_errors_total')})`, '{{error_type}}'],
    ]),
    panel('Queries', 'Queries a second, by type.', 'ops', [
      [`sum by (query_type) (${rate('db_query_duration_seconds_count')})`, '{{query_type}}'],
    ]),
    panel('P99 query latency', '99 % of the queries of a type take at most this time.', 's', [
      [quantile(0.99, 'db_query_duration_seconds', { by: ['query_type'] }), '{{query_type}}'],
    ]),
    panel('Slow queries', 'Queries a second that take longer than 100 ms, by type.', 'ops', [
      [
        `sum by (query_type) (${rate('db_query_duration_seconds_count')}) - sum by (query_type) (${rate('db_query_duration_seconds_bucket', 'le="0.1"')})`,
        '{{query_type}}',
      ],
    ]),
    panel(
      'Database health check',
      'Time of the health check in the slowest process: warning above 100 ms, critical above 500 ms.',
      's',
      [[`max by (dependency) (${select('health_check_latency_seconds', 'dependency="database"')})`, '{{dependency}}']],
      {
        w: 12,
        steps: [
          [0.1, 'yellow'],
          [0.5, 'red'],
        ],
      },
    ),
    panel(
      'Redis and storage health checks',
      'Time of the health check in the slowest process; StorageLatencyWarning fires above 1 s.',
      's',
      [[`max by (dependency) (${select('health_check_latency_seconds', 'dependency!="database"')})`, '{{dependency}}']],
      { w: 12, steps: [[1, 'yellow']] },
    ),

    row('Storage'),
    panel('Storage operations', 'Operations a second, by kind and outcome.', 'ops', [
      [`sum by (operation, status) (${rate('storage_operations_total')})`, '{{operation}} {{status}}'],
    ]),
    panel(
      'Storage failures',
      'Failed share of the operations, by kind.',
      'percent',
      [
        [
          `${shareOf(
            `sum by (operation) (${rate('storage_operations_total', 'status="failure"')})`,
            `sum by (operation) (${rate('storage_operations_total')})`,
          )} * 100`,
          '{{operation}}',
        ],
      ],
      { max: 100 },
    ),
    panel(
      'P95 storage latency',
      '95 % of the operations of a kind take at most this time; SlowStorageOperations fires above 10 s.',
      's',
      [[quantile(0.95, 'storage_operation_duration_seconds', { by: ['operation'] }), '{{operation}}']],
      { steps: [[10, 'red']] },
    ),
    panel(
      'Storage traffic',
      'Bytes to and from the storage a second.',
      'Bps',
      [[`sum by (direction) (${rate('storage_bytes_transferred')})`, '{{direction}}']],
      { w: 6 },
    ),
    panel(
      'Stored',
      'What the bucket holds.',
      'bytes',
      [
        [`max by (service) (${select('render_storage_bytes_total')})`, 'stored'],
        [
          `max by (service) (${select('render_storage_bytes_total')}) + deriv(max by (service) (${select('render_storage_bytes_total')})[1d:10m]) * 30 * 86400`,
          'in 30 days, at the pace of the last',
        ],
      ],
      { w: 6 },
    ),
    panel(
      'Room for renders',
      'What further renders may store once all accepted ones are done, and what those may still store; uploads are refused at 0.',
      'bytes',
      [
        [`min by (service) (${select('storage_room_bytes')})`, 'room'],
        [`max by (service) (${select('storage_reserved_bytes')})`, 'reserved'],
        [`min by (service) (${select('storage_free_bytes')})`, 'free on the disk'],
      ],
      { w: 6 },
    ),
    panel(
      'Stored objects',
      'Objects in the bucket.',
      'short',
      [[`max by (service) (${select('render_storage_objects')})`, 'objects']],
      { w: 6 },
    ),
    panel(
      'Age of the measurement',
      'Since the storage was last measured; about an hour at most when all is well.',
      's',
      [[`time() - max by (service) (${select('render_storage_measured_timestamp_seconds')})`, 'age']],
      { type: 'stat', w: 6, steps: [[3 * 3600, 'red']] },
    ),
  ],
);
