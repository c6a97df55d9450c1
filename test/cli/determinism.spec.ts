import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runTool, toolAnswer } from '../support/operator-tool.js';
import { temporaryFolder } from '../support/processes.js';

jest.setTimeout(120_000);

describe('pop-render determinism', () => {
  it('is content with the recorded hashes, and ends with 7 when one is another', async () => {
    const [folder, removeFolder] = await temporaryFolder();
    try {
      const env = { TMPDIR: folder };
      const answer = await toolAnswer(env, 'determinism', '--style', 'pop-poster');
      expect(answer.styles).toEqual([
        expect.objectContaining({ style: 'pop-poster', repeatable: true, ok: true, pixels: answer.styles[0].expected }),
      ]);
      expect(answer.machine).toMatchObject({ node: process.versions.node, vips: expect.any(String) });

      const golden = path.join(folder, 'golden.json');
      const altered = [{ style: 'pop-poster', pixels: '0000000000000000' }];
      await writeFile(golden, JSON.stringify({ styles: altered }));
      const { code, out, error } = await runTool(env, 'determinism', '--style', 'pop-poster', '--golden', golden);
      expect(code).toBe(7);
      expect(out).toContain('DIFFERS from 0000000000000000');
      expect(error).toContain('pop-poster');
    } finally {
      await removeFolder();
    }
  });
});
