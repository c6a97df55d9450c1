import type { RenderStatus } from '../render.js';

/** The renders that are not ended yet. */
export interface RenderBacklog {
  readonly queued: number;
  readonly started: number;
  /** Of how many clients these are, counted up to 1000; those whose client is unknown are of one. */
  readonly clients: number;
  /** Of the started, those whose lease ran out more than a minute ago and that no worker has taken back. */
  readonly stuck: number;
  /** Since the one that waits longest was accepted, or last requeued by an operator; 0 when none is queued. */
  readonly oldestQueuedSeconds: number;
}

/** Prints that are still to be made. */
export interface PrintVolume {
  readonly renders: number;
  /** Of all their prints together. */
  readonly pixels: number;
}

/** Figures over all renders of the deployment. They are kept up to date by the database: reading them costs the same for any number. */
export abstract class RenderStatistics {
  abstract backlog(): Promise<RenderBacklog>;
  /**
   * How large the prints of the queued and the started renders will be. Of very many queued ones those beyond a limit count
   * as prints of the largest size.
   */
  abstract outstanding(): Promise<Readonly<Record<'queued' | 'started', PrintVolume>>>;
  /** The same of one client, queued and started together. @param client as it was recorded with its renders */
  abstract outstandingOf(client: string): Promise<PrintVolume>;
  /** Merges what the counts are kept in, so that reading them stays cheap. Any number of processes may do so at once. */
  abstract compactCounts(): Promise<void>;
  /** Counts the rows themselves and corrects the counts. One process at a time. @returns the states whose count was wrong */
  abstract recount(): Promise<RenderStatus[]>;
}
