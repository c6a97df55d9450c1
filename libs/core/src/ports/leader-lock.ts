/** Work that only one process of a deployment does at a time. */
export abstract class LeaderLock {
  /** Runs the work if no other process is at it now. Returns whether it ran. */
  abstract tryRun(task: LeaderTask, work: () => Promise<void>): Promise<boolean>;
}

export const LEADER_TASKS = ['reconcile', 'sweep', 'retention'] as const;
export type LeaderTask = (typeof LEADER_TASKS)[number];
