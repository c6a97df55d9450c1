import { Type, type Static } from '@sinclair/typebox';

export const popPosterSettings = Type.Object(
  {
    colors: Type.Integer({
      default: 10,
      minimum: 3,
      maximum: 16,
      description: 'Number of flat colors, ink not counted',
    }),
    smoothing: Type.Number({
      default: 0.4,
      minimum: 0,
      maximum: 1,
      description: 'How far texture is ironed out before colors are chosen',
    }),
    vividness: Type.Number({
      default: 1.35,
      minimum: 0.5,
      maximum: 2,
      description: 'Gain on the colorfulness of the palette',
    }),
    contrast: Type.Number({
      default: 0.7,
      minimum: 0,
      maximum: 1,
      description: 'How far the palette is spread from near black to near white',
    }),
    minRegionMm2: Type.Number({
      default: 1.2,
      minimum: 0,
      maximum: 25,
      unit: 'mm2',
      description: 'Smaller patches join a neighbor; area on a 12 inch print',
    }),
    edgeSmoothing: Type.Number({
      default: 1.4,
      minimum: 0,
      maximum: 3,
      description: 'Roundness of the patches; 0 follows every pixel of the photo',
    }),
    ink: Type.Number({ default: 0.9, minimum: 0, maximum: 1, description: 'Opacity of the ink lines; 0 draws none' }),
    inkWidthMm: Type.Number({
      default: 0.5,
      minimum: 0.2,
      maximum: 1.5,
      unit: 'mm',
      description: 'Width of the ink lines on a 12 inch print',
    }),
    inkAmount: Type.Number({
      default: 0.5,
      minimum: 0,
      maximum: 1,
      description: 'How faint an edge still gets a line',
    }),
    inkColor: Type.String({ default: '#1b1420', pattern: '^#[0-9a-fA-F]{6}$', description: 'Color of the ink' }),
    antialias: Type.Boolean({
      default: true,
      description: 'Mixed pixels along edges; without them the print has exactly the colors asked for',
    }),
    seed: Type.Integer({ default: 1, minimum: 0, maximum: 1_000_000, description: 'Start of the color search' }),
  },
  { additionalProperties: false },
);

export type PopPosterSettings = Static<typeof popPosterSettings>;

export const popPosterVariants: Record<string, Partial<PopPosterSettings>> = {
  bold: { colors: 6, contrast: 1, vividness: 1.7, inkWidthMm: 0.8, minRegionMm2: 4 },
  soft: { colors: 12, contrast: 0.4, vividness: 1.1, ink: 0, edgeSmoothing: 2.2 },
  fine: { colors: 16, smoothing: 0.2, minRegionMm2: 0.5, inkWidthMm: 0.3, edgeSmoothing: 1 },
};
