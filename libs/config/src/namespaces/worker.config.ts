import { hostname } from 'node:os';
import { defineNamespace } from '../namespace.js';
import { host, matching, port } from '../setting-kinds.js';

const name = matching(/^[\w.:@-]{1,100}$/, '1 to 100 letters, digits or . : @ _ -', { quoted: true });

export const worker = defineNamespace({
  title: 'Worker',
  readBy: ['worker'],
  settings: {
    WORKER_HOST: host({
      unset: 'every address',
      description: 'Address that health and metrics of a worker listen on.',
    }),
    WORKER_PORT: port({
      default: 8090,
      setBy: ['systemd'],
      readBy: ['worker', 'pop-render'],
      description: 'Port of health and metrics of a worker.',
    }),
    WORKER_NAME: name({
      unset: 'host and process',
      setBy: ['helm', 'systemd'],
      description: 'Name of a worker in logs and in the queue.',
    }),
  },
  config: (env) => ({
    /** Address of health and metrics; every one of the machine when undefined. */
    host: env.WORKER_HOST,
    port: env.WORKER_PORT,
    /** Its name in logs and in the queue. */
    name: env.WORKER_NAME ?? `${hostname()}:${process.pid}`,
  }),
});
