import { Controller, Get, Header, Param, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { RequestError } from '#core';
import {
  attachmentDisposition,
  FilesystemObjectStore,
  OBJECTS_ROUTE,
  SignedLinks,
  type SignedLinkQuery,
} from '#storage';
import type { Request, Response } from 'express';

/** Serves the filesystem adapter's objects to holders of a signed link: GET, HEAD and Range. */
@ApiExcludeController()
@Controller(OBJECTS_ROUTE)
export class FilesController {
  constructor(
    private readonly links: SignedLinks,
    private readonly store: FilesystemObjectStore,
  ) {}

  @Get('*key')
  @Header('Cache-Control', 'private, no-store')
  async serve(
    @Param('key') segments: string | string[],
    @Query() query: Record<string, unknown>,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const key = Array.isArray(segments) ? segments.join('/') : segments;
    const grant = this.links.verify(key, linkQuery(query));
    if (!(await this.store.stat(grant.key))) throw new RequestError('not_found', 'File not found');
    response.setHeader('Content-Type', grant.contentType);
    response.setHeader('Content-Disposition', attachmentDisposition(grant.downloadName));
    response.setHeader('X-Content-Type-Options', 'nosniff');
    await new Promise<void>((resolve, reject) => {
      const options = { dotfiles: 'allow', cacheControl: false } as const;
      response.sendFile(this.store.pathOf(grant.key), options, (error?: Error) => {
        if (error && !request.destroyed && !response.headersSent) reject(error);
        else resolve();
      });
    });
  }
}

/**
 * A missing parameter makes an altered link.
 * @throws RequestError naming one that was given more than once
 */
function linkQuery(query: Record<string, unknown>): SignedLinkQuery {
  const text = (name: string): string => {
    const value = query[name];
    if (!Array.isArray(value)) return typeof value === 'string' ? value : '';
    const message = `Query parameter ${name} was given more than once`;
    throw new RequestError('invalid_request', message, { details: [{ field: name, message }] });
  };
  return { expires: text('expires'), name: text('name'), type: text('type'), signature: text('signature') };
}
