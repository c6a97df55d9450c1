import { Type, type Static } from '@sinclair/typebox';

export const pencilSketchSettings = Type.Object(
  {
    tone: Type.Union([Type.Literal('light'), Type.Literal('normal'), Type.Literal('dark')], {
      default: 'normal',
      description: 'Overall tone of the drawing',
    }),
    toneBlend: Type.Number({
      default: 0.55,
      minimum: 0,
      maximum: 1,
      description: "0 keeps the photo's tones, 1 takes those of a drawing",
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
      default: 0.42,
      minimum: 0.3,
      maximum: 2,
      unit: 'mm',
      description: 'Distance between hatching strokes on a 12 inch print',
    }),
    followForm: Type.Number({
      default: 0.4,
      minimum: 0,
      maximum: 1,
      description: 'How far the hatching bends with the form',
    }),
    lineStrength: Type.Number({
      default: 0.85,
      minimum: 0,
      maximum: 1,
      description: 'Pressure of the outlines; 0 draws none',
    }),
    lineWidthMm: Type.Number({
      default: 0.45,
      minimum: 0.25,
      maximum: 1.2,
      unit: 'mm',
      description: 'Width of the outlines on a 12 inch print',
    }),
    lineLengthPercent: Type.Number({
      default: 3,
      minimum: 0.5,
      maximum: 6,
      unit: '%',
      description: 'Length of an outline stroke, share of the longer side',
    }),
    looseness: Type.Number({
      default: 0.6,
      minimum: 0,
      maximum: 1,
      description: 'How far outline strokes stray, overshoot their ends and are drawn twice',
    }),
    grain: Type.Number({ default: 0.45, minimum: 0, maximum: 1, description: 'Roughness of the paper' }),
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

export const pencilSketchVariants: Record<string, Partial<PencilSketchSettings>> = {
  bold: { tone: 'dark', hatchPitchMm: 0.8, lineStrength: 1, lineWidthMm: 0.7, grain: 0.7, looseness: 0.8 },
  soft: { tone: 'light', hatchPitchMm: 0.4, lineStrength: 0.45, lineWidthMm: 0.35, grain: 0.75, looseness: 0.3 },
  fine: { hatchPitchMm: 0.34, lineWidthMm: 0.3, lineLengthPercent: 2, grain: 0.35, looseness: 0.3 },
};
