import { Body, Controller, Get, Header, Param, Post, Res, UploadedFile, UseGuards } from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import type { Response } from 'express';
import { PhotoUpload, uploadedPhoto } from '../assets/upload/photo-upload.interceptor.js';
import { UploadRateGuard } from '../assets/upload/upload-rate.guard.js';
import { API_VERSION } from '../http/api-version.js';
import { departureOf } from '../http/client-presence.js';
import { ApiErrors } from '../http/openapi.js';
import { UuidPipe } from '../http/validation.js';
import { CreateRenderDto, layoutOf, RENDER_FIELDS } from './create-render.dto.js';
import { LinkResponse, presentWarnings, RenderCreatedResponse, RenderResponse } from './render-responses.js';
import { RendersService } from './renders.service.js';
import { WaitingRoomGuard } from './waiting-room.guard.js';

const RenderId = (): ParameterDecorator => Param('id', new UuidPipe('render_id'));
const ApiRenderId = (): MethodDecorator => ApiParam({ name: 'id', format: 'uuid', description: 'Id of the render' });

@ApiTags('renders')
@Controller('renders')
export class RendersController {
  constructor(private readonly renders: RendersService) {}

  @Post()
  @UseGuards(UploadRateGuard, WaitingRoomGuard)
  @PhotoUpload(RENDER_FIELDS)
  @ApiOperation({ operationId: 'createRender', summary: 'Upload a photo and queue its render' })
  @ApiConsumes('multipart/form-data')
  @ApiBody({ type: CreateRenderDto })
  @ApiCreatedResponse({
    type: RenderCreatedResponse,
    description: 'The render is queued',
    headers: { Location: { description: 'Path of the new render', schema: { type: 'string' } } },
  })
  @ApiErrors(400, 408, 413, 415, 429, 500, 503)
  async create(
    @UploadedFile() file: Express.Multer.File,
    @Body() fields: CreateRenderDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RenderCreatedResponse> {
    const photo = uploadedPhoto(file);
    const created = await this.renders.submit({
      photo,
      styleId: fields.style_id.toLowerCase(),
      sizePresetId: fields.size_preset_id.toLowerCase(),
      layout: layoutOf(fields),
      signal: departureOf(response, () => this.renders.hasWaitingPhotos),
    });
    response.setHeader('Location', `/${API_VERSION}/renders/${created.renderId}`);
    return {
      render_id: created.renderId,
      status: 'queued',
      created_at: created.createdAt.toISOString(),
      ...presentWarnings(created.warnings),
    };
  }

  @Get(':id')
  @ApiOperation({ operationId: 'getRender', summary: 'State of a render' })
  @ApiRenderId()
  @ApiOkResponse({ type: RenderResponse, description: 'The render as it stands' })
  @ApiErrors(400, 404, 500, 503)
  @Header('Cache-Control', 'no-store')
  async get(@RenderId() id: string): Promise<RenderResponse> {
    return RenderResponse.from(await this.renders.get(id));
  }

  @Get(':id/download')
  @ApiOperation({ operationId: 'getRenderDownload', summary: 'Link to the finished TIFF' })
  @ApiRenderId()
  @ApiOkResponse({ type: LinkResponse, description: 'A link good for 7 days' })
  @ApiErrors(400, 404, 409, 410, 500, 503)
  @Header('Cache-Control', 'no-store')
  download(@RenderId() id: string): Promise<LinkResponse> {
    return this.renders.link(id, 'output');
  }

  @Get(':id/preview')
  @ApiOperation({ operationId: 'getRenderPreview', summary: 'Link to the JPEG preview' })
  @ApiRenderId()
  @ApiOkResponse({ type: LinkResponse, description: 'A link good for 7 days' })
  @ApiErrors(400, 404, 409, 410, 500, 503)
  @Header('Cache-Control', 'no-store')
  preview(@RenderId() id: string): Promise<LinkResponse> {
    return this.renders.link(id, 'preview');
  }
}
