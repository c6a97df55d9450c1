import { Type, type Static } from '@sinclair/typebox';

export const watercolorSettings = Type.Object(
  {
    detail: Type.Number({
      default: 0.6,
      minimum: 0,
      maximum: 1,
      description: 'How much of the small shapes is painted; 0 leaves broad washes alone',
    }),
    washes: Type.Integer({
      default: 9,
      minimum: 4,
      maximum: 24,
      description: 'Number of washes from bare paper to the darkest tone',
    }),
    layering: Type.Number({
      default: 0.6,
      minimum: 0,
      maximum: 1,
      description: 'How clearly one wash is set off from the next; 0 blends them',
    }),
    edgeDarkening: Type.Number({
      default: 0.5,
      minimum: 0,
      maximum: 1,
      description: 'Pigment that pools along the rim of a wash',
    }),
    rimWidthMm: Type.Number({
      default: 0.6,
      minimum: 0.2,
      maximum: 2,
      unit: 'mm',
      description: 'Width of the pooled rim on a 12 inch print',
    }),
    turbulence: Type.Number({
      default: 0.5,
      minimum: 0,
      maximum: 1,
      description: 'Light and dark pools inside a wash',
    }),
    granulation: Type.Number({
      default: 0.5,
      minimum: 0,
      maximum: 1,
      description: 'Pigment that settles in the valleys of the paper',
    }),
    wobbleMm: Type.Number({
      default: 0.6,
      minimum: 0,
      maximum: 2,
      unit: 'mm',
      description: 'How far the border of a wash strays from the shape; length on a 12 inch print',
    }),
    bleed: Type.Number({
      default: 0.35,
      minimum: 0,
      maximum: 1,
      description: 'Share of the picture that is painted wet in wet, outside of small shapes',
    }),
    whiteReserve: Type.Number({
      default: 0.4,
      minimum: 0,
      maximum: 1,
      description: 'How much of the highlights is left as bare paper',
    }),
    saturation: Type.Number({ default: 1.15, minimum: 0.5, maximum: 2, description: 'Gain on colorfulness' }),
    seed: Type.Integer({
      default: 1,
      minimum: 0,
      maximum: 1_000_000,
      description: 'Chooses the pools, the wobble and the paper',
    }),
  },
  { additionalProperties: false },
);

export type WatercolorSettings = Static<typeof watercolorSettings>;

export const watercolorVariants: Record<string, Partial<WatercolorSettings>> = {
  bold: {
    detail: 0.35,
    washes: 6,
    layering: 0.9,
    edgeDarkening: 0.8,
    wobbleMm: 0.9,
    saturation: 1.4,
    whiteReserve: 0.45,
  },
  soft: { detail: 0.4, layering: 0.3, edgeDarkening: 0.25, bleed: 0.5, turbulence: 0.65, saturation: 1.05 },
  fine: { detail: 0.9, washes: 14, layering: 0.5, edgeDarkening: 0.4, rimWidthMm: 0.4, wobbleMm: 0.35, bleed: 0.2 },
};
