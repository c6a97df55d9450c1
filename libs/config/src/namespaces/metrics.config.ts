import { defineNamespace } from '../namespace.js';
import { host, port } from '../setting-kinds.js';
import { api } from './api.config.js';

export const metrics = defineNamespace({
  title: 'Metrics of the API',
  readBy: ['api'],
  settings: {
    METRICS_PORT: port({
      unset: 'none',
      description:
        'Port for `/metrics` and `/health` alone; `/metrics` is then answered there and no longer at `API_PORT`.',
    }),
    METRICS_HOST: host({
      unset: 'every address',
      embeddedDefault: '127.0.0.1',
      description: 'Address that `METRICS_PORT` listens on.',
    }),
  },
  reads: { API_PORT: api.settings.API_PORT },
  rules: [
    {
      of: ['METRICS_PORT', 'API_PORT'],
      holds: (env) => env.METRICS_PORT !== env.API_PORT,
      expected: 'another port than API_PORT',
    },
  ],
  config: (env) => ({
    /** A listener for metrics and health alone; without it the API's port has the metrics. */
    operations: env.METRICS_PORT === undefined ? undefined : { host: env.METRICS_HOST, port: env.METRICS_PORT },
  }),
});
