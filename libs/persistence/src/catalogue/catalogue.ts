import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { mapDatabaseErrors } from '../database-errors.js';
import { SizePreset } from './size-preset.entity.js';
import { Style } from './style.entity.js';

/** The styles and sizes on offer. */
@Injectable()
export class Catalogue {
  constructor(private readonly dataSource: DataSource) {}

  listStyles(): Promise<Style[]> {
    return mapDatabaseErrors(() => this.dataSource.getRepository(Style).find({ order: { name: 'ASC' } }));
  }

  listSizePresets(): Promise<SizePreset[]> {
    const order = { widthInches: 'ASC', heightInches: 'ASC' } as const;
    return mapDatabaseErrors(() => this.dataSource.getRepository(SizePreset).find({ order }));
  }

  findStyle(id: string): Promise<Style | null> {
    return mapDatabaseErrors(() => this.dataSource.getRepository(Style).findOneBy({ id }));
  }

  findSizePreset(id: string): Promise<SizePreset | null> {
    return mapDatabaseErrors(() => this.dataSource.getRepository(SizePreset).findOneBy({ id }));
  }
}
