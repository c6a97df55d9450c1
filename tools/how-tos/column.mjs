/** A column that clients see: a migration, the entity, the statement that writes it and the response. */
export const column = {
  name: 'a column',
  limit: 5,
  steps(project) {
    project.write(
      'migrations/1999000000000-count-releases.ts',
      `import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How often a worker released a render that it had no time to finish. */
export class CountReleases1999000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE renders ADD COLUMN releases integer NOT NULL DEFAULT 0');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE renders DROP COLUMN releases');
  }
}
`,
    );
    project.edit(
      'libs/persistence/src/renders/render.entity.ts',
      "  @Column('uuid', { name: 'owner_id'",
      "  @Column('integer', { default: 0 })\n  releases: number;\n\n  @Column('uuid', { name: 'owner_id'",
    );
    project.edit(
      'libs/persistence/src/renders/render-repository.ts',
      "`status = 'queued', started_at = NULL",
      "`status = 'queued', releases = releases + 1, started_at = NULL",
    );
    const responses = 'apps/api/src/renders/render-responses.ts';
    project.edit(
      responses,
      '  @ApiPropertyOptional({ type: PrintFileResponse',
      "  @ApiProperty({ type: 'integer' })\n  releases: number;\n\n  @ApiPropertyOptional({ type: PrintFileResponse",
    );
    project.edit(
      responses,
      '      progress: render.progress,',
      '      progress: render.progress,\n      releases: render.releases,',
    );
  },
  test: 'integration/migrations',
};
