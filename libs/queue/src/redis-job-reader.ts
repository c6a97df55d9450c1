import type { QueueCounts } from '#core';
import { QueueKeys } from 'bullmq';
import type { ChainableCommander, Redis } from 'ioredis';
import type { JobReader } from './job-reader.js';

/** Keys read by one command, so that the server can serve others in between. */
const BATCH_SIZE = 1_000;

/** A job is a hash under its id; its id is in the list or the sorted set of its state. */
export class RedisJobReader implements JobReader {
  private readonly key: (name: string) => string;

  constructor(
    private readonly client: Redis,
    queueName: string,
  ) {
    const keys = new QueueKeys();
    this.key = (name) => keys.toKey(queueName, name);
  }

  async findLive(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const live = new Set<string>();
    for (let i = 0; i < ids.length; i += BATCH_SIZE) {
      const page = ids.slice(i, i + BATCH_SIZE);
      const commands = this.client.pipeline();
      for (const id of page) commands.hmget(this.key(id), 'timestamp', 'finishedOn');
      const answers = await run<[addedAt: string | null, finishedAt: string | null]>(commands);
      answers.forEach(([addedAt, finishedAt], index) => {
        if (addedAt !== null && finishedAt === null) live.add(page[index]);
      });
    }
    return live;
  }

  async listLive(): Promise<ReadonlySet<string>> {
    const commands = this.client.multi();
    for (const list of ['wait', 'paused', 'active']) commands.lrange(this.key(list), 0, -1);
    for (const set of ['delayed', 'prioritized', 'waiting-children']) commands.zrange(this.key(set), 0, -1);
    return new Set((await run<string[]>(commands)).flat());
  }

  async counts(): Promise<QueueCounts> {
    const commands = this.client.pipeline();
    for (const list of ['wait', 'paused', 'active']) commands.llen(this.key(list));
    for (const set of ['prioritized', 'delayed', 'failed']) commands.zcard(this.key(set));
    const [wait, paused, active, prioritized, delayed, failed] = await run<number>(commands);
    return { waiting: wait + paused + prioritized, active, delayed, failed };
  }
}

/** @throws the error of the first command that failed */
async function run<Answer>(commands: ChainableCommander): Promise<Answer[]> {
  const answers = (await commands.exec())!;
  return answers.map(([error, answer]) => {
    if (error) throw error;
    return answer as Answer;
  });
}
