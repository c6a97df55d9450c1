import type { InspectedPhoto } from '#core';
import { checked } from '#sandbox';
import { Type } from '@sinclair/typebox';
import { MAX_UPLOAD_BYTES } from '../../http/unread-requests.js';

const Side = Type.Integer({ minimum: 1, maximum: 65_535 });

const Inspected = Type.Object(
  {
    format: Type.Union(['JPEG', 'PNG', 'TIFF', 'BMP', 'WEBP'].map((format) => Type.Literal(format))),
    mimeType: Type.Union(['jpeg', 'png', 'tiff', 'bmp', 'webp'].map((type) => Type.Literal(`image/${type}`))),
    extension: Type.Optional(Type.String({ pattern: '^[a-z]{2,5}$' })),
    widthPx: Side,
    heightPx: Side,
    orientedWidthPx: Side,
    orientedHeightPx: Side,
    isFullyTransparent: Type.Boolean(),
    pictureBytes: Type.Integer({ minimum: 1, maximum: MAX_UPLOAD_BYTES }),
  },
  { additionalProperties: false },
);

/** Checks the result of an inspecting process, which is stored and shown. @throws Error when it is not of this form */
export function checkInspectedPhoto(value: unknown): InspectedPhoto {
  return checked(Inspected, value, 'result of an inspection');
}
