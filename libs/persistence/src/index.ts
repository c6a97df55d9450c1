export { type Cursor, decodeCursor, encodeCursor } from './cursor.js';
export { dataSourceOptions } from './data-source.js';
export { DatabaseProbe } from './database-probe.js';
export { openDatabase, type OpenDatabase } from './open-database.js';
export { PersistenceModule } from './persistence.module.js';
export type { PostgresInfo, RenderStats } from './postgres-info.js';
export * from './tables.js';
