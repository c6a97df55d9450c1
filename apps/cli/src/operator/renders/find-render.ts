import type { RenderOperations, Render } from '#persistence';
import { usageError } from '../../failures.js';

/** @throws CliError when there is none of this id */
export async function findRender(operations: RenderOperations, id: string): Promise<Render> {
  const render = await operations.find(id);
  if (render === null) throw usageError(`There is no render ${id}`);
  return render;
}
