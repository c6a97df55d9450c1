import { defineNamespace } from '../namespace.js';
import { count } from '../setting-kinds.js';

export const maintenance = defineNamespace({
  title: 'Maintenance',
  readBy: ['worker'],
  settings: {
    RECONCILE_SECONDS: count(
      1,
      3600,
    )({
      default: 10,
      description:
        'Seconds between two runs in which each worker reclaims renders of lost workers, and one of them compares queue and ' +
        'database.',
    }),
    SWEEP_SECONDS: count(
      1,
      604_800,
    )({
      default: 3600,
      description:
        'Seconds between two sweeps of the deployment, which remove stored objects that no render or upload refers to and ' +
        'measure the rest; the first worker that finds one due runs it.',
    }),
    ORPHAN_AGE_SECONDS: count(
      1,
      31_536_000,
    )({
      default: 86_400,
      description:
        'Age in seconds from which a sweep removes an unreferenced object; longer than any upload and render takes.',
    }),
  },
  config: (env) => ({
    reconcileSeconds: env.RECONCILE_SECONDS,
    sweepSeconds: env.SWEEP_SECONDS,
    orphanAgeSeconds: env.ORPHAN_AGE_SECONDS,
  }),
});
