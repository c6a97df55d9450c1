import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';

/** Files that appear under their names only when all of them are complete. */
export class StagedFiles {
  private readonly parts = new Map<string, string>();

  /** A temporary name beside the target, the same whenever asked, so that the final rename stays on one file system. */
  stage(target: string): string {
    const known = this.parts.get(target);
    if (known !== undefined) return known;
    const part = `${target}.${randomUUID()}.part`;
    this.parts.set(target, part);
    return part;
  }

  async commit(): Promise<void> {
    for (const [target, part] of this.parts) await rename(part, target);
    this.parts.clear();
  }

  async discard(): Promise<void> {
    await Promise.all([...this.parts.values()].map((part) => rm(part, { force: true })));
  }
}
