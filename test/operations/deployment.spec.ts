import { type ApiClient } from '../support/client.js';
import { type Deployment, deployApi } from '../support/deployment.js';
import { FLOWER } from '../support/photos.js';
import { proceduresOf, Terminal } from './runbook.js';

/** Where a check may find faults: the servers of the tests are set up for tests. */
const CHECKS = /pop-render doctor/;
const FAULTS_FOUND = 7;

jest.setTimeout(120_000);

describe('the procedures of the runbooks on a running deployment', () => {
  let deployment: Deployment;
  let terminal: Terminal;

  beforeAll(async () => {
    let client: ApiClient;
    [deployment, client] = await deployApi();
    const submit = async (): Promise<string> => {
      const { status, body } = await client.createRender(FLOWER());
      expect(status).toBe(201);
      return body.render_id as string;
    };
    const failed = await submit();
    await deployment.query(
      `UPDATE renders SET status = 'failed', error_code = 'storage_unavailable', error_message = 'No answer in time',
         completed_at = now() WHERE id = $1`,
      [failed],
    );
    await deployment.startWorker();
    const completed = await submit();
    await client.ended(completed);
    terminal = await Terminal.open({
      ...deployment.env,
      API: deployment.apiUrl,
      RENDER_ID: completed,
      FAILED_ID: failed,
    });
  });

  afterAll(async () => {
    await terminal.close();
    await deployment.close();
  });

  const ran = new Set<string>();

  /** A command that another procedure has run already would tell nothing new. */
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
        const { exitCode, output } = await terminal.run(notYetRun(code));
        const accepted = CHECKS.test(code) ? [0, FAULTS_FOUND] : [0];
        if (!accepted.includes(exitCode ?? -1)) throw new Error(`It ended with ${exitCode}: ${output}`);
      },
    );
  });
});
