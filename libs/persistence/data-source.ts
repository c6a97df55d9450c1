import type { DatabaseConfig } from '#config';
import type { DataSourceOptions } from 'typeorm';
import { Asset } from './entities/asset.entity.js';
import { RenderEntity } from './entities/render.entity.js';
import { SizePresetEntity } from './entities/size-preset.entity.js';
import { StyleEntity } from './entities/style.entity.js';

export const ENTITIES = [Asset, StyleEntity, SizePresetEntity, RenderEntity];

const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 30_000;

/** How TypeORM reaches the database. The schema changes by written migrations only. */
export function dataSourceOptions(config: DatabaseConfig): DataSourceOptions {
  return {
    type: 'postgres',
    host: config.host,
    port: config.port,
    database: config.name,
    username: config.user,
    password: config.password,
    entities: ENTITIES,
    synchronize: false,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    applicationName: 'pop-render',
    extra: { min: config.pool.min, max: config.pool.max, statement_timeout: STATEMENT_TIMEOUT_MS },
  };
}
