import { PhotoError } from '#core';
import { MAX_JPEG_SCANS, MAX_PHOTO_SIDE_PX, PHOTO_FORMATS } from './header/index.js';

export function unsupportedFormat(): PhotoError {
  return new PhotoError('unsupported_format', 'Unsupported image format', {
    hint: `Accepted formats: ${PHOTO_FORMATS.join(', ')}`,
  });
}

export function tooManyChannels(limit: number): PhotoError {
  return new PhotoError('unsupported_format', 'Unsupported image format', {
    hint: `A photo has at most ${limit} channels`,
  });
}

export function tooManyPages(limit: number): PhotoError {
  return new PhotoError('unsupported_format', 'Unsupported image format', {
    hint: `A photo file has at most ${limit} pages`,
  });
}

export function photoTooLarge(): PhotoError {
  const limit = `${MAX_PHOTO_SIDE_PX}x${MAX_PHOTO_SIDE_PX}`;
  return new PhotoError('photo_too_large', `Image dimensions too large (maximum ${limit} pixels)`);
}

export function tooManyScans(): PhotoError {
  return new PhotoError('photo_too_complex', 'Image takes too much memory or time to decode', {
    hint: `A JPEG has at most ${MAX_JPEG_SCANS} scans: save it again as a baseline JPEG, not progressive`,
  });
}

export function corruptPhoto(cause: unknown): PhotoError {
  return new PhotoError('corrupt_photo', 'Image is corrupt or truncated', { cause });
}

/**
 * A file that is whole, of a kind that is not printed.
 * @param kind what it is
 * @param advice what to send instead
 */
export function unsupportedKind(kind: string, advice: string): PhotoError {
  return new PhotoError('unsupported_format', 'Unsupported image format', { hint: `${kind}: ${advice}` });
}

/** A picture with something else behind it that belongs to no photo. */
export function bytesAfterPicture(format: string, count: number): PhotoError {
  return unsupportedKind(
    `${count} bytes follow the end of the picture`,
    `save the photo again as a ${format}, or send it without what was appended to it`,
  );
}
