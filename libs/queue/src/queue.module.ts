import { BullModule, BullRegistrar, getQueueToken } from '@nestjs/bullmq';
import { type DynamicModule, Module } from '@nestjs/common';
import { type QueueConfig, type TimeLimits, WORKER_TIME_LIMITS } from '#config';
import { type RenderJob, RenderQueue } from '#core';
import { BullMqRenderQueue } from './bullmq-render-queue.js';
import { JobQueue } from './job-queue.js';
import { QueueConsumers } from './queue-consumers.js';
import type { QueueDefinition } from './queue-definition.js';
import { type ConsumerSettings, QueueServer } from './queue-server.js';
import { QueueWorker } from './queue-worker.js';
import { RENDERS } from './renders.js';

/** A worker repeats in its next round what the queue did not answer: it need not wait long. */
const WORKER_IDLE_TIMEOUT_MS = 5_000;

// BullMQ's own classes would get no backend from `BullModule` and would close without a time limit (ADR 5).
BullModule.queueClass = JobQueue;
BullModule.workerClass = QueueWorker;

/**
 * Connects an application to the server of the queues, and provides the render queue. A feature adds its own queue with
 * {@link QueueModule.register}. Jobs are taken once {@link QueueConsumers.start} was called.
 */
@Module({})
export class QueueModule {
  static forProducer(config: QueueConfig, limits: TimeLimits): DynamicModule {
    return QueueModule.connect(new QueueServer(config, limits));
  }

  /** @param consumers by the name of the queue */
  static forConsumer(config: QueueConfig, consumers: Readonly<Record<string, ConsumerSettings>>): DynamicModule {
    const limits = { ...WORKER_TIME_LIMITS, idleTimeoutMs: WORKER_IDLE_TIMEOUT_MS };
    return QueueModule.connect(new QueueServer(config, limits, undefined, new Map(Object.entries(consumers))));
  }

  /** Provides the declared queue to the importing module, as `@InjectQueue(definition.name) JobQueue<Payload>`. */
  static register<Payload>(definition: QueueDefinition<Payload>): DynamicModule {
    // Options that BullMQ does not know reach the queue's class too.
    const options = { name: definition.name, definition };
    return BullModule.registerQueue(options);
  }

  private static connect(server: QueueServer): DynamicModule {
    return {
      module: QueueModule,
      global: true,
      imports: [
        BullModule.forRoot({ connection: server.asConnection, extraOptions: { manualRegistration: true } }),
        QueueModule.register(RENDERS),
      ],
      providers: [
        {
          provide: RenderQueue,
          inject: [getQueueToken(RENDERS.name)],
          useFactory: (queue: JobQueue<RenderJob>) => new BullMqRenderQueue(queue),
        },
        {
          provide: QueueConsumers,
          inject: [BullRegistrar],
          useFactory: (registrar: BullRegistrar) => new QueueConsumers(server, registrar),
        },
      ],
      exports: [RenderQueue, QueueConsumers],
    };
  }
}
