import path from 'node:path';
import { ApiClient } from '../support/client.js';
import { Deployment } from '../support/deployment.js';
import { FLOWER } from '../support/photos.js';
import { until } from '../support/processes.js';
import { BOUNDARY, FIELDS, fileStart, RawConnection, uploadHead } from '../support/raw-connection.js';

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

/** As they stand between the quotes of a form, byte for byte. */
const REFUSED = [
  '../../etc/passwd',
  '..\\\\..\\\\boot.ini',
  '/etc/passwd',
  'C:\\\\photos\\\\me.jpg',
  '%0d%0aSet-Cookie: a=b.jpg',
  'a\u0000.jpg',
  'a\u001b[2J.jpg',
  'a\u0085.jpg',
  'photo\u202egpj.exe',
  '\u2066a\u2069.jpg',
  '.',
  '..',
  '   ',
  'a'.repeat(5000),
  'ñ'.repeat(5000),
  '\u200e../etc/passwd',
  '.\u200b.',
  '\u200b\u200e\ufeff',
  'photo.\u200ejpg\u202egnp',
  '\u0958'.repeat(200),
];
const TAKEN = [
  '...',
  '....jpg',
  '.htaccess',
  'CON',
  'nul.jpg',
  'aux.tiff',
  'name.',
  'name ',
  '"; filename=evil.html',
  '%22quoted%22.jpg',
  '%2e%2e%2fetc%2fpasswd',
  '%00.jpg',
  '$(reboot).jpg',
  '`reboot`;|&.jpg',
  '<script>alert(1)</script>.jpg'.replace('/', ''),
  "'; DROP TABLE assets; --",
  '-rf.jpg',
  'Größe – 写真 🎨.jpg',
  'e\u0301.jpg',
  'ñ'.repeat(251) + '.jpg',
];

/** With marks that show nothing, and the name that is kept. */
const CLEANED = [
  ['\u200ephoto\u200f.jpg', 'photo.jpg'],
  ['IMG\u200b_\u20600001\ufeff.j\u00adpg', 'IMG_0001.jpg'],
  ['photo.jpg\u200b', 'photo.jpg'],
  ['e\u200d\u0301.jpg', 'é.jpg'],
  ['a\ufffe.jpg', 'a.jpg'],
  ['x\u200b'.repeat(255), 'x'.repeat(255)],
  ['می\u200cخواهم.jpg', 'می\u200cخواهم.jpg'],
  ['👨\u200d👩\u200d👧.jpg', '👨\u200d👩\u200d👧.jpg'],
];

jest.setTimeout(120_000);

describe('guarantee: a filename never reaches a path, a key or a header unescaped', () => {
  let deployment: Deployment;
  let client: ApiClient;

  beforeAll(async () => {
    deployment = await Deployment.prepare({ queue: 'postgres', storage: 'filesystem' });
    await deployment.startApi();
    client = new ApiClient(deployment.apiUrl);
  });
  afterAll(() => deployment.close());

  async function upload(filename: string): Promise<{ status: number; body: Record<string, unknown>; head: string }> {
    return uploadAs(fileStart(filename.startsWith('"') ? filename.replace('"', '%22') : filename));
  }

  async function uploadAs(partStart: string): Promise<{ status: number; body: Record<string, unknown>; head: string }> {
    const form = Buffer.concat([Buffer.from(FIELDS + partStart), FLOWER(), Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]);
    const connection = await RawConnection.open(deployment.apiUrl);
    await connection.send(uploadHead([`Content-Length: ${form.length}`]));
    await connection.send(form);
    const answer = await connection.answer();
    connection.close();
    return answer;
  }

  async function keptName(body: Record<string, unknown>): Promise<string> {
    const text = 'SELECT a.filename FROM assets a JOIN renders r ON r.asset_id = a.id WHERE r.id = $1';
    return (await deployment.query<{ filename: string }>(text, [body.render_id]))[0].filename;
  }

  it.each([
    ['between quotes, as Postman writes it', `filename="写真.jpg"; filename*="UTF-8''%E5%86%99%E7%9C%9F.jpg"`],
    ['in GBK', `filename="写真.jpg"; filename*=GBK''%D5%D5%C6%AC.jpg`],
    ['in GBK before the good one', `filename*=GBK''%D5%D5%C6%AC.jpg; filename="写真.jpg"`],
    ['in GBK labeled as UTF-8', `filename="写真.jpg"; filename*=UTF-8''%D5%D5%C6%AC.jpg`],
    ['in an unknown charset', `filename="写真.jpg"; filename*=x-none''photo.jpg`],
    ['without a charset', `filename="写真.jpg"; filename*=photo.jpg`],
    ['with an escape that ends early', `filename="写真.jpg"; filename*=UTF-8''a%E5%8.jpg`],
    ['with letters that are not escaped', `filename="写真.jpg"; filename*=UTF-8''写真.jpg`],
    ['with brackets that are not escaped', `filename="写真.jpg"; filename*=UTF-8''photo(1).jpg`],
    ['that is empty', `filename="写真.jpg"; filename*=UTF-8''`],
    ['of nothing', `filename="写真.jpg"; filename*=`],
    ['beside what we do not know', `filename="写真.jpg"; filename*=""; size; x=`],
  ])('read from filename when there is a filename* %s', async (_what, parameters) => {
    const start = fileStart().replace('filename="photo.jpg"', parameters);
    const { status, body } = await uploadAs(start);
    expect([status, await keptName(body)]).toEqual([201, '写真.jpg']);
  });

  it.each([
    ['both can be read', `filename="a.jpg"; filename*=UTF-8''%E5%86%99%E7%9C%9F.jpg`],
    ['it stands first', `filename*=utf-8'ja'%E5%86%99%E7%9C%9F.jpg; filename="a.jpg"`],
    ['filename cannot be read', `filename="a"b.jpg; filename*=UTF-8''%E5%86%99%E7%9C%9F.jpg`],
    ['filename has spaces and no quotes', `filename=my photo.jpg; filename*=UTF-8''%E5%86%99%E7%9C%9F.jpg`],
    ['filename is empty', `filename=""; filename*=UTF-8''%E5%86%99%E7%9C%9F.jpg`],
  ])('read from filename* when %s', async (_what, parameters) => {
    const { status, body } = await uploadAs(fileStart().replace('filename="photo.jpg"', parameters));
    expect([status, await keptName(body)]).toEqual([201, '写真.jpg']);
  });

  it.each(REFUSED)('refused: %j', async (filename) => {
    const before = await deployment.storedKeys();
    const { status, head } = await upload(filename);
    expect(status).toBe(400);
    expect(head).not.toMatch(/^set-cookie/im);
    expect(await deployment.storedKeys()).toEqual(before);
    await until('the upload is gone from disk', async () => (await deployment.temporaryFiles()).length === 0);
  });

  it.each([...TAKEN.map((name) => [name, name.replaceAll('%22', '"').normalize('NFC')]), ...CLEANED])(
    'taken as text to show: %j',
    async (filename, kept) => {
      const { status, body } = await upload(filename);
      expect(status).toBe(201);
      const [asset] = await deployment.query(
        'SELECT a.id, a.filename, a.minio_key FROM assets a JOIN renders r ON r.asset_id = a.id WHERE r.id = $1',
        [body.render_id],
      );
      expect(asset.filename).toBe(kept);
      // One plain segment below the id: no separator, no control character, nothing that XML or a URL gives a meaning.
      expect(asset.minio_key).toMatch(new RegExp(`^uploads/${UUID}/[^/\\\\\\p{Cc}%+&'"<>]{1,200}$`, 'u'));
      expect((asset.minio_key as string).startsWith(`uploads/${asset.id}/`)).toBe(true);
      expect(await deployment.storedKeys()).toContain(asset.minio_key);

      const output = `renders/${body.render_id as string}/output.tiff`;
      await deployment.store.putFile(output, __filename, 'image/tiff');
      await deployment.query("UPDATE renders SET status = 'completed', output_minio_key = $2 WHERE id = $1", [
        body.render_id,
        output,
      ]);
      const { url } = (await client.get(`/v1/renders/${body.render_id as string}/download`)).body;
      const { status: served, headers } = await fetch(url as string);
      expect(served).toBe(200);
      const disposition = headers.get('content-disposition')!;
      const [, exact] =
        /^attachment; filename="[\x20-\x21\x23-\x24\x26-\x5b\x5d-\x7e]*"; filename\*=UTF-8''([\w!#$&+.^`|~%-]+)$/.exec(
          disposition,
        )!;
      expect(decodeURIComponent(exact)).toBe(`${path.parse(kept).name}-pop-poster-9x12.tiff`);
      expect([...headers.keys()]).not.toContain('set-cookie');
    },
  );
});
