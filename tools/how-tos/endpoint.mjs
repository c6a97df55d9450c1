const migration = `import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Named groups of renders. */
export class AddCollections1999100000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(\`
      CREATE TABLE collections (
        id uuid CONSTRAINT pk_collections PRIMARY KEY,
        owner_id uuid NOT NULL,
        name varchar(100) NOT NULL
      )\`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE collections');
  }
}
`;

const table = `import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';
import { mapDatabaseErrors } from '../database-errors.js';

/** A named group of renders. */
@Entity('collections')
export class Collection {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'pk_collections' })
  id: string;

  @Column('uuid', { name: 'owner_id' })
  ownerId: string;

  @Column('varchar', { length: 100 })
  name: string;
}

@Injectable()
export class CollectionRepository {
  constructor(private readonly dataSource: DataSource) {}

  list(ownerId: string): Promise<Collection[]> {
    return mapDatabaseErrors(() => this.dataSource.getRepository(Collection).findBy({ ownerId }));
  }

  create(ownerId: string, name: string): Promise<Collection> {
    return mapDatabaseErrors(() => this.dataSource.getRepository(Collection).save({ id: randomUUID(), ownerId, name }));
  }
}
`;

const dto = `import { ApiProperty } from '@nestjs/swagger';
import { IsString, Length } from 'class-validator';
import type { Collection } from '#persistence';

export class CreateCollectionDto {
  @ApiProperty({ maxLength: 100 })
  @IsString()
  @Length(1, 100)
  name: string;
}

export class CollectionResponse {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty()
  name: string;

  static from({ id, name }: Collection): CollectionResponse {
    return { id, name };
  }
}
`;

const controller = `import { Body, Controller, Get, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CollectionRepository } from '#persistence';
import { RequestContext } from '../http/request-context.js';
import { ApiErrors } from '../http/openapi.js';
import { CollectionResponse, CreateCollectionDto } from './collections.dto.js';

@ApiTags('collections')
@Controller('collections')
export class CollectionsController {
  constructor(
    private readonly collections: CollectionRepository,
    private readonly context: RequestContext,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'listCollections', summary: 'List the collections' })
  @ApiOkResponse({ type: [CollectionResponse] })
  @ApiErrors(500, 503)
  async list(): Promise<CollectionResponse[]> {
    const collections = await this.collections.list(this.context.principal.ownerId);
    return collections.map((collection) => CollectionResponse.from(collection));
  }

  @Post()
  @ApiOperation({ operationId: 'createCollection', summary: 'Create a collection' })
  @ApiCreatedResponse({ type: CollectionResponse })
  @ApiErrors(400, 500, 503)
  async create(@Body() { name }: CreateCollectionDto): Promise<CollectionResponse> {
    return CollectionResponse.from(await this.collections.create(this.context.principal.ownerId, name));
  }
}
`;

const module = `import { Module } from '@nestjs/common';
import { CollectionsController } from './collections.controller.js';

/** Named groups of renders. */
@Module({ controllers: [CollectionsController] })
export class CollectionsModule {}
`;

const spec = `import { Deployment } from '../support/deployment.js';

it('creates and lists collections', async () => {
  const deployment = await Deployment.prepare({ queue: 'postgres', storage: 'filesystem' });
  try {
    await deployment.startApi();
    const url = \`\${deployment.apiUrl}/v1/collections\`;
    const post = (body: unknown) =>
      fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
    const created = await post({ name: 'Kitchen' });
    expect(created.status).toBe(201);
    expect(await (await fetch(url)).json()).toEqual([await created.json()]);
    const refused = await post({ name: '' });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ code: expect.any(String), details: [{ field: 'name' }] });
  } finally {
    await deployment.close();
  }
});
`;

/** An endpoint with its table: what reads and writes a small table is in the file of its entity. */
export const endpoint = {
  name: 'an endpoint with its table',
  limit: 7,
  steps(project) {
    project.write('migrations/1999100000000-add-collections.ts', migration);
    project.write('libs/persistence/src/collections/collections.ts', table);
    const tables = 'libs/persistence/src/tables.ts';
    project.edit(
      tables,
      'export { Asset, type NewAsset }',
      "export { Collection, CollectionRepository } from './collections/collections.js';\nexport { Asset, type NewAsset }",
    );
    project.edit(
      tables,
      'import { Asset }',
      "import { Collection, CollectionRepository } from './collections/collections.js';\nimport { Asset }",
    );
    project.edit(tables, '  Asset,\n', '  Asset,\n  Collection,\n');
    project.edit(tables, '  Catalogue,\n', '  Catalogue,\n  CollectionRepository,\n');
    project.write('apps/api/src/collections/collections.dto.ts', dto);
    project.write('apps/api/src/collections/collections.controller.ts', controller);
    project.write('apps/api/src/collections/collections.module.ts', module);
    const root = 'apps/api/src/api.module.ts';
    project.edit(root, 'const FEATURES = [', 'const FEATURES = [CollectionsModule, ');
    project.edit(
      root,
      'import { CatalogueModule }',
      "import { CollectionsModule } from './collections/collections.module.js';\nimport { CatalogueModule }",
    );
    project.edit('test/integration/migrations.spec.ts', "      'assets',\n", "      'assets',\n      'collections',\n");
    project.write('test/e2e/collections.spec.ts', spec);
  },
  test: 'e2e/collections',
};
