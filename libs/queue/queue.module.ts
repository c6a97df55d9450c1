import { type DynamicModule, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { QueueConfig } from '#config';
import { RenderConsumer, RenderQueue } from '#core';
import { BullMqRenderConsumer } from './bullmq-render-consumer.js';
import { BullMqRenderQueue } from './bullmq-render-queue.js';

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
  static forProducer(config: QueueConfig): DynamicModule {
    return {
      module: QueueModule,
      global: true,
      providers: [{ provide: RenderQueue, useFactory: () => new BullMqRenderQueue(config) }, RenderQueueLifecycle],
      exports: [RenderQueue],
    };
  }

  static forConsumer(config: QueueConfig, concurrency: number): DynamicModule {
    const producer = QueueModule.forProducer(config);
    return {
      ...producer,
      providers: [
        ...producer.providers!,
        { provide: RenderConsumer, useFactory: () => new BullMqRenderConsumer(config, concurrency) },
      ],
      exports: [RenderQueue, RenderConsumer],
    };
  }
}
