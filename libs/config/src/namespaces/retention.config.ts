import { defineNamespace } from '../namespace.js';
import { count } from '../setting-kinds.js';

export const retention = defineNamespace({
  title: 'Retention',
  readBy: ['worker'],
  settings: {
    RETENTION_DAYS: count(
      0,
      36_500,
    )({
      default: 0,
      embeddedDefault: 30,
      description:
        'Days after which the files of a completed render are removed: print, preview, and the photo with the last ' +
        'render that needs it; `0` keeps them forever.',
    }),
  },
  config: (env) => ({
    /** 0 keeps files forever. */
    retentionDays: env.RETENTION_DAYS,
  }),
});
