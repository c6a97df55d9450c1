import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { BackgroundConnector, OutageLog } from '#core';
import { DataSource } from 'typeorm';

/** Connects to the database behind the starting process, until it is there. From then on its pool reconnects automatically. */
@Injectable()
export class DatabaseConnector implements OnModuleInit, OnApplicationShutdown {
  /** Shared with the health check, so that each outage is logged once. */
  readonly outages = new OutageLog(new Logger('database'), 'Database');
  private readonly start = new BackgroundConnector(this.outages, () => this.connect());

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
      // A pool that was opened before the error would stay open.
      await this.dataSource.driver.disconnect().catch(() => undefined);
      throw error;
    }
  }
}
