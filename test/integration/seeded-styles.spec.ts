import type { DatabaseConfig } from '#config';
import { dataSourceOptions, Catalogue } from '#persistence';
import { listStyles, resolveSettings } from '#pipelines';
import { DataSource } from 'typeorm';
import { STYLES } from '../support/client.js';
import { createMigratedDatabase, dropDatabase } from '../support/servers.js';

describe('seeded styles', () => {
  let database: DatabaseConfig;
  beforeAll(async () => (database = await createMigratedDatabase()));
  afterAll(() => dropDatabase(database));

  it('each have a pipeline, whose schema their settings fit', async () => {
    const dataSource = await new DataSource(dataSourceOptions(database)).initialize();
    const styles = await new Catalogue(dataSource).listStyles();
    await dataSource.destroy();
    expect(Object.fromEntries(styles.map(({ slug, id }) => [slug, id]))).toEqual(STYLES);
    expect(styles.map(({ slug }) => slug).sort()).toEqual(
      listStyles()
        .map(({ slug }) => slug)
        .sort(),
    );
    for (const { slug, algorithmConfig } of styles) expect(() => resolveSettings(slug, algorithmConfig)).not.toThrow();
  });
});
