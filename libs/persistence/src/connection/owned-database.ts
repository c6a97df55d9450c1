import type { DatabaseConfig } from '#config';
import pg from 'pg';

export type DatabaseAddress = Pick<DatabaseConfig, 'host' | 'port' | 'name' | 'user' | 'password'>;

/** Of a server that does not know the password. */
const WRONG_PASSWORD = '28P01';
const ATTRIBUTES = 'LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS';

/**
 * Makes sure that there is a database owned, with all that is in it, by a role that is no superuser. What is right already
 * stays as it is, so that it may be asked for at each start.
 *
 * @param admin how a superuser reaches the server
 * @param owned the database, and the role with its password
 * @param formerPassword which the superuser may have instead; it is then given the one of `admin`
 */
export async function ensureOwnedDatabase(
  admin: DatabaseAddress,
  owned: DatabaseAddress,
  formerPassword: string,
): Promise<void> {
  await adoptPassword(admin, formerPassword);
  await connected(admin, async (client) => {
    const role = client.escapeIdentifier(owned.user);
    const { rowCount: known } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [owned.user]);
    const password = client.escapeLiteral(owned.password);
    await client.query(`${known ? 'ALTER' : 'CREATE'} ROLE ${role} ${ATTRIBUTES} PASSWORD ${password}`);
    const database = client.escapeIdentifier(owned.name);
    const { rowCount: made } = await client.query('SELECT FROM pg_database WHERE datname = $1', [owned.name]);
    await client.query(
      made ? `ALTER DATABASE ${database} OWNER TO ${role}` : `CREATE DATABASE ${database} OWNER ${role}`,
    );
  });
  await connected({ ...admin, name: owned.name }, async (client) => {
    const { rows } = await client.query<{ statement: string }>(HAND_OVER, [admin.user, owned.user]);
    if (rows.length === 0) return;
    // All or nothing: a start that is cut short leaves no object that the application may not use.
    await client.query(['BEGIN', ...rows.map(({ statement }) => statement), 'COMMIT'].join(';\n'));
  });
}

async function adoptPassword(admin: DatabaseAddress, formerPassword: string): Promise<void> {
  try {
    await connected(admin, async () => undefined);
  } catch (error) {
    if ((error as pg.DatabaseError).code !== WRONG_PASSWORD) throw error;
    await connected({ ...admin, password: formerPassword }, async (client) => {
      const [user, password] = [client.escapeIdentifier(admin.user), client.escapeLiteral(admin.password)];
      await client.query(`ALTER ROLE ${user} PASSWORD ${password}`);
    });
  }
}

async function connected(address: DatabaseAddress, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const { host, port, name, user, password } = address;
  // The owner may have put functions of the system's names into its database, for a superuser to call.
  const options = '-c search_path=pg_catalog';
  const client = new pg.Client({ host, port, database: name, user, password, options });
  client.on('error', () => undefined); // Of a connection that breaks: its statement rejects.
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/**
 * Statements that hand each object of role $1 to role $2. REASSIGN OWNED will not do so for the role that PostgreSQL was set up
 * with, because the system's own objects are its too.
 */
const HAND_OVER = `
  WITH previous_owner AS (SELECT oid FROM pg_roles WHERE rolname = $1),
  schemas AS (SELECT oid, nspowner FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
  extended AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e')
  SELECT format('ALTER %s %s OWNER TO %I', kind, name, $2::text) AS statement FROM (
    SELECT 1 AS step, 'SCHEMA' AS kind, oid::regnamespace::text AS name, oid, 'pg_namespace'::regclass AS class
      FROM schemas WHERE nspowner = (SELECT oid FROM previous_owner)
    UNION ALL
    SELECT 2, CASE relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END,
           oid::regclass::text, oid, 'pg_class'::regclass
      FROM pg_class
      WHERE relowner = (SELECT oid FROM previous_owner) AND relnamespace IN (SELECT oid FROM schemas) AND relkind IN ('r', 'p', 'v', 'm', 'S')
        -- The sequence of a column goes with its table.
        AND NOT EXISTS (SELECT FROM pg_depend
                        WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype IN ('a', 'i') AND relkind = 'S')
    UNION ALL
    SELECT 3, 'ROUTINE', oid::regprocedure::text, oid, 'pg_proc'::regclass
      FROM pg_proc WHERE proowner = (SELECT oid FROM previous_owner) AND pronamespace IN (SELECT oid FROM schemas)
    UNION ALL
    SELECT 4, 'TYPE', oid::regtype::text, oid, 'pg_type'::regclass
      FROM pg_type
      WHERE typowner = (SELECT oid FROM previous_owner) AND typnamespace IN (SELECT oid FROM schemas)
        AND (typtype IN ('e', 'd', 'r') OR typrelid IN (SELECT oid FROM pg_class WHERE relkind = 'c'))
  ) objects
  WHERE NOT EXISTS (SELECT FROM extended WHERE classid = objects.class AND objid = objects.oid)
  ORDER BY step`;
