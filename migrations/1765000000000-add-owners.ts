import type { MigrationInterface, QueryRunner } from 'typeorm';

const SYSTEM_OWNER_ID = '0b1f5c52-6d0c-4a5e-9c1e-5f2d3a7e8b90';

/**
 * Every asset and render has an owner: the system owner, for rows that are there and for those of the previous version,
 * which inserts without the column. A constant default rewrites no row, and the foreign keys are validated by the next
 * migration, whose lock lets writers go on. See ADR 34.
 */
export class AddOwners1765000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE owners (
        id uuid CONSTRAINT pk_owners PRIMARY KEY,
        name varchar(100) NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await queryRunner.query(`INSERT INTO owners (id, name) VALUES ('${SYSTEM_OWNER_ID}', 'system')`);
    for (const table of ['assets', 'renders']) {
      await queryRunner.query(`
        ALTER TABLE ${table}
          ADD COLUMN owner_id uuid NOT NULL DEFAULT '${SYSTEM_OWNER_ID}',
          ADD CONSTRAINT fk_${table}_owner FOREIGN KEY (owner_id) REFERENCES owners (id) NOT VALID`);
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['renders', 'assets']) await queryRunner.query(`ALTER TABLE ${table} DROP COLUMN owner_id`);
    await queryRunner.query('DROP TABLE owners');
  }
}
