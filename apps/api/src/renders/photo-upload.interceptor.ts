import { rm } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { type CallHandler, type ExecutionContext, Inject, Injectable, type NestInterceptor } from '@nestjs/common';
import type { HttpConfig } from '#config';
import { DependencyError, type FieldError, PopRenderError, RequestError } from '#core';
import { LOGGER, type Logger, REJECTION_REASONS, UploadMetrics } from '#observability';
import type { Request, RequestHandler, Response } from 'express';
import multer, { MulterError } from 'multer';
import { defer, finalize, type Observable, switchMap, tap } from 'rxjs';
import { clientOf } from '../http/client-identity.js';
import { HTTP_CONFIG } from '../http/http-config.js';
import { bodyRefusal, tooLarge } from '../http/request-rules.js';
import { MAX_BODY_BYTES, MAX_UPLOAD_BYTES } from '../http/unread-requests.js';
import { RENDER_FIELDS } from './create-render.dto.js';
import { StorageAdmission } from './storage-admission.js';
import { filenameProblem, visibleFilename } from './upload-filename.js';
import { BoundedUploadStream, type UploadStreamLimits } from './bounded-upload-stream.js';
import { UploadFolder } from './upload-folder.js';
import { UploadPace } from './upload-pace.js';
import { type UploadSlot, UploadSlots } from './upload-slots.js';

const FIELD = 'file';

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
    private readonly admission: StorageAdmission,
    private readonly metrics: UploadMetrics,
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
    const accept = (): Observable<unknown> => {
      refuseByHeaders(request);
      const pace = new UploadPace(this.http.uploadPace);
      const slot = this.acquireSlot(clientOf(response), pace);
      return defer(() => this.receive(request, response, { pace, slot })).pipe(
        switchMap(() => next.handle()),
        finalize(() => {
          this.metrics.inProgress.dec();
          void this.removeUpload(request).finally(() => slot.release());
        }),
      );
    };
    return defer(accept).pipe(tap({ error: (fault: unknown) => this.countRejection(fault) }));
  }

  private acquireSlot(client: string, pace: UploadPace): UploadSlot {
    const slot = this.slots.acquire(client, pace);
    this.metrics.inProgress.inc();
    slot.evicted.addEventListener('abort', () => this.metrics.evictions.inc());
    return slot;
  }

  private countRejection(fault: unknown): void {
    const reason = REJECTION_REASONS.find((code) => fault instanceof PopRenderError && fault.code === code);
    if (reason) this.metrics.rejections.inc({ reason });
  }

  private async receive(
    request: Request,
    response: Response,
    limits: Pick<UploadStreamLimits, 'pace' | 'slot'>,
  ): Promise<void> {
    // Uploads lie beside the storage where both are on one disk.
    await this.admission.checkDisk(this.slots.reservedBytes);
    const body = new BoundedUploadStream(request, { ...limits, maxBytes: MAX_BODY_BYTES, tooLarge });
    const form = body as unknown as Request;
    try {
      await new Promise<void>((resolve, reject) => {
        this.parse(form, response, (fault?: unknown) => (fault ? reject(uploadError(fault)) : resolve()));
      });
    } finally {
      body.destroy();
      request.file = form.file;
      request.body = form.body as unknown;
    }
    if (!request.file) throw fileProblem('No file provided');
    refuseFields(request.body as object);
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

/** The parser lets go of a form it refuses, and would then wait for its end: there is none to wait for. */
function pipeUntilRejected(body: Request, parser: Writable): void {
  parser.once('unpipe', () => {
    if (!body.readableEnded) body.destroy();
  });
  body.pipe(parser);
}

/** Before the validation of the values, which cannot see fields named like members of every object. */
function refuseFields(body: object): void {
  const details = Object.entries(body).flatMap(([field, value]) => {
    if (field === FIELD || (RENDER_FIELDS.has(field) && Array.isArray(value))) return [repeated(field)];
    return RENDER_FIELDS.has(field) ? [] : [{ field, message: `Unknown field: ${field}` }];
  });
  if (details.length > 0) throw new RequestError('invalid_request', details[0].message, { details });
}

function repeated(field: string): FieldError {
  return { field, message: `Field ${field} was given more than once` };
}

/** The upload of this request, as the interceptor left it. */
export function uploadedPhoto({ path, originalname, size }: Express.Multer.File): UploadedPhoto {
  return { path, filename: originalname, sizeBytes: size };
}

function fileProblem(message: string): RequestError {
  return new RequestError('invalid_request', message, { details: [{ field: FIELD, message }] });
}

function uploadError(fault: unknown): Error {
  if (fault instanceof PopRenderError) return fault;
  if (fault instanceof MulterError) {
    if (fault.code === 'LIMIT_FILE_SIZE') return tooLarge();
    // A part without a filename is read as text.
    if (fault.code === 'LIMIT_FIELD_VALUE' && fault.field === FIELD) return fileProblem('No file provided');
    const field = fault.field ?? FIELD;
    const isUnexpected = fault.code === 'LIMIT_UNEXPECTED_FILE';
    const problem = isUnexpected && field === FIELD ? repeated(field) : { field, message: fault.message };
    const message = isUnexpected && field !== FIELD ? `Unexpected file field: ${field}` : problem.message;
    return new RequestError('invalid_request', message, { details: [problem], cause: fault });
  }
  const isDiskFault = typeof (fault as NodeJS.ErrnoException).syscall === 'string';
  if (isDiskFault) {
    return new DependencyError('storage_unavailable', 'The upload could not be kept', { cause: fault });
  }
  return new RequestError('invalid_request', 'Malformed multipart body', {
    hint: (fault as Error).message,
    cause: fault,
  });
}
