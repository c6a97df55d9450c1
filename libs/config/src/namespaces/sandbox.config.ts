import { defineNamespace } from '../namespace.js';
import { choice } from '../setting-kinds.js';

export const sandbox = defineNamespace({
  title: 'Sandbox',
  readBy: ['api', 'worker', 'pop-render'],
  settings: {
    SANDBOX: choice(['auto', 'required', 'off'])({
      default: 'auto',
      description:
        'How the processes that decode and render are confined: `auto`, as far as this machine allows; `required`, ' +
        'completely, or the service does not start; `off`.',
    }),
  },
  config: (env) => ({ sandbox: env.SANDBOX }),
});
