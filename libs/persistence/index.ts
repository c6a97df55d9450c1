export { AdvisoryLeadership } from './advisory-leadership.js';
export { dataSourceOptions } from './data-source.js';
export { SizePresetEntity } from './entities/size-preset.entity.js';
export { StyleEntity } from './entities/style.entity.js';
export { openDatabase, type OpenDatabase } from './open-database.js';
export { PersistenceModule } from './persistence.module.js';
export { TypeOrmCatalogue } from './typeorm-catalogue.js';
export { TypeOrmObjectReferences } from './typeorm-object-references.js';
export { TypeOrmRenderStore } from './typeorm-render-store.js';
