import { defineNamespace } from '../namespace.js';
import { port, text } from '../setting-kinds.js';

export const database = defineNamespace({
  title: 'Database',
  readBy: ['api', 'worker', 'pop-render'],
  settings: {
    DB_HOST: text({ default: 'localhost', example: 'localhost', description: 'Host of PostgreSQL.' }),
    DB_PORT: port({ default: 5432, example: 5432, description: 'Port of PostgreSQL.' }),
    DB_NAME: text({ default: 'aso_render', example: 'aso_render', description: 'Name of the database.' }),
    DB_USER: text({ default: 'postgres', example: 'render_user', description: 'User of the database.' }),
    DB_PASSWORD: text({
      required: 'the password of the database user',
      secret: true,
      example: 'change-me',
      description: 'Password of the database user.',
    }),
  },
  config: (env) => ({
    host: env.DB_HOST,
    port: env.DB_PORT,
    name: env.DB_NAME,
    user: env.DB_USER,
    password: env.DB_PASSWORD,
    /** Connections of one process. */
    pool: { min: 2, max: 10 },
  }),
});

export type DatabaseConfig = ReturnType<typeof database.load>;
