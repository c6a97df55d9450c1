import { Injectable } from '@nestjs/common';
import { DependencyError } from '#core';
import { DataSource } from 'typeorm';
import { DatabaseConnector } from './database-connector.js';
import { mapDatabaseErrors } from './database-errors.js';
import { ENTITIES } from './tables.js';

/** Asks whether the database answers and has every table and column that this version works with. */
@Injectable()
export class DatabaseProbe {
  private statement?: string;

  constructor(
    private readonly dataSource: DataSource,
    private readonly connector: DatabaseConnector,
  ) {}

  async ping(): Promise<void> {
    const { outages } = this.connector;
    if (!this.dataSource.isInitialized) {
      const cause = new Error(outages.current ?? 'Not connected yet');
      throw new DependencyError('database_unavailable', 'Database is unavailable', { cause });
    }
    try {
      await mapDatabaseErrors(() => this.dataSource.query((this.statement ??= this.readNothing())));
      outages.recovered();
    } catch (error) {
      outages.failed(error);
      throw error;
    }
  }

  /** Resolves when as many connections stand as are always kept: then no request need wait for a new one. */
  async warmUp(): Promise<void> {
    const { min } = this.dataSource.options.extra as { min: number };
    const runners = Array.from({ length: min }, () => this.dataSource.createQueryRunner());
    // All before any is released, or one connection would serve them all.
    await mapDatabaseErrors(() => Promise.all(runners.map((runner) => runner.connect()))).finally(() =>
      Promise.all(runners.map((runner) => runner.release())),
    );
  }

  /** Names every column and fetches no row. */
  private readNothing(): string {
    const quote = (name: string): string => this.dataSource.driver.escape(name);
    const tables = ENTITIES.map((entity, i) => {
      const { columns, tableName } = this.dataSource.getMetadata(entity);
      const names = columns
        .filter(({ isVirtualProperty }) => !isVirtualProperty)
        .map(({ databaseName }) => quote(databaseName))
        .join(', ');
      return `(SELECT ${names} FROM ${quote(tableName)} LIMIT 0) AS table_${i}`;
    });
    return `SELECT 1 FROM ${tables.join(' CROSS JOIN ')}`;
  }
}
