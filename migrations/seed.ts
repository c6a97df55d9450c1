import { SizePresetEntity, StyleEntity } from '#persistence';
import type { DataSource } from 'typeorm';

/** Ids are fixed for ever and alike in every deployment: other services may hard-code them. */
const styles = [
  {
    id: '550e8400-e29b-41d4-a716-446655440000',
    name: 'Watercolor',
    slug: 'watercolor',
    description: 'Transparent washes with pooled edges and granulation on cold-press paper',
  },
  {
    id: '550e8400-e29b-41d4-a716-446655440001',
    name: 'Pop Poster',
    slug: 'pop-poster',
    description: 'Flat, vivid poster colours with smooth edges and bold ink lines',
  },
  {
    id: '550e8400-e29b-41d4-a716-446655440002',
    name: 'Pencil Sketch',
    slug: 'pencil-sketch',
    description: 'Graphite drawing: loose contour strokes over hatched tone on white paper',
  },
  {
    id: '550e8400-e29b-41d4-a716-446655440003',
    name: 'Between The Lines',
    slug: 'between-the-lines',
    description: 'Line art with directional engraving lines that swell with tone',
  },
  {
    id: '550e8400-e29b-41d4-a716-446655440004',
    name: 'Oil Painting',
    slug: 'oil-painting',
    description: 'Layers of bristled brush strokes with lit relief on canvas',
  },
];

const sizePresets = [
  { id: '6ba7b810-9dad-11d1-80b4-00c04fd430c8', widthInches: 9, heightInches: 12 },
  { id: '6ba7b811-9dad-11d1-80b4-00c04fd430c8', widthInches: 12, heightInches: 16 },
  { id: '6ba7b812-9dad-11d1-80b4-00c04fd430c8', widthInches: 16, heightInches: 20 },
  { id: '6ba7b813-9dad-11d1-80b4-00c04fd430c8', widthInches: 18, heightInches: 24 },
  { id: '6ba7b814-9dad-11d1-80b4-00c04fd430c8', widthInches: 20, heightInches: 24 },
  { id: '6ba7b815-9dad-11d1-80b4-00c04fd430c8', widthInches: 24, heightInches: 36 },
  { id: '6ba7b816-9dad-11d1-80b4-00c04fd430c8', widthInches: 30, heightInches: 40 },
];

/** Adds the styles and sizes that are missing. Rows that exist stay as their operator left them. */
export async function seed(dataSource: DataSource): Promise<void> {
  await dataSource
    .createQueryBuilder()
    .insert()
    .into(StyleEntity)
    // An empty configuration means the pipeline's own defaults.
    .values(styles.map((style) => ({ ...style, algorithmConfig: {} })))
    .orIgnore()
    .execute();
  await dataSource
    .createQueryBuilder()
    .insert()
    .into(SizePresetEntity)
    .values(sizePresets.map((size) => ({ ...size, name: `${size.widthInches}x${size.heightInches}`, dpi: 300 })))
    .orIgnore()
    .execute();
}
