import type { EntityManager } from 'typeorm';
import { Asset, type NewAsset } from './asset.entity.js';

/** Records a stored photo of an owner, in the transaction of the manager. */
export async function insertAsset(manager: EntityManager, ownerId: string, asset: NewAsset): Promise<void> {
  await manager.insert(Asset, { ...asset, ownerId });
}
