import fc from 'fast-check';
import {
  deserializeError,
  isUuid,
  PhotoError,
  PopRenderError,
  printSizeInPixels,
  printWarnings,
  serializeError,
  toPopRenderError,
  uploadKey,
} from './index.js';

describe('printWarnings', () => {
  const print = printSizeInPixels(9, 12, 300);
  const codes = (widthPx: number, heightPx: number) =>
    printWarnings({ widthPx, heightPx }, print, 300).map((w) => w.code);

  it('knows the exact pixels of a print', () => expect(print).toEqual({ widthPx: 2700, heightPx: 3600 }));
  it('has nothing to say of a fitting photo', () => expect(codes(3000, 4000)).toEqual([]));
  it('names a heavy crop', () => expect(codes(4000, 3000)).toEqual(['heavy_crop']));
  it('names too few pixels', () => expect(codes(600, 800)).toEqual(['low_resolution']));
  it('names both', () => expect(codes(1024, 510)).toEqual(['heavy_crop', 'low_resolution']));
  it('draws the lines at a quarter and at 100 pixels an inch', () => {
    expect(codes(3600, 3600)).toEqual([]); // exactly 25 % lost
    expect(codes(3601, 3600)).toEqual(['heavy_crop']);
    expect(codes(900, 1200)).toEqual([]);
    expect(codes(899, 1199)).toEqual(['low_resolution']);
  });
  it('names a photo of which nothing shows', () => {
    const photo = { widthPx: 3000, heightPx: 4000 };
    expect(printWarnings({ ...photo, isFullyTransparent: true }, print, 300)).toMatchObject([
      { code: 'fully_transparent', message: expect.stringContaining('fully transparent') as unknown },
    ]);
    expect(printWarnings({ ...photo, isFullyTransparent: false }, print, 300)).toEqual([]);
  });
  it('looks at the sheet as it is held', () => {
    const wide = { widthPx: 4000, heightPx: 3000 };
    expect(printWarnings(wide, print, 300, { orientation: 'auto' })).toEqual([]);
    expect(printWarnings(wide, print, 300, { orientation: 'landscape' })).toEqual([]);
    expect(printWarnings(wide, print, 300, { orientation: 'portrait' })).toHaveLength(1);
  });
  it('sees no crop where the photo is shown whole', () => {
    expect(printWarnings({ widthPx: 6000, heightPx: 3000 }, print, 300, { fit: 'contain' })).toEqual([]);
  });
});

describe('isUuid', () => {
  it.each([
    '550e8400-e29b-41d4-a716-446655440000',
    '00000000-0000-0000-0000-000000000000',
    'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
  ])('accepts %s', (text) => expect(isUuid(text)).toBe(true));
  it.each([
    '',
    'x',
    '550e8400e29b41d4a716446655440000',
    '{550e8400-e29b-41d4-a716-446655440000}',
    '550e8400-e29b-41d4-a716-44665544000g',
    ['a'],
    undefined,
  ])('refuses %s', (text) => expect(isUuid(text)).toBe(false));
});

describe('uploadKey', () => {
  it('keeps an ordinary name', () => expect(uploadKey('id', 'my photo.jpg')).toBe('uploads/id/my photo.jpg'));
  it('has no character that listings get wrong', () => {
    expect(uploadKey('id', `100% a+b & it's "x".jpg`)).toBe('uploads/id/100_ a_b _ it_s _x_.jpg');
  });
  it('never grows past what file systems and S3 take, and keeps the extension', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 255 }), (stem) => {
        fc.pre(!stem.includes('\ufffd'));
        const name = uploadKey('id', `${stem}.jpeg`).slice('uploads/id/'.length);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
        expect(name.endsWith('.jpeg')).toBe(true);
        expect(name).not.toContain('\ufffd');
      }),
    );
  });
});

describe('errors', () => {
  it('become plain data and come back with their code', () => {
    const error = new PhotoError('corrupt_photo', 'Image is corrupt', { cause: new Error('native text') });
    const back = deserializeError(structuredClone(serializeError(error)));
    expect(back).toBeInstanceOf(PopRenderError);
    expect(back).toMatchObject({ code: 'corrupt_photo', message: 'Image is corrupt' });
    expect(back.policy).toMatchObject({ status: 400, maxAttempts: 1 });
  });

  it.each(['ENOSPC', 'EDQUOT', 'EROFS', 'EMFILE'])('know %s for a lack of room, worth many tries', (code) => {
    const full = Object.assign(new Error(`${code}: no space left, write '/tmp/x'`), { code });
    const back = deserializeError(structuredClone(serializeError(full)));
    expect(back).toMatchObject({ code: 'storage_unavailable', message: 'There is no room for files' });
    expect(back.policy).toMatchObject({ status: 503, maxAttempts: 12 });
  });

  it('hide what was not foreseen', () => {
    const error = toPopRenderError(new TypeError('cannot read x of /etc/secret'));
    expect(error).toMatchObject({ code: 'internal', message: 'Internal server error' });
    expect(serializeError(new TypeError('inner')).stack).toContain('inner');
  });
});
