import { createReadStream, createWriteStream } from 'node:fs';
import { stat as statFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DependencyError, ObjectStore, type SignedLinkOptions, type ListedObject, type StoredObject } from '#core';
import { type S3Config, type S3Endpoint, type TimeLimits, WORKER_TIME_LIMITS } from '#config';
import { Client, type ClientOptions, CopyDestinationOptions, CopySourceOptions, S3Error } from 'minio';
import pRetry, { AbortError } from 'p-retry';
import { attachmentDisposition } from '../content-disposition.js';
import { createHttpTransport, type HttpTransport } from './http-transport.js';

/** Of no object: a list that is empty is quickly made however many there are, and never cut short. */
const NO_PREFIX = '.health/';
const TRIES = 3;
/** Another try is begun only this early within the limits of one: they hold for all tries together. */
const RETRY_SHARE = 0.5;
const UPLOAD_LINK_SECONDS = 3600;
/** A server may be silent while it makes a large object durable; one slower than this is down. */
const SLOWEST_STORE_BYTES_PER_MS = 10_000;

interface Listing {
  readonly name?: string;
  readonly size: number;
  readonly lastModified: Date;
}

/** Objects in a bucket of a MinIO or other S3 server. */
export class S3ObjectStore extends ObjectStore {
  private readonly transport: HttpTransport;
  private readonly client: Client;
  /** Signs links with the address clients use; it never connects. */
  private readonly linkSigner: Client;

  constructor(
    private readonly config: S3Config,
    private readonly limits: TimeLimits = WORKER_TIME_LIMITS,
  ) {
    super();
    this.transport = createHttpTransport(config.endpoint.tls, limits);
    this.client = this.connect(config.endpoint);
    this.linkSigner = this.connect(config.publicEndpoint);
  }

  async prepare(): Promise<void> {
    await this.attempt('prepare the bucket', () => this.makeBucket());
  }

  async putFile(key: string, path: string, contentType: string): Promise<StoredObject> {
    const { size } = await statFile(path);
    await this.attempt(`store ${key}`, async () => {
      try {
        await this.putStream(key, createReadStream(path), size, contentType);
      } catch (error) {
        // A server that came up after us, or came back empty.
        if (!(error instanceof PutRefused && error.code === 'NoSuchBucket')) throw error;
        await this.makeBucket();
        await this.putStream(key, createReadStream(path), size, contentType);
      }
    });
    return { key, sizeBytes: size };
  }

  async copy(from: string, to: string): Promise<void> {
    const { bucket } = this.config;
    await this.attempt(`copy ${from}`, async () => {
      const source = new CopySourceOptions({ Bucket: bucket, Object: from });
      await this.client.copyObject(source, new CopyDestinationOptions({ Bucket: bucket, Object: to }));
    });
  }

  async fetchToFile(key: string, path: string): Promise<StoredObject> {
    let sizeBytes = 0;
    await this.attempt(`fetch ${key}`, async () => {
      // First the object: a file that was opened for none would stay open.
      const object = await this.client.getObject(this.config.bucket, key);
      const file = createWriteStream(path, { flags: 'wx', mode: 0o600 });
      await pipeline(object, file);
      sizeBytes = file.bytesWritten;
    });
    return { key, sizeBytes };
  }

  async read(key: string): Promise<Readable> {
    return this.attempt(`read ${key}`, () => this.client.getObject(this.config.bucket, key));
  }

  async stat(key: string): Promise<StoredObject | null> {
    return this.attempt(`stat ${key}`, async () => {
      try {
        const { size } = await this.client.statObject(this.config.bucket, key);
        return { key, sizeBytes: size };
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    });
  }

  async remove(key: string): Promise<void> {
    await this.attempt(`remove ${key}`, async () => {
      try {
        await this.client.removeObject(this.config.bucket, key);
      } catch (error) {
        // S3 itself answers 204 then; some servers report that there is nothing to remove.
        if (!isMissing(error)) throw error;
      }
    });
  }

  async *list(prefix: string): AsyncIterable<ListedObject> {
    const listing = this.client.listObjectsV2(this.config.bucket, prefix, true);
    try {
      for await (const item of listing as AsyncIterable<Listing>) {
        if (item.name === undefined) continue;
        yield { key: item.name, sizeBytes: item.size, modifiedAt: item.lastModified };
      }
    } catch (error) {
      throw unavailable(`list ${prefix}`, error);
    }
  }

  /** An upload is one request: the server keeps nothing of one that broke off. */
  async discardUnfinished(): Promise<void> {}

  async freeBytes(): Promise<null> {
    return null;
  }

  async signedLink(key: string, { expiresInSeconds, downloadName, contentType }: SignedLinkOptions): Promise<string> {
    try {
      return await this.linkSigner.presignedGetObject(this.config.bucket, key, expiresInSeconds, {
        'response-content-disposition': attachmentDisposition(downloadName),
        'response-content-type': contentType,
      });
    } catch (error) {
      throw unavailable(`sign a link to ${key}`, error);
    }
  }

  async ping(): Promise<void> {
    try {
      await this.client.listObjectsV2Query(this.config.bucket, NO_PREFIX, '', '', 1, '');
    } catch (error) {
      throw unavailable('list the bucket', error);
    }
  }

  async close(): Promise<void> {
    this.transport.agent.destroy();
  }

  private async makeBucket(): Promise<void> {
    const { bucket, region } = this.config;
    if (await this.client.bucketExists(bucket)) return;
    await this.client.makeBucket(bucket, region).catch((error: unknown) => {
      // Two processes may start at once: the other one made it.
      if (!(error instanceof S3Error && error.code === 'BucketAlreadyOwnedByYou')) throw error;
    });
  }

  private connect(endpoint: S3Endpoint): Client {
    return new Client({
      endPoint: endpoint.host,
      port: endpoint.port,
      useSSL: endpoint.tls,
      accessKey: this.config.accessKey,
      secretKey: this.config.secretKey,
      region: this.config.region,
      pathStyle: this.config.pathStyle,
      transport: this.transport as unknown as ClientOptions['transport'],
      transportAgent: this.transport.agent,
      retryOptions: { disableRetry: true },
    });
  }

  /** One PUT streamed from disk: the client's own putObject gathers a whole part in memory first. */
  private async putStream(key: string, body: Readable, size: number, contentType: string): Promise<void> {
    const link = await this.client.presignedPutObject(this.config.bucket, key, UPLOAD_LINK_SECONDS);
    const target = new URL(link);
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = this.transport.request(
        {
          method: 'PUT',
          host: target.hostname,
          port: target.port,
          path: target.pathname + target.search,
          agent: this.transport.agent,
          headers: { 'content-type': contentType, 'content-length': size },
        },
        resolve,
      );
      request.setTimeout(this.limits.idleTimeoutMs + size / SLOWEST_STORE_BYTES_PER_MS);
      request.once('error', reject);
      pipeline(body, request).catch(reject);
    });
    let answer = '';
    for await (const chunk of response.setEncoding('utf8')) answer += chunk;
    if (response.statusCode === 200) return;
    throw new PutRefused(response.statusCode!, answer);
  }

  private async attempt<T>(action: string, operation: () => Promise<T>): Promise<T> {
    const lastRetry = Date.now() + this.limits.idleTimeoutMs * RETRY_SHARE;
    try {
      return await pRetry(
        async () => {
          try {
            return await operation();
          } catch (error) {
            const final = isRefusal(error) || Date.now() > lastRetry;
            throw final ? new AbortError(asError(error)) : asError(error);
          }
        },
        { retries: TRIES - 1, minTimeout: 100, factor: 3, randomize: true },
      );
    } catch (error) {
      if (isMissing(error)) throw new DependencyError('object_missing', 'A stored object is missing', { cause: error });
      throw unavailable(action, error);
    }
  }
}

/** What the server answered to an upload. */
class PutRefused extends Error {
  readonly code?: string;

  constructor(
    readonly status: number,
    answer: string,
  ) {
    super(`PUT answered ${status}: ${answer.slice(0, 500)}`);
    this.code = /<Code>(\w+)<\/Code>/.exec(answer)?.[1];
  }
}

/** Of an answer without a body, such as that to HEAD, the client makes `NotFound`. A missing bucket is another matter. */
const MISSING_CODES = new Set([
  'NoSuchKey',
  'NotFound',
  'NoSuchObject',
  'NoSuchVersion',
  'KeyNotFound',
  'ObjectNotFound',
]);

function isMissing(error: unknown): boolean {
  return error instanceof S3Error && MISSING_CODES.has(error.code ?? '');
}

/** The server understood and said no: asking again will not help. */
function isRefusal(error: unknown): boolean {
  if (error instanceof PutRefused) return error.status < 500;
  return error instanceof S3Error && !['InternalError', 'SlowDown', 'ServiceUnavailable'].includes(error.code ?? '');
}

/** p-retry gives up on a TypeError, which is how some network errors arrive. */
function asError(error: unknown): Error {
  return error instanceof TypeError ? new Error(error.message, { cause: error }) : (error as Error);
}

function unavailable(action: string, cause: unknown): DependencyError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new DependencyError('storage_unavailable', 'Object storage is unavailable', {
    cause: new Error(`Could not ${action}: ${reason}`, { cause }),
  });
}
