import { defineNamespace } from '../namespace.js';
import { count } from '../setting-kinds.js';

const KIB = 1024;
/** Share of the concurrent uploads that one client may have: the rest stays free for others without an eviction. */
const CLIENT_SHARE = 3 / 4;

export const uploads = defineNamespace({
  title: 'Uploads',
  readBy: ['api'],
  settings: {
    UPLOAD_STALL_SECONDS: count(
      1,
      600,
    )({
      default: 20,
      description: 'Seconds that an upload may go without a byte.',
    }),
    UPLOAD_GRACE_SECONDS: count(
      1,
      600,
    )({
      default: 10,
      description: 'Seconds in which the first `UPLOAD_GRACE_KB` of an upload must arrive.',
    }),
    UPLOAD_GRACE_KB: count(
      0,
      51_200,
    )({
      default: 64,
      description: 'Kilobytes of an upload that must arrive within `UPLOAD_GRACE_SECONDS`.',
    }),
    UPLOAD_MIN_KB_PER_SECOND: count(
      0,
      51_200,
    )({
      default: 16,
      description: 'Kilobytes a second that an upload must average after `UPLOAD_GRACE_SECONDS`; `0` for any rate.',
    }),
    MAX_CONCURRENT_UPLOADS: count(
      1,
      10_000,
    )({
      default: 32,
      description:
        'Uploads that one API process receives at once; more are answered 503. A photo that has arrived whole holds no slot.',
    }),
    MAX_UPLOADS_PER_CLIENT: count(
      1,
      10_000,
    )({
      unset: '3/4 of `MAX_CONCURRENT_UPLOADS`',
      description:
        'Uploads of one client that one API process receives at once; more are answered 429. When no slot is free, a ' +
        'slow upload, or one of the client with the most, is evicted.',
    }),
    UPLOADS_PER_SECOND_PER_CLIENT: count(
      0,
      100_000,
    )({
      default: 20,
      description:
        'Uploads of one client that one API process takes a second, with bursts of twice that; more are answered 429; ' +
        '`0` for any number.',
    }),
  },
  config: (env) => ({
    /** How fast an upload must arrive. */
    uploadPace: {
      /** How long it may go without a byte. */
      stallMs: env.UPLOAD_STALL_SECONDS * 1000,
      /** For its first `graceBytes` to arrive. */
      graceMs: env.UPLOAD_GRACE_SECONDS * 1000,
      graceBytes: env.UPLOAD_GRACE_KB * KIB,
      /** On average from then on; 0 for any rate, also in the grace period. */
      minBytesPerSecond: env.UPLOAD_MIN_KB_PER_SECOND * KIB,
    },
    /** Of one process. */
    maxConcurrentUploads: env.MAX_CONCURRENT_UPLOADS,
    /** Those of one client. */
    maxUploadsPerClient: env.MAX_UPLOADS_PER_CLIENT ?? Math.ceil(env.MAX_CONCURRENT_UPLOADS * CLIENT_SHARE),
    /** Of one process, on average over two seconds; 0 for any number. */
    uploadsPerSecondPerClient: env.UPLOADS_PER_SECOND_PER_CLIENT,
  }),
});

export type UploadPaceConfig = ReturnType<typeof uploads.load>['uploadPace'];
