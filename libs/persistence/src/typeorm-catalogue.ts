import { Injectable } from '@nestjs/common';
import { Catalogue, type SizePreset, type Style } from '#core';
import { DataSource } from 'typeorm';
import { mapDatabaseErrors } from './database-errors.js';
import { SizePresetEntity } from './entities/size-preset.entity.js';
import { StyleEntity } from './entities/style.entity.js';

@Injectable()
export class TypeOrmCatalogue extends Catalogue {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  listStyles(): Promise<Style[]> {
    return mapDatabaseErrors(() => this.dataSource.getRepository(StyleEntity).find({ order: { name: 'ASC' } }));
  }

  listSizePresets(): Promise<SizePreset[]> {
    const order = { widthInches: 'ASC', heightInches: 'ASC' } as const;
    return mapDatabaseErrors(() => this.dataSource.getRepository(SizePresetEntity).find({ order }));
  }

  findStyle(id: string): Promise<Style | null> {
    return mapDatabaseErrors(() => this.dataSource.getRepository(StyleEntity).findOneBy({ id }));
  }

  findSizePreset(id: string): Promise<SizePreset | null> {
    return mapDatabaseErrors(() => this.dataSource.getRepository(SizePresetEntity).findOneBy({ id }));
  }
}
