/** What the rows know of stored objects. */
export abstract class ObjectReferences {
  /**
   * Those of the keys that no row needs: uploads without an asset, results without a render, files of attempts that do
   * not count. A key that is not of our making is never among them.
   */
  abstract findOrphanKeys(keys: readonly string[]): Promise<string[]>;
}
