/** Servers whose health is reported by name. */
export type DependencyName = 'database' | 'redis' | 'storage';

export interface DependencyState {
  readonly dependency: DependencyName;
  readonly healthy: boolean;
  readonly latencySeconds: number;
}

/** How the servers of this process are at this moment. */
export abstract class DependencyHealth {
  /** Asks each of them, all at once; never fails, and takes no longer than two seconds. */
  abstract states(): Promise<DependencyState[]>;
}
