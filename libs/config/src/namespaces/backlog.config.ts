import { defineNamespace } from '../namespace.js';
import { count } from '../setting-kinds.js';

export const backlog = defineNamespace({
  title: 'Waiting renders',
  readBy: ['api'],
  settings: {
    MAX_WAITING_RENDERS: count(
      0,
      10_000_000,
    )({
      default: 2_000,
      description:
        'Renders of the deployment that may wait in the queue; beyond it uploads are answered 503; `0` for any number.',
    }),
    MAX_WAITING_RENDERS_PER_CLIENT: count(
      0,
      10_000_000,
    )({
      default: 200,
      description:
        'Renders of one client that may wait in the queue; beyond it its uploads are answered 429; `0` for any number. ' +
        'Behind a load balancer set `TRUSTED_PROXIES` too.',
    }),
  },
  config: (env) => ({
    /** 0 for any number. */
    total: env.MAX_WAITING_RENDERS,
    /** 0 for any number. */
    perClient: env.MAX_WAITING_RENDERS_PER_CLIENT,
  }),
});
