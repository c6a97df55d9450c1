import { api } from './api.config.js';
import { backlog } from './backlog.config.js';
import { database } from './database.config.js';
import { http } from './http.config.js';
import { inspection } from './inspection.config.js';
import { installation } from './installation.config.js';
import { logging } from './logging.config.js';
import { maintenance } from './maintenance.config.js';
import { metrics } from './metrics.config.js';
import { queue } from './queue.config.js';
import { renders } from './renders.config.js';
import { retention } from './retention.config.js';
import { sandbox } from './sandbox.config.js';
import { shutdown } from './shutdown.config.js';
import { storage } from './storage.config.js';
import { telemetry } from './telemetry.config.js';
import { uploads } from './uploads.config.js';
import { worker } from './worker.config.js';

/** Every namespace, in the order of the documents and of messages. */
export const NAMESPACES = {
  database,
  queue,
  storage,
  retention,
  api,
  metrics,
  http,
  uploads,
  backlog,
  inspection,
  worker,
  renders,
  maintenance,
  shutdown,
  sandbox,
  logging,
  telemetry,
  installation,
};
