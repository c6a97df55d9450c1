import { rm } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import {
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { HttpConfig } from '#config';
import { PopRenderError, RequestError, StorageRoom } from '#core';
import { LOGGER, type Logger, REJECTION_REASONS, UploadMetrics } from '#observability';
import type { Request, RequestHandler, Response } from 'express';
import multer from 'multer';
import { defer, finalize, type Observable, switchMap, tap } from 'rxjs';
import { HTTP_CONFIG } from '../../http/app-config.js';
import { BodyFormat } from '../../http/body-format.js';
import { RequestContext } from '../../http/request-context.js';
import { bodyRefusal, tooLarge } from '../../http/request-rules.js';
import { MAX_BODY_BYTES, MAX_UPLOAD_BYTES } from '../../http/unread-requests.js';
import { FIELD, fileProblem, repeated, uploadError } from './upload.errors.js';
import { filenameProblem, visibleFilename } from './upload-filename.js';
import { BoundedUploadStream, type UploadStreamLimits } from './bounded-upload-stream.js';
import { UploadFolder } from './upload-folder.js';
import { UploadPace } from './upload-pace.js';
import { type UploadSlot, UploadSlots } from './upload-slots.js';

const TextFields = Reflector.createDecorator<ReadonlySet<string>>();

/** Receives the form of a route: the photo in the field `file`, and these text fields beside it. */
export function PhotoUpload(textFields: ReadonlySet<string>): MethodDecorator {
  return applyDecorators(BodyFormat('form'), TextFields(textFields), UseInterceptors(PhotoUploadInterceptor));
}

/** A photo on this process's disk, gone when its request has been answered. */
export interface UploadedPhoto {
  readonly path: string;
  readonly filename: string;
  readonly sizeBytes: number;
}

/** The parser's published types lag behind its options. */
type UploadOptions = multer.Options & { streamHandler: (body: Request, parser: Writable) => void };

/** Streams the form's photo to disk, refuses what is no photo upload, and removes the file when the request ends. */
@Injectable()
export class PhotoUploadInterceptor implements NestInterceptor {
  private readonly parse: RequestHandler;
  private readonly slots: UploadSlots;

  constructor(
    folder: UploadFolder,
    private readonly room: StorageRoom,
    private readonly metrics: UploadMetrics,
    private readonly reflector: Reflector,
    private readonly context: RequestContext,
    @Inject(HTTP_CONFIG) private readonly http: HttpConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const options: UploadOptions = {
      storage: multer.diskStorage({ destination: (_request, _file, done) => done(null, folder.path) }),
      // Every limit there is: those left out are infinite. Headers of a part end at 16 KiB in the parser.
      limits: {
        fileSize: MAX_UPLOAD_BYTES,
        files: 2, // One too many, so that the refusal can name its field.
        fields: 10,
        parts: 12,
        fieldNameSize: 100,
        fieldSize: 10_000,
        headerPairs: 20,
        fieldNestingDepth: 0,
        fieldArrayIndexLimit: 0,
      },
      preservePath: true,
      defParamCharset: 'utf8',
      streamHandler: pipeUntilRejected,
    };
    this.parse = multer(options).single(FIELD);
    this.slots = new UploadSlots({
      slots: http.maxConcurrentUploads,
      slotsPerClient: http.maxUploadsPerClient,
      slotBytes: MAX_BODY_BYTES,
      minBytesPerSecond: http.uploadPace.minBytesPerSecond,
    });
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const fields = this.reflector.get(TextFields, context.getHandler());
    const accept = (): Observable<unknown> => {
      refuseByHeaders(request);
      const pace = new UploadPace(this.http.uploadPace);
      const slot = this.acquireSlot(this.context.principal.client, pace);
      return defer(() => this.receive(request, response, fields, { pace, slot })).pipe(
        switchMap(() => next.handle()),
        finalize(() => {
          this.metrics.inProgress.dec();
          void this.removeUpload(request).finally(() => slot.release());
        }),
      );
    };
    return defer(accept).pipe(tap({ error: (error: unknown) => this.countRejection(error) }));
  }

  private acquireSlot(client: string, pace: UploadPace): UploadSlot {
    const slot = this.slots.acquire(client, pace);
    this.metrics.inProgress.inc();
    slot.evicted.addEventListener('abort', () => this.metrics.evictions.inc());
    return slot;
  }

  private countRejection(error: unknown): void {
    const reason = REJECTION_REASONS.find((code) => error instanceof PopRenderError && error.code === code);
    if (reason) this.metrics.rejections.inc({ reason });
  }

  private async receive(
    request: Request,
    response: Response,
    fields: ReadonlySet<string>,
    limits: Pick<UploadStreamLimits, 'pace' | 'slot'>,
  ): Promise<void> {
    // Uploads lie beside the storage where both are on one disk.
    await this.room.checkDisk(this.slots.reservedBytes);
    const body = new BoundedUploadStream(request, { ...limits, maxBytes: MAX_BODY_BYTES, tooLarge });
    const form = body as unknown as Request;
    try {
      await new Promise<void>((resolve, reject) => {
        this.parse(form, response, (error?: unknown) => (error ? reject(uploadError(error)) : resolve()));
      });
    } finally {
      body.destroy();
      request.file = form.file;
      request.body = form.body as unknown;
    }
    if (!request.file) throw fileProblem('No file provided');
    refuseFields(request.body as object, fields);
    if (request.file.size === 0) throw fileProblem('File is empty');
    request.file.originalname = visibleFilename(request.file.originalname);
    const problem = filenameProblem(request.file.originalname);
    if (problem) throw new RequestError('invalid_request', problem.message, { details: [problem] });
  }

  private async removeUpload({ file }: Request): Promise<void> {
    // A refused file has been removed by the parser, which takes its path back.
    if (!file?.path) return;
    await rm(file.path, { force: true }).catch((error: unknown) => {
      this.logger.error({ err: error }, 'An upload could not be removed from disk');
    });
  }
}

/** Refusals that need not a byte of the body. */
function refuseByHeaders(request: Request): void {
  const refusal = bodyRefusal(request);
  if (refusal) throw refusal;
  if (!request.is('multipart/form-data')) {
    throw new RequestError('invalid_request', 'Content-Type must be multipart/form-data', {
      hint: 'Send the photo as the form field "file", with the fields "style_id" and "size_preset_id".',
    });
  }
}

/** The parser detaches from a form it refuses, and would then wait for an end that does not come. */
function pipeUntilRejected(body: Request, parser: Writable): void {
  parser.once('unpipe', () => {
    if (!body.readableEnded) body.destroy();
  });
  body.pipe(parser);
}

/** Before the validation of the values, which cannot see fields named like members of every object. */
function refuseFields(body: object, known: ReadonlySet<string>): void {
  const details = Object.entries(body).flatMap(([field, value]) => {
    if (field === FIELD || (known.has(field) && Array.isArray(value))) return [repeated(field)];
    return known.has(field) ? [] : [{ field, message: `Unknown field: ${field}` }];
  });
  if (details.length > 0) throw new RequestError('invalid_request', details[0].message, { details });
}

/** The upload of this request, as the interceptor left it. */
export function uploadedPhoto({ path, originalname, size }: Express.Multer.File): UploadedPhoto {
  return { path, filename: originalname, sizeBytes: size };
}
