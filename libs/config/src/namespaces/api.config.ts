import { defineNamespace } from '../namespace.js';
import { count, host, httpUrl, port } from '../setting-kinds.js';

export const api = defineNamespace({
  title: 'API',
  readBy: ['api'],
  settings: {
    API_HOST: host({
      unset: 'every address',
      // Without accounts, the embedded profile serves this machine alone unless its owner decides otherwise.
      embeddedDefault: '127.0.0.1',
      description: 'Address that the API listens on.',
    }),
    API_PORT: port({
      default: 8089,
      example: 8089,
      readBy: ['api', 'pop-render'],
      description: 'Port that the API listens on.',
    }),
    PUBLIC_URL: httpUrl()({
      unset: '`http://localhost:API_PORT`',
      readBy: ['api', 'pop-render'],
      description:
        'URL that clients reach the API by; `filesystem` links begin with it, and with `https:` responses carry HSTS.',
    }),
    WORKER_COUNT: count(
      1,
      64,
    )({
      default: 2,
      example: 2,
      setBy: ['helm'],
      readBy: ['api', 'pop-render'],
      description: 'API processes that share the port.',
    }),
    RELOAD_TIMEOUT_SECONDS: count(
      1,
      600,
    )({
      default: 30,
      description: 'Seconds that the new processes of a reload have to become ready.',
    }),
  },
  config: (env) => ({
    host: env.API_HOST,
    port: env.API_PORT,
    processes: env.WORKER_COUNT,
    /** For the new processes of a reload to become ready. */
    reloadTimeoutMs: env.RELOAD_TIMEOUT_SECONDS * 1000,
  }),
});

/** URL that clients reach the API by, without a trailing slash. */
export function publicUrl(env: { readonly PUBLIC_URL: string | undefined; readonly API_PORT: number }): string {
  return (env.PUBLIC_URL ?? `http://localhost:${env.API_PORT}`).replace(/\/+$/, '');
}
