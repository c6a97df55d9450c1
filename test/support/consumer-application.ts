import 'reflect-metadata';
import { Processor } from '@nestjs/bullmq';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { QueueConfig } from '#config';
import type { JobContext, RenderJob } from '#core';
import { QueueConsumers, QueueModule, QueueProcessor, RENDERS } from '#queue';

export type RenderJobHandler = (job: RenderJob, context: JobContext) => Promise<void>;

/** An application that consumes the render queue as the worker does, with a handler of the test. */
export class ConsumerApplication {
  private app?: INestApplicationContext;

  constructor(
    private readonly config: QueueConfig,
    private readonly concurrency = 1,
    private readonly name?: string,
  ) {}

  async start(handler: RenderJobHandler): Promise<void> {
    @Processor(RENDERS.name)
    class Handler extends QueueProcessor<RenderJob> {
      override handle(job: RenderJob, context: JobContext): Promise<void> {
        return handler(job, context);
      }
    }
    const consumers = { [RENDERS.name]: { name: this.name, concurrency: this.concurrency } };
    @Module({ imports: [QueueModule.forConsumer(this.config, consumers)], providers: [Handler] })
    class Consumer {}
    this.app = await NestFactory.createApplicationContext(Consumer, { logger: false, abortOnError: false });
    this.app.get(QueueConsumers).start();
  }

  /** Drains the worker, then closes the application. */
  async drain(graceMs: number): Promise<void> {
    await this.app?.get(QueueConsumers).drain(graceMs);
    await this.app?.close();
    this.app = undefined;
  }

  ping(): Promise<void> {
    return this.app!.get(QueueConsumers).ping();
  }
}
