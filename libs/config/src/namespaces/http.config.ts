import { defineNamespace } from '../namespace.js';
import { count, matching, networks } from '../setting-kinds.js';
import { api, publicUrl } from './api.config.js';

const origins = matching(
  /^(\*|\s*https?:\/\/[A-Za-z0-9.-]+(:\d{1,5})?\s*(,\s*https?:\/\/[A-Za-z0-9.-]+(:\d{1,5})?\s*)*)$/,
  '* or origins such as https://shop.example.com, separated by commas',
);

export const http = defineNamespace({
  title: 'Connections of clients',
  readBy: ['api'],
  settings: {
    CORS_ORIGINS: origins({
      unset: 'none',
      description:
        'Web pages of other origins that may call the API from a browser: origins separated by commas, or `*`; ' +
        'writes from other origins are rejected with 403.',
    }),
    TRUSTED_PROXIES: networks({
      unset: 'none',
      description:
        'Reverse proxies whose `X-Forwarded-For` determines the client, for the limits of each client: addresses, ' +
        'networks such as `10.0.0.0/8`, or `loopback`, `linklocal`, `uniquelocal`; without it a proxy counts as one client.',
    }),
    REQUEST_TIMEOUT_SECONDS: count(
      1,
      3600,
    )({
      default: 300,
      description: 'Seconds that a client may take to send a request.',
    }),
    HEADERS_TIMEOUT_SECONDS: count(
      1,
      300,
    )({
      default: 10,
      description: 'Seconds that a client may take to send the headers of a request.',
    }),
    ANSWER_STALL_SECONDS: count(
      1,
      3600,
    )({
      default: 60,
      description: 'Seconds that a client may leave a response unread.',
    }),
    KEEP_ALIVE_SECONDS: count(
      1,
      3600,
    )({
      default: 75,
      description: 'Seconds that an idle connection is kept; longer than the load balancer in front keeps it.',
    }),
    MAX_CONNECTIONS: count(
      1,
      100_000,
    )({
      default: 1000,
      description: 'Open connections of one API process; a new connection replaces an idle one.',
    }),
    MAX_CONNECTIONS_PER_CLIENT: count(
      1,
      100_000,
    )({
      default: 256,
      description:
        'Connections of one address (of IPv6, one /64 network) to one API process; those of `TRUSTED_PROXIES` are not limited.',
    }),
  },
  reads: { API_PORT: api.settings.API_PORT, PUBLIC_URL: api.settings.PUBLIC_URL },
  config: (env) => ({
    /** URL that clients reach the API by. */
    publicUrl: publicUrl(env),
    /** Web pages that may call the API from a browser; `*` for every one. */
    corsOrigins: listOf(env.CORS_ORIGINS?.toLowerCase()),
    /** Reverse proxies whose `X-Forwarded-For` is trusted, in Express's notation. */
    trustedProxies: listOf(env.TRUSTED_PROXIES),
    requestTimeoutMs: env.REQUEST_TIMEOUT_SECONDS * 1000,
    headersTimeoutMs: Math.min(env.HEADERS_TIMEOUT_SECONDS, env.REQUEST_TIMEOUT_SECONDS) * 1000,
    answerStallMs: env.ANSWER_STALL_SECONDS * 1000,
    keepAliveMs: env.KEEP_ALIVE_SECONDS * 1000,
    /** Of one process. */
    maxConnections: env.MAX_CONNECTIONS,
    /** Connections of one address, of IPv6 one network; those of trusted proxies are not limited. */
    maxConnectionsPerClient: env.MAX_CONNECTIONS_PER_CLIENT,
  }),
});

function listOf(text = ''): string[] {
  return text.split(',').flatMap((item) => item.trim() || []);
}
