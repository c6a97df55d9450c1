import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Body, Controller, Module, Post } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { type AppConfig, loadConfig } from '#config';
import { createLogger, LoggingModule, Telemetry, TelemetryModule } from '#observability';
import { Type } from 'class-transformer';
import { IsInt, IsString, ValidateNested } from 'class-validator';
import { createHttpApp } from './http-app.js';
import { HttpModule } from './http.module.js';
import type { BoundedExpressAdapter } from './http-server.js';
import { MAX_JSON_BYTES } from './json-body.interceptor.js';
import { RequestContext } from './request-context.js';

class ItemDto {
  @IsInt()
  size: number;
}

class FolderDto {
  @IsString()
  name: string;

  @ValidateNested()
  @Type(() => ItemDto)
  cover: ItemDto;

  @ValidateNested({ each: true })
  @Type(() => ItemDto)
  items: ItemDto[];
}

@Controller('v1/folders')
class FoldersController {
  constructor(private readonly context: RequestContext) {}

  @Post()
  create(@Body() folder: FolderDto): object {
    return { items: folder.items.length, request: this.context.requestId, client: this.context.principal.client };
  }
}

function folderModule(config: AppConfig, logger: ReturnType<typeof createLogger>, telemetry: Telemetry) {
  @Module({
    imports: [HttpModule.forRoot(config), LoggingModule.forRoot(logger), TelemetryModule.forRoot(telemetry)],
    controllers: [FoldersController],
  })
  class FoldersModule {}
  return FoldersModule;
}

const FOLDER = { name: 'x', cover: { size: 1 }, items: [{ size: 1 }, { size: 2 }] };

describe('a route that takes JSON', () => {
  let app: NestExpressApplication;
  let url: string;
  beforeAll(async () => {
    const variables = {
      DB_NAME: 'x',
      DB_USER: 'x',
      DB_PASSWORD: 'x',
      API_HOST: '127.0.0.1',
      QUEUE_BACKEND: 'postgres',
    };
    const storage = {
      STORAGE_BACKEND: 'filesystem',
      STORAGE_ROOT: '/nowhere',
      STORAGE_SIGNING_KEY: 'k7Jq2mVx93LpZr8TnWbYc4Df6Gh1Xs5A',
    };
    const config = loadConfig({ ...variables, ...storage });
    const logger = createLogger('test', { logLevel: 'CRITICAL' });
    const telemetry = new Telemetry();
    app = await createHttpApp(folderModule(config, logger, telemetry), config, logger, telemetry);
    const [{ server }] = (app.getHttpAdapter() as BoundedExpressAdapter).listeners;
    await once(server.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/folders`;
  });
  afterAll(() => app.close());

  async function send(body?: string, headers: Record<string, string> = { 'content-type': 'application/json' }) {
    const response = await fetch(url, { method: 'POST', body, headers });
    const answer = (await response.json()) as Record<string, unknown>;
    return { status: response.status, headers: response.headers, answer };
  }
  const invalid = async (body: string) => (await send(body)).answer.details;

  it('gets it validated, within the context of the request', async () => {
    const { status, answer, headers } = await send(JSON.stringify(FOLDER));
    expect([status, answer.items]).toEqual([201, 2]);
    expect(answer.request).toBe(headers.get('x-request-id'));
    expect(answer.client).toBe('127.0.0.1');
    const charset = await send(JSON.stringify(FOLDER), { 'content-type': 'Application/JSON; charset=utf-8' });
    expect(charset.status).toBe(201);
  });

  it('lists each invalid field by its path', async () => {
    const items = [{ size: 1, color: 'red' }, { size: 2 }, { size: 'large' }];
    expect(await invalid(JSON.stringify({ ...FOLDER, cover: {}, items, more: 1 }))).toEqual([
      { field: 'more', message: 'Unknown field: more' },
      { field: 'cover.size', message: 'size must be an integer number' },
      { field: 'items[0].color', message: 'Unknown field: items[0].color' },
      { field: 'items[2].size', message: 'size must be an integer number' },
    ]);
    expect(await invalid(JSON.stringify({ ...FOLDER, items: ['x'] }))).toEqual([
      expect.objectContaining({ field: 'items[0]' }),
    ]);
  });

  it('lists the missing fields of a request without a body', async () => {
    const { status, answer } = await send(undefined, {});
    expect([status, answer.code]).toEqual([400, 'invalid_request']);
    expect(answer.details).toContainEqual({ field: 'name', message: 'name must be a string' });
  });

  it.each(['{', '1', '"x"', '{"name":}', '{}{}', '\u0000'])('refuses %j as malformed', async (body) => {
    const { status, answer } = await send(body);
    expect(answer).toMatchObject({ status: 400, code: 'invalid_request', error: 'Malformed JSON body' });
    expect(status).toBe(400);
  });

  it.each([
    ['another type', { 'content-type': 'text/plain' }, 'unsupported_media_type'],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'unsupported_media_type'],
    ['another charset', { 'content-type': 'application/json; charset=latin1' }, 'unsupported_media_type'],
    ['compression', { 'content-type': 'application/json', 'content-encoding': 'gzip' }, 'unsupported_encoding'],
  ])('refuses %s', async (_what, headers: Record<string, string>, code) => {
    const { status, answer } = await send(JSON.stringify(FOLDER), headers);
    expect([status, answer.code]).toEqual([415, code]);
  });

  it('takes 256 KiB and no byte more, however the body is sent', async () => {
    const sized = (bytes: number): string => {
      const rest = JSON.stringify({ ...FOLDER, name: '' }).length;
      return JSON.stringify({ ...FOLDER, name: 'x'.repeat(bytes - rest) });
    };
    expect((await send(sized(MAX_JSON_BYTES))).status).toBe(201);
    const whole = await send(sized(MAX_JSON_BYTES + 1));
    expect([whole.status, whole.answer.code]).toEqual([413, 'payload_too_large']);
    const chunks = new Blob([sized(MAX_JSON_BYTES + 1)]).stream();
    const init = { method: 'POST', body: chunks, duplex: 'half', headers: { 'content-type': 'application/json' } };
    expect((await fetch(url, init as RequestInit)).status).toBe(413);
  });

  it('exists for its methods only', async () => {
    const other = await fetch(url, { method: 'PUT', body: '{', headers: { 'content-type': 'application/json' } });
    expect([other.status, other.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
    expect(await other.json()).toMatchObject({ code: 'method_not_allowed' });
    const options = await fetch(url, { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'POST, OPTIONS']);
    const unknown = await fetch(`${url}/1`, { method: 'OPTIONS' });
    expect([unknown.status, ((await unknown.json()) as { code: string }).code]).toEqual([404, 'not_found']);
  });
});
