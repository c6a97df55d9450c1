import { type DynamicModule, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { type QueueConfig, type TimeLimits, WORKER_TIME_LIMITS } from '#config';
import { RenderConsumer, RenderQueue } from '#core';
import { BullMqRenderConsumer } from './bullmq-render-consumer.js';
import { BullMqRenderQueue } from './bullmq-render-queue.js';

/** What a worker asks of the queue is asked again in the next round: it need not wait long. */
const WORKER_ANSWER_MS = 5_000;

@Injectable()
class RenderQueueLifecycle implements OnApplicationShutdown {
  constructor(private readonly queue: RenderQueue) {}

  async onApplicationShutdown(): Promise<void> {
    await this.queue.close();
  }
}

/** Provides the producing end of the queue, and where asked the consuming end. */
@Module({})
export class QueueModule {
  static forProducer(config: QueueConfig, limits: TimeLimits): DynamicModule {
    return {
      module: QueueModule,
      global: true,
      providers: [
        { provide: RenderQueue, useFactory: () => new BullMqRenderQueue(config, limits) },
        RenderQueueLifecycle,
      ],
      exports: [RenderQueue],
    };
  }

  static forConsumer(config: QueueConfig, worker: { concurrency: number; name: string }): DynamicModule {
    const producer = QueueModule.forProducer(config, { ...WORKER_TIME_LIMITS, idleTimeoutMs: WORKER_ANSWER_MS });
    return {
      ...producer,
      providers: [
        ...producer.providers!,
        {
          provide: RenderConsumer,
          useFactory: () => new BullMqRenderConsumer(config, worker.concurrency, worker.name),
        },
      ],
      exports: [RenderQueue, RenderConsumer],
    };
  }
}
