import { Module } from '@nestjs/common';
import { CatalogueController } from './catalogue.controller.js';

/** The styles and print sizes on offer. */
@Module({ controllers: [CatalogueController] })
export class CatalogueModule {}
