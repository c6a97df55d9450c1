import { SizePreset, Style } from '#persistence';
import { listCatalogueEntries } from '#pipelines/registry';
import type { DataSource } from 'typeorm';

type Row = Readonly<Record<string, string | number>> & { readonly id: string; readonly name: string };

/** Each style of the engine describes its own row. */
const STYLES: Row[] = listCatalogueEntries();

const SIZES = [
  { id: '6ba7b810-9dad-11d1-80b4-00c04fd430c8', widthInches: 9, heightInches: 12 },
  { id: '6ba7b811-9dad-11d1-80b4-00c04fd430c8', widthInches: 12, heightInches: 16 },
  { id: '6ba7b812-9dad-11d1-80b4-00c04fd430c8', widthInches: 16, heightInches: 20 },
  { id: '6ba7b813-9dad-11d1-80b4-00c04fd430c8', widthInches: 18, heightInches: 24 },
  { id: '6ba7b814-9dad-11d1-80b4-00c04fd430c8', widthInches: 20, heightInches: 24 },
  { id: '6ba7b815-9dad-11d1-80b4-00c04fd430c8', widthInches: 24, heightInches: 36 },
  { id: '6ba7b816-9dad-11d1-80b4-00c04fd430c8', widthInches: 30, heightInches: 40 },
];

const SIZE_PRESETS: Row[] = SIZES.map((size) => ({
  ...size,
  name: `${size.widthInches}x${size.heightInches}`,
  dpi: 300,
}));

const TABLES = [
  // An empty configuration means the pipeline's own defaults; once there, it is the operator's to set.
  { table: 'styles', entity: Style, rows: STYLES, initial: { algorithmConfig: {} } },
  { table: 'size_presets', entity: SizePreset, rows: SIZE_PRESETS, initial: {} },
] as const;

/** How the database departs from the seed in one row. */
export interface SeedDifference {
  readonly table: 'styles' | 'size_presets';
  readonly id: string;
  readonly name: string;
  /** `taken`: a row with another id has the slug, and renders may name it: nothing can be done from here. */
  readonly kind: 'missing' | 'changed' | 'taken';
  /** What the changed fields hold, and what they held at first. */
  readonly fields: Readonly<Record<string, { readonly found: unknown; readonly seeded: string | number }>>;
}

/** Compares the styles and sizes with the seed. The settings of a style are its operator's and never a difference. */
export async function compareSeed(dataSource: DataSource): Promise<SeedDifference[]> {
  const differences: SeedDifference[] = [];
  for (const { table, entity, rows } of TABLES) {
    const present = (await dataSource.getRepository<object>(entity).find()) as Record<string, unknown>[];
    for (const row of rows) {
      const found = present.find(({ id }) => id === row.id);
      const fields = found === undefined ? {} : changedFields(row, found);
      const taken = present.some(({ id, slug }) => id !== row.id && slug !== undefined && slug === row.slug);
      if (found !== undefined && Object.keys(fields).length === 0) continue;
      const kind = taken ? 'taken' : found === undefined ? 'missing' : 'changed';
      differences.push({ table, id: row.id, name: row.name, kind, fields });
    }
  }
  return differences;
}

/** Puts the missing and changed rows right, in one transaction. @returns what it put right */
export async function repairSeed(dataSource: DataSource): Promise<SeedDifference[]> {
  const differences = (await compareSeed(dataSource)).filter(({ kind }) => kind !== 'taken');
  await dataSource.transaction(async (manager) => {
    for (const { table, id, kind } of differences) {
      const { entity, rows, initial } = TABLES.find((candidate) => candidate.table === table)!;
      const row = rows.find((candidate) => candidate.id === id)!;
      if (kind === 'missing') await manager.insert(entity, { ...row, ...initial });
      else await manager.update(entity, { id }, row);
    }
  });
  return differences;
}

/** Adds the styles and sizes that are missing. Rows that exist stay as their operator left them. */
export async function addMissingSeed(dataSource: DataSource): Promise<void> {
  for (const { entity, rows, initial } of TABLES) {
    await dataSource
      .createQueryBuilder()
      .insert()
      .into<object>(entity)
      .values(rows.map((row) => ({ ...row, ...initial })))
      .orIgnore()
      .execute();
  }
}

function changedFields(row: Row, found: Record<string, unknown>): SeedDifference['fields'] {
  const changed = Object.entries(row).filter(([field, seeded]) => found[field] !== seeded);
  return Object.fromEntries(changed.map(([field, seeded]) => [field, { found: found[field], seeded }]));
}
