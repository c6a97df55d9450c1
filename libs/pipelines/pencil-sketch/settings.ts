import { Type, type Static } from '@sinclair/typebox';

export const pencilSketchSettings = Type.Object(
  {
    tone: Type.Union([Type.Literal('light'), Type.Literal('normal'), Type.Literal('dark')], {
      default: 'normal',
      description: 'Overall tone of the drawing',
    }),
    toneBlend: Type.Number({
      default: 0.45,
      minimum: 0,
      maximum: 1,
      description: "0 keeps the photo's tones, 1 takes those of a drawing",
    }),
    lineStrength: Type.Number({
      default: 0.7,
      minimum: 0,
      maximum: 1,
      description: 'Pressure of the outlines; 0 draws none',
    }),
    lineLengthPercent: Type.Number({
      default: 1.6,
      minimum: 0.5,
      maximum: 6,
      unit: '%',
      description: 'Length of an outline stroke, share of the longer side',
    }),
    lineWidthMm: Type.Number({
      default: 0.4,
      minimum: 0.25,
      maximum: 1.2,
      unit: 'mm',
      description: 'Width of the outlines on a 12 inch print',
    }),
    shading: Type.Number({
      default: 0.95,
      minimum: 0,
      maximum: 1,
      description: 'Strength of the hatching; 0 leaves a line drawing',
    }),
    hatchAngleDeg: Type.Number({
      default: 130,
      minimum: 0,
      maximum: 180,
      unit: 'deg',
      description: 'Direction of the hatching, clockwise from horizontal',
    }),
    hatchPitchMm: Type.Number({
      default: 0.45,
      minimum: 0.3,
      maximum: 2,
      unit: 'mm',
      description: 'Distance between hatching strokes on a 12 inch print',
    }),
    followForm: Type.Number({
      default: 0.4,
      minimum: 0,
      maximum: 1,
      description: 'How far the hatching turns with the form',
    }),
    grain: Type.Number({ default: 0.5, minimum: 0, maximum: 1, description: 'Roughness of the paper' }),
    seed: Type.Integer({
      default: 1,
      minimum: 0,
      maximum: 1_000_000,
      description: 'Picks the sheet of paper and the strokes',
    }),
  },
  { additionalProperties: false },
);

export type PencilSketchSettings = Static<typeof pencilSketchSettings>;
