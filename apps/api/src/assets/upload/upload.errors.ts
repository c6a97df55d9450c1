import { DependencyError, type FieldError, PopRenderError, RequestError } from '#core';
import { MulterError } from 'multer';
import { tooLarge } from '../../http/request-rules.js';

/** Field of the form that holds the photo. */
export const FIELD = 'file';

/** A field, or the photo, given more than once. */
export function repeated(field: string): FieldError {
  return { field, message: `Field ${field} was given more than once` };
}

/** What is wrong with the photo as a field of the form. */
export function fileProblem(message: string): RequestError {
  return new RequestError('invalid_request', message, { details: [{ field: FIELD, message }] });
}

/** An error of the form's parser, or of the stream it reads. */
export function uploadError(error: unknown): Error {
  if (error instanceof PopRenderError) return error;
  if (error instanceof MulterError) {
    if (error.code === 'LIMIT_FILE_SIZE') return tooLarge();
    // A part without a filename is read as text.
    if (error.code === 'LIMIT_FIELD_VALUE' && error.field === FIELD) return fileProblem('No file provided');
    const field = error.field ?? FIELD;
    const isUnexpected = error.code === 'LIMIT_UNEXPECTED_FILE';
    const problem = isUnexpected && field === FIELD ? repeated(field) : { field, message: error.message };
    const message = isUnexpected && field !== FIELD ? `Unexpected file field: ${field}` : problem.message;
    return new RequestError('invalid_request', message, { details: [problem], cause: error });
  }
  const isDiskError = typeof (error as NodeJS.ErrnoException).syscall === 'string';
  if (isDiskError) {
    return new DependencyError('storage_unavailable', 'The upload could not be kept', { cause: error });
  }
  return new RequestError('invalid_request', 'Malformed multipart body', {
    hint: (error as Error).message,
    cause: error,
  });
}
