import { Module } from '@nestjs/common';
import { FilesController } from './files.controller.js';

/** Serves stored files by signed links, where the storage does not serve them itself. */
@Module({ controllers: [FilesController] })
export class FilesModule {}
