import { PRINT_WARNING_CODES, RENDER_STAGES } from '#core';
import { checked } from '#sandbox';
import type { RenderOutput } from '#pipelines';
import { Type } from '@sinclair/typebox';

const closed = { additionalProperties: false };
const Word = Type.String({ minLength: 1, maxLength: 100, pattern: '^[\\w.+ -]*$' });
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Milliseconds = Type.Number({ minimum: 0, maximum: 8.64e15 });
/** Of a style: numbers, words and colors. */
const Setting = Type.Union([Type.Number(), Type.Boolean(), Type.Null(), Type.String({ maxLength: 200 })]);

const Output = Type.Object(
  {
    style: Word,
    pipelineVersion: Word,
    settings: Type.Record(Type.String({ pattern: '^[A-Za-z][A-Za-z0-9]{0,63}$' }), Setting, {
      ...closed,
      maxProperties: 100,
    }),
    profile: Word,
    widthPx: Count,
    heightPx: Count,
    dpi: Count,
    printBytes: Count,
    file: Type.Optional(
      Type.Object(
        {
          format: Word,
          widthPx: Count,
          heightPx: Count,
          dpi: Count,
          compression: Word,
          colorSpace: Word,
          sizeBytes: Count,
        },
        closed,
      ),
    ),
    previewBytes: Count,
    previewWidthPx: Count,
    previewHeightPx: Count,
    warnings: Type.Array(
      Type.Object(
        {
          code: Type.Union(PRINT_WARNING_CODES.map((code) => Type.Literal(code))),
          message: Type.String({ minLength: 1, maxLength: 500 }),
        },
        closed,
      ),
      { maxItems: PRINT_WARNING_CODES.length },
    ),
    stages: Type.Array(
      Type.Object(
        {
          stage: Type.Union(RENDER_STAGES.map((stage) => Type.Literal(stage))),
          startedAt: Milliseconds,
          durationMs: Milliseconds,
          failed: Type.Boolean(),
        },
        closed,
      ),
      { maxItems: RENDER_STAGES.length },
    ),
  },
  closed,
);

/** Checks the output that a render process reports, which is stored and shown. @throws Error when it is not of this form */
export function checkRenderOutput(value: unknown): RenderOutput {
  return checked(Output, value, 'result of a render');
}
