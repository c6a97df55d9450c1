import { ApiProperty } from '@nestjs/swagger';
import { printSizeInPixels } from '#core';
import type { SizePreset, Style } from '#persistence';

export class SizePresetResponse {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ example: '9x12' })
  name: string;

  @ApiProperty({ example: 9 })
  width_inches: number;

  @ApiProperty({ example: 12 })
  height_inches: number;

  @ApiProperty({ type: 'integer', example: 300 })
  dpi: number;

  @ApiProperty({ type: 'integer', example: 2700 })
  width_px: number;

  @ApiProperty({ type: 'integer', example: 3600 })
  height_px: number;

  static from({ id, name, widthInches, heightInches, dpi }: SizePreset): SizePresetResponse {
    const { widthPx, heightPx } = printSizeInPixels(widthInches, heightInches, dpi);
    return {
      id,
      name,
      width_inches: widthInches,
      height_inches: heightInches,
      dpi,
      width_px: widthPx,
      height_px: heightPx,
    };
  }
}

export class StyleResponse {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ example: 'Pop Poster' })
  name: string;

  @ApiProperty({ example: 'pop-poster' })
  slug: string;

  @ApiProperty({ type: String, nullable: true })
  description: string | null;

  static from({ id, name, slug, description }: Style): StyleResponse {
    return { id, name, slug, description };
  }
}
