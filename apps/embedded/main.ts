import { createServer } from 'node:net';
import path from 'node:path';
import { type AppConfig, loadConfig, takeEnvironment } from '#config';
import { runService, type Service } from '#lifecycle';
import { countApiProcess, createLogger } from '#observability';
import { migratePostgresQueue } from '#queue';
import { endOnUncaught, openTelemetry } from '#telemetry';
import { migrateUp } from '../../migrations/migrate.js';
import { closeApi, createApi, listen } from '../api/api-app.js';
import { createRoutelessWorker, startWorker } from '../worker/worker-app.js';
import { PostgresServer } from './postgres-server.js';
import { loadSecrets, type Secrets } from './secrets.js';

const LOOPBACK = '127.0.0.1';

await runService(async () => {
  const home = path.resolve(process.env.POP_RENDER_HOME?.trim() || '.pop-render');
  const environment = takeEnvironment();
  const secrets = loadSecrets(home);
  const placeholder = { host: LOOPBACK, port: 5432, name: 'pop_render', user: 'postgres' };
  // Wrong settings and a taken port are told before anything is started.
  await assertPortFree(embeddedConfig(environment, home, secrets, placeholder).api);

  const postgres = await PostgresServer.start(path.join(home, 'postgres'), secrets.databasePassword);
  try {
    return await startEverything(embeddedConfig(environment, home, secrets, postgres.connection), postgres);
  } catch (error) {
    await postgres.stop();
    throw error;
  }
});

async function startEverything(config: AppConfig, postgres: PostgresServer): Promise<Service> {
  const logger = createLogger('pop-render', config, 2);
  const telemetry = await openTelemetry('embedded', config, logger);
  endOnUncaught(logger, telemetry, 'api');
  countApiProcess(1);
  await migrateUp(config.database);
  await migratePostgresQueue(config.database);
  const api = await createApi(config, logger, telemetry);
  const worker = await createRoutelessWorker(config, logger, telemetry);
  await startWorker(worker);
  await listen(api, config.api);
  console.log(`Pop-Render is ready at http://localhost:${config.api.port}`);
  return {
    close: async () => {
      const seconds = config.shutdownGraceSeconds;
      console.log(`Stopping; a render under way has ${seconds} s to finish (Ctrl-C again stops at once)`);
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
  secrets: Secrets,
  database: { host: string; port: number; name: string; user: string },
): AppConfig {
  return loadConfig({
    // Without accounts the service is for this machine, unless its owner says otherwise.
    API_HOST: LOOPBACK,
    QUEUE_LOCK_SECONDS: '10',
    ...environment,
    DB_HOST: database.host,
    DB_PORT: String(database.port),
    DB_NAME: database.name,
    DB_USER: database.user,
    DB_PASSWORD: secrets.databasePassword,
    QUEUE_BACKEND: 'postgres',
    STORAGE_BACKEND: 'filesystem',
    STORAGE_ROOT: path.join(home, 'objects'),
    STORAGE_SIGNING_KEY: secrets.signingKey,
  });
}

async function assertPortFree({ host, port }: AppConfig['api']): Promise<void> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => probe.once('error', reject).listen(port, host, resolve));
  await new Promise((resolve) => probe.close(resolve));
}
