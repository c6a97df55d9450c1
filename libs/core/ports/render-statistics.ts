/** The renders that are not ended yet. */
export interface RendersUnderWay {
  readonly queued: number;
  readonly started: number;
  /** Of the started, those whose lease ran out more than a minute ago and that no worker has taken back. */
  readonly stuck: number;
  /** Since the one that waits longest was accepted, or last requeued by an operator; 0 when none is queued. */
  readonly oldestQueuedSeconds: number;
}

/** Figures over all renders of the deployment. */
export abstract class RenderStatistics {
  abstract backlog(): Promise<RendersUnderWay>;
}
