import { type S3Config, type TimeLimits } from '#config';
import { DependencyError } from '#core';
import { Client, type ClientOptions, type LifecycleRule, S3Error } from 'minio';
import { createHttpTransport } from './http-transport.js';

/** Id of the one rule that is ours; rules with other ids are somebody else's and stay. */
const RULE_ID = 'DeleteOldRenders';

/** One rule of a bucket, as far as we show it. */
export interface ExpiryRule {
  readonly id: string;
  readonly enabled: boolean;
  readonly prefix: string;
  /** Null when the rule does something other than let objects expire after so many days. */
  readonly days: number | null;
}

/** By which rules the S3 server removes objects of the bucket by itself. */
export class BucketLifecycle {
  private readonly client: Client;
  private readonly transport: ReturnType<typeof createHttpTransport>;

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
      transport: this.transport as unknown as ClientOptions['transport'],
      transportAgent: this.transport.agent,
      retryOptions: { disableRetry: true },
    });
  }

  async show(): Promise<ExpiryRule[]> {
    return (await this.rules()).map((rule) => ({
      id: String(rule.ID ?? ''),
      enabled: rule.Status === 'Enabled',
      prefix: rule.Filter?.Prefix ?? rule.Prefix ?? '',
      days: rule.Expiration?.Days === undefined ? null : Number(rule.Expiration.Days),
    }));
  }

  /** Lets objects under the prefix expire so many days after they were made, in place of our rule of before. */
  async apply(prefix: string, days: number): Promise<void> {
    const others = (await this.rules()).filter(({ ID }) => ID !== RULE_ID);
    const ours = { ID: RULE_ID, Status: 'Enabled', Filter: { Prefix: prefix }, Expiration: { Days: days } };
    const rules = [...others, ours] as LifecycleRule[];
    await this.guard('set the lifecycle', () => this.client.setBucketLifecycle(this.config.bucket, { Rule: rules }));
  }

  close(): void {
    this.transport.agent.destroy();
  }

  private rules(): Promise<LifecycleRule[]> {
    return this.guard('read the lifecycle', async () => {
      try {
        const { Rule: rule } = (await this.client.getBucketLifecycle(this.config.bucket)) ?? {};
        // A single rule is read as no list.
        return rule === undefined ? [] : [rule].flat();
      } catch (error) {
        if (error instanceof S3Error && error.code === 'NoSuchLifecycleConfiguration') return [];
        throw error;
      }
    });
  }

  private async guard<T>(action: string, operation: () => Promise<T>): Promise<T> {
    try {
      return await operation();
    } catch (error) {
      const cause = new Error(`Could not ${action}: ${(error as Error).message}`);
      throw new DependencyError('storage_unavailable', 'Object storage refused', { cause });
    }
  }
}
