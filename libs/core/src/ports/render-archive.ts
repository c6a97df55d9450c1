/** Which renders are meant: completed before a moment, of one style (its slug) or of all. */
export interface RetentionFilter {
  readonly completedBefore: Date;
  readonly style?: string;
}

export interface ExpiredRender {
  readonly id: string;
  readonly completedAt: Date;
  /** Keys of its print, its preview and its photo, which other renders may still need. */
  readonly keys: readonly string[];
}

export interface RetentionSummary {
  readonly renders: number;
  /** Of prints and photos as recorded; previews are not counted. */
  readonly bytes: number;
}

/** The end of completed renders whose files are kept no longer. */
export abstract class RenderArchive {
  abstract sumUp(which: RetentionFilter): Promise<RetentionSummary>;
  /** The next `limit` of them, oldest first. */
  abstract list(which: RetentionFilter, limit: number): Promise<ExpiredRender[]>;
  /**
   * Declares the completed ones among these archived and forgets their files, in one transaction. From then on nobody is
   * given a link to them, and nothing names them: what is not removed now, the sweep removes.
   * @returns the keys forgotten
   */
  abstract archive(ids: readonly string[]): Promise<string[]>;
}
