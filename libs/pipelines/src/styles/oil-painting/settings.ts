import { Type, type Static } from '@sinclair/typebox';

export const oilPaintingSettings = Type.Object(
  {
    brushMm: Type.Number({
      default: 7,
      minimum: 2,
      maximum: 14,
      unit: 'mm',
      description: 'Width of the broadest brush on a 12 inch print',
    }),
    detailMm: Type.Number({
      default: 0.8,
      minimum: 0.5,
      maximum: 4,
      unit: 'mm',
      description: 'Width of the finest brush on a 12 inch print',
    }),
    layers: Type.Integer({
      default: 4,
      minimum: 2,
      maximum: 6,
      description: 'Brushes from the broadest to the finest',
    }),
    detail: Type.Number({
      default: 0.6,
      minimum: 0,
      maximum: 1,
      description: 'How small a difference from the photo calls for a finer brush',
    }),
    strokeLength: Type.Number({
      default: 7,
      minimum: 2,
      maximum: 16,
      description: 'Length of the strokes in brush widths',
    }),
    follow: Type.Number({
      default: 0.9,
      minimum: 0,
      maximum: 1,
      description: 'How closely strokes follow the shapes; 0 paints in one direction',
    }),
    variation: Type.Number({
      default: 0.4,
      minimum: 0,
      maximum: 1,
      description: 'Differences of direction and color between strokes',
    }),
    vividness: Type.Number({ default: 1.12, minimum: 0.5, maximum: 2, description: 'Gain on the colorfulness' }),
    bristle: Type.Number({ default: 0.6, minimum: 0, maximum: 1, description: 'Streaks that the bristles leave' }),
    impasto: Type.Number({
      default: 0.5,
      minimum: 0,
      maximum: 1,
      description: 'Relief of the paint in slanting light',
    }),
    canvas: Type.Number({ default: 0.3, minimum: 0, maximum: 1, description: 'Weave that shows where paint is thin' }),
    seed: Type.Integer({
      default: 1,
      minimum: 0,
      maximum: 1_000_000,
      description: 'Which strokes of many possible ones',
    }),
  },
  { additionalProperties: false },
);

export type OilPaintingSettings = Static<typeof oilPaintingSettings>;

export const oilPaintingVariants: Record<string, Partial<OilPaintingSettings>> = {
  bold: { brushMm: 11, detailMm: 1.4, detail: 0.45, vividness: 1.3, impasto: 0.75, variation: 0.6 },
  soft: { brushMm: 6, strokeLength: 5, variation: 0.2, vividness: 1, bristle: 0.35, impasto: 0.25, canvas: 0.4 },
  fine: { brushMm: 4, detailMm: 0.6, layers: 5, detail: 0.85, strokeLength: 5, impasto: 0.4 },
};
