const MAX_NAME_BYTES = 200;

/**
 * Object key of an uploaded photo. `filename` is one path segment, already checked; it is cut to 200 bytes, keeping its
 * extension. Characters that URLs or XML give a meaning become `_`: servers and clients disagree on them in listings.
 */
export function uploadKey(assetId: string, filename: string): string {
  return `uploads/${assetId}/${shortenToBytes(filename.replace(/[%+&'"<>]/g, '_'), MAX_NAME_BYTES)}`;
}

export function outputKey(renderId: string): string {
  return `renders/${renderId}/output.tiff`;
}

export function previewKey(renderId: string): string {
  return `renders/${renderId}/preview.jpg`;
}

/** Where an attempt keeps a file until it is known to be the one that counts. */
export function attemptKey(renderId: string, token: string, file: 'output.tiff' | 'preview.jpg'): string {
  return `renders/${renderId}/attempts/${token}/${file}`;
}

/** File systems and S3 count bytes, not letters: keep whole code points and the extension. */
function shortenToBytes(name: string, limit: number): string {
  if (Buffer.byteLength(name) <= limit) return name;
  const extension = /\.[A-Za-z0-9]{1,8}$/.exec(name)?.[0] ?? '';
  let stem = '';
  let bytes = extension.length;
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > limit) break;
    stem += character;
  }
  return stem + extension;
}
