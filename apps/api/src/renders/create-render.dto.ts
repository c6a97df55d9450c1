import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { type Fit, FITS, isUuid, type Orientation, ORIENTATIONS, type PrintLayout } from '#core';
import { IsDefined, IsIn, IsOptional, Matches, ValidateBy, type ValidationOptions } from 'class-validator';

/** Any RFC 9562 text form; the version and variant bits are the sender's business. */
function IsUuidText(options: ValidationOptions): PropertyDecorator {
  return ValidateBy({ name: 'isUuidText', validator: { validate: isUuid } }, options);
}

const FOCUS = /^(0(\.\d{1,6})?|1(\.0{1,6})?),(0(\.\d{1,6})?|1(\.0{1,6})?)$/;

export class CreateRenderDto {
  @ApiProperty({
    type: 'string',
    format: 'binary',
    description: 'The photo: JPEG, PNG, TIFF, BMP or WEBP, at most 50 MiB',
  })
  file?: never;

  @ApiProperty({ format: 'uuid', description: 'Id of a style, from GET /v1/styles' })
  @IsUuidText({ message: 'Invalid UUID format for style_id' })
  @IsDefined({ message: 'Missing required field: style_id' })
  style_id: string;

  @ApiProperty({ format: 'uuid', description: 'Id of a size preset, from GET /v1/size-presets' })
  @IsUuidText({ message: 'Invalid UUID format for size_preset_id' })
  @IsDefined({ message: 'Missing required field: size_preset_id' })
  size_preset_id: string;

  @ApiPropertyOptional({
    enum: FITS,
    default: 'cover',
    description:
      'How the photo meets a sheet of another shape: cut around the focus, cut around what draws the eye, shown whole with a margin, or cut for a canvas with mirrored edges',
  })
  @IsIn(FITS, { message: `fit must be one of ${FITS.join(', ')}` })
  @IsOptional()
  fit?: Fit;

  @ApiPropertyOptional({
    enum: ORIENTATIONS,
    default: 'preset',
    description: 'Which way the sheet is held: as its preset, as the photo, or forced',
  })
  @IsIn(ORIENTATIONS, { message: `orientation must be one of ${ORIENTATIONS.join(', ')}` })
  @IsOptional()
  orientation?: Orientation;

  @ApiPropertyOptional({
    example: '0.5,0.3',
    description: 'What stays in the middle when the photo is cut: shares 0 to 1 of its width and height, comma between',
  })
  @Matches(FOCUS, { message: 'focus must be two numbers from 0 to 1 with a comma between, such as 0.5,0.3' })
  @IsOptional()
  focus?: string;
}

/** How the form asks for the photo to be laid on its sheet. */
export function layoutOf({ fit, orientation, focus }: CreateRenderDto): PrintLayout {
  const [x, y] = focus?.split(',').map(Number) ?? [];
  return { ...(fit && { fit }), ...(orientation && { orientation }), ...(focus && { focus: { x, y } }) };
}

/** Text fields of the form. */
export const RENDER_FIELDS: ReadonlySet<string> = new Set([
  'style_id',
  'size_preset_id',
  'fit',
  'orientation',
  'focus',
] satisfies (keyof CreateRenderDto)[]);
