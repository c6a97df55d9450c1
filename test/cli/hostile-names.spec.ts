import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { uploadKey } from '#core';
import { SIZES, STYLES } from '../support/client.js';
import { runTool } from '../support/command-line.js';
import { Deployment } from '../support/deployment.js';
import { runCommand } from '../support/operator-tool.js';

jest.setTimeout(120_000);

const NAME = 'a\u001b]0;owned\u0007b\u009b31mc\u202egpj\nStatus completed\u2028d\u0085e\rf.jpg';
const SHOWN = 'a ]0;owned b 31mc gpj Status completed d e f.jpg';
/** All but the line break. */
const OBEYED = /[^\P{Cc}\n]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

describe('names with control sequences for the terminal', () => {
  let deployment: Deployment;
  let id: string;
  beforeAll(async () => {
    deployment = await Deployment.prepare({ queue: 'postgres', storage: 'filesystem' });
    await deployment.store.prepare();
    const [assetId, renderId] = [randomUUID(), randomUUID()];
    id = renderId;
    const photo = path.join(deployment.env.TMPDIR, 'photo');
    writeFileSync(photo, 'photo');
    await deployment.store.putFile(uploadKey(assetId, 'a.jpg'), photo, 'image/jpeg');
    // As an earlier version, another program or a hand in the database may have left it.
    await deployment.query(
      `INSERT INTO assets (id, filename, minio_key, format, width_px, height_px, file_size_bytes)
       VALUES ($1, $2, $3, 'JPEG', 1, 1, 5)`,
      [assetId, NAME, uploadKey(assetId, 'a.jpg')],
    );
    await deployment.query(
      `INSERT INTO renders (id, asset_id, style_id, size_preset_id, status, error_code, error_message, progress, created_at, completed_at)
       VALUES ($1, $2, $3, $4, 'failed', 'corrupt_photo', $5, 0, now(), now())`,
      [id, assetId, STYLES['pop-poster'], Object.values(SIZES)[0], `Cannot read ${NAME}`],
    );
  });
  afterAll(() => deployment.close());

  const fetching = (): string[] => [
    'renders',
    'fetch-photo',
    id,
    '--force',
    '-o',
    path.join(deployment.env.TMPDIR, 'copy.jpg'),
  ];

  it.each<[string, () => string[], number]>([
    ['renders list', () => ['renders', 'list'], 1],
    ['renders list by error', () => ['renders', 'list', '--group-by', 'error'], 1],
    ['renders show', () => ['renders', 'show', id], 2],
    ['renders fetch-photo', fetching, 1],
    ['requeue', () => ['requeue', '--failed'], 1],
  ])('guarantee: no name or error reaches the terminal with control characters (in %s)', async (_, words, times) => {
    const { out, error } = await runCommand(deployment.env, ...words());
    expect(`${out}${error}`).not.toMatch(OBEYED);
    expect(out.split(SHOWN).length - 1).toBe(times);
    const json = await runCommand(deployment.env, ...words(), '--json');
    expect(json.out.trimEnd()).not.toMatch(OBEYED);
    if (times > 0) expect(JSON.stringify(JSON.parse(json.out))).toContain(JSON.stringify(NAME).slice(1, -1));
  });

  it('are escaped in errors, results and stacks of the art commands too', async () => {
    const missing = await runTool(['render', NAME, '--style', 'pop-poster', '--size', '9x12', '-o', 'x.tiff']);
    expect(missing).toMatchObject({ code: 3, out: '' });
    const unknown = await runTool([NAME], { POP_RENDER_DEBUG: '1' });
    const option = await runTool(['styles', `--${NAME}`]);
    expect([unknown.code, option.code]).toEqual([2, 2]);
    for (const { error } of [missing, unknown, option]) {
      expect(error.trimEnd()).not.toMatch(OBEYED);
      expect(error).toContain('owned');
    }
  });

  it('guarantee: fetching a photo never writes through a link of another user (end to end)', async () => {
    const folder = path.join(deployment.env.TMPDIR, 'shared');
    mkdirSync(folder);
    const precious = path.join(folder, 'precious');
    writeFileSync(precious, 'precious');
    symlinkSync(precious, path.join(folder, 'copy.jpg.part'));
    const target = path.join(folder, 'copy.jpg');
    expect(await runCommand(deployment.env, 'renders', 'fetch-photo', id, '-o', target)).toMatchObject({ code: 0 });
    expect([readFileSync(target, 'utf8'), readFileSync(precious, 'utf8')]).toEqual(['photo', 'precious']);
  });
});
