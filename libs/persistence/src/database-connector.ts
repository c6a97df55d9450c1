import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { BackgroundConnector, OutageLog } from '#core';
import { DataSource } from 'typeorm';

/** Connects to the database behind the starting process, until it is there. From then on its pool connects by itself. */
@Injectable()
export class DatabaseConnector implements OnModuleInit, OnApplicationShutdown {
  /** Shared with whoever asks after the database, so that each fault is told once. */
  readonly faults = new OutageLog(new Logger('database'), 'Database');
  private readonly start = new BackgroundConnector(this.faults, () => this.connect());

  constructor(private readonly dataSource: DataSource) {}

  async onModuleInit(): Promise<void> {
    await this.start.start();
  }

  async onApplicationShutdown(): Promise<void> {
    this.start.stop();
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }

  private async connect(): Promise<void> {
    try {
      await this.dataSource.initialize();
    } catch (error) {
      // A pool that came to be before the fault would stay open.
      await this.dataSource.driver.disconnect().catch(() => undefined);
      throw error;
    }
  }
}
