import type { StorageLimits } from '#core';
import { defineNamespace } from '../namespace.js';
import { choice, count, flag, matching, signingKey, text } from '../setting-kinds.js';
import { api, publicUrl } from './api.config.js';

const MIB = 1024 * 1024;
const onS3 = { STORAGE_BACKEND: 's3' };
const onDisk = { STORAGE_BACKEND: 'filesystem' };

const endpoint = matching(
  /^(https?:\/\/)?[A-Za-z0-9.-]+(:\d{1,5})?\/?$/,
  'host:port or a http(s) URL without a path, such as localhost:9000',
);
const bucket = matching(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'a bucket name: 3 to 63 of a-z, 0-9, "." and "-"');

export const storage = defineNamespace({
  title: 'Storage',
  readBy: ['api', 'worker', 'pop-render'],
  settings: {
    STORAGE_BACKEND: choice(['s3', 'filesystem'])({
      default: 's3',
      description: 'Where photos and prints are stored: `s3`, or `filesystem` for a folder.',
    }),
    MINIO_ENDPOINT: endpoint({
      required: 'where the S3 server listens, such as localhost:9000',
      when: onS3,
      example: 'localhost:9000',
      description: 'S3 server: `host:port`, or a URL whose scheme decides on TLS.',
    }),
    MINIO_ACCESS_KEY: text({
      required: 'the access key of the S3 server',
      when: onS3,
      secret: true,
      example: 'change-me',
      description: 'Access key of the S3 server.',
    }),
    MINIO_SECRET_KEY: text({
      required: 'the secret key of the S3 server',
      when: onS3,
      secret: true,
      example: 'change-me',
      description: 'Secret key of the S3 server.',
    }),
    MINIO_BUCKET: bucket({
      default: 'render-assets',
      when: onS3,
      example: 'render-assets',
      description: 'Bucket; created when it is missing.',
    }),
    MINIO_REGION: text({ default: 'us-east-1', when: onS3, description: 'Region of the bucket.' }),
    MINIO_USE_SSL: flag({
      default: false,
      description: 'Whether connections to an S3 endpoint without a scheme use TLS.',
    }),
    MINIO_PATH_STYLE: flag({
      default: true,
      description: 'Whether the bucket is part of the path of a URL, or of its host name.',
    }),
    MINIO_PUBLIC_ENDPOINT: endpoint({
      unset: '`MINIO_ENDPOINT`',
      description: 'Address that clients reach the S3 server by, written into links.',
    }),
    STORAGE_ROOT: text({
      required: 'the folder for uploads and results',
      when: onDisk,
      description: "Folder of stored files, which only the service's user may read.",
    }),
    STORAGE_SIGNING_KEY: signingKey({
      required: true,
      when: onDisk,
      secret: true,
      description: 'Secret that signs links to stored files (`openssl rand -hex 32`).',
    }),
    STORAGE_SIGNING_KEY_PREVIOUS: signingKey({
      unset: 'none',
      when: onDisk,
      secret: true,
      description:
        'Another secret whose links are accepted, while the signing key is replaced: the previous or the next one.',
    }),
    STORAGE_QUOTA_MB: count(
      1,
      1_000_000_000,
    )({
      unset: 'none',
      description:
        'Megabytes that all stored photos and prints together may take; a render that might not fit is answered 503. ' +
        'On S3 it is the only limit.',
    }),
    STORAGE_MIN_FREE_MB: count(
      0,
      1_000_000_000,
    )({
      default: 2048,
      description:
        'Megabytes that stay free on the disk of a storage folder, with room for every accepted print held besides.',
    }),
  },
  reads: { API_PORT: api.settings.API_PORT, PUBLIC_URL: api.settings.PUBLIC_URL },
  config: (env) => {
    /** How far it may be filled. */
    const limits: StorageLimits = {
      ...(env.STORAGE_QUOTA_MB === undefined ? {} : { quotaBytes: env.STORAGE_QUOTA_MB * MIB }),
      minFreeBytes: env.STORAGE_MIN_FREE_MB * MIB,
    };
    if (env.STORAGE_BACKEND === 'filesystem') {
      return {
        backend: 'filesystem' as const,
        limits,
        filesystem: {
          root: env.STORAGE_ROOT,
          /** Secret of the HMAC in signed links. */
          signingKey: env.STORAGE_SIGNING_KEY,
          /** Another secret whose links are valid too, so that links survive a change of secrets. */
          previousSigningKey: env.STORAGE_SIGNING_KEY_PREVIOUS,
          /** What signed links begin with: the API's public address. */
          publicUrl: publicUrl(env),
        },
      };
    }
    const server = parseEndpoint(env.MINIO_ENDPOINT, env.MINIO_USE_SSL);
    return {
      backend: 's3' as const,
      limits,
      s3: {
        endpoint: server,
        /** Endpoint written into links, when clients reach the server by another address. */
        publicEndpoint: env.MINIO_PUBLIC_ENDPOINT
          ? parseEndpoint(env.MINIO_PUBLIC_ENDPOINT, env.MINIO_USE_SSL)
          : server,
        accessKey: env.MINIO_ACCESS_KEY,
        secretKey: env.MINIO_SECRET_KEY,
        bucket: env.MINIO_BUCKET,
        region: env.MINIO_REGION,
        pathStyle: env.MINIO_PATH_STYLE,
      },
    };
  },
});

export type StorageConfig = ReturnType<typeof storage.load>;
export type S3Config = Extract<StorageConfig, { backend: 's3' }>['s3'];
export type S3Endpoint = S3Config['endpoint'];
export type FilesystemStorageConfig = Extract<StorageConfig, { backend: 'filesystem' }>['filesystem'];

/** `host`, `host:port` or a URL; a scheme in it decides TLS over the setting. */
function parseEndpoint(text: string, tlsByDefault: boolean) {
  const url = new URL(/^https?:\/\//.test(text) ? text : `${tlsByDefault ? 'https' : 'http'}://${text}`);
  const tls = url.protocol === 'https:';
  return { host: url.hostname, port: url.port ? Number(url.port) : tls ? 443 : 80, tls };
}
