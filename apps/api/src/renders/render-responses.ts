import { ApiProperty, ApiPropertyOptional, PickType } from '@nestjs/swagger';
import { PRINT_WARNING_CODES, type PrintFileInfo, type PrintWarning, RENDER_STATUSES, type RenderStatus } from '#core';
import type { Render, Style } from '#persistence';
import { SizePresetResponse, StyleResponse } from '../catalogue/catalogue-responses.js';

export class WarningResponse implements PrintWarning {
  @ApiProperty({ enum: PRINT_WARNING_CODES })
  code: PrintWarning['code'];

  @ApiProperty()
  message: string;
}

export class RenderCreatedResponse {
  @ApiProperty({ format: 'uuid' })
  render_id: string;

  @ApiProperty({ enum: RENDER_STATUSES, example: 'queued' })
  status: RenderStatus;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiPropertyOptional({
    type: [WarningResponse],
    description: 'What to know before printing; absent when there is nothing',
  })
  warnings?: readonly WarningResponse[];
}

/** A render names its style; what the style is like is in the catalogue. */
export class RenderStyleResponse extends PickType(StyleResponse, ['id', 'name', 'slug']) {
  static of({ id, name, slug }: Style): RenderStyleResponse {
    return { id, name, slug };
  }
}

/** The finished print, as read back from the file itself. */
export class PrintFileResponse {
  @ApiProperty({ example: 'tiff' })
  format: string;

  @ApiProperty({ type: 'integer', example: 9000 })
  width_px: number;

  @ApiProperty({ type: 'integer', example: 12_000 })
  height_px: number;

  @ApiProperty({ example: 300 })
  dpi: number;

  @ApiProperty({ example: 'lzw' })
  compression: string;

  @ApiProperty({ example: 'srgb' })
  color_space: string;

  @ApiProperty({ type: 'integer' })
  size_bytes: number;

  static from(file: PrintFileInfo): PrintFileResponse {
    return {
      format: file.format,
      width_px: file.widthPx,
      height_px: file.heightPx,
      dpi: file.dpi,
      compression: file.compression,
      color_space: file.colorSpace,
      size_bytes: file.sizeBytes,
    };
  }
}

export class RenderResponse {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ enum: RENDER_STATUSES })
  status: RenderStatus;

  @ApiProperty({ format: 'uuid' })
  asset_id: string;

  @ApiProperty({ type: RenderStyleResponse })
  style: RenderStyleResponse;

  @ApiProperty({ type: SizePresetResponse })
  size_preset: SizePresetResponse;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  started_at: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  completed_at: string | null;

  @ApiProperty({ type: 'integer', nullable: true, description: 'Milliseconds the render took' })
  duration_ms: number | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'Why a failed render failed, as a word for programs',
  })
  error_code: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Why a failed render failed' })
  error_message: string | null;

  @ApiProperty({ type: 'integer', minimum: 0, maximum: 100, description: 'Percent of the work that is done' })
  progress: number;

  @ApiPropertyOptional({ type: PrintFileResponse, description: 'The finished print' })
  file?: PrintFileResponse;

  @ApiPropertyOptional({ type: [WarningResponse] })
  warnings?: readonly WarningResponse[];

  static from(render: Render): RenderResponse {
    return {
      id: render.id,
      status: render.status,
      asset_id: render.assetId,
      style: RenderStyleResponse.of(render.style),
      size_preset: SizePresetResponse.from(render.sizePreset),
      created_at: render.createdAt.toISOString(),
      started_at: render.startedAt?.toISOString() ?? null,
      completed_at: render.completedAt?.toISOString() ?? null,
      duration_ms: render.durationMs,
      error_code: render.errorCode,
      error_message: render.errorMessage,
      progress: render.progress,
      ...(render.file ? { file: PrintFileResponse.from(render.file) } : {}),
      ...presentWarnings(render.warnings),
    };
  }
}

/** Warnings are part of an answer only when there are any. */
export function presentWarnings(warnings: readonly PrintWarning[]): { warnings?: readonly PrintWarning[] } {
  return warnings.length > 0 ? { warnings } : {};
}

export class LinkResponse {
  @ApiProperty({ format: 'uri', description: 'Where to GET the file; needs no further credentials' })
  url: string;

  @ApiProperty({ type: 'integer', example: 604_800, description: 'Seconds the link stays valid' })
  expires_in: number;
}
