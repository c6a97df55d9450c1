import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type S3Config, type TimeLimits } from '#config';
import { DependencyError } from '#core';
import { Client, type ClientOptions, type LifecycleRule, S3Error } from 'minio';
import { createHttpTransport, type HttpTransport } from './http-transport.js';

/** Id of the one rule that is ours; rules with other ids have other owners and stay. */
const RULE_ID = 'DeleteOldRenders';

/**
 * Codes by which servers report that they have no lifecycle rules: Garage before 0.9, s3rver, Versity and old MinIO answer
 * NotImplemented (501), gateways and proxies MethodNotAllowed (405), others a code of their own with 400.
 */
const UNSUPPORTED_CODES = /^(\w*NotImplemented|MethodNotAllowed|\w*(NotSupported|Unsupported)\w*)$/i;
/** Codes of a refusal that may have such a reason, which only the message shows. */
const VAGUE_CODES = new Set(['', 'BadRequest', 'InvalidRequest', 'InvalidArgument', 'InvalidURI']);
const UNSUPPORTED_WORDS = /not (yet |currently )?(supported|implemented|available)|un(supported|implemented)/i;

/** The server answers, and has no lifecycle rules. The message quotes its answer. */
export class LifecycleUnsupportedError extends Error {
  constructor(answer: string, cause?: unknown) {
    super(`this server has no lifecycle rules (${answer})`, { cause });
    this.name = 'LifecycleUnsupportedError';
  }
}

/** One rule of a bucket, as far as we show it. */
export interface ExpiryRule {
  readonly id: string;
  readonly enabled: boolean;
  readonly prefix: string;
  /** Null when the rule does something other than let objects expire after a number of days. */
  readonly days: number | null;
}

/** By which rules the S3 server automatically removes objects of the bucket. */
export class BucketLifecycle {
  private readonly client: Client;
  private readonly transport: HttpTransport;
  /** Of the last request: the client keeps neither the status nor a body that is no XML. */
  private answer?: Answer;

  constructor(
    private readonly config: S3Config,
    limits: TimeLimits,
  ) {
    const { endpoint, accessKey, secretKey, region, pathStyle } = config;
    this.transport = createHttpTransport(endpoint.tls, limits);
    this.client = new Client({
      ...{
        endPoint: endpoint.host,
        port: endpoint.port,
        useSSL: endpoint.tls,
        accessKey,
        secretKey,
        region,
        pathStyle,
      },
      transport: { request: this.request } as unknown as ClientOptions['transport'],
      transportAgent: this.transport.agent,
      retryOptions: { disableRetry: true },
    });
  }

  /** @throws LifecycleUnsupportedError, DependencyError `storage_unavailable` */
  async show(): Promise<ExpiryRule[]> {
    return (await this.rules()).map((rule) => ({
      id: String(rule.ID ?? ''),
      enabled: rule.Status === 'Enabled',
      prefix: rule.Filter?.Prefix ?? rule.Prefix ?? '',
      days: rule.Expiration?.Days === undefined ? null : Number(rule.Expiration.Days),
    }));
  }

  /**
   * Lets objects under the prefix expire `days` after they were created, in place of our previous rule.
   * @throws LifecycleUnsupportedError, DependencyError `storage_unavailable`
   */
  async apply(prefix: string, days: number): Promise<void> {
    const others = (await this.rules()).filter(({ ID }) => ID !== RULE_ID);
    const ours = { ID: RULE_ID, Status: 'Enabled', Filter: { Prefix: prefix }, Expiration: { Days: days } };
    const rules = [...others, ours] as LifecycleRule[];
    await this.guard('set the lifecycle', () => this.client.setBucketLifecycle(this.config.bucket, { Rule: rules }));
  }

  close(): void {
    this.transport.agent.destroy();
  }

  /** A request whose answer, a short document, is kept before the client gets it. */
  private readonly request: HttpTransport['request'] = (options, onResponse) => {
    const outgoing = this.transport.request(options, (response) => {
      buffer(response).then(
        (body) => {
          this.answer = { status: response.statusCode!, body: body.toString() };
          const { statusCode, headers } = response;
          onResponse?.(
            Object.assign(Readable.from(body.length > 0 ? [body] : []), { statusCode, headers }) as IncomingMessage,
          );
        },
        (error: Error) => outgoing.emit('error', error),
      );
    });
    return outgoing;
  };

  private rules(): Promise<LifecycleRule[]> {
    return this.guard('read the lifecycle', async () => {
      try {
        // Undefined for an answer that is no lifecycle configuration, such as a listing by a server that ignores the question.
        const found = await this.client.getBucketLifecycle(this.config.bucket);
        if (found === undefined) throw new LifecycleUnsupportedError('it answered with something else');
        // A single rule is read as no list, and no rule as an empty text.
        return [(found as { Rule?: LifecycleRule | LifecycleRule[] } | null)?.Rule ?? []].flat();
      } catch (error) {
        if (error instanceof S3Error && error.code === 'NoSuchLifecycleConfiguration') return [];
        throw error;
      }
    });
  }

  private async guard<T>(action: string, operation: () => Promise<T>): Promise<T> {
    this.answer = undefined;
    try {
      return await operation();
    } catch (error) {
      if (error instanceof LifecycleUnsupportedError) throw error;
      if (this.answer && isUnsupported(error, this.answer)) {
        throw new LifecycleUnsupportedError(summaryOf(this.answer), error);
      }
      const answered = error instanceof S3Error && this.answer ? summaryOf(this.answer) : (error as Error).message;
      const cause = new Error(`Could not ${action}: ${answered}`);
      throw new DependencyError('storage_unavailable', 'Object storage refused', { cause });
    }
  }
}

/** What the server answered, whatever it is written in. */
interface Answer {
  readonly status: number;
  readonly body: string;
}

function isUnsupported(error: unknown, { status, body }: Answer): boolean {
  if (!(error instanceof S3Error)) return false;
  if (status === 501 || status === 405) return true;
  const code = error.code ?? '';
  if (UNSUPPORTED_CODES.test(code)) return true;
  return status < 500 && VAGUE_CODES.has(code) && UNSUPPORTED_WORDS.test(body);
}

/** The part of an answer that is worth showing: the code and the message of an error, or how the answer begins. */
function summaryOf({ status, body }: Answer): string {
  const [code, message] = ['Code', 'Message'].map((name) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1]);
  const words = code === undefined ? [body.trim().slice(0, 200)] : [code, message];
  return `HTTP ${status}${[' ', ...words].filter(Boolean).join(' ').trimEnd()}`.replace(/\s+/g, ' ');
}
