import { Type, type Static } from '@sinclair/typebox';

const color = (value: string, description: string) =>
  Type.String({ default: value, pattern: '^#[0-9a-fA-F]{6}$', description });

export const betweenTheLinesSettings = Type.Object(
  {
    angleDeg: Type.Number({
      default: 35,
      minimum: 0,
      maximum: 180,
      unit: 'deg',
      description: 'Direction of the shading lines, clockwise from horizontal',
    }),
    pitchMm: Type.Number({
      default: 1.15,
      minimum: 0.9,
      maximum: 4,
      unit: 'mm',
      description: 'Distance between shading lines on a 12 inch print',
    }),
    followForm: Type.Number({
      default: 0.8,
      minimum: 0,
      maximum: 1,
      description: 'How far the shading lines bend with the form; 0 keeps them straight',
    }),
    strokeLengthMm: Type.Number({
      default: 1.2,
      minimum: 0.2,
      maximum: 12,
      unit: 'mm',
      description: 'Length over which tone is drawn out along the lines',
    }),
    darkness: Type.Number({ default: 0.5, minimum: 0, maximum: 1, description: 'How soon lines swell' }),
    highlights: Type.Number({
      default: 0.4,
      minimum: 0,
      maximum: 1,
      description: 'How much of the light tones stays bare paper',
    }),
    contour: Type.Number({
      default: 0.6,
      minimum: 0,
      maximum: 1,
      description: 'How faint an edge still gets a contour; 0 draws none',
    }),
    contourWidthMm: Type.Number({
      default: 0.5,
      minimum: 0.25,
      maximum: 1.5,
      unit: 'mm',
      description: 'Width of the contours on a 12 inch print',
    }),
    inkColor: color('#111111', 'Color of the ink'),
    paperColor: color('#ffffff', 'Color of the paper'),
  },
  { additionalProperties: false },
);

export type BetweenTheLinesSettings = Static<typeof betweenTheLinesSettings>;

export const betweenTheLinesVariants: Record<string, Partial<BetweenTheLinesSettings>> = {
  bold: { pitchMm: 1.9, contourWidthMm: 0.8, darkness: 0.7, contour: 0.5 },
  soft: { pitchMm: 1.2, highlights: 0.8, darkness: 0.25, contour: 0.35, inkColor: '#2a2f4a', paperColor: '#fbf6ea' },
  fine: { pitchMm: 0.9, contourWidthMm: 0.35, contour: 0.7, strokeLengthMm: 0.8 },
};
