import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Catalogue } from '#persistence';
import { ApiErrors } from '../http/openapi.js';
import { SizePresetResponse, StyleResponse } from './catalogue-responses.js';

@ApiTags('catalogue')
@Controller()
export class CatalogueController {
  constructor(private readonly catalogue: Catalogue) {}

  @Get('size-presets')
  @ApiOperation({ operationId: 'listSizePresets', summary: 'List the print sizes' })
  @ApiOkResponse({ type: [SizePresetResponse], description: 'Every print size, small to large' })
  @ApiErrors(500, 503)
  async listSizePresets(): Promise<SizePresetResponse[]> {
    return (await this.catalogue.listSizePresets()).map((preset) => SizePresetResponse.from(preset));
  }

  @Get('styles')
  @ApiOperation({ operationId: 'listStyles', summary: 'List the art styles' })
  @ApiOkResponse({ type: [StyleResponse], description: 'Every style, by name' })
  @ApiErrors(500, 503)
  async listStyles(): Promise<StyleResponse[]> {
    return (await this.catalogue.listStyles()).map((style) => StyleResponse.from(style));
  }
}
