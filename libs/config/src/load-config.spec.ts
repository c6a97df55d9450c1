import { randomBytes } from 'node:crypto';
import { ConfigurationError, type FieldError } from '#core';
import { loadConfig } from './load-config.js';
import { defaultRenderMemoryMb } from './render-memory.js';

const minimal = {
  DB_PASSWORD: 'secret',
  MINIO_ENDPOINT: 'minio.internal:9000',
  MINIO_ACCESS_KEY: 'key',
  MINIO_SECRET_KEY: 'secret',
};

const SIGNING_KEY = '9f8e2c41d7b05a63e1c49d2f7a8b3650';

function problemsOf(variables: NodeJS.ProcessEnv): string[] {
  return detailsOf(variables).map(({ field }) => field);
}

function messagesOf(variables: NodeJS.ProcessEnv): string[] {
  return detailsOf(variables).map(({ message }) => message);
}

function detailsOf(variables: NodeJS.ProcessEnv): readonly FieldError[] {
  try {
    loadConfig(variables);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.details!;
    throw error;
  }
  return [];
}

describe('loadConfig', () => {
  it('serves metrics at a port and an address of their own where configured', () => {
    const { api, worker } = loadConfig({
      ...minimal,
      METRICS_PORT: '9100',
      METRICS_HOST: '10.0.0.1',
      WORKER_HOST: '127.0.0.1',
    });
    expect(api.operations).toEqual({ host: '10.0.0.1', port: 9100 });
    expect(worker.host).toBe('127.0.0.1');
    expect(messagesOf({ ...minimal, METRICS_PORT: '8089' })).toEqual([
      'METRICS_PORT must be another port than API_PORT, not "8089"',
    ]);
    expect(problemsOf({ ...minimal, METRICS_PORT: '0', METRICS_HOST: 'a b', WORKER_HOST: '/' })).toEqual(
      expect.arrayContaining(['METRICS_PORT', 'METRICS_HOST', 'WORKER_HOST']),
    );
  });

  it('fills in the documented defaults', () => {
    const config = loadConfig(minimal);
    expect(config.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(config.logLevel).toBe('INFO');
    expect(config.api).toMatchObject({
      port: 8089,
      processes: 2,
      inspection: {
        concurrency: 2,
        memoryBytes: 1024 * 1024 * 1024,
        perClient: 2,
        clientSecondsPerMinute: 20,
      },
      waiting: { total: 2_000, perClient: 200 },
    });
    expect(config.api.http).toEqual({
      publicUrl: 'http://localhost:8089',
      corsOrigins: [],
      trustedProxies: [],
      requestTimeoutMs: 300_000,
      headersTimeoutMs: 10_000,
      uploadPace: { stallMs: 20_000, graceMs: 10_000, graceBytes: 65_536, minBytesPerSecond: 16_384 },
      answerStallMs: 60_000,
      keepAliveMs: 75_000,
      maxConnections: 1000,
      maxConnectionsPerClient: 256,
      maxConcurrentUploads: 32,
      maxUploadsPerClient: 24,
      uploadsPerSecondPerClient: 20,
    });
    expect(config.api.operations).toBeUndefined();
    expect(config.worker.host).toBeUndefined();
    expect(config.shutdownGraceSeconds).toBe(25);
    expect(config.database).toMatchObject({ host: 'localhost', port: 5432, name: 'aso_render', user: 'postgres' });
    expect(config.database.pool).toEqual({ min: 2, max: 10 });
    expect(config.queue).toMatchObject({ backend: 'redis', redis: { host: 'localhost', port: 6379, db: 0 } });
    expect(config.storage).toMatchObject({
      backend: 's3',
      limits: { minFreeBytes: 2 ** 31 },
      s3: { bucket: 'render-assets', endpoint: { host: 'minio.internal', port: 9000, tls: false } },
    });
    expect(config.worker.renderTimeoutMs).toBe(600_000);
  });

  it('lists every missing variable in one message', () => {
    expect(problemsOf({})).toEqual(['DB_PASSWORD', 'MINIO_ENDPOINT', 'MINIO_ACCESS_KEY', 'MINIO_SECRET_KEY']);
    expect(() => loadConfig({})).toThrow(
      /4 problems[\s\S]*DB_PASSWORD is required[\s\S]*MINIO_ENDPOINT is required[\s\S]*MINIO_SECRET_KEY is required/,
    );
  });

  it('reads trusted proxies as a list', () => {
    const { api } = loadConfig({ ...minimal, TRUSTED_PROXIES: 'loopback, 10.0.0.0/8,2001:db8::/32' });
    expect(api.http.trustedProxies).toEqual(['loopback', '10.0.0.0/8', '2001:db8::/32']);
  });

  it('treats an empty value as unset', () => {
    expect(problemsOf({ ...minimal, DB_PASSWORD: '  ' })).toEqual(['DB_PASSWORD']);
    expect(loadConfig({ ...minimal, API_PORT: '' }).api.port).toBe(8089);
  });

  it.each([
    ['TRUSTED_PROXIES', '10.0.0.0/33'],
    ['TRUSTED_PROXIES', 'proxy.internal'],
    ['TRUSTED_PROXIES', '10.0.0.0/0'],
    ['API_PORT', '80a'],
    ['API_PORT', '70000'],
    ['WORKER_COUNT', '0'],
    ['LOG_LEVEL', 'LOUD'],
    ['LOG_FORMAT', 'xml'],
    ['TRACE_SAMPLE_RATIO', '1.5'],
    ['TRACE_SAMPLE_RATIO', 'few'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'],
    ['SENTRY_DSN', 'https://sentry.example.com/1'],
    ['REDIS_DB', '-1'],
    ['MINIO_USE_SSL', 'perhaps'],
    ['MINIO_ENDPOINT', 'host:9000/path'],
    ['QUEUE_BACKEND', 'kafka'],
    ['PUBLIC_URL', 'ftp://x'],
    ['CORS_ORIGINS', 'shop.example.com'],
    ['CORS_ORIGINS', 'https://a.example.com/path'],
    ['CORS_ORIGINS', 'https://a.example.com,*'],
    ['UPLOAD_STALL_SECONDS', '0'],
    ['UPLOAD_GRACE_SECONDS', '0'],
    ['UPLOAD_MIN_KB_PER_SECOND', '-1'],
    ['MAX_UPLOADS_PER_CLIENT', '0'],
    ['SHUTDOWN_GRACE_SECONDS', '3601'],
  ])('rejects %s=%s by name', (name, value) => {
    expect(problemsOf({ ...minimal, [name]: value })).toEqual([name]);
    expect(() => loadConfig({ ...minimal, [name]: value })).toThrow(name);
  });

  it('takes TLS from the scheme of an endpoint', () => {
    const config = loadConfig({
      ...minimal,
      MINIO_ENDPOINT: 'https://s3.example.com',
      MINIO_PUBLIC_ENDPOINT: 'a.b:81',
    });
    expect(config.storage).toMatchObject({
      s3: { endpoint: { host: 's3.example.com', port: 443, tls: true }, publicEndpoint: { port: 81, tls: false } },
    });
  });

  it('splits origins, and never gives headers more time than the request', () => {
    const { http } = loadConfig({
      ...minimal,
      CORS_ORIGINS: 'https://Shop.example.com, http://localhost:3000',
      REQUEST_TIMEOUT_SECONDS: '4',
    }).api;
    expect(http.corsOrigins).toEqual(['https://shop.example.com', 'http://localhost:3000']);
    expect([http.headersTimeoutMs, http.requestTimeoutMs]).toEqual([4000, 4000]);
    expect(loadConfig({ ...minimal, CORS_ORIGINS: '*' }).api.http.corsOrigins).toEqual(['*']);
  });

  it('requires no S3 or Redis setting when neither is used', () => {
    const config = loadConfig({
      DB_PASSWORD: 'x',
      QUEUE_BACKEND: 'postgres',
      STORAGE_BACKEND: 'filesystem',
      STORAGE_ROOT: '/data',
      STORAGE_SIGNING_KEY: SIGNING_KEY,
      PUBLIC_URL: 'https://art.example.com/',
    });
    expect(config.queue).toMatchObject({ backend: 'postgres', database: { password: 'x' } });
    expect(config.storage).toMatchObject({ filesystem: { root: '/data', publicUrl: 'https://art.example.com' } });
    expect(problemsOf({ DB_PASSWORD: 'x', STORAGE_BACKEND: 'filesystem', QUEUE_BACKEND: 'postgres' })).toEqual([
      'STORAGE_ROOT',
      'STORAGE_SIGNING_KEY',
    ]);
  });
});

describe('telemetry', () => {
  const DSN = 'https://0123abcd@sentry.example.com/1';
  const telemetry = (variables: NodeJS.ProcessEnv) => loadConfig({ ...minimal, ...variables }).telemetry;

  it('is off unless it is configured', () => {
    expect(telemetry({ TRACE_SAMPLE_RATIO: '1', SENTRY_RELEASE: 'x' })).toEqual({});
    expect(telemetry({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', OTEL_SDK_DISABLED: 'true' })).toEqual({});
  });

  it('has the documented defaults', () => {
    expect(telemetry({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', SENTRY_DSN: DSN })).toEqual({
      tracing: { protocol: 'http/protobuf', sampleRatio: 0.1, trustCallers: false },
      sentry: { dsn: DSN, release: expect.stringMatching(/^\d+\.\d+\.\d+$/), environment: 'production' },
    });
    const { sentry } = telemetry({ SENTRY_DSN: DSN, SENTRY_RELEASE: 'r7', NODE_ENV: 'staging' });
    expect(sentry).toMatchObject({ release: 'r7', environment: 'staging' });
  });

  it('shows no key in the message about a wrong one', () => {
    expect(() => telemetry({ SENTRY_DSN: '0123abcd' })).toThrow(/^(?![\s\S]*0123abcd)[\s\S]*SENTRY_DSN/);
  });
});

describe('the memory of a render', () => {
  const MIB = 1024 * 1024;
  it.each([
    [1, undefined, 2048],
    [1, 1024, 768],
    [2, 4352, 2048],
    [4, 1024, 512],
    [1, 65_536, 4096],
  ])('of %s side by side in a container of %s MB is %s MB', (concurrency, megabytes, expected) =>
    expect(defaultRenderMemoryMb(concurrency, megabytes && megabytes * MIB)).toBe(expected),
  );

  it('is that of the setting', () =>
    expect(loadConfig({ ...minimal, RENDER_MEMORY_MB: '300' }).worker.renderMemoryBytes).toBe(300 * MIB));

  describe('the keys that sign links', () => {
    const filesystem = {
      DB_PASSWORD: 'x',
      QUEUE_BACKEND: 'postgres',
      STORAGE_BACKEND: 'filesystem',
      STORAGE_ROOT: '/data',
    };
    const problemsOfKey = (key: string, name = 'STORAGE_SIGNING_KEY'): string[] =>
      messagesOf({ ...filesystem, STORAGE_SIGNING_KEY: SIGNING_KEY, [name]: key });

    it.each([
      'k'.repeat(32),
      'ab'.repeat(20),
      'changeme-'.repeat(4),
      'correct horse'.repeat(3),
      '0123456789abcdef0123456789abcdef',
      'abcdefghijklmnopqrstuvwxyz0123456789',
      'zyxwvutsrqponmlkjihgfedcba987654',
      'aaaaaaaaaaaaaaaaaaaaaaaaaaaabcdefgh',
    ])('must be hard to guess, unlike %s', (key) => {
      for (const name of ['STORAGE_SIGNING_KEY', 'STORAGE_SIGNING_KEY_PREVIOUS']) {
        const [message, ...more] = problemsOfKey(key, name);
        expect(more).toEqual([]);
        expect(message).toMatch(new RegExp(`^${name} is easy to guess.+openssl rand -hex 32$`));
      }
    });

    it('must be long, and may come from any generator of secrets', () => {
      expect(problemsOfKey(SIGNING_KEY.slice(1))).toEqual([
        expect.stringMatching(/^STORAGE_SIGNING_KEY must be at least 32 characters.+openssl rand -hex 32$/),
      ]);
      const makers = [
        () => randomBytes(16).toString('hex'),
        () => randomBytes(32).toString('hex'),
        () => randomBytes(24).toString('base64'),
        () => Array.from(randomBytes(60), (byte) => byte % 10).join(''),
      ];
      for (const make of makers) for (let i = 0; i < 200; i++) expect(problemsOfKey(make())).toEqual([]);
    });

    it('may be two while one replaces the other', () => {
      const previous = [...SIGNING_KEY].reverse().join('');
      const { storage } = loadConfig({
        ...filesystem,
        STORAGE_SIGNING_KEY: SIGNING_KEY,
        STORAGE_SIGNING_KEY_PREVIOUS: previous,
      });
      expect(storage).toMatchObject({ filesystem: { signingKey: SIGNING_KEY, previousSigningKey: previous } });
    });
  });
});
