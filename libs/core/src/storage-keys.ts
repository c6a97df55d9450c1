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

const RENDER_KEY = /^renders\/([0-9a-f-]{36})\/(?:attempts\/([0-9a-f-]{36})\/)?(?:output\.tiff|preview\.jpg)$/;
const UPLOAD_KEY = /^uploads\/[0-9a-f-]{36}\/[^/]+$/;

/** What a key of ours is about; undefined for one that is not of our making. */
export function readStorageKey(key: string): { readonly renderId?: string; readonly token?: string } | undefined {
  if (UPLOAD_KEY.test(key)) return {};
  const [match, renderId, token] = RENDER_KEY.exec(key) ?? [];
  return match === undefined ? undefined : { renderId, token };
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
