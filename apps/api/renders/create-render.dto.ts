import { ApiProperty } from '@nestjs/swagger';
import { isUuid } from '#core';
import { IsDefined, ValidateBy, type ValidationOptions } from 'class-validator';

/** Any RFC 9562 text form; the version and variant bits are the sender's business. */
function IsUuidText(options: ValidationOptions): PropertyDecorator {
  return ValidateBy({ name: 'isUuidText', validator: { validate: isUuid } }, options);
}

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
}

/** Text fields of the form. */
export const RENDER_FIELDS: ReadonlySet<string> = new Set([
  'style_id',
  'size_preset_id',
] satisfies (keyof CreateRenderDto)[]);
