import { readdirSync } from 'node:fs';
import { type ApiClient } from '../support/client.js';
import { type Deployment, deployApi } from '../support/deployment.js';
import { FLOWER } from '../support/photos.js';
import { proceduresOf, Terminal } from './runbook.js';

jest.setTimeout(120_000);

describe('the procedures of the runbooks on a running deployment', () => {
  let deployment: Deployment;
  let client: ApiClient;
  let terminal: Terminal;
  let failed: string[];

  beforeAll(async () => {
    [deployment, client] = await deployApi();
    const submit = async (): Promise<string> => {
      const { status, body } = await client.createRender(FLOWER());
      expect(status).toBe(201);
      return body.render_id as string;
    };
    failed = [await submit(), await submit()];
    await deployment.query(
      `UPDATE renders SET status = 'failed', error_code = 'storage_unavailable', error_message = 'No answer in time',
         completed_at = now() WHERE id = ANY ($1)`,
      [failed],
    );
    await deployment.startWorker();
    const completed = await submit();
    await client.ended(completed);
    terminal = await Terminal.open({
      ...deployment.env,
      API: deployment.apiUrl,
      RENDER_ID: completed,
      FAILED_ID: failed[0],
    });
  });

  afterAll(async () => {
    await terminal.close();
    await deployment.close();
  });

  const ran = new Set<string>();

  /** A command that another procedure has run already would prove nothing new. */
  function notYetRun(code: string): string {
    const lines = code.split('\n').filter((line) => !ran.has(line));
    for (const line of lines) ran.add(line);
    return lines.join('\n');
  }

  describe.each(['renders', 'storage', 'incidents'])('%s', (page) => {
    const procedures = proceduresOf(`docs/runbooks/${page}.md`);

    it.each(procedures.map((procedure) => [procedure.heading, procedure] as const))(
      '%s',
      async (_, { language, code }) => {
        if (language === 'sql') return void (await deployment.query(code));
        expect(await terminal.run(notYetRun(code))).toMatchObject({ exitCode: 0 });
      },
    );
  });

  it('bring failed renders back, by their id and by their error', async () => {
    for (const id of failed) expect(await client.ended(id)).toMatchObject({ status: 'completed' });
  });

  it('leave the files that they name', () => {
    const files = ['photo.jpg', 'print.tiff', 'orphans.txt', 'failed.jsonl'];
    expect(readdirSync(terminal.workFolder)).toEqual(expect.arrayContaining(files));
  });
});
