import { defineNamespace } from '../namespace.js';
import { count } from '../setting-kinds.js';

export const shutdown = defineNamespace({
  title: 'Shutdown',
  readBy: ['api', 'worker'],
  settings: {
    SHUTDOWN_GRACE_SECONDS: count(
      1,
      3600,
    )({
      // Kubernetes gives 30 seconds before it kills.
      default: 25,
      description:
        'Seconds that work in progress may still take after SIGTERM; a render that takes longer is released and finished ' +
        'by another worker.',
    }),
    SHUTDOWN_DELAY_SECONDS: count(
      0,
      600,
    )({
      default: 0,
      readBy: ['api'],
      description:
        'Seconds after SIGTERM in which the API reports that it is not ready and still accepts everything, until load ' +
        'balancers have moved on; the grace period follows.',
    }),
  },
  config: (env) => ({
    /** How long work in progress may still take after SIGTERM. */
    shutdownGraceSeconds: env.SHUTDOWN_GRACE_SECONDS,
    /** How long before that the API reports that it is not ready, and still accepts everything. */
    shutdownDelaySeconds: env.SHUTDOWN_DELAY_SECONDS,
  }),
});
