import { createServer } from 'node:net';
import path from 'node:path';
import {
  type AppConfig,
  embeddedDefaults,
  type EmbeddedSecrets,
  embeddedVariables,
  loadConfig,
  postgresFolder,
  takeEnvironment,
} from '#config';
import { runService, type Service } from '#lifecycle';
import { createLogger, exitOnUncaughtException, openTelemetry } from '#observability';
import { migratePostgresQueue } from '#queue';
import { migrateUp } from '../../../migrations/migrate.js';
import { closeApi, createApi, listen } from '../../api/src/api-app.js';
import { createRoutelessWorker, startWorker } from '../../worker/src/worker-app.js';
import { openHome } from './home.js';
import { PostgresServer } from './postgres-server.js';
import { retentionNotBefore, retentionNotice } from './retention-start.js';
import { loadSecrets } from './secrets.js';

/** To check the other settings before the database has one. */
const ANY_PORT = 5432;

await runService(async () => {
  // Everything it writes is for its own user alone, however it was started.
  process.umask(0o077);
  const home = openHome(path.resolve({ ...process.env, ...embeddedDefaults(process.env) }.POP_RENDER_HOME!.trim()));
  const environment = takeEnvironment();
  const secrets = loadSecrets(home);
  // Wrong settings and a taken port are reported before anything is started.
  const { api } = embeddedConfig(environment, home, secrets, ANY_PORT);
  for (const listener of [api, api.operations]) if (listener) await assertPortFree(listener);

  const postgres = await PostgresServer.start(postgresFolder(home), {
    application: secrets.databasePassword,
    admin: secrets.adminPassword,
  });
  try {
    return await startEverything(embeddedConfig(environment, home, secrets, postgres.connection.port), postgres);
  } catch (error) {
    await postgres.stop();
    throw error;
  }
});

async function startEverything(config: AppConfig, postgres: PostgresServer): Promise<Service> {
  const logger = createLogger('pop-render', config, 2);
  const telemetry = await openTelemetry('embedded', config, logger);
  exitOnUncaughtException(logger, telemetry, 'api');
  await migrateUp(config.database);
  await migratePostgresQueue(config.database);
  const api = await createApi(config, logger, telemetry);
  const worker = await createRoutelessWorker(config, logger, telemetry);
  startWorker(worker);
  await listen(api);
  console.log(retentionNotice(config.worker.retentionDays, config.worker.retentionNotBefore));
  console.log(`Pop-Render is ready at http://localhost:${config.api.port}`);
  return {
    close: async () => {
      const seconds = config.shutdownGraceSeconds;
      console.log(`Stopping; a render in progress has ${seconds} s to finish (Ctrl-C again stops at once)`);
      try {
        await closeApi(api, config);
        await worker.close();
        await telemetry.close();
      } finally {
        await postgres.stop();
      }
    },
  };
}

/** The settings of the environment, with the servers of this profile in place of configured ones. */
function embeddedConfig(
  environment: NodeJS.ProcessEnv,
  home: string,
  secrets: EmbeddedSecrets,
  databasePort: number,
): AppConfig {
  const config = loadConfig({
    ...environment,
    ...embeddedDefaults(environment),
    ...embeddedVariables(home, secrets, databasePort),
  });
  // A configured retention holds immediately: its owner knows of it.
  if (environment.RETENTION_DAYS?.trim()) return config;
  return { ...config, worker: { ...config.worker, retentionNotBefore: retentionNotBefore(home) } };
}

async function assertPortFree({ host, port }: { readonly host?: string; readonly port: number }): Promise<void> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => probe.once('error', reject).listen(port, host, resolve));
  await new Promise((resolve) => probe.close(resolve));
}
