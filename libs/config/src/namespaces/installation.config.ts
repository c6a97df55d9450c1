import { defineNamespace } from '../namespace.js';
import { text } from '../setting-kinds.js';

/** Variables that decide where the others and the files are; programs read them before the configuration. */
export const installation = defineNamespace({
  title: 'Installation',
  readBy: ['api', 'worker', 'pop-render'],
  settings: {
    POP_RENDER_ENV_FILE: text({
      unset: 'none',
      setBy: ['helm', 'systemd'],
      description: 'File of these settings, read at the start and at a reload; it overrides the environment.',
    }),
    POP_RENDER_HOME: text({
      unset: 'none',
      embeddedDefault: '.pop-render',
      setBy: ['helm', 'systemd'],
      readBy: ['pop-render'],
      description: 'Folder of the data of `npm start`; `pop-render` finds its servers by it.',
    }),
    TMPDIR: text({
      unset: "the system's",
      setBy: ['helm', 'systemd'],
      readBy: ['api', 'worker'],
      description: 'Folder of uploads and renders in progress.',
    }),
  },
  config: () => ({}),
});
