import { defineNamespace } from '../namespace.js';
import { choice } from '../setting-kinds.js';

export const LOG_LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'] as const;

export const logging = defineNamespace({
  title: 'Logs',
  readBy: ['api', 'worker'],
  settings: {
    LOG_LEVEL: choice(LOG_LEVELS, { upperCase: true })({
      default: 'INFO',
      example: 'INFO',
      description: 'Lowest level of log lines that are written.',
    }),
    LOG_FORMAT: choice(['auto', 'json', 'pretty'])({
      default: 'auto',
      description: 'Form of log lines; `auto` is pretty on a terminal and JSON elsewhere.',
    }),
  },
  config: (env) => ({ logLevel: env.LOG_LEVEL, logFormat: env.LOG_FORMAT }),
});

export type LogLevel = ReturnType<typeof logging.load>['logLevel'];
export type LogFormat = ReturnType<typeof logging.load>['logFormat'];
